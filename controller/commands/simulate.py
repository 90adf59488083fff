"""`indivis simulate`: days of a whole workshop with faults, drawn from a seed; after each step every rule is looked at.

House rules: nothing of this computer is touched. Exit codes: 0 all rules held, 1 one did not: the step, the seed and
how to see it again are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from controller.commands import add_json
from controller.errors import Message, UserError

if TYPE_CHECKING:
    from collections import Counter

    from controller.simulation.run import History

BROKEN = 1

DAYS_MAX = 3_650
"""Ten years of one workshop, a quarter of an hour of work; a longer time is a slip and is refused."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--seed",
        type=int,
        default=1,
        metavar="N",
        help=Message("la graine : la même donne la même histoire", "the seed: the same one, the same history").text(),
    )
    parser.add_argument(
        "--days", type=int, default=30, metavar="N", help=Message("jours (défaut : 30)", "days (default: 30)").text()
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Simulate and tell; return 1 when a rule was broken."""
    from controller.simulation.run import simulate

    if not 1 <= args.days <= DAYS_MAX:
        raise UserError(
            Message(
                f"--days : {args.days} n'est pas possible (de 1 à {DAYS_MAX})",
                f"--days: {args.days} is not possible (from 1 to {DAYS_MAX})",
            )
        )
    history = simulate(args.seed, args.days, _progress if sys.stderr.isatty() else lambda _day: None)
    if args.json:
        print(json.dumps(history.to_data(), ensure_ascii=False))
    else:
        print("\n".join(line.text() for line in summary(history)))
    return 0 if history.broken is None else BROKEN


def _progress(day: int) -> None:
    sys.stderr.write(f"\r{day}")


def summary(history: History) -> list[Message]:
    """Say what happened, and what broke."""
    lines = [
        Message(
            f"Graine {history.seed} : {history.day} jours, {history.steps} événements, {history.facts} faits au "
            f"journal, {history.starts} démarrages du programme",
            f"Seed {history.seed}: {history.day} days, {history.steps} happenings, {history.facts} facts in the "
            f"journal, {history.starts} starts of the program",
        ),
        Message(f"Utilisations : {history.uses}", f"Uses: {history.uses}"),
        _counted(Message("Fins", "Ends"), history.ended),
        _counted(Message("Refus", "Refusals"), history.refused),
        _counted(Message("Ce qui est arrivé", "What happened"), history.chances),
        Message(
            f"Argent : {_cents(history.paid_in_cents)} versés, {_cents(history.used_cents)} utilisés, dont "
            f"{_cents(history.debts_cents)} de dettes annoncées",
            f"Money: {_cents(history.paid_in_cents)} paid in, {_cents(history.used_cents)} used, of which "
            f"{_cents(history.debts_cents)} are debts that were said",
        ),
        Message(
            f"Parts des copropriétaires : {', '.join(map(_cents, history.parts))}",
            f"The co-owners' parts: {', '.join(map(_cents, history.parts))}",
        ),
    ]
    if history.broken is None:
        held = Message("Toutes les règles ont tenu à chaque pas.", "Every rule held at each step.")
        return [*lines, held]
    step = Message(
        f"au pas {history.steps} (jour {history.day}, {history.chance})",
        f"at step {history.steps} (day {history.day}, {history.chance})",
    )
    again = f"indivis simulate --seed {history.seed} --days {max(1, history.day)}"
    return [
        *lines,
        Message(
            f"! Une règle n'a pas tenu, {step.fr} : {history.broken}",
            f"! A rule did not hold, {step.en}: {history.broken}",
        ),
        Message(f"Pour le revoir : {again}", f"To see it again: {again}"),
    ]


def _counted(title: Message, counts: Counter[str]) -> Message:
    listed = ", ".join(f"{name} {number}" for name, number in counts.most_common())
    return Message(f"{title.fr} : {listed or 'aucun'}", f"{title.en}: {listed or 'none'}")


def _cents(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02} €"
