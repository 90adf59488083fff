"""What was paid to a co-owner since a closing, out of the ledger: payouts, and those that came back with a minus sign.

House rule: entries alone say it, so a statement is frozen with what was true of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.settlement.periods import day_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


def paid_since(tx: Connection, in_books: str, account: str, after_seq: int) -> list[dict[str, Any]]:
    """Return the movements of an owner's account behind entry `after_seq` that no closing made: day booked, cents."""
    entry, leg = ledger_entry.c, ledger_posting.c
    rows = tx.execute(
        select(entry.booked_at, leg.amount)
        .join(ledger_posting, and_(leg.books == entry.books, leg.seq == entry.seq))
        .where(leg.books == in_books, leg.account == account, leg.seq > after_seq, entry.kind != "closing")
        .order_by(leg.seq)
    )
    return [{"day": day_of(row.booked_at), "cents": int(row.amount)} for row in rows]
