"""One module for each command of `indivis`, named like it. Here: what several of them ask for in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import Message, UserError

if TYPE_CHECKING:
    import argparse

    from controller.office.store import OfficeStore

SETTINGS = Path("/etc/indivis/indivis.toml")


def file_word() -> str:
    """Return the word that stands for a file in a command's help."""
    return Message("FICHIER", "FILE").text()


def folder_word() -> str:
    """Return the word that stands for a folder in a command's help."""
    return Message("DOSSIER", "FOLDER").text()


def add_config(parser: argparse.ArgumentParser) -> None:
    """Ask for the settings file, which has its usual place."""
    said = Message(f"les réglages (défaut : {SETTINGS})", f"the settings (default: {SETTINGS})").text()
    parser.add_argument("--config", type=Path, default=SETTINGS, metavar=file_word(), help=said)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Offer the answer as data."""
    parser.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())


def add_database(parser: argparse.ArgumentParser) -> None:
    """Ask for the office's database."""
    said = Message("le fichier office.db, ou une URL", "the office.db file, or a URL").text()
    parser.add_argument("--database", required=True, metavar=Message("BASE", "DATABASE").text(), help=said)


def opened_store(place: str) -> OfficeStore:
    """Open an office's database that is there; raise `UserError` for a path at which there is none, and make none."""
    from controller.office.store import OfficeStore

    if "://" not in place and not Path(place).is_file():
        raise UserError(
            Message(f"{place} n'existe pas", f"{place} does not exist"),
            cure=Message("donnez le chemin d'un office.db", "give the path of an office.db"),
        )
    return OfficeStore(place)
