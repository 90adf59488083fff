"""`indivis verify`: tells whether the ledger in a file, or a year of it in an archive, is what was posted.

House rules: the file is opened read-only; what is trusted is only what the person brings (a public key, a
witnessed hash). Exit codes: 0 all is well, 1 something is wrong with the ledger, 2 a wrong argument, 65 no
readable ledger.
"""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import DataError, Message, UserError, reason_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from controller.office.ledger.caches import Difference
    from controller.office.ledger.verification import Finding, Verdict
    from controller.office.ledger.witnesses import Witness, Witnesses

BROKEN = 1
HEADS_BYTES_MAX = 10_000_000
"""A file of published heads, one a line: tens of thousands of them. A larger one breaks off in mid-line: refused."""

_BEGINNING = 4_096
_HASH = re.compile(r"(?:(?P<seq>[0-9]{1,15}):)?(?P<hash>[0-9a-f]{64})")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "file",
        type=Path,
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("un office.db, ou une archive", "an office.db, or an archive").text(),
    )
    parser.add_argument(
        "--public-key",
        type=Path,
        metavar=Message("CLÉ", "KEY").text(),
        help=Message("clé publique des têtes signées (PEM)", "public key of the signed heads (PEM)").text(),
    )
    parser.add_argument(
        "--head",
        action="append",
        metavar=Message("EMPREINTE", "HASH").text(),
        help=Message(
            "une empreinte notée plus tôt, NUMÉRO:EMPREINTE, ou un fichier de têtes ; plusieurs fois au besoin",
            "a hash noted earlier, NUMBER:HASH, or a file of heads; more than once if need be",
        ).text(),
    )
    parser.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())


def run(args: argparse.Namespace) -> int:
    """Verify and say so; return 0 when all is well and 1 when something is wrong."""
    witnesses = _witnesses(args.head or [])
    public_key = _public_key(args.public_key)
    verdict, differences = _examine(args.file, public_key, witnesses)
    if args.json:
        print(json.dumps(_as_data(verdict, differences), ensure_ascii=False))
    else:
        _tell(verdict, differences)
    return 0 if verdict.ok and not differences else BROKEN


def _witnesses(brought: list[str]) -> Witnesses:
    from controller.office.ledger.witnesses import WITNESSES_MAX, Witness, Witnesses

    found: list[Witness] = []
    for said in brought:
        noted = _HASH.fullmatch(said.strip().lower())
        if noted is not None:
            found.append(Witness(noted["hash"], int(noted["seq"]) if noted["seq"] else None))
        else:
            found += _published(said)
    if len(found) > WITNESSES_MAX:
        raise UserError(Message(f"--head : plus de {WITNESSES_MAX} têtes", f"--head: more than {WITNESSES_MAX} heads"))
    return Witnesses(found)


def _published(said: str) -> list[Witness]:
    """Read published heads, one JSON object a line; what is no such file is no hash either."""
    from controller.office.ledger.witnesses import Witness

    try:
        with Path(said).open("rb") as file:
            lines = file.read(HEADS_BYTES_MAX).splitlines()
        heads = [json.loads(line) for line in lines if line.strip()]
        return [Witness(str(head["hash"]), int(head["seq"])) for head in heads]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            Message(f"--head : « {said} » n'est pas une empreinte", f"--head: '{said}' is not a hash"),
            why=Message("une empreinte a 64 chiffres hexadécimaux", "a hash has 64 hexadecimal digits"),
        ) from error


def _public_key(path: Path | None) -> Ed25519PublicKey | None:
    from controller.office.ledger.signing import load_public_key

    if path is None:
        return None
    try:
        return load_public_key(path)
    except (OSError, ValueError) as error:
        raise UserError(
            Message(f"{path} n'est pas une clé publique lisible", f"{path} is not a readable public key"),
            cure=Message(
                "donnez le fichier PEM remis avec les relevés",
                "give the PEM file that came with the statements",
            ),
        ) from error


def _examine(path: Path, public_key: Ed25519PublicKey | None, witnesses: Witnesses) -> tuple[Verdict, list[Difference]]:
    from controller.commands.ledger_file import opened_ledger
    from controller.office.export.archive_reading import is_archive, verify_archive
    from controller.office.ledger.caches import check
    from controller.office.ledger.verification import verify

    if path.is_file():
        try:
            with path.open("rb") as file:
                beginning = file.read(_BEGINNING)
                if is_archive(path.name, beginning):
                    file.seek(0)
                    return verify_archive(file, public_key, witnesses), []
        except OSError as error:
            raise DataError(
                Message(f"{path} ne peut pas être lu", f"{path} cannot be read"), why=reason_of(error)
            ) from error
    with opened_ledger(path) as connection:
        return verify(connection, public_key, witnesses), check(connection)


def _as_data(verdict: Verdict, differences: list[Difference]) -> dict[str, object]:
    first = verdict.findings[0] if verdict.findings else None
    return {
        "ok": verdict.ok and not differences,
        "signatures_checked": verdict.signatures_checked,
        "first_broken": None if first is None else {"books": first.books, "entry": first.seq, **_line(first)},
        "books": [
            {
                "books": books.books,
                "entries": books.entries,
                "end_hash": books.end_hash,
                "signed_up_to": books.signed_up_to,
            }
            for books in verdict.books
        ],
        "findings": [
            {
                "books": finding.books,
                "entry": finding.seq,
                **_line(finding),
                "code": finding.code,
                "fr": finding.message.fr,
                "en": finding.message.en,
            }
            for finding in verdict.findings
        ],
        "standing": [{"books": each.books, "entry": each.seq, "hash": each.hash} for each in verdict.standing],
        "balances": [
            {"books": diff.books, "what": diff.what, "stored": diff.cached, "rebuilt": diff.rebuilt}
            for diff in differences
        ],
    }


def _line(finding: Finding) -> dict[str, int]:
    """Return the line of an archive where something is wrong; a database has none."""
    return {} if finding.line is None else {"line": finding.line}


def _tell(verdict: Verdict, differences: list[Difference]) -> None:
    if not verdict.books:
        print(Message("Aucune écriture dans ce fichier.", "No entry in this file.").text())
    for books in verdict.books:
        proven = (
            Message(
                f"signées jusqu'à l'entrée {books.signed_up_to}",
                f"signed up to entry {books.signed_up_to}",
            )
            if verdict.signatures_checked
            else Message("signatures non vérifiées (--public-key)", "signatures not checked (--public-key)")
        )
        entries = Message(f"{books.entries} entrées", f"{books.entries} entries").text()
        print(f"{books.books}: {entries}, {proven.text()}\n  {books.end_hash}")
    for each in verdict.standing:
        said = Message(
            f"{each.hash} : toujours dans la chaîne, entrée {each.seq}",
            f"{each.hash}: still in the chain, entry {each.seq}",
        )
        print(f"{each.books}: {said.text()}")
    for finding in verdict.findings:
        print(f"! {finding.books or '-'}: {finding.message.text()}")
    for diff in differences:
        text = Message(
            f"{diff.what} : {diff.cached} en mémoire, {diff.rebuilt} par le calcul",
            f"{diff.what}: {diff.cached} stored, {diff.rebuilt} when added up",
        )
        print(f"! {diff.books}: {text.text()}")
    if verdict.ok and not differences:
        print(Message("Tout est intact.", "All is intact.").text())
