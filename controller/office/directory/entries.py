"""What comes down to the controllers: every change of an entry takes the next revision, without a gap.

House rules: written in the transaction of the change itself; an entry that stays the same takes no revision.
A reader gets what is newer than its revision in order, each entry in its newest state only.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from controller.domain.canonical import Json, canonical
from controller.domain.codec import encode
from controller.domain.directory import DirectoryEntry, key_of
from controller.office.bulk import insert_rows
from controller.office.directory.tables import counter, directory_entry
from controller.office.ledger.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

CHANGES_LIMIT = 1_000
"""Entries in one answer: some hundred kilobytes, which a Pi holds easily; the reader asks again for more."""

_READ_AHEAD = 1_000


@dataclass(frozen=True, slots=True)
class EntryChange:
    """An entry as it comes down; a null body is a tombstone."""

    kind: str
    key: str
    body: Json
    revision: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Entries newer than what was asked for, in order of revision; `up_to` is what the reader has after them."""

    entries: tuple[EntryChange, ...]
    up_to: int
    complete: bool


def put(tx: Connection, entries: Iterable[DirectoryEntry]) -> None:
    """Write `entries` as they are now; those that did not change keep their revision."""
    _write(tx, [(entry.KIND, key_of(entry), canonical(encode(entry)).decode()) for entry in entries])


def bury(tx: Connection, kind: str, key: str) -> None:
    """Leave a tombstone for an entry; nothing happens where none was."""
    if _stored(tx, kind, [key]).get(key) is not None:
        _write(tx, [(kind, key, None)])


def revision(tx: Connection) -> int:
    """Return the newest revision; 0 before the first change."""
    return tx.execute(select(counter.c.value).where(counter.c.name == "revision")).scalar() or 0


def changes_since(tx: Connection, after: int, limit: int = CHANGES_LIMIT) -> Changes:
    """Return at most `limit` entries newer than revision `after`."""
    rows = tx.execute(
        select(directory_entry)
        .where(directory_entry.c.revision > after)
        .order_by(directory_entry.c.revision)
        .limit(min(limit, CHANGES_LIMIT) + 1),
    ).all()
    complete = len(rows) <= min(limit, CHANGES_LIMIT)
    entries = tuple(
        EntryChange(row.kind, row.key, None if row.body is None else json.loads(row.body), row.revision)
        for row in rows[: min(limit, CHANGES_LIMIT)]
    )
    return Changes(entries, revision(tx) if complete else entries[-1].revision, complete)


def snapshot(tx: Connection) -> Iterator[EntryChange]:
    """Yield every living entry in the order of (kind, key), memory flat: a snapshot needs no tombstones."""
    rows = tx.execution_options(yield_per=_READ_AHEAD).execute(
        select(directory_entry)
        .where(directory_entry.c.body.is_not(None))
        .order_by(directory_entry.c.kind, directory_entry.c.key)
    )
    for row in rows:
        yield EntryChange(row.kind, row.key, json.loads(row.body), row.revision)


def next_number(tx: Connection, name: str, count: int = 1) -> int:
    """Take `count` numbers of the counter `name` and return the first; the row is locked until the commit."""
    taken = tx.execute(
        update(counter).where(counter.c.name == name).values(value=counter.c.value + count).returning(counter.c.value)
    ).scalar()
    if taken is None:
        tx.execute(insert(counter).values(name=name, value=count))
        return 1
    first: int = taken - count + 1
    return first


def _write(tx: Connection, rows: list[tuple[str, str, str | None]]) -> None:
    newest = {(kind, key): body for kind, key, body in rows}
    stored: dict[tuple[str, str], str | None] = {}
    for kind in sorted({kind for kind, _ in newest}):
        keys = [key for row_kind, key in newest if row_kind == kind]
        stored.update({(kind, key): body for key, body in _stored(tx, kind, keys).items()})
    changed = [(name, body) for name, body in newest.items() if name not in stored or stored[name] != body]
    if not changed:
        return
    first = next_number(tx, "revision", len(changed))
    for kind in sorted({kind for kind, _ in stored}):
        for chunk in chunks([name[1] for name, _ in changed if name[0] == kind and name in stored]):
            tx.execute(delete(directory_entry).where(directory_entry.c.kind == kind, directory_entry.c.key.in_(chunk)))
    written = [(kind, key, body, number) for number, ((kind, key), body) in enumerate(changed, start=first)]
    insert_rows(tx, directory_entry, written)


def _stored(tx: Connection, kind: str, keys: list[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for chunk in chunks(keys):
        query = select(directory_entry.c.key, directory_entry.c.body).where(
            directory_entry.c.kind == kind, directory_entry.c.key.in_(chunk)
        )
        found.update({row.key: row.body for row in tx.execute(query)})
    return found
