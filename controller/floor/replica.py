"""The controller's copy of the directory: looked up at each tap, changed by the exchange alone.

House rules: a look sees one revision from its first read to its last. `replica.db` is a link to the file in force: a
snapshot is built beside it and the link is moved in one step, so no reader sees half of either. A damaged copy is set
aside and an empty one, which refuses every start, stands in until the office has sent a new one.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from controller import logs
from controller.domain.canonical import canonical
from controller.errors import DataError
from controller.exchange.messages import BranchStanding, Contained, Entry
from controller.floor.replica_reading import FileReader, Reader, state_of
from controller.floor.replica_view import Contact
from controller.floor.store_file import (
    COMPANIONS,
    Claim,
    connect_writer,
    create,
    flush_folder,
    prepare,
    unusable,
)

CONTACT_WRITTEN_EVERY_MS = 600_000
"""The last contact is written at most every ten minutes, for the card's wear; between, memory knows it. After a restart
the copy may so look ten minutes older than it is, never younger.
"""

SET_STATE = "UPDATE replica_state SET incarnation = ?, revision = ?, needs_upgrade = NULL"
PUT_ENTRY = "INSERT OR REPLACE INTO entry (kind, key, body, revision) VALUES (?, ?, ?, ?)"
PUT_CONTAINED = "INSERT INTO contained (branch, n) VALUES (?, ?)"
_SET_STANDING = "UPDATE exchange_state SET standing = ?"


class Replica:
    """The file in force and its one writer, which is the exchange's thread. `reader` may be called from any thread."""

    def __init__(self, path: Path) -> None:
        """Open the copy, or make an empty one; `OperatingError`, or `DataError` when a newer version wrote it."""
        self._path = path
        self._claim = Claim(path)
        self._log = logs.get("replica")
        self._lock = threading.Lock()
        self.generation = 0
        try:
            self.set_aside = self._prepare()
            self._connection = connect_writer(path.resolve())
            self._contact = state_of(self._connection).contact
        except sqlite3.Error as error:
            self._claim.release()
            raise unusable(path, error) from error
        except BaseException:
            self._claim.release()
            raise
        self._contact_written = self._contact
        _sweep(path)

    def incarnation(self) -> str | None:
        """Which office's state this is; `None` while empty."""
        return state_of(self._connection).incarnation

    def revision(self) -> int:
        """The newest revision applied; 0 while empty."""
        return state_of(self._connection).revision

    def entries(self) -> int:
        """How many entries it holds."""
        return int(self._connection.execute("SELECT count(*) FROM entry").fetchone()[0])

    def reader(self) -> Reader:
        """Make a reader for one thread."""
        return FileReader(self)

    def apply_changes(
        self, *, incarnation: str, to_revision: int, entries: Iterable[Entry], vector: Iterable[Contained]
    ) -> None:
        """Write entries, revision and vector in one transaction; an empty vector leaves the one that is there.

        `sqlite3.Error`: nothing was changed.
        """
        rows = [(entry, entry.body) for entry in entries]
        contained = [(one.branch, one.n) for one in vector]
        with transaction(self._connection):
            for entry, body in rows:
                if body is None:
                    self._connection.execute("DELETE FROM entry WHERE kind = ? AND key = ?", (entry.kind, entry.key))
                else:
                    text = canonical(body).decode()
                    self._connection.execute(PUT_ENTRY, (entry.kind, entry.key, text, entry.revision))
            self._connection.execute(SET_STATE, (incarnation, to_revision))
            if contained:
                self._connection.execute("DELETE FROM contained")
                self._connection.executemany(PUT_CONTAINED, contained)
        try:
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as error:
            self._log.warning("the replica's log could not be copied; it is tried again", why=str(error))

    def stop_at(self, detail: str, version: str) -> None:
        """Remember that something came which `version` does not understand; the next change understood lifts it."""
        with transaction(self._connection):
            self._connection.execute("UPDATE replica_state SET needs_upgrade = ?", (detail,))
            self._connection.execute("UPDATE exchange_state SET stopped_version = ?", (version,))

    def stopped(self, version: str) -> bool:
        """Say whether this very version stopped before something that it does not understand."""
        row = self._connection.execute(
            "SELECT 1 FROM replica_state, exchange_state WHERE needs_upgrade IS NOT NULL AND stopped_version = ?",
            (version,),
        ).fetchone()
        return row is not None

    def standing(self) -> BranchStanding:
        """Return the office's last word on whether this card may start anything; what cannot be read means no."""
        word = self._connection.execute("SELECT standing FROM exchange_state").fetchone()[0]
        return next((known for known in get_args(BranchStanding) if known == word), "quarantined")

    def stands(self, standing: BranchStanding) -> None:
        """Remember the office's word across restarts and snapshots."""
        with transaction(self._connection):
            self._connection.execute(_SET_STANDING, (standing,))

    def heard(self, contact: Contact) -> None:
        """The copy was the office's newest at that instant."""
        with self._lock:
            self._contact = contact
        written = self._contact_written
        if (
            written is None
            or written.boot_id != contact.boot_id
            or contact.boot_ms - written.boot_ms >= CONTACT_WRITTEN_EVERY_MS
        ):
            _write_contact(self._connection, contact)
            self._contact_written = contact

    def contact(self) -> Contact | None:
        """When the office was last heard; any thread."""
        with self._lock:
            return self._contact

    def next_file(self) -> Path:
        """Name the file that a snapshot is to be built in."""
        return _numbered(self._path, _number(self._path.resolve()) + 1)

    def switch_to(self, built: Path) -> None:
        """Put a whole new file, made by `replica_build` at `next_file`, in force in one step; remove the old one.

        It is no older than the old one, so it takes over when the office was last heard: a crash right after this must
        not leave a copy that looks never heard, on which nobody may start.
        """
        connection = connect_writer(built)
        contact = self.contact()
        if contact is not None:
            _write_contact(connection, contact)
        old = self._path.resolve()
        try:
            with transaction(connection):
                connection.execute(_SET_STANDING, (self.standing(),))
            _link(self._path, built)
        except (OSError, sqlite3.Error):
            if self._path.resolve() != built.resolve():
                connection.close()
                raise
            # Moved, but the folder was not flushed: after a power cut it may be the old one again, which is whole too.
            self._log.warning("the folder of the directory's copy could not be flushed")
        self._connection.close()
        self._connection = connection
        self._contact_written = contact
        self.generation += 1
        for companion in COMPANIONS:
            old.with_name(old.name + companion).unlink(missing_ok=True)

    def resolved(self) -> Path:
        """Name the file in force."""
        return self._path.resolve()

    def close(self) -> None:
        """Let the files go."""
        self._connection.close()
        self._claim.release()

    def _prepare(self) -> Path | None:
        """Return the damaged file that was set aside, if one was."""
        if not self._path.is_symlink():
            _fresh(self._path, 1)
            return None
        there = self._path.resolve()
        if not there.exists():
            self._log.error("the directory's copy is missing; starts are refused until the office sends a new one")
            _fresh(self._path, _number(there) + 1)
            return None
        try:
            prepare(there, "replica")
        except DataError:
            if there.exists():
                raise
            aside = max(there.parent.glob(f"{there.name}.damaged-*"), key=lambda path: path.name)
            self._log.error("the directory's copy was damaged; starts are refused until a new one", kept=aside.name)
            _fresh(self._path, _number(there) + 1)
            return aside
        return None


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _write_contact(connection: sqlite3.Connection, contact: Contact) -> None:
    with transaction(connection):
        connection.execute(
            "UPDATE replica_state SET contact_boot_id = ?, contact_boot_ms = ?, contact_wall_ms = ?",
            (contact.boot_id, contact.boot_ms, contact.wall_ms),
        )


def _numbered(link: Path, number: int) -> Path:
    return link.with_name(f"{link.stem}-{number}{link.suffix}")


def _number(path: Path) -> int:
    digits = path.stem.rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _fresh(link: Path, number: int) -> None:
    target = _numbered(link, number)
    try:
        create(target, "replica")
        _link(link, target)
    except (OSError, sqlite3.Error) as error:
        raise unusable(link, error) from error


def _link(link: Path, target: Path) -> None:
    new = link.with_name(link.name + ".new")
    new.unlink(missing_ok=True)
    new.symlink_to(target.name)
    new.replace(link)
    flush_folder(link.parent)


def _sweep(link: Path) -> None:
    """Remove files that a power cut left beside the one in force; what was set aside as damaged stays."""
    kept = link.resolve().name
    for left in link.parent.glob(f"{link.stem}-*{link.suffix}*"):
        if ".damaged-" not in left.name and not left.name.startswith(kept):
            left.unlink(missing_ok=True)
