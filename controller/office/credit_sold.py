"""How much credit was sold in twelve months, and the notice before a limited network has to be declared.

Source: CMF L 521-3 and L 525-6 (declaration to the ACPR above one million euros in twelve months). House rules: what
was paid in counts, gifts do not; a top-up that was taken back does not, one that was refunded does, for it was sold.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from controller.domain.ledger import MeansOfPayment, means
from controller.office import legal
from controller.office.directory.tables import alarm, books
from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.settlement.periods import day_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.canonical import Json
    from controller.office.store import Change

ALARM = "credit_sold_near_limit"
_MEANS = [means(each) for each in MeansOfPayment]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditSold:
    """What was sold in the twelve months that end with `up_to_at`, and the settings that hold then."""

    from_at: int
    up_to_at: int
    sold_cents: int
    limit_cents: int
    notice_percent: int

    @property
    def near(self) -> bool:
        """Whether the notice is due."""
        return self.sold_cents * 100 >= self.limit_cents * self.notice_percent


def credit_sold(tx: Connection, in_books: str, now_ms: int) -> CreditSold:
    """Count what was sold in the last twelve months."""
    from_at = _a_year_before(now_ms)
    entry, leg = ledger_entry.c, ledger_posting.c
    sold = tx.execute(
        select(func.sum(leg.amount))
        .join(ledger_entry, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(
            leg.books == in_books,
            leg.account.in_(_MEANS),
            or_(
                entry.kind.in_(("topup", "pack")),
                entry.key.like("reversal:topup:%"),
                entry.key.like("reversal:pack:%"),
            ),
            entry.event_at > from_at,  # a top-up that is taken back leaves the count of its own day
            entry.event_at <= now_ms,
        )
    ).scalar()
    day = day_of(now_ms)
    return CreditSold(
        from_at=from_at,
        up_to_at=now_ms,
        sold_cents=int(sold or 0),
        limit_cents=legal.value(tx, in_books, "credit_sold_limit_cents", day),
        notice_percent=legal.value(tx, in_books, "credit_sold_notice_percent", day),
    )


def any_near(tx: Connection, now_ms: int) -> bool:
    """Tell whether some books come near the limit."""
    return any(credit_sold(tx, each, now_ms).near for each in tx.execute(select(books.c.id)).scalars().all())


def give_notice(change: Change) -> None:
    """Raise an alarm for books that come near the limit, unless one is open or of this month already."""
    for in_books in change.tx.execute(select(books.c.id).order_by(books.c.id)).scalars().all():
        sold = credit_sold(change.tx, in_books, change.now_ms)
        if not sold.near:
            continue
        told = alarm.c
        known = change.tx.execute(
            select(told.raised_at, told.cleared_at, told.detail)
            .where(told.kind == ALARM, told.subject == in_books)
            .order_by(told.raised_at.desc())
            .limit(1)
        ).first()
        month = day_of(change.now_ms)[:7]
        if known is None or (known.cleared_at is not None and json.loads(known.detail)["month"] != month):
            said: dict[str, Json] = {"sold_cents": sold.sold_cents, "limit_cents": sold.limit_cents, "month": month}
            change.alarm(ALARM, in_books, said)


def _a_year_before(now_ms: int) -> int:
    now = datetime.fromtimestamp(now_ms / 1_000, UTC)
    try:
        earlier = now.replace(year=now.year - 1)
    except ValueError:  # the 29th of February
        earlier = now.replace(year=now.year - 1, day=28)
    return now_ms - round((now - earlier) / timedelta(milliseconds=1))
