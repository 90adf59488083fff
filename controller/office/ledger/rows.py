"""Entries to rows and back, in the order of the chain and with flat memory."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select, text

from controller.domain.ids import BooksId, MachineId
from controller.domain.ledger import Draft, Entry, Posting
from controller.office.bulk import by_index, insert_rows
from controller.office.ledger.tables import ledger_entry, ledger_posting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Row

T = TypeVar("T")

READ_AHEAD = 1_000
"""Rows fetched at a time while the chain is walked: enough to be fast, little enough that memory stays flat.
"""

IN_LIMIT = 500
"""Values in one IN list: below the smallest limit of parameters of any SQLite in use (999)."""


def insert_entries(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write `entries`: all postings first, then the entry rows, which seal them."""
    insert_rows(connection, ledger_posting, [row for entry in entries for row in _posting_rows(entry)])
    insert_rows(connection, ledger_entry, [_entry_row(entry) for entry in entries])


def _entry_row(entry: Entry) -> tuple[Any, ...]:
    draft = entry.draft
    return (
        entry.books,
        entry.seq,
        draft.key,
        draft.kind,
        draft.fingerprint,
        draft.event_at,
        draft.booked_at,
        draft.machine,
        draft.reason,
        draft.reverses,
        draft.details,
        len(draft.postings),
        entry.previous,
        entry.hash,
    )


def _posting_rows(entry: Entry) -> list[tuple[Any, ...]]:
    return [
        (
            entry.books,
            entry.seq,
            leg,
            posting.account,
            posting.commodity,
            posting.amount,
            posting.wheel_before,
        )
        for leg, posting in enumerate(entry.draft.postings, start=1)
    ]


def entry_from(row: Row[Any], postings: Iterable[Row[Any]]) -> Entry:
    """Rebuild an entry; raise `ValueError` when the rows could not have been written by the ledger."""
    legs = tuple(
        Posting(posting.account, posting.amount, posting.commodity, posting.wheel_before) for posting in postings
    )
    if len(legs) != row.legs:
        raise ValueError(f"entry {row.seq} says {row.legs} legs and has {len(legs)}")
    draft = Draft(
        key=row.key,
        kind=row.kind,
        fingerprint=row.fingerprint,
        event_at=row.event_at,
        booked_at=row.booked_at,
        machine=None if row.machine is None else MachineId(row.machine),
        reason=row.reason,
        reverses=row.reverses,
        details=row.details,
        postings=legs,
    )
    return Entry(books=BooksId(row.books), seq=row.seq, draft=draft, previous=row.previous, hash=row.hash)


def entries_by_key(connection: Connection, books: BooksId, keys: Sequence[str]) -> dict[str, Entry]:
    """Return the posted entries named by `keys`."""
    found: dict[str, Entry] = {}
    for chunk in chunks(keys):
        rows = connection.execute(
            select(ledger_entry).where(ledger_entry.c.books == books, ledger_entry.c.key.in_(chunk)),
        ).all()
        for row in rows:
            legs = connection.execute(
                select(ledger_posting)
                .where(ledger_posting.c.books == books, ledger_posting.c.seq == row.seq)
                .order_by(ledger_posting.c.leg),
            )
            found[row.key] = entry_from(row, legs)
    return found


def walk(connection: Connection, books: BooksId) -> Iterator[tuple[Row[Any] | None, int, list[Row[Any]]]]:
    """Yield (entry row, number, its posting rows) by number; the entry row is `None` where only postings are
    left.
    """
    entries = connection.execution_options(yield_per=READ_AHEAD).execute(
        select(ledger_entry).where(ledger_entry.c.books == books).order_by(ledger_entry.c.seq),
    )
    postings = connection.execution_options(yield_per=READ_AHEAD).execute(
        select(ledger_posting)
        .where(ledger_posting.c.books == books)
        .order_by(ledger_posting.c.seq, ledger_posting.c.leg),
    )
    groups = groupby(postings, key=lambda posting: posting.seq)
    group = next(groups, None)
    for row in entries:
        while group is not None and group[0] < row.seq:
            yield None, group[0], list(group[1])
            group = next(groups, None)
        if group is not None and group[0] == row.seq:
            yield row, row.seq, list(group[1])
            group = next(groups, None)
        else:
            yield row, row.seq, []
    while group is not None:
        yield None, group[0], list(group[1])
        group = next(groups, None)


def legs_of(
    connection: Connection, books: str, account: str, before_at: int, after_seq: int, since_at: int
) -> Iterator[Any]:
    """Yield (amount, kind, event_at, machine, details) of an account's legs in the order of the chain, closings left
    out: of what happened before `before_at`, and was booked behind `after_seq` or happened since `since_at`.

    By the index of accounts: without statistics SQLite would go through every leg of the books.
    """
    hint = by_index(connection, "ix_ledger_posting_account")
    statement = text(
        "SELECT leg.amount, entry.kind, entry.event_at, entry.machine, entry.details"  # noqa: S608 - our own words
        f" FROM ledger_posting AS leg {hint} JOIN ledger_entry AS entry"
        " ON entry.books = leg.books AND entry.seq = leg.seq"
        " WHERE leg.books = :books AND leg.account = :account AND entry.kind <> 'closing'"
        " AND entry.event_at < :before_at AND (leg.seq > :after_seq OR entry.event_at >= :since_at)"
        " ORDER BY leg.seq, leg.leg"
    )
    said = {
        "books": books,
        "account": account,
        "before_at": before_at,
        "after_seq": after_seq,
        "since_at": since_at,
    }
    # Said of the statement: said of the connection, it would hold for what is written next in the transaction.
    yield from connection.execute(statement.execution_options(yield_per=READ_AHEAD), said)


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield `values` in IN lists of bearable size."""
    for start in range(0, len(values), IN_LIMIT):
        yield values[start : start + IN_LIMIT]
