"""`indivis restore FOLDER`: a backup onto a blank card, declared in journal and office."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING

from controller import settings
from controller.backup.restoring import restore
from controller.commands.backup import read_passphrase
from controller.errors import Message

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the backup, the settings, the passphrase's file, and who restores."""
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--config", type=Path, default=Path("/etc/indivis/indivis.toml"), metavar="FILE")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE")
    parser.add_argument("--by", default="", metavar="WHO")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Restore; the next start of each program declares it."""
    by = args.by or getpass.getuser()
    manifest = restore(settings.load(args.config), args.folder, read_passphrase(args.passphrase_file), by)
    if args.json:
        print(json.dumps(manifest))
    else:
        said = Message(
            f"restauré : {manifest['at']} ; les programmes le déclareront à leur prochain démarrage",
            f"restored: {manifest['at']}; the programs will declare it at their next start",
        )
        print(said.text())
    return 0
