"""Opening the controller's SQLite files: made whole, checked, locked, or set aside when damaged.

House rules: a file is made beside its place and moved there in one step, so an empty file is damage and never a
beginning; a damaged file is renamed with the date and nothing takes its place unseen. One writer per file, which also
does all checkpoints (SQLite before 3.51.3 may corrupt a file when two connections checkpoint at once); readers cannot.
Within this process a store is opened by SQLite only: closing any other descriptor of it would drop SQLite's locks.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from controller.errors import DataError, Message, OperatingError, reason_of
from controller.floor.migrations import STEPS, Store, step_of, upgrade

WHOLE_CHECK_MAX_BYTES = 32 * 2**20
"""Up to this size every page is checked at start (a second on the slowest card); of a larger file only what is read
then, and the rest by `indivis verify`, so that a start stays short.
"""

BUSY_MAX_S = 1.0
"""How long a statement waits for another process's lock before it fails and is tried again by its owner."""

WAL_KEPT_BYTES = 4 * 2**20
"""A longer write-ahead log is cut back to this after a checkpoint: one busy hour must not keep the card full."""

COMPANIONS = ("", "-wal", "-shm")

_NAMES = {
    "journal": Message("le journal", "the journal"),
    "replica": Message("la copie de l'annuaire", "the directory's copy"),
}


def file_date() -> str:
    """Return the date that a set-aside file gets in its name, in UTC, as far as the computer knows it."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


class Claim:
    """The right to write one store, held until `release`; the kernel gives it back however a process ends."""

    def __init__(self, path: Path) -> None:
        """Take it, or raise `OperatingError` because another program has it or the folder cannot be written."""
        self._file = path.with_name(path.name + ".lock")
        try:
            self._descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise unusable(path, error) from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise OperatingError(
                Message(f"{path} est déjà ouvert", f"{path} is already open"),
                why=Message("un autre contrôleur écrit dans ce fichier", "another controller writes to this file"),
                cure=Message(
                    "arrêtez-le d'abord (systemctl status indivis-controller)",
                    "stop it first (systemctl status indivis-controller)",
                ),
            ) from error

    def release(self) -> None:
        """Let another program have it. Twice is once."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def prepare(path: Path, store: Store, *, date: Callable[[], str] = file_date) -> None:
    """Make the file if there never was one, check it, and bring it to the newest step.

    `DataError`: damaged (now set aside as `NAME.damaged-DATE`), set aside earlier and not restored, or written by a
    newer version. `OperatingError`: the disk or its permissions.
    """
    try:
        if not path.exists():
            _refuse_lost(path, store)
            _make(path, store)
            return
        step = _checked_step(path)
    except sqlite3.OperationalError as error:
        raise unusable(path, error) from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, store, error, date()) from error
    except OSError as error:
        raise unusable(path, error) from error
    if step not in STEPS[store]:
        raise DataError(
            Message(
                f"{path} vient d'une version plus récente d'Indivis", f"{path} comes from a newer version of Indivis"
            ),
            why=Message(f"l'étape {step} est inconnue ici", f"step {step} is not known here"),
            cure=Message("mettez Indivis à jour", "upgrade Indivis"),
        )
    if step != STEPS[store][-1]:
        upgrade(path, store)


def connect_writer(path: Path) -> sqlite3.Connection:
    """Open the one connection that writes: WAL, every commit flushed, checkpoints only when asked."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MAX_S,
    )
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "wal_autocheckpoint = 0",
            f"journal_size_limit = {WAL_KEPT_BYTES}",
            "mmap_size = 0",
            "cell_size_check = ON",
            "foreign_keys = ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that can neither write nor checkpoint; usable from one thread at a time."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=BUSY_MAX_S,
    )


def set_aside(path: Path, date: str) -> Path:
    """Rename a file and its companions to `NAME.damaged-DATE…`, never over an earlier one; return the new path."""
    number, target = 1, path.with_name(f"{path.name}.damaged-{date}")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.name}.damaged-{date}-{number}")
    for companion in COMPANIONS:
        old = path.with_name(path.name + companion)
        if old.exists():
            old.replace(target.with_name(target.name + companion))
    flush_folder(path.parent)
    return target


def damaged(path: Path, store: Store, error: Exception, date: str) -> DataError:
    """Set the file aside and return the error that says so."""
    aside = set_aside(path, date)
    name, why = _NAMES[store], reason_of(error)
    return DataError(
        Message(f"{name.fr} {path} est endommagé", f"{name.en} {path} is damaged"),
        why=Message(f"{why.fr} ; il est gardé sous {aside.name}", f"{why.en}; it is kept as {aside.name}"),
        cure=_RESTORE,
    )


def unusable(path: Path, error: Exception) -> OperatingError:
    """Return the error for a disk that refuses."""
    return OperatingError(
        Message(f"{path} ne peut pas être ouvert", f"{path} cannot be opened"),
        why=reason_of(error),
        cure=Message(
            "vérifiez le dossier, ses droits et la place libre", "check the folder, its permissions and free space"
        ),
    )


def create(path: Path, store: Store) -> None:
    """Make an empty store at `path`, which nothing else opens yet: whole and on disk when this returns."""
    for companion in COMPANIONS:
        path.with_name(path.name + companion).unlink(missing_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640))
    upgrade(path, store)
    connect_writer(path).close()


_RESTORE = Message(
    "aucun démarrage avant « indivis restore » ; rien n'est remplacé sans vous",
    "nothing starts before 'indivis restore'; nothing is replaced without you",
)


def _make(path: Path, store: Store) -> None:
    new = path.with_name(path.name + ".new")
    create(new, store)
    new.replace(path)
    flush_folder(path.parent)


def _refuse_lost(path: Path, store: Store) -> None:
    aside = sorted(path.parent.glob(f"{path.name}.damaged-*"))
    if aside:
        name = _NAMES[store]
        raise DataError(
            Message(f"{name.fr} {path} manque", f"{name.en} {path} is missing"),
            why=Message(
                f"endommagé, il a été mis de côté ({aside[0].name})", f"damaged, it was set aside ({aside[0].name})"
            ),
            cure=_RESTORE,
        )


def _checked_step(path: Path) -> str | None:
    if path.stat().st_size == 0:
        raise sqlite3.DatabaseError("the file is empty")
    connection = connect_writer(path)
    try:
        if path.stat().st_size <= WHOLE_CHECK_MAX_BYTES:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise sqlite3.DatabaseError(str(verdict).splitlines()[0])
        return step_of(connection)
    finally:
        connection.close()


def flush_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
