"""Lots of credit as the desk sells, gives and ends them.

House rules: a lot holds through its last day, the books' own local day; what is left of it ends in an entry of that
midnight. A use counts by when it ended, so an expiry waits until every controller was heard after it, a week at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, select

from controller.domain.ids import AccountId, BooksId
from controller.domain.lot_expiry import EXPIRY_PREFIX, LotExpiry, refundable_cents
from controller.domain.lots import LotKind
from controller.errors import Message, ProgrammerError
from controller.office import legal
from controller.office.directory.balances import project_balances
from controller.office.directory.tables import account, books, controller
from controller.office.ledger.store import payer_state, post
from controller.office.ledger.tables import ledger_entry, ledger_lot
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.settlement.periods import day_of, period

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.payer import PayerState
    from controller.office.store import Change

UNHEARD_MAX_MS = 7 * 86_400_000
"""A week: for so long an expiry waits for a controller that is out of reach. A use that it tells of later is paid from
other credit, and a person may take the expiry back.
"""

EXPIRED_AT_ONCE = 1_000
"""Lots that end in one transaction: tenths of a second; the others end in the next."""

DAYS_MAX = 3_660
"""Credit holds ten years at most, or without an end: a longer time is a slip of the keyboard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotTerms:
    """What credit is sold or given under: `last_day` (`2027-03-31`; null: without an end), `vat_point` null: the
    books'.
    """

    kind: LotKind = LotKind.PAID
    last_day: str | None = None
    vat_point: Literal["at_topup", "at_use"] | None = None

    def expires_at(self, now_ms: int) -> int | None:
        """Return the midnight after the last day; raise `InvalidError` for a day that is over or far away."""
        if self.last_day is None:
            return None
        to_at = period("day", self.last_day).to_at
        if not 0 < to_at - now_ms <= DAYS_MAX * 86_400_000:
            raise InvalidError(
                Message(
                    f"ce crédit ne peut pas expirer le {self.last_day}", f"credit cannot expire on {self.last_day}"
                ),
                cure=Message("donnez un jour à venir, dix ans au plus", "give a day to come, ten years at most"),
            )
        return to_at

    def to_data(self) -> dict[str, Any]:
        """Return what is not plain, for the audit."""
        said = {"kind": self.kind.value, "last_day": self.last_day, "vat_point": self.vat_point}
        return {} if self == PLAIN else said


PLAIN = LotTerms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A part of an account's credit; `lot` is null for the plain part, `last_day` null without an end."""

    lot: str | None
    kind: LotKind
    last_day: str | None
    left_cents: int
    vat_point: str


def credit_of(tx: Connection, payer: str) -> list[Credit]:
    """Return the parts of an account's credit in the order in which they are spent; they sum to its credit.

    Raises `NotFoundError` for an unknown account.
    """
    state, point = _state(tx, payer)
    found = [
        Credit(
            lot=lot.lot,
            kind=lot.kind,
            last_day=None if lot.expires_at is None else day_of(lot.expires_at - 1),
            left_cents=lot.left_cents,
            vat_point=lot.vat_point,
        )
        for lot in sorted(state.lots, key=lambda lot: lot.order)
    ]
    if state.plain_cents:
        given = sum(each.last_day is not None or each.kind is not LotKind.PAID for each in found)
        plain = Credit(lot=None, kind=LotKind.PAID, last_day=None, left_cents=state.plain_cents, vat_point=point)
        found.insert(given, plain)
    return found


def refundable(tx: Connection, payer: str, now_ms: int) -> int:
    """Return how much of an account's credit may be handed back: paid, unused, and not owed."""
    return refundable_cents(_state(tx, payer)[0], now_ms)


def any_expired(tx: Connection, now_ms: int) -> bool:
    """Tell whether `expire` has something to do."""
    lot = ledger_lot.c
    over = select(lot.lot).where(lot.left_cents > 0, lot.expires_at <= heard_up_to(tx, now_ms)).limit(1)
    return tx.execute(over).first() is not None


def expire(change: Change, limit: int = EXPIRED_AT_ONCE) -> int:
    """Post the end of every lot that has expired, as an entry of its own on its local day; return how many."""
    lot = ledger_lot.c
    rows = change.tx.execute(
        select(ledger_lot)
        .where(lot.left_cents > 0, lot.expires_at <= heard_up_to(change.tx, change.now_ms))
        .order_by(lot.books, lot.expires_at, lot.lot)
        .limit(limit)
    ).all()
    by_books: dict[str, list[LotExpiry]] = {}
    for row in rows:
        by_books.setdefault(row.books, []).append(_ending(change.tx, row))
    for in_books, requests in by_books.items():
        for result in post(change.tx, BooksId(in_books), requests, booked_at=change.now_ms):
            if result.outcome != "posted":
                raise ProgrammerError(Message("un crédit n'a pas expiré", "a lot did not expire"))
    project_balances(change.tx, sorted({row.account for row in rows}))
    return len(rows)


def check_not_expired(tx: Connection, in_books: str, target: str) -> None:
    """Raise `ConflictError` for a top-up whose rest has expired: its expiry is taken back first."""
    name = target.removeprefix("topup:")
    if name == target or not (keys := _expiries(tx, in_books, name)):
        return
    last = f"{EXPIRY_PREFIX}{name}:{keys}"
    if _is_posted(tx, in_books, last) and not _is_posted(tx, in_books, f"reversal:{last}"):
        raise ConflictError(
            Message("ce crédit a expiré depuis", "this credit has expired since"),
            cure=Message(f"annulez d'abord « {last} »", f"take '{last}' back first"),
        )


def _ending(tx: Connection, row: Any) -> LotExpiry:  # noqa: ANN401 - a row
    terms = tx.execute(select(books).where(books.c.id == row.books)).one()
    taxed = terms.vat_taxable and legal.value(tx, row.books, "expired_credit_vat", day_of(row.expires_at))
    return LotExpiry(
        lot=row.lot,
        account=AccountId(row.account),
        event_at=row.expires_at,
        number=_expiries(tx, row.books, row.lot) + 1,
        vat_rate_bp=terms.vat_rate_bp if taxed else None,
    )


def _expiries(tx: Connection, in_books: str, lot: str) -> int:
    """Return how often a lot has expired."""
    number = 0
    while _is_posted(tx, in_books, f"{EXPIRY_PREFIX}{lot}:{number + 1}"):
        number += 1
    return number


def _is_posted(tx: Connection, in_books: str, key: str) -> bool:
    entry = ledger_entry.c
    return tx.execute(select(entry.seq).where(entry.books == in_books, entry.key == key)).first() is not None


def heard_up_to(tx: Connection, now_ms: int) -> int:
    """Return up to which instant every controller was heard; one that is silent is waited for a week."""
    heard = tx.execute(select(func.min(func.coalesce(controller.c.heard_at, 0)))).scalar()
    return now_ms if heard is None else min(now_ms, max(int(heard), now_ms - UNHEARD_MAX_MS))


def _state(tx: Connection, payer: str) -> tuple[PayerState, str]:
    row = tx.execute(
        select(account.c.books, books.c.vat_point)
        .join(books, books.c.id == account.c.books)
        .where(account.c.id == payer)
    ).first()
    if row is None:
        raise no_such("le compte", "account", payer)
    return payer_state(tx, BooksId(row.books), AccountId(payer)), row.vat_point
