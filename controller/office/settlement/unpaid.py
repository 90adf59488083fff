"""What of an agreement's income nobody has paid so far, where owners are credited when a use is paid.

House rules: a payment settles the oldest debt first, so what an account owes is its newest uses; a debt is what was
posted as owed, and credit that was drawn below zero. Gifts and grants are paid. It is reckoned anew at each closing
from the ledger alone, so what was paid, or written off by a reversal, needs no mark anywhere.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, literal, or_, select

from controller.domain.ledger import PREPAID_PREFIX, RECEIVABLE_PREFIX, pool
from controller.domain.posting import REVERSAL_PREFIX
from controller.office.ledger.rows import READ_AHEAD, chunks
from controller.office.ledger.tables import ledger_balance, ledger_entry, ledger_posting

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.agreement import Agreement


def unpaid_by_version(tx: Connection, in_books: str, agreement: Agreement, to_at: int) -> dict[int, int]:
    """Return, by version that credits owners when paid, the net cents of uses that ended before `to_at` and are not."""
    pools = {
        pool(agreement.agreement, version.version): version.version
        for version in agreement.versions
        if version.terms.credited == "paid"
    }
    if not pools:
        return {}
    owing = ledger_balance.c
    accounts = tx.execute(
        select(owing.account, owing.amount).where(
            owing.books == in_books,
            owing.amount > 0,
            or_(owing.account.startswith(PREPAID_PREFIX), owing.account.startswith(RECEIVABLE_PREFIX)),
        )
    ).all()
    open_of: dict[int, tuple[int, int]] = {}
    for account, owed_cents in accounts:
        for seq, cents, gross_cents in _newest(tx, in_books, account, owed_cents, to_at):
            open_of[seq] = (open_of.get(seq, (0, 0))[0] + cents, gross_cents)
    leg = ledger_posting.c
    found: dict[int, int] = defaultdict(int)
    for chunk in chunks(sorted(open_of)):
        earned = select(leg.seq, leg.account, leg.amount).where(
            leg.books == in_books, leg.seq.in_(chunk), leg.account.in_(list(pools))
        )
        for seq, account, amount in tx.execute(earned):
            cents, gross_cents = open_of[seq]
            found[pools[account]] += (2 * -amount * cents + gross_cents) // (2 * gross_cents)
    return dict(found)


def _newest(tx: Connection, in_books: str, account: str, owed_cents: int, to_at: int) -> list[tuple[int, int, int]]:
    """Return the newest uses that make up what an account owes: entry, cents still owed of it, what it cost."""
    back = ledger_entry.alias("back")
    entry, leg = ledger_entry.c, ledger_posting.c
    rows = tx.execute(
        select(leg.seq, leg.amount, entry.event_at, entry.details)
        .join(ledger_entry, and_(leg.books == entry.books, leg.seq == entry.seq))
        .outerjoin(back, and_(back.c.books == entry.books, back.c.key == literal(REVERSAL_PREFIX) + entry.key))
        .where(
            leg.books == in_books,
            leg.account == account,
            leg.amount > 0,
            entry.kind == "session",
            back.c.seq.is_(None),
        )
        .order_by(leg.seq.desc())
        .execution_options(yield_per=READ_AHEAD)
    )
    found = []
    for row in rows:
        cents = min(owed_cents, row.amount)
        owed_cents -= cents
        if row.event_at < to_at:
            found.append((row.seq, cents, sum(rate[1] for rate in json.loads(row.details)["receipt"])))
        if not owed_cents:
            break
    rows.close()
    return found
