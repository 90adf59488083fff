"""`indivis check-config FILE`: every mistake of a settings file with its line, or the word that it is right."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from controller import settings
from controller.errors import Message

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the file."""
    parser.add_argument(
        "file",
        type=Path,
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("les réglages (TOML)", "the settings (TOML)").text(),
    )
    parser.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())


def run(args: argparse.Namespace) -> int:
    """Check, the accountant's chart that it names too; 0 when the file can be used, 2 when it cannot."""
    try:
        found = settings.load(args.file)
    except settings.SettingsError as error:
        if not args.json:
            raise
        problems = [
            {"line": problem.line, "key": problem.key, "why": problem.why.text(), "cure": problem.cure.text()}
            for problem in error.problems
        ]
        print(json.dumps({"file": str(args.file), "problems": problems}, ensure_ascii=False))
        return error.exit_code
    if found.office.chart_file is not None:
        from controller.office.export.chart import load_chart

        load_chart(found.office.chart_file)
    missing = sorted({each.speaker for each in found.channel if each.speaker and shutil.which(each.speaker) is None})
    if args.json:
        print(json.dumps({"file": str(args.file), "problems": [], "missing_programs": missing}, ensure_ascii=False))
        return 0
    readers, channels = len(found.reader), len(found.channel)
    said = Message(
        f"{args.file} : bon (relais : {channels}, lecteurs : {readers})",
        f"{args.file}: good (relays: {channels}, readers: {readers})",
    )
    print(said.text())
    for program in missing:
        warning = Message(
            f"attention : {program} n'est pas installé ici, rien ne sera dit à voix haute (apt install espeak-ng)",
            f"warning: {program} is not installed here, nothing will be said aloud (apt install espeak-ng)",
        )
        print(warning.text())
    return 0
