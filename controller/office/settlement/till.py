"""Top-ups by means of payment against what till and bank say came in: a figure that a person types, month by month.

House rules: the books' side is the ledger's, by booking date; nothing is corrected here, a difference is shown and asks
for a reason at the closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, insert, or_, select

from controller.domain.ledger import AMOUNT_LIMIT_CENTS, MeansOfPayment, means
from controller.errors import Message
from controller.office.directory.tables import books
from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.refusals import InvalidError, no_such
from controller.office.settlement.periods import period
from controller.office.settlement.witness_tables import till_count

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.settlement.periods import Period
    from controller.office.store import Change


@dataclass(frozen=True, slots=True)
class TillLine:
    """One means of payment in a month, in cents; `counted_cents` is null while nobody has typed it."""

    means: str
    booked_cents: int
    counted_cents: int | None

    @property
    def difference_cents(self) -> int | None:
        """Counted less booked; null while nothing was counted."""
        return None if self.counted_cents is None else self.counted_cents - self.booked_cents

    @property
    def named(self) -> str:
        """The line as the check-list names it: the means, and by how many cents it differs."""
        return f"{self.means}:{'?' if self.difference_cents is None else format(self.difference_cents, '+')}"


def count_till(change: Change, in_books: str, month: str, by: MeansOfPayment, cents: int) -> None:
    """Write down, or correct, what came in by one means of payment in a month, by till or bank."""
    if change.tx.execute(select(books.c.id).where(books.c.id == in_books)).first() is None:
        raise no_such("le compte", "books", in_books)
    if abs(cents) > AMOUNT_LIMIT_CENTS:
        raise InvalidError(Message("cette somme est trop grande", "this sum is too large"))
    span, column = period("month", month), till_count.c
    place = (column.books == in_books) & (column.period == span.name) & (column.means == by.value)
    change.tx.execute(delete(till_count).where(place))
    change.tx.execute(
        insert(till_count).values(
            books=in_books,
            period=span.name,
            means=by.value,
            cents=cents,
            typed_by=change.actor,
            typed_at=change.now_ms,
        )
    )
    change.audit("count_till", in_books, after={"period": span.name, "means": by.value, "cents": cents})


def till_lines(tx: Connection, in_books: str, span: Period) -> list[TillLine]:
    """Return every means by which something came in or went back, or was counted, in a month."""
    entry, leg, column = ledger_entry.c, ledger_posting.c, till_count.c
    of_top_ups = or_(
        entry.kind.in_(("topup", "refund", "pack")),
        *(entry.key.startswith(f"reversal:{kind}:", autoescape=True) for kind in ("topup", "refund", "pack")),
    )
    rows = tx.execute(
        select(leg.account, func.sum(leg.amount).label("cents"))
        .join(ledger_entry, and_(leg.books == entry.books, leg.seq == entry.seq))
        .where(
            leg.books == in_books,  # by the few legs of these accounts, never along the whole ledger
            of_top_ups,
            entry.booked_at >= span.from_at,
            entry.booked_at < span.to_at,
            leg.account.in_([means(each) for each in MeansOfPayment]),
        )
        .group_by(leg.account)
    )
    booked = {row.account: int(row.cents) for row in rows}
    typed = select(column.means, column.cents).where(column.books == in_books, column.period == span.name)
    counted = {row.means: row.cents for row in tx.execute(typed)}
    return [
        TillLine(each.value, booked.get(means(each), 0), counted.get(each.value))
        for each in MeansOfPayment
        if means(each) in booked or each.value in counted
    ]
