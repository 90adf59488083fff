"""`indivis split`: what each line receives of each posting, by the cent wheel.

House rules: the arithmetic is the ledger's own (`controller.domain.split`); here are only words in and words
out.
"""

from __future__ import annotations

import argparse
import json
import re

from controller.domain.split import Wheel, WheelRefusedError
from controller.errors import Message, UserError

AMOUNT_DIGITS = 15
"""Digits of one whole number: far more than any sum of money; a longer one is a slip and is refused."""

_WHOLE = re.compile(rf"[+-]?[0-9]{{1,{AMOUNT_DIGITS}}}")
_TOO_LONG = re.compile(rf"[+-]?[0-9]{{{AMOUNT_DIGITS + 1},}}")
_LIST_STARTING_NEGATIVE = re.compile(r"-[0-9][0-9,+-]*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--weights",
        required=True,
        metavar="4,1,1",
        help=Message("les poids des lignes, dans l'ordre écrit", "the lines' weights, in written order").text(),
    )
    parser.add_argument(
        "--postings",
        required=True,
        metavar="37,37",
        help=Message(
            "les centimes nets à partager, l'un après l'autre (négatifs : remboursements)",
            "the net cents to split, one after the other (negative: refunds)",
        ).text(),
    )
    parser.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())
    # argparse takes "-37,37" for an option unless told that it is a number; a first refund must not need "=".
    parser._negative_number_matcher = _LIST_STARTING_NEGATIVE  # noqa: SLF001


def run(args: argparse.Namespace) -> int:
    """Print parts of each posting, cumulative parts and the wheel; return 0."""
    weights = _whole_numbers("--weights", args.weights)
    postings = _whole_numbers("--postings", args.postings)
    try:
        wheel = Wheel.of(weights)
    except WheelRefusedError as error:
        said = error.sentence
        raise UserError(Message(f"--weights : {said.fr}", f"--weights: {said.en}")) from error
    position = 0
    parts = []
    for amount in postings:
        parts.append(wheel.parts(position, amount))
        position += amount
    cumulative = wheel.position(position)
    if args.json:
        print(json.dumps({"parts": parts, "cumulative": cumulative, "wheel": wheel.order}))
        return 0
    for amount, row in zip(postings, parts, strict=True):
        print(f"{amount:>12} c -> {', '.join(map(str, row))}")
    total = Message("cumul", "in all").text()
    print(f"{position:>12} c = {', '.join(map(str, cumulative))} ({total})")
    return 0


def _whole_numbers(option: str, text: str) -> list[int]:
    numbers = []
    for word in text.split(","):
        if _TOO_LONG.fullmatch(word.strip()):
            raise UserError(
                Message(f"{option} : un nombre est trop grand", f"{option}: a number is too large"),
                cure=Message(f"au plus {AMOUNT_DIGITS} chiffres", f"at most {AMOUNT_DIGITS} digits"),
            )
        if not _WHOLE.fullmatch(word.strip()):
            raise UserError(
                Message(
                    f"{option} : « {word} » n'est pas un nombre entier",
                    f"{option}: '{word}' is not a whole number",
                ),
                cure=Message("écrivez par exemple 4,1,1", "write for instance 4,1,1"),
            )
        numbers.append(int(word))
    return numbers
