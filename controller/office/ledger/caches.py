"""Running sums kept beside the entries: balances of accounts and positions of wheels.

House rules: written in the same transaction as the postings they sum, and never a source of truth: `check`
adds everything up from zero and says where the two differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, and_, case, cast, delete, func, select

from controller.domain.ledger import EUR
from controller.office.bulk import insert_rows
from controller.office.ledger.lots import lot_differences
from controller.office.ledger.packs import pack_differences
from controller.office.ledger.rows import chunks
from controller.office.ledger.tables import (
    ledger_balance,
    ledger_chain,
    ledger_entry,
    ledger_posting,
    ledger_wheel,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from controller.domain.ids import BooksId
    from controller.domain.ledger import Entry


class RunningSums:
    """The sums that a batch of entries starts from and changes; `flush` writes them."""

    def __init__(self, connection: Connection, books: BooksId) -> None:
        """Start with nothing loaded."""
        self._connection = connection
        self._books = books
        self._loaded: set[str] = set()
        self._stored: dict[tuple[str, str], int] = {}
        self._changes: dict[tuple[str, str], int] = {}
        self._positions: dict[str, int] = {}
        self._turned: dict[str, int] = {}

    def load(self, accounts: Iterable[str]) -> None:
        """Read the sums of `accounts` that are not known yet, many at a time."""
        missing = sorted(set(accounts) - self._loaded)
        balance, wheel = ledger_balance.c, ledger_wheel.c
        for chunk in chunks(missing):
            balances = select(balance.account, balance.commodity, balance.amount).where(
                balance.books == self._books,
                balance.account.in_(chunk),
            )
            wheels = select(wheel.pool, wheel.position).where(wheel.books == self._books, wheel.pool.in_(chunk))
            self._stored.update(
                {(row.account, row.commodity): row.amount for row in self._connection.execute(balances)}
            )
            self._positions.update({row.pool: row.position for row in self._connection.execute(wheels)})
        self._loaded.update(missing)

    def balance(self, account: str) -> int:
        """Return the balance in cents, this batch included; `account` must have been loaded."""
        key = (account, EUR)
        return self._stored.get(key, 0) + self._changes.get(key, 0)

    def position(self, pool: str) -> int:
        """Return the wheel's position, this batch included; `pool` must have been loaded."""
        return self._positions.get(pool, 0) + self._turned.get(pool, 0)

    def add(self, entry: Entry) -> None:
        """Take an entry's legs into the sums."""
        for leg in entry.draft.postings:
            key = (leg.account, leg.commodity)
            self._changes[key] = self._changes.get(key, 0) + leg.amount
            if leg.wheel_before is not None:
                self._turned[leg.account] = self._turned.get(leg.account, 0) - leg.amount

    def flush(self) -> None:
        """Write every changed sum: those that are stored are taken out and put in again, two statements whatever their
        number.
        """
        self.load(account for account, _ in self._changes)
        balances = {key: self._stored.get(key, 0) + change for key, change in self._changes.items()}
        wheels = {pool: self.position(pool) for pool in self._turned}
        balance, wheel = ledger_balance.c, ledger_wheel.c
        for commodity in sorted({commodity for _, commodity in balances}):
            for chunk in chunks(sorted(account for account, of in balances if of == commodity)):
                known = and_(balance.books == self._books, balance.commodity == commodity, balance.account.in_(chunk))
                self._connection.execute(delete(ledger_balance).where(known))
        for chunk in chunks(sorted(wheels)):
            self._connection.execute(delete(ledger_wheel).where(wheel.books == self._books, wheel.pool.in_(chunk)))
        rows = [(self._books, *key, amount) for key, amount in sorted(balances.items())]
        insert_rows(self._connection, ledger_balance, rows)
        turned = [(self._books, pool, position) for pool, position in sorted(wheels.items())]
        insert_rows(self._connection, ledger_wheel, turned)
        self._stored.update(balances)
        self._positions.update(wheels)
        self._changes.clear()
        self._turned.clear()


@dataclass(frozen=True, slots=True)
class Difference:
    """A cache that does not say what the entries say."""

    books: str
    what: str
    cached: int | None
    rebuilt: int | None


class Recount:
    """Everything added up from zero, and then gone on with: entries never change, so who asks several times in one go
    (closing one agreement after the other) has each added up once.
    """

    def __init__(self) -> None:
        """Begin before the first entry."""
        self._balances: dict[tuple[str, ...], int] = {}
        self._wheels: dict[tuple[str, ...], int] = {}
        self._ends: dict[tuple[str, ...], int] = {}

    def differences(self, connection: Connection) -> list[Difference]:
        """Return where the balances, wheel positions and chain ends that are kept differ; empty is good."""
        for books in _books_with_entries(connection):
            self._go_on(connection, books)
        balance, wheel, chain = (table.c for table in (ledger_balance, ledger_wheel, ledger_chain))
        pairs = (
            (select(balance.books, balance.account, balance.commodity, balance.amount), self._balances),
            (select(wheel.books, wheel.pool, wheel.position), self._wheels),
            (select(chain.books, chain.seq).where(chain.seq > 0), self._ends),
        )
        found = []
        for query, rebuilt in pairs:
            cached = {tuple(row)[:-1]: row[-1] for row in connection.execute(query)}
            found += [
                Difference(key[0], " ".join(key[1:]) or "chain", cached.get(key), rebuilt.get(key))
                for key in sorted(cached.keys() | rebuilt.keys())
                if cached.get(key) != rebuilt.get(key)
            ]
        return found

    def _go_on(self, connection: Connection, books: str) -> None:
        posting, entry = ledger_posting.c, ledger_entry.c
        end = connection.execute(select(func.max(entry.seq)).where(entry.books == books)).scalar_one()
        turned = case((posting.wheel_before.is_not(None), -posting.amount), else_=0)
        rows = connection.execute(
            select(
                posting.account,
                posting.commodity,
                cast(func.sum(posting.amount), BigInteger).label("amount"),
                cast(func.sum(turned), BigInteger).label("turned"),
                func.count(posting.wheel_before).label("turns"),
            )
            .where(posting.books == books, posting.seq > self._ends.get((books,), 0), posting.seq <= end)
            .group_by(posting.account, posting.commodity)
        )
        for row in rows:
            key = (books, row.account, row.commodity)
            self._balances[key] = self._balances.get(key, 0) + row.amount
            if row.turns:
                self._wheels[key[:2]] = self._wheels.get(key[:2], 0) + row.turned
        self._ends[books,] = end


def check(connection: Connection) -> list[Difference]:
    """Rebuild every balance, wheel position, lot, pack and chain end from the entries and return where the caches
    differ; empty is good.
    """
    apart = [*lot_differences(connection), *pack_differences(connection)]
    return Recount().differences(connection) + [Difference(*each) for each in apart]


def _books_with_entries(connection: Connection) -> Iterator[str]:
    """Yield the books that have entries, each by one look into the index."""
    books = ledger_entry.c.books
    found = connection.execute(select(func.min(books))).scalar()
    while found is not None:
        yield found
        found = connection.execute(select(func.min(books)).where(books > found)).scalar()
