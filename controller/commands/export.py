"""`indivis export`: the files that the accountant takes, and the check of such a file.

House rules: the ledger is only read. A file appears whole or not at all, under its legal name, and the same ledger
gives the same bytes.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import Message, OperatingError, UserError, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from sqlalchemy import Connection

FAULTY = 1
SORTS = ("fec", "csv", "vat", "beancount", "archive", "heads", "check")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what can be exported and how."""
    parser.add_argument(
        "what",
        choices=SORTS,
        metavar=Message("QUOI", "WHAT").text(),
        help=Message(
            "fec, csv : les journaux ; vat : la TVA par jour ; beancount : tout ; archive : une période signée ;"
            " heads : les têtes signées ; check : relit un FEC",
            "fec, csv: the journals; vat: VAT by day; beancount: everything; archive: a period, signed;"
            " heads: the signed heads; check: reads a FEC again",
        ).text(),
    )
    parser.add_argument(
        "file",
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("le fichier office.db (pour check, le FEC)", "the office.db file (for check, the FEC)").text(),
    )
    parser.add_argument("--books", help=Message("les comptes, s'il y en a plusieurs", "the books, if several").text())
    parser.add_argument(
        "--period",
        metavar="2026",
        help=Message("l'exercice qui finit en 2026, ou 2026-03", "the year that ends in 2026, or 2026-03").text(),
    )
    parser.add_argument(
        "--chart",
        type=Path,
        metavar=Message("PLAN", "CHART").text(),
        help=Message("le plan de comptes (TOML)", "the chart of accounts (TOML)").text(),
    )
    parser.add_argument(
        "--key",
        type=Path,
        metavar=Message("CLÉ", "KEY").text(),
        help=Message(
            "pour archive : la clé qui signe (chain.key)", "for archive: the key that signs (chain.key)"
        ).text(),
    )
    parser.add_argument(
        "--charset",
        choices=("iso8859-15", "utf-8"),
        default="iso8859-15",
        help=Message("le jeu de caractères du FEC", "the character set of the FEC").text(),
    )
    parser.add_argument(
        "--to",
        type=Path,
        default=Path(),
        metavar=Message("DOSSIER", "FOLDER").text(),
        help=Message("où les fichiers vont", "where the files go").text(),
    )


def run(args: argparse.Namespace) -> int:
    """Write the files and name them; return 0, or 1 when a checked file has faults."""
    if args.what == "check":
        return _check(Path(args.file))
    from zoneinfo import ZoneInfo

    from controller.commands.ledger_file import opened_ledger
    from controller.office.export.archive import archive_lines, archive_name
    from controller.office.export.beancount import beancount_text
    from controller.office.export.chart import load_chart
    from controller.office.export.documents import documents
    from controller.office.export.heads import head_lines
    from controller.office.export.period import period_of

    chart = load_chart(args.chart)
    with opened_ledger(args.file) as connection:
        books = args.books or _only_books(connection)
        if args.what == "beancount":
            text = beancount_text(connection, books, ZoneInfo(chart.entity_of(books).time_zone))
            print(_written(args.to / f"{books}.beancount", text))
            return 0
        if args.what == "heads":
            print(_written(args.to / f"{books}-heads.jsonl", head_lines(connection, books)))
            return 0
        if args.what == "archive":
            days = period_of(_needed(args.period), chart.entity_of(books))
            lines = archive_lines(connection, books, days, _key(args.key), time.time_ns() // 1_000_000)
            print(_written(args.to / archive_name(books, args.period), lines))
            return 0
        found = documents(connection, args.what, books, _needed(args.period), chart, args.charset)
    for document in found:
        print(_written(args.to / document.name, [document.data]))
    return 0


def _check(path: Path) -> int:
    from controller.office.export.amounts import decimal_of
    from controller.office.export.fec import check_fec

    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(
            Message(f"{path} ne peut pas être lu", f"{path} cannot be read"), why=reason_of(error)
        ) from error
    reading = check_fec(path.name, data)
    for account, cents in sorted(reading.sums.items()):
        print(f"{account:<12} {decimal_of(cents, ','):>16}")
    print(
        Message(
            f"{reading.entries} écritures, {reading.lines} lignes", f"{reading.entries} entries, {reading.lines} lines"
        ).text()
    )
    for fault in reading.faults:
        print(Message(f"! ligne {fault.line} : {fault.message.fr}", f"! line {fault.line}: {fault.message.en}").text())
    return FAULTY if reading.faults else 0


def _only_books(connection: Connection) -> str:
    from sqlalchemy import select

    from controller.office.ledger.tables import ledger_chain

    known = sorted(connection.execute(select(ledger_chain.c.books)).scalars())
    if len(known) == 1:
        return str(known[0])
    raise UserError(
        Message("il manque --books", "--books is missing"),
        why=Message(f"il y a {len(known)} comptes dans ce fichier", f"this file holds {len(known)} books"),
        cure=Message(f"donnez l'un de : {', '.join(known)}", f"give one of: {', '.join(known)}") if known else None,
    )


def _key(path: Path | None) -> Ed25519PrivateKey:
    from controller.office.ledger.signing import load_key

    if path is None:
        raise UserError(
            Message("il manque --key", "--key is missing"),
            why=Message("une archive est signée", "an archive is signed"),
            cure=Message("donnez le fichier chain.key du bureau", "give the office's chain.key file"),
        )
    try:
        return load_key(path)
    except (OSError, ValueError) as error:
        raise UserError(
            Message(f"{path} n'est pas une clé de signature lisible", f"{path} is not a readable signing key"),
            cure=Message("donnez le fichier chain.key du bureau", "give the office's chain.key file"),
        ) from error


def _needed(period: str | None) -> str:
    if period is None:
        raise UserError(
            Message("il manque --period", "--period is missing"),
            cure=Message("écrivez un exercice (2026) ou un mois (2026-03)", "write a year (2026) or a month (2026-03)"),
        )
    return period


def _written(path: Path, chunks: Iterable[bytes]) -> Path:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.writelines(chunks)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise OperatingError(
            Message(f"{path} ne peut pas être écrit", f"{path} cannot be written"),
            why=reason_of(error),
            cure=Message("donnez un dossier par --to", "give a folder by --to"),
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return path
