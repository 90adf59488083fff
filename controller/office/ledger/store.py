"""Posting to the ledger and reading it.

House rules: one transaction may hold many entries; the chain's row of the books is locked first, so one
writer at a time appends to one chain. A key is posted once: the same key with the same content is answered
"already", with other content it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal, assert_never

from sqlalchemy import insert, select, update

from controller.domain.chain import GENESIS_HASH
from controller.domain.closing import Closing, closing_entry
from controller.domain.ids import AccountId
from controller.domain.ledger import (
    EUR,
    REVENUE,
    Entry,
    LedgerRefusedError,
    pool,
    prepaid,
    receivable,
    seal,
)
from controller.domain.lot_expiry import CreditRefund, LotExpiry, expiry_entry, refund_entry
from controller.domain.lots import moves_in
from controller.domain.pack_entries import PackEnd, PackSale, end_entry, pack_payer_of, sale_entry
from controller.domain.packs import pack_moves_in
from controller.domain.payer import PayerState, is_payer, payer_of
from controller.domain.payout import Payout, payout_entry
from controller.domain.posting import (
    Reversal,
    SessionCharge,
    TopUp,
    reversal_entry,
    session_entry,
    topup_entry,
)
from controller.office.ledger.caches import RunningSums
from controller.office.ledger.lots import RunningLots, lots_of
from controller.office.ledger.packs import RunningPacks, owned_packs_of
from controller.office.ledger.rows import entries_by_key, insert_entries
from controller.office.ledger.tables import (
    ledger_balance,
    ledger_chain,
    ledger_wheel,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from controller.domain.agreement import AgreementVersion, Line
    from controller.domain.ids import BooksId
    from controller.domain.ledger import Draft
    from controller.domain.posting import Request

BATCH_LIMIT = 2_000
"""Requests computed and written at a time: memory stays flat whatever is posted in one transaction; longer
input is cut into such batches, which changes nothing else.
"""


_PAID = SessionCharge | TopUp | LotExpiry | CreditRefund | PackSale | PackEnd
"""Requests that name whose credit they move."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of a request. `seq` is the entry's number, also of the one that was there already; `reason`
    when refused; `earned_cents` is what a use brought to its pool or the books, `paid_cents` what its payer paid or
    owes in money.
    """

    key: str
    outcome: Literal["posted", "already", "refused"]
    seq: int | None
    reason: str | None = None
    earned_cents: int = 0
    paid_cents: int = 0


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """The last entry of a chain; number 0 and the zero hash before the first."""

    seq: int
    hash: str


def pool_earning(charge: SessionCharge, result: Posted) -> tuple[str, int] | None:
    """Return the pool that a posted use counts for: none where gifts alone paid it and owners share in none."""
    return charge.pool if result.earned_cents or not charge.receipt.gross_cents else None


def open_books(connection: Connection, books: BooksId) -> None:
    """Begin the chain of `books`; nothing happens when it exists."""
    if _locked_end(connection, books) is None:
        connection.execute(insert(ledger_chain).values(books=books, seq=0, hash=GENESIS_HASH))


def post(connection: Connection, books: BooksId, requests: Iterable[Request], booked_at: int) -> list[Posted]:
    """Post `requests` in order at the booking instant `booked_at` (Unix ms) and say what became of each.

    A refused request leaves no trace and stops no other. Raises `LedgerRefusedError` when the books were
    never opened.
    """
    end = _locked_end(connection, books)
    if end is None:
        raise LedgerRefusedError(f"books {books!r} have no ledger; open them first")
    waiting = iter(requests)
    results: list[Posted] = []
    while batch := list(islice(waiting, BATCH_LIMIT)):
        poster = _Batch(connection, books, end, booked_at)
        results += poster.post(batch)
        end = poster.end
    return results


class _Batch:
    """Requests that are computed in memory from the sums before them, then written together."""

    def __init__(self, connection: Connection, books: BooksId, end: ChainEnd, booked_at: int) -> None:
        self._connection = connection
        self._books = books
        self._booked_at = booked_at
        self._sums = RunningSums(connection, books)
        self._lots = RunningLots(connection, books)
        self._packs = RunningPacks(connection, books)
        self._known: dict[str, Entry] = {}
        self._new: list[Entry] = []
        self.end = end

    def post(self, batch: list[Request]) -> list[Posted]:
        targets = [request.target for request in batch if isinstance(request, Reversal)]
        keys = [request.key for request in batch]
        self._known = entries_by_key(self._connection, self._books, sorted({*keys, *targets}))
        payers = {request.account for request in batch if isinstance(request, _PAID)}
        payers |= {payer for entry in self._known.values() if (payer := _owner_of(entry)) is not None}
        packs = {move.pack for entry in self._known.values() for move in pack_moves_in(entry.draft.details)}
        self._packs.load(payers, packs)
        self._lots.load(payers, {move.lot for entry in self._known.values() for move in moves_in(entry.draft.details)})
        accounts = {of(payer) for payer in payers for of in (prepaid, receivable)}
        pools = {pool(*request.pool) for request in batch if isinstance(request, SessionCharge) and request.pool}
        pools |= {leg.account for key in targets if key in self._known for leg in self._known[key].draft.postings}
        self._sums.load(accounts | pools)
        results = [self._one(request) for request in batch]
        self._write()
        return results

    def _one(self, request: Request) -> Posted:
        known = self._known.get(request.key)
        if known is not None:
            if known.draft.fingerprint == request.fingerprint:
                return Posted(request.key, "already", known.seq, None, _earned(known), _paid(known))
            return Posted(request.key, "refused", known.seq, f"{request.key} is posted already with other content")
        try:
            draft = self._draft(request)
        except LedgerRefusedError as error:
            return Posted(request.key, "refused", None, str(error))
        entry = seal(draft, self._books, self.end.seq + 1, self.end.hash)
        self._sums.add(entry)
        self._lots.add(entry)
        self._packs.add(entry)
        self._known[request.key] = entry
        self._new.append(entry)
        self.end = ChainEnd(entry.seq, entry.hash)
        return Posted(request.key, "posted", entry.seq, None, _earned(entry), _paid(entry))

    def _draft(self, request: Request) -> Draft:  # noqa: C901 - one arm for each kind of request
        match request:
            case SessionCharge():
                position = 0 if request.pool is None else self._sums.position(pool(*request.pool))
                return session_entry(request, self._payer(request.account), position, self._booked_at)
            case TopUp():
                return topup_entry(request, self._payer(request.account), self._booked_at)
            case Reversal():
                original = self._known.get(request.target)
                if original is None:
                    raise LedgerRefusedError(f"{request.target} is not posted, so it cannot be reversed")
                turned = (leg.account for leg in original.draft.postings if leg.wheel_before is not None)
                position = next((self._sums.position(name) for name in turned), 0)
                payer = self._payer(_owner_of(original))
                return reversal_entry(request, original, payer, position, self._booked_at)
            case LotExpiry():
                return expiry_entry(request, self._payer(request.account), self._booked_at)
            case CreditRefund():
                return refund_entry(request, self._payer(request.account), self._booked_at)
            case PackSale():
                return sale_entry(request, self._packs.of(request.account), self._booked_at)
            case PackEnd():
                return end_entry(request, self._packs.of(request.account), self._booked_at)
            case Closing():
                return closing_entry(request, self._booked_at)
            case Payout():
                return payout_entry(request, self._booked_at)
            case _:
                assert_never(request)

    def _payer(self, account: AccountId | None) -> PayerState:
        if account is None:
            return PayerState(0, 0)
        return PayerState(
            -self._sums.balance(prepaid(account)),
            self._sums.balance(receivable(account)),
            self._lots.of(account),
            self._packs.of(account),
        )

    def _write(self) -> None:
        """Write the entries, then the sums."""
        if not self._new:
            return
        insert_entries(self._connection, self._new)
        self._sums.flush()
        self._lots.flush()
        self._packs.flush()
        self._connection.execute(
            update(ledger_chain)
            .where(ledger_chain.c.books == self._books)
            .values(seq=self.end.seq, hash=self.end.hash),
        )


def chain_end(connection: Connection, books: BooksId) -> ChainEnd:
    """Return the last entry's number and hash: what controllers and statements witness."""
    return _read_end(connection, books, lock=False) or ChainEnd(0, GENESIS_HASH)


