"""`indivis backup`: everything that cannot be made again, to another medium, checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from controller import settings
from controller.backup.making import make_backup
from controller.commands import add_config, add_json, file_word, folder_word
from controller.errors import Message, UserError, reason_of

if TYPE_CHECKING:
    import argparse


MEDIUM = Path("/var/backups/indivis")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the settings, the medium and the passphrase's file."""
    add_config(parser)
    parser.add_argument(
        "--to",
        type=Path,
        default=MEDIUM,
        metavar=folder_word(),
        help=Message(f"sur quel support (défaut : {MEDIUM})", f"on which medium (default: {MEDIUM})").text(),
    )
    add_passphrase(parser)
    add_json(parser)


def add_passphrase(parser: argparse.ArgumentParser) -> None:
    """Ask for the file whose first line seals the keys."""
    said = Message("sa première ligne scelle les clés", "its first line seals the keys").text()
    parser.add_argument("--passphrase-file", type=Path, metavar=file_word(), help=said)


def run(args: argparse.Namespace) -> int:
    """Make a backup; 0 when it was opened and read whole. The folder must be there: a medium that is not plugged in
    would otherwise become a folder on the very card that the backup is for.
    """
    if not args.to.is_dir():
        raise UserError(
            Message(f"le dossier {args.to} n'existe pas", f"the folder {args.to} does not exist"),
            cure=Message(
                "branchez et montez le support, ou créez le dossier", "plug in and mount the medium, or make it"
            ),
        )
    made = make_backup(settings.load(args.config), args.to, read_passphrase(args.passphrase_file))
    if args.json:
        print(json.dumps({"folder": str(made.folder), **made.manifest}))
        return 0
    print(Message(f"sauvegarde vérifiée : {made.folder}", f"backup verified: {made.folder}").text())
    if args.passphrase_file is None:
        said = Message(
            "sans --passphrase-file, les clés ne sont pas dans la sauvegarde ; gardez-les ailleurs",
            "without --passphrase-file the keys are not in the backup; keep them elsewhere",
        )
        print(said.text())
    return 0


def read_passphrase(path: Path | None) -> str | None:
    """Return the file's first line; `UserError` when it cannot be read."""
    if path is None:
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            Message(f"la phrase de passe {path} ne peut pas être lue", f"the passphrase {path} cannot be read"),
            why=reason_of(error),
            cure=Message("donnez un fichier d'une ligne : la phrase", "give a file of one line: the passphrase"),
        ) from error
    if not lines:
        raise UserError(
            Message(f"le fichier {path} est vide", f"the file {path} is empty"),
            cure=Message("écrivez-y une ligne : la phrase", "write one line into it: the passphrase"),
        )
    return lines[0]
