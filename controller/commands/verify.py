"""`indivis verify`: tells whether the ledger in a file is what was posted.

House rules: the file is opened read-only; what is trusted is only what the person brings (a public key, a
witnessed hash). Exit codes: 0 all is well, 1 something is wrong with the ledger, 2 a wrong argument, 65 no
readable ledger.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from controller.errors import DataError, Message, UserError, reason_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from controller.office.ledger.caches import Difference
    from controller.office.ledger.verification import Verdict

BROKEN = 1
_HASH = re.compile(r"[0-9a-f]{64}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "file",
        type=Path,
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("le fichier office.db", "the office.db file").text(),
    )
    parser.add_argument(
        "--public-key",
        type=Path,
        metavar=Message("CLÉ", "KEY").text(),
        help=Message("clé publique des têtes signées (PEM)", "public key of the signed heads (PEM)").text(),
    )
    parser.add_argument(
        "--head",
        metavar=Message("EMPREINTE", "HASH").text(),
        help=Message(
            "une empreinte notée plus tôt (relevé, tête publiée)",
            "a hash noted earlier (statement, published head)",
        ).text(),
    )
    parser.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())


def run(args: argparse.Namespace) -> int:
    """Verify and say so; return 0 when all is well and 1 when something is wrong."""
    head = args.head.strip().lower() if args.head else None
    if head is not None and not _HASH.fullmatch(head):
        raise UserError(
            Message(f"--head : « {args.head} » n'est pas une empreinte", f"--head: '{args.head}' is not a hash"),
            why=Message("une empreinte a 64 chiffres hexadécimaux", "a hash has 64 hexadecimal digits"),
        )
    public_key = _public_key(args.public_key)
    verdict, differences = _examine(args.file, public_key, head)
    if args.json:
        print(json.dumps(_as_data(verdict, differences), ensure_ascii=False))
    else:
        _tell(verdict, differences)
    return 0 if verdict.ok and not differences else BROKEN


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


def _examine(path: Path, public_key: Ed25519PublicKey | None, head: str | None) -> tuple[Verdict, list[Difference]]:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import DatabaseError

    from controller.office.ledger.caches import check
    from controller.office.ledger.verification import verify

    if not path.is_file():
        raise UserError(
            Message(f"{path} n'est pas un fichier", f"{path} is no file")
            if path.exists()
            else Message(f"{path} n'existe pas", f"{path} does not exist"),
            cure=Message("donnez le chemin d'un office.db", "give the path of an office.db"),
        )
    uri = f"file:{quote(str(path.resolve()))}?mode=ro"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
    try:
        with engine.connect() as connection:
            return verify(connection, public_key, head), check(connection)
    except DatabaseError as error:
        raise DataError(
            Message(f"{path} ne contient pas de grand livre lisible", f"{path} holds no readable ledger"),
            why=reason_of(error.orig or error),
            cure=Message(
                "donnez un office.db de cette version ou une sauvegarde intacte",
                "give an office.db of this version or an intact backup",
            ),
        ) from error
    finally:
        engine.dispose()


def _as_data(verdict: Verdict, differences: list[Difference]) -> dict[str, object]:
    first = verdict.findings[0] if verdict.findings else None
    return {
        "ok": verdict.ok and not differences,
        "signatures_checked": verdict.signatures_checked,
        "first_broken": None if first is None else {"books": first.books, "entry": first.seq},
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
                "code": finding.code,
                "fr": finding.message.fr,
                "en": finding.message.en,
            }
            for finding in verdict.findings
        ],
        "balances": [
            {"books": diff.books, "what": diff.what, "stored": diff.cached, "rebuilt": diff.rebuilt}
            for diff in differences
        ],
    }


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
