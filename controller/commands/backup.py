"""`indivis backup`: everything that cannot be made again, to another medium, checked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from controller import settings
from controller.backup.making import make_backup
from controller.errors import Message, UserError

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Ask for the settings, the medium and the passphrase's file."""
    parser.add_argument("--config", type=Path, default=Path("/etc/indivis/indivis.toml"), metavar="FILE")
    parser.add_argument("--to", type=Path, default=Path("/var/backups/indivis"), metavar="DIR")
    parser.add_argument("--passphrase-file", type=Path, metavar="FILE")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Make a backup; 0 when it was opened and read whole."""
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
        return path.read_text().splitlines()[0]
    except (OSError, IndexError, UnicodeDecodeError) as error:
        raise UserError(
            Message(f"la phrase de passe {path} ne peut pas être lue", f"the passphrase {path} cannot be read"),
            why=Message(str(error), str(error)),
        ) from error