def payer_state(connection: Connection, books: BooksId, account: AccountId) -> PayerState:
    """Return what an account has and owes now, in cents."""
    return PayerState(
        -balance(connection, books, prepaid(account)),
        balance(connection, books, receivable(account)),
        lots_of(connection, books, account),
        tuple(each.pack for each in owned_packs_of(connection, books, account)),
    )


def balance(connection: Connection, books: BooksId, account: str, commodity: str = EUR) -> int:
    """Return an account's balance (debit positive) in the smallest unit of `commodity`."""
    cached = ledger_balance.c
    query = select(cached.amount).where(
        cached.books == books,
        cached.account == account,
        cached.commodity == commodity,
    )
    return connection.execute(query).scalar() or 0


def wheel_position(connection: Connection, books: BooksId, version: AgreementVersion) -> int:
    """Return the net cents that the machines of `version` have earned under it."""
    wheel = ledger_wheel.c
    query = select(wheel.position).where(wheel.books == books, wheel.pool == pool(version.agreement, version.version))
    return connection.execute(query).scalar() or 0


def owners_parts(connection: Connection, books: BooksId, version: AgreementVersion) -> list[tuple[Line, int]]:
    """Return each line of `version` with the cents it has earned so far: f(h), exact at any moment."""
    parts = version.wheel.position(wheel_position(connection, books, version))
    return list(zip(version.lines, parts, strict=True))


def _earned(entry: Entry) -> int:
    """Return what an entry brings to a pool, or where there is none to the books' own revenue, net."""
    legs = entry.draft.postings
    pooled = [leg.amount for leg in legs if leg.wheel_before is not None]
    return -sum(pooled or (leg.amount for leg in legs if leg.account == REVENUE))


def _paid(entry: Entry) -> int:
    """Return what an entry takes from its payer's credit or makes them owe."""
    return sum(leg.amount for leg in entry.draft.postings if is_payer(leg))


def _owner_of(entry: Entry) -> AccountId | None:
    """Return whose credit, debt or minutes an entry moves."""
    payer = payer_of(entry) or pack_payer_of(entry)
    return None if payer is None else AccountId(payer)


def _locked_end(connection: Connection, books: BooksId) -> ChainEnd | None:
    return _read_end(connection, books, lock=True)


def _read_end(connection: Connection, books: BooksId, *, lock: bool) -> ChainEnd | None:
    query = select(ledger_chain.c.seq, ledger_chain.c.hash).where(ledger_chain.c.books == books)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return None if row is None else ChainEnd(row.seq, row.hash)
