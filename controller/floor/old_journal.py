"""A journal that is only looked at: a controller's own file beside it at work, a backup, a copy on another computer.

House rules: nothing is written, not even a lock file: a copy at rest is opened as one that cannot change. Every fact is
read, so that what follows from it is known, and dated by the anchor of its boot where its own date was not known.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from controller.domain.chain import SealedFact, broken_because
from controller.domain.codec import MalformedFactError, UnknownFactError, fact_from
from controller.domain.facts import ClockAnchored, Fact, Stamp
from controller.domain.ids import BranchId, ControllerId
from controller.errors import DataError, IndivisError, Message, OperatingError, UserError, reason_of
from controller.floor.journal_reading import READ_AT_ONCE, sealed_from
from controller.floor.migrations import STEPS, Store, step_of
from controller.floor.store_file import BUSY_MAX_S
from controller.floor.tables import SELECT_FACT

_FOREIGN = ("not a database", "no such table", "no such column")
"""What SQLite says of a file that is whole and something else."""

_NAMES: dict[Store, Message] = {
    "journal": Message("un journal d'Indivis", "a journal of Indivis"),
    "replica": Message("une copie de l'annuaire d'Indivis", "a copy of Indivis's directory"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A fact in its place. `fact` is null when its body was forgotten, or a newer version wrote it; `kind` is always
    known. `broken` says why it does not stand in the chain.
    """

    n: int
    branch: BranchId
    kind: str
    fact: Fact | None
    forgotten: bool
    wall_ms: int | None
    broken: str | None = None


def look_at(path: Path, store: Store) -> sqlite3.Connection:
    """Open a store without touching it; `UserError` when it is none, `DataError` when a newer version made it,
    `OperatingError` when the disk or another program refuses.
    """
    if not path.is_file():
        why = Message("c'est un dossier", "it is a folder") if path.is_dir() else None
        raise UserError(
            Message(f"{path} n'est pas un fichier", f"{path} is no file")
            if path.exists()
            else Message(f"{path} n'existe pas", f"{path} does not exist"),
            why=why,
            cure=_give(store),
        )
    try:
        connection = _opened(path)
        try:
            step = step_of(connection)
        except sqlite3.Error:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise unreadable(path, store, error) from error
    if step in STEPS[store]:
        return connection
    connection.close()
    if step is not None and step.startswith(f"{store}_"):
        raise DataError(
            Message(f"{path} vient d'une version plus récente d'Indivis", f"{path} comes from a newer Indivis"),
            why=Message(f"l'étape {step} est inconnue ici", f"step {step} is not known here"),
            cure=Message("mettez Indivis à jour", "upgrade Indivis"),
        )
    raise _no_store(path, store)


def unreadable(path: Path, store: Store, error: sqlite3.Error) -> IndivisError:
    """Return the error for a file that SQLite does not read."""
    if isinstance(error, sqlite3.OperationalError) and "no such table" not in str(error):
        return OperatingError(
            Message(f"{path} ne peut pas être lu pour l'instant", f"{path} cannot be read just now"),
            why=Message("un autre programme le tient", "another program holds it")
            if "locked" in str(error)
            else reason_of(error),
            cure=Message("réessayez, ou lisez une copie du fichier", "try again, or read a copy of the file"),
        )
    if any(word in str(error) for word in _FOREIGN):
        return _no_store(path, store, reason_of(error))
    return DataError(
        Message(f"{path} est endommagé", f"{path} is damaged"),
        why=reason_of(error),
        cure=Message("lisez une sauvegarde ou une autre copie", "read a backup or another copy"),
    )


def controller_of(connection: sqlite3.Connection) -> ControllerId:
    """Return whose journal this is; empty for one that never held a fact."""
    row = connection.execute("SELECT controller FROM chain_start").fetchone()
    return ControllerId("" if row is None else row[0])


def facts_of(connection: sqlite3.Connection, controller: ControllerId) -> Iterator[Dated]:
    """Go through all facts in order, in short reads; `sqlite3.DatabaseError` when one is no JSON."""
    anchors = _anchors(connection, controller)
    n, previous = 0, None
    while rows := connection.execute(f"{SELECT_FACT} WHERE n > ? ORDER BY n LIMIT ?", (n, READ_AT_ONCE)).fetchall():
        for row in rows:
            sealed = sealed_from(row, controller)
            broken = broken_because(sealed, previous) or _out_of_place(sealed, row[6], n)
            fact = None if sealed.body is None else _readable(sealed.kind, sealed.schema, sealed.body)
            yield Dated(
                n=sealed.n,
                branch=sealed.branch,
                kind=sealed.kind,
                fact=fact,
                forgotten=sealed.body is None,
                wall_ms=None if fact is None else dated(fact.at, anchors),
                broken=broken,
            )
            n, previous = sealed.n, row[6]


def _out_of_place(sealed: SealedFact, stored_hash: str, before_n: int) -> str | None:
    if before_n and sealed.n != before_n + 1:
        return "the one before it is missing"
    return None if sealed.hash == stored_hash else "its hash is not that of its header"


def dated(at: Stamp, anchors: dict[str, int]) -> int | None:
    """Return when that was: by its own date if it was set, else by the anchor of its boot, else by what it has."""
    anchor = anchors.get(at.boot_id)
    return at.wall_ms if at.clock == "synced" or anchor is None else anchor + at.boot_ms


def _anchors(connection: sqlite3.Connection, controller: ControllerId) -> dict[str, int]:
    rows = connection.execute(f"{SELECT_FACT} WHERE kind = ? ORDER BY n", (ClockAnchored.KIND,)).fetchall()
    sealed = [sealed_from(row, controller) for row in rows]
    facts = [_readable(each.kind, each.schema, each.body) for each in sealed if each.body is not None]
    return {fact.boot_id: fact.wall_at_boot_ms for fact in facts if isinstance(fact, ClockAnchored)}


def _readable(kind: str, schema: int, body: object) -> Fact | None:
    try:
        return fact_from(kind, schema, body)  # type: ignore[arg-type]
    except (UnknownFactError, MalformedFactError):
        return None


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file that may be at work or at rest. In write-ahead mode a reader needs companions of the file, which it
    must not make: a copy without them is at rest, and opened as one that cannot change.
    """
    if not any(path.with_name(path.name + end).exists() for end in ("-wal", "-shm")):
        at_rest = _connected(path, "&immutable=1")
        if at_rest.execute("PRAGMA journal_mode").fetchone()[0] == "wal":
            return at_rest
        at_rest.close()
    return _connected(path, "")


def _connected(path: Path, also: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro{also}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MAX_S)


def _no_store(path: Path, store: Store, why: Message | None = None) -> UserError:
    name = _NAMES[store]
    return UserError(Message(f"{path} n'est pas {name.fr}", f"{path} is not {name.en}"), why=why, cure=_give(store))


def _give(store: Store) -> Message:
    return Message(f"donnez le fichier {store}.db d'un contrôleur", f"give the {store}.db of a controller")


@contextmanager
def looking_at(path: Path, store: Store) -> Iterator[sqlite3.Connection]:
    """The same for the length of a block, in which SQLite's errors are told as ours."""
    connection = look_at(path, store)
    try:
        yield connection
    except sqlite3.Error as error:
        raise unreadable(path, store, error) from error
    finally:
        connection.close()
