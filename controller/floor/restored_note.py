"""The note that a restore leaves beside the journal, until the journal itself says what was put back.

House rules: read before a branch is opened, so that a start that cannot read it changes nothing; it goes only once its
fact is on disk.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from controller import logs
from controller.domain.facts import JournalRestored, Stamp
from controller.domain.ids import BranchId
from controller.errors import DataError, Message
from controller.floor.adapters.pin_map import replace_file
from controller.floor.store_file import unusable

if TYPE_CHECKING:
    from pathlib import Path

NAME = "restored.json"

NOTE_MAX_BYTES = 4_096
"""Four short fields; a longer file is not ours, and is refused before it fills the memory."""

_FIELDS = {"backup_id": str, "restored_by": str, "branch": str, "n": int}

_log = logs.get("journal")


class RestoredNote:
    """The note in a controller's state folder, if there is one."""

    def __init__(self, folder: Path) -> None:
        """Read it; `DataError` when it is damaged, `OperatingError` when the disk refuses."""
        self._path = folder / NAME
        self._told = _read(self._path)

    def fact(self, at: Stamp) -> JournalRestored | None:
        """Return what the journal is to say; `None` when nothing was restored."""
        if self._told is None:
            return None
        return JournalRestored(
            backup_id=str(self._told["backup_id"]),
            restored_by=str(self._told["restored_by"]),
            up_to_branch=BranchId(str(self._told["branch"])),
            up_to_n=int(self._told["n"]),
            at=at,
        )

    def done(self) -> None:
        """Take the note away; from the journal's thread, so it never fails."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("the note of a restore stays, and is declared again at the next start", why=error.strerror)


def write(folder: Path, *, backup_id: str, restored_by: str, branch: str, n: int) -> None:
    """Leave the note in one step that survives a power cut; `OSError` goes up."""
    told = {"backup_id": backup_id, "restored_by": restored_by, "branch": branch, "n": n}
    replace_file(folder / NAME, json.dumps(told))


def _read(path: Path) -> dict[str, str | int] | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unusable(path, error) from error
    try:
        with os.fdopen(descriptor, "rb") as file:
            return _told(file.read(NOTE_MAX_BYTES + 1))
    except OSError as error:
        raise unusable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise _damaged(path, str(error)) from error


def _told(text: bytes) -> dict[str, str | int]:
    told = json.loads(text) if len(text) <= NOTE_MAX_BYTES else None
    wrong = [name for name, kind in _FIELDS.items() if not isinstance(told, dict) or type(told.get(name)) is not kind]
    if wrong:
        raise ValueError(f"'{wrong[0]}' is missing or of another kind")
    return {name: told[name] for name in _FIELDS} if told else {}


def _damaged(path: Path, why: str) -> DataError:
    return DataError(
        Message(
            f"la note de restauration {path} est endommagée, rien n'a été démarré ni perdu",
            f"the note of a restore {path} is damaged, nothing was started and nothing is lost",
        ),
        why=Message(why, why),
        cure=Message(
            "récrivez-la d'après le « manifest.json » de la sauvegarde (backup_id, restored_by, branch, n) ; ou "
            "déplacez-la pour démarrer sans rien déclarer : le bureau verra alors une carte copiée, et un fabmanager "
            "tranchera",
            "write it again from the backup's 'manifest.json' (backup_id, restored_by, branch, n); or move it away to "
            "start without a declaration: the office then sees a copied card, and a fabmanager decides",
        ),
    )
