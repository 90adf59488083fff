"""`indivis bench`: how long a tap takes here, in named situations, in at most three minutes.

House rules: everything is made in a folder of its own and removed; the numbers go to a table and to a JSON file.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import Message, OperatingError

if TYPE_CHECKING:
    from controller.bench.cells import Cell

WORK = Path("/var/tmp")  # noqa: S108 - a folder drawn anew is made in it
"""On a disk, where /tmp often is memory: a commit that flushes nothing would measure nothing."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""

    def say(fr: str, en: str) -> str:
        return Message(fr, en).text()

    file, folder, names = say("FICHIER", "FILE"), say("DOSSIER", "FOLDER"), say("NOMS", "NAMES")
    add = parser.add_argument
    add("--json", type=Path, default=Path("bench.json"), metavar=file, help=say("où écrire", "where to write"))
    add("--cells", default="", metavar=names, help=say("seulement ces cas (débuts de noms)", "only these cells"))
    add("--taps", type=int, default=0, metavar="N", help=say("badges par cas", "taps in each cell"))
    add("--folder", type=Path, default=WORK, metavar=folder, help=say("le disque mesuré", "the disk to measure"))
    add("--full", action="store_true", help=say("toute la matrice, une heure", "the full matrix, an hour"))


def run(args: argparse.Namespace) -> int:
    """Measure, print the table, write the file; return 0 whatever the numbers are."""
    from controller.bench.benchmark import Wanted, measure
    from controller.bench.cells import chosen
    from controller.bench.report import lines

    def progress(cell: Cell) -> None:
        print(f"… {cell.name}", flush=True)

    wanted = Wanted(chosen(args.cells, full=args.full), taps=args.taps, whole=not args.cells)
    document = measure(wanted, args.folder, progress)
    for line in lines(document):
        print(line)
    try:
        args.json.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        why = error.strerror or str(error)
        raise OperatingError(
            Message(f"{args.json} ne peut pas être écrit", f"{args.json} cannot be written"), why=Message(why, why)
        ) from error
    return 0
