"""`indivis bench`: how long a tap takes here, in named situations, in at most three minutes; `indivis bench money`: how
long a month of many uses takes to be posted, closed and stated.

House rules: everything is made in a folder of its own and removed; the numbers go to a table and to a JSON file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.errors import Message, OperatingError, UserError

if TYPE_CHECKING:
    from controller.bench.cells import Cell

WORK = Path("/var/tmp")  # noqa: S108 - a folder drawn anew is made in it
"""On a disk, where /tmp often is memory: a commit that flushes nothing would measure nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""

    def say(fr: str, en: str) -> str:
        return Message(fr, en).text()

    parser.add_argument(
        "what",
        nargs="?",
        choices=("taps", "money"),
        default="taps",
        metavar=say("QUOI", "WHAT"),
        help=say(
            "taps : des badges (sinon rien n'est dit) ; money : un mois d'usages, inscrit et clôturé",
            "taps: taps (unless said otherwise); money: a month of uses, posted and closed",
        ),
    )
    file, folder, names = say("FICHIER", "FILE"), say("DOSSIER", "FOLDER"), say("NOMS", "NAMES")
    add = parser.add_argument
    add("--json", type=Path, default=Path("bench.json"), metavar=file, help=say("où écrire", "where to write"))
    add("--cells", default="", metavar=names, help=say("seulement ces cas (débuts de noms)", "only these cells"))
    add("--taps", type=int, default=0, metavar="N", help=say("badges par cas", "taps in each cell"))
    add("--folder", type=Path, default=WORK, metavar=folder, help=say("le disque mesuré", "the disk to measure"))
    add(
        "--sessions",
        default="10000",
        metavar="N,N",
        help=say("pour money : combien d'usages", "for money: how many uses"),
    )
    add(
        "--database",
        metavar="URL",
        help=say("pour money : une base vide ; sinon un fichier SQLite", "for money: an empty database; else SQLite"),
    )
    add("--full", action="store_true", help=say("toute la matrice, une heure", "the full matrix, an hour"))


def run(args: argparse.Namespace) -> int:
    """Measure, print the table, write the file; return 0 whatever the numbers are."""
    document = _money(args) if args.what == "money" else _taps(args)
    try:
        args.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise OperatingError(
            Message(f"{args.json} ne peut pas être écrit", f"{args.json} cannot be written"), why=Message(why, why)
        ) from error
    return 0


def _taps(args: argparse.Namespace) -> dict[str, Any]:
    from controller.bench.benchmark import Wanted, measure
    from controller.bench.cells import chosen
    from controller.bench.report import lines

    def progress(cell: Cell) -> None:
        print(f"… {cell.name}", flush=True)

    wanted = Wanted(chosen(args.cells, full=args.full), taps=args.taps, whole=not args.cells)
    document = measure(wanted, args.folder, progress)
    for line in lines(document):
        print(line)
    return document


def _money(args: argparse.Namespace) -> dict[str, Any]:
    from controller.bench.money import measured, money_lines

    try:
        counts = [int(count) for count in args.sessions.split(",")]
    except ValueError as error:
        raise UserError(
            Message(f"« {args.sessions} » n'est pas un nombre d'usages", f"'{args.sessions}' is no number of sessions"),
            cure=Message("écrivez 10000 ou 10000,100000", "write 10000 or 10000,100000"),
        ) from error
    document = measured(args.folder, counts, args.database)
    for line in money_lines(document):
        print(line)
    return document
