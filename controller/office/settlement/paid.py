"""What was paid to co-owners since a closing, out of the ledger: payouts, and those that came back with a minus sign.

House rule: entries alone say it, so a statement is frozen with what was true of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.settlement.periods import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection


def paid_since(
    tx: Connection, in_books: str, accounts: Sequence[str], after_seq: int
) -> dict[str, list[dict[str, Any]]]:
    """Return the movements of owners' accounts behind entry `after_seq` that no closing made: day booked, cents."""
    entry, leg = ledger_entry.c, ledger_posting.c
    rows = tx.execute(
        select(leg.account, entry.booked_at, leg.amount)
        .join(ledger_entry, and_(leg.books == entry.books, leg.seq == entry.seq))
        .where(leg.books == in_books, leg.account.in_(accounts), leg.seq > after_seq, entry.kind != "closing")
        .order_by(leg.seq)
    )
    paid: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        paid.setdefault(row.account, []).append({"day": day_of(row.booked_at), "cents": int(row.amount)})
    return paid
