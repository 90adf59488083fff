"""One module for each command of `indivis`, named like it. Here: what several of them ask for in the same way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import Message

if TYPE_CHECKING:
    import argparse

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
