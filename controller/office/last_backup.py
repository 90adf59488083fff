"""What the last verified backup holds, as `indivis backup` leaves it beside the database for the running office.

House rules: the file is written only after the copy was opened and read whole, and replaced in one step; the office
reads it and never writes it. What it says lets controllers trim, so a file that is not as expected says nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import insert, update

from controller import logs
from controller.office.downlink_store import note_backed_up
from controller.office.overview import BACKUP_NOTE
from controller.office.tables import office_meta

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from controller.office.store import Change

NAME = "last-backup.json"

BYTES_MAX = 1_000_000
"""Some ten thousand branches; a larger file is not what `indivis backup` writes."""

_log = logs.get("backup")


@dataclass(frozen=True, slots=True)
class LastBackup:
    """When the copy was made (Unix ms), and up to which number it holds each (controller, branch)."""

    at: int
    reached: Mapping[tuple[str, str], int]


class BackupEar:
    """Reads the file again whenever it was replaced."""

    def __init__(self, folder: Path | None) -> None:
        """Watch the office's folder; `None` where no backup of ours is made."""
        self._path = None if folder is None else folder / NAME
        self._seen: tuple[int, int] | None = None

    def news(self) -> LastBackup | None:
        """Return the last backup if it is another one than when this was last asked."""
        if self._path is None:
            return None
        try:
            state = self._path.stat()
            mark = (state.st_ino, state.st_mtime_ns)
            if mark == self._seen:
                return None
            with self._path.open("rb") as file:
                said = file.read(BYTES_MAX + 1)
        except OSError:
            return None  # none yet, or just being replaced: the next look finds it
        self._seen = mark
        try:
            return _read(said)
        except (KeyError, TypeError, ValueError):
            _log.warning("the note of the last backup is not understood", file=NAME)
            return None


def note_backup(change: Change, backup: LastBackup) -> None:
    """Write down what a backup holds, for acknowledgements and for the page."""
    note_backed_up(change, backup.reached)
    place = office_meta.c.name == BACKUP_NOTE
    if change.tx.execute(update(office_meta).where(place).values(value=str(backup.at))).rowcount == 0:
        change.tx.execute(insert(office_meta).values(name=BACKUP_NOTE, value=str(backup.at)))


def _read(said: bytes) -> LastBackup:
    if len(said) > BYTES_MAX:
        raise ValueError("too long")
    manifest = json.loads(said)
    reached: dict[tuple[str, str], int] = {}
    for row in manifest["reached"]:
        if type(row["n"]) is not int:
            raise TypeError("n is no number")
        reached[str(row["controller"]), str(row["branch"])] = row["n"]
    return LastBackup(round(datetime.fromisoformat(manifest["at"]).timestamp()) * 1_000, reached)
