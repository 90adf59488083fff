"""`indivis restore FOLDER`: a backup onto a blank card, declared in journal and office."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import TYPE_CHECKING

from controller import settings
from controller.backup.restoring import restore
from controller.commands import add_config, add_json, folder_word
from controller.commands.backup import add_passphrase, read_passphrase
from controller.errors import Message

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the backup, the settings, the passphrase's file, and who restores."""
    said = Message("un dossier indivis-… du support", "an indivis-… folder of the medium").text()
    parser.add_argument("folder", type=Path, metavar=folder_word(), help=said)
    add_config(parser)
    add_passphrase(parser)
    alone = Message("laisse les clés dans la sauvegarde", "leaves the keys in the backup").text()
    parser.add_argument("--without-keys", action="store_true", help=alone)
    who = Message("qui restaure, pour le registre", "who restores, for the record").text()
    parser.add_argument("--by", default="", metavar=Message("QUI", "WHO").text(), help=who)
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    """Restore; the next start of each program declares it."""
    by = args.by or getpass.getuser()
    phrase = read_passphrase(args.passphrase_file)
    manifest = restore(settings.load(args.config), args.folder, phrase, by, without_keys=args.without_keys)
    if args.json:
        print(json.dumps(manifest))
    else:
        said = Message(
            f"restauré : {manifest['at']} ; les programmes le déclareront à leur prochain démarrage",
            f"restored: {manifest['at']}; the programs will declare it at their next start",
        )
        print(said.text())
    return 0
