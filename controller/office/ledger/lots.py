"""Lots of credit as they stand: a cache of the moves that the entries keep, rebuilt and compared like the balances.

House rules: a lot is opened by its top-up's entry and changed by moves alone; empty ones stay, so that a use that is
taken back finds them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, select, update

from controller.domain.ids import AccountId
from controller.domain.lots import Lot, LotKind, moves_in
from controller.domain.payer import payer_of
from controller.office.ledger.rows import READ_AHEAD, chunks
from controller.office.ledger.tables import ledger_entry, ledger_lot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection, Row

    from controller.domain.ids import BooksId
    from controller.domain.ledger import Entry


@dataclass(frozen=True, slots=True)
class OwnedLot:
    """A lot, whose it is, and how much of it there was at first."""

    account: AccountId
    lot: Lot
    opened_cents: int


class RunningLots:
    """The lots that a batch of entries starts from and changes; `flush` writes them."""

    def __init__(self, connection: Connection, books: BooksId) -> None:
        """Start with nothing loaded."""
        self._connection = connection
        self._books = books
        self._lots: dict[str, OwnedLot] = {}
        self._by_account: dict[str, list[str]] = defaultdict(list)
        self._stored: set[str] = set()
        self._changed: set[str] = set()

    def load(self, accounts: Iterable[str], names: Iterable[str]) -> None:
        """Read the lots of `accounts` of which something is left, and those of these `names`, many at a time."""
        lot = ledger_lot.c
        for column, values, more in (
            (lot.account, sorted(set(accounts)), lot.left_cents != 0),
            (lot.lot, sorted(set(names)), None),
        ):
            for chunk in chunks(values):
                place = and_(lot.books == self._books, column.in_(chunk))
                query = select(ledger_lot).where(place if more is None else and_(place, more))
                for row in self._connection.execute(query):
                    if row.lot not in self._lots:
                        self._stored.add(row.lot)
                        self._keep(_owned(row))

    def of(self, account: AccountId) -> tuple[Lot, ...]:
        """Return the lots of an account that were loaded or opened, this batch included."""
        return tuple(self._lots[name].lot for name in self._by_account.get(account, ()))

    def add(self, entry: Entry) -> None:
        """Take an entry's moves into the lots; its top-up opens the lot that it names."""
        for move in moves_in(entry.draft.details):
            known = self._lots.get(move.lot) or opened_by(entry, -move.cents)
            lot = replace(
                known.lot,
                left_cents=known.lot.left_cents - move.cents,
                vat_cents=known.lot.vat_cents - move.vat_cents,
            )
            self._keep(replace(known, lot=lot))
            self._changed.add(move.lot)

    def flush(self) -> None:
        """Write every changed lot."""
        rows = [_row(self._books, self._lots[name]) for name in sorted(self._changed)]
        if added := [row for row in rows if row["lot"] not in self._stored]:
            self._connection.execute(insert(ledger_lot), added)
        known = [row for row in rows if row["lot"] in self._stored]
        if changed := [
            {"_books": row["books"], "_lot": row["lot"], "_left": row["left_cents"], "_vat": row["vat_cents"]}
            for row in known
        ]:
            place = and_(ledger_lot.c.books == bindparam("_books"), ledger_lot.c.lot == bindparam("_lot"))
            values: dict[str, Any] = {"left_cents": bindparam("_left"), "vat_cents": bindparam("_vat")}
            self._connection.execute(update(ledger_lot).where(place).values(values), changed)
        self._stored |= self._changed
        self._changed.clear()

    def _keep(self, owned: OwnedLot) -> None:
        if owned.lot.lot not in self._lots:
            self._by_account[owned.account].append(owned.lot.lot)
        self._lots[owned.lot.lot] = owned


def opened_by(entry: Entry, cents: int) -> OwnedLot:
    """Return the lot that a top-up opens, still empty; raise `ValueError` for an entry that opens none."""
    said, account = json.loads(entry.draft.details), payer_of(entry)
    if "lot" not in said or account is None:
        raise ValueError(f"{entry.draft.key} moves a lot that no entry has opened")
    lot = Lot(
        lot=entry.draft.key.removeprefix("topup:"),
        kind=LotKind(said["lot"]["kind"]),
        expires_at=said["lot"]["expires_at"],
        vat_point=said["vat_point"],
        rate_bp=said["rate_bp"],
        opened_seq=entry.seq,
        left_cents=0,
    )
    return OwnedLot(account, lot, cents)


def lots_of(connection: Connection, books: BooksId, account: AccountId) -> tuple[Lot, ...]:
    """Return the lots of an account of which something is left, in the order in which they are spent."""
    lot = ledger_lot.c
    rows = connection.execute(select(ledger_lot).where(lot.books == books, lot.account == account, lot.left_cents != 0))
    return tuple(sorted((_owned(row).lot for row in rows), key=lambda each: each.order))


def lot_differences(connection: Connection) -> Iterator[tuple[str, str, int | None, int | None]]:
    """Yield (books, which, stored, rebuilt) of every lot that is not what the entries say, or that holds less than
    nothing or more than it was opened with.
    """
    entry, lot = ledger_entry.c, ledger_lot.c
    rebuilt: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    rows = connection.execute(
        select(entry.books, entry.details).where(entry.details.like('%"lots":%')),
        execution_options={"yield_per": READ_AHEAD},
    )
    for row in rows:
        for move in moves_in(row.details):
            sums = rebuilt[row.books, move.lot]
            sums[0] -= move.cents
            sums[1] -= move.vat_cents
    stored = {
        (row.books, row.lot): row
        for row in connection.execute(select(lot.books, lot.lot, lot.opened_cents, lot.left_cents, lot.vat_cents))
    }
    for key in sorted(rebuilt.keys() | stored.keys()):
        known, counted = stored.get(key), rebuilt.get(key)
        for what, index in (("", 0), (" VAT", 1)):
            cached = None if known is None else (known.left_cents, known.vat_cents)[index]
            summed = None if counted is None else counted[index]
            if cached != summed:
                yield key[0], f"lot {key[1]}{what}", cached, summed
        if known is not None and not 0 <= known.left_cents <= known.opened_cents:
            yield key[0], f"lot {key[1]}: 0–{known.opened_cents}", known.left_cents, None


def _owned(row: Row[Any]) -> OwnedLot:
    lot = Lot(
        lot=row.lot,
        kind=LotKind(row.kind),
        expires_at=row.expires_at,
        vat_point=row.vat_point,
        rate_bp=row.rate_bp,
        opened_seq=row.opened_seq,
        left_cents=row.left_cents,
        vat_cents=row.vat_cents,
    )
    return OwnedLot(AccountId(row.account), lot, row.opened_cents)


def _row(books: BooksId, owned: OwnedLot) -> dict[str, Any]:
    lot = owned.lot
    return {
        "books": books,
        "lot": lot.lot,
        "account": owned.account,
        "kind": lot.kind.value,
        "expires_at": lot.expires_at,
        "vat_point": lot.vat_point,
        "rate_bp": lot.rate_bp,
        "opened_seq": lot.opened_seq,
        "opened_cents": owned.opened_cents,
        "left_cents": lot.left_cents,
        "vat_cents": lot.vat_cents,
    }
