"""How long co-owners used the goods themselves and what they paid for it, for agreements that settle own use.

House rules: a co-owner's uses are those of the member who signs in for them; they are counted like income, each in one
closing, late ones and what was taken back in the next. Nobody's name or use leaves this module, only sums.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from controller.domain.ledger import pool
from controller.domain.own_use import Used, owed_for_own_use
from controller.office.accounts_tables import web_account
from controller.office.journal_tables import session
from controller.office.ledger.rows import READ_AHEAD
from controller.office.ledger.tables import ledger_entry, ledger_posting

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.agreement import Agreement
    from controller.office.settlement.periods import Period


def owed_by_version(
    tx: Connection, in_books: str, agreement: Agreement, span: Period, after_seq: int, closed_to_at: int
) -> dict[int, dict[str, int]]:
    """Return, by version, what each co-owner owes the others for own use (negative: has back), in cents.

    Counted is what `income_of` counts too, and uses that brought nothing beside.
    """
    if not any(version.terms.settles_own_use for version in agreement.versions):
        return {}
    used = _used(tx, in_books, agreement, span, after_seq, closed_to_at)
    counted_s: dict[str, int] = defaultdict(int)
    owed = {}
    for version in agreement.versions:
        of_version = used.get(version.version, {})
        owed[version.version] = owed_for_own_use(version.terms, of_version, counted_s)
        if version.terms.own_free_s:
            for party, each in of_version.items():
                counted_s[party] += each.seconds
    return owed


def _used(
    tx: Connection, in_books: str, agreement: Agreement, span: Period, after_seq: int, closed_to_at: int
) -> dict[int, dict[str, Used]]:
    use, entry, leg = session.c, ledger_entry.c, ledger_posting.c
    own = tx.execute(
        select(use.id, web_account.c.party)
        .join(web_account, web_account.c.member == use.member)
        .where(web_account.c.party.is_not(None), use.machine.in_(agreement.goods), use.ended_at < span.to_at)
    )
    party_of = {row.id: row.party for row in own}
    if not party_of:
        return {}
    pools = [pool(agreement.agreement, version.version) for version in agreement.versions]
    earning = and_(leg.books == entry.books, leg.seq == entry.seq, leg.account.in_(pools))
    rows = tx.execute(
        select(entry.kind, entry.event_at, entry.details, leg.amount)
        .outerjoin(ledger_posting, earning)
        .where(
            entry.books == in_books,
            entry.machine.in_(agreement.goods),
            entry.kind.in_(("session", "reversal")),
            entry.event_at < span.to_at,
            or_(entry.seq > after_seq, entry.event_at >= closed_to_at),
        )
        .execution_options(yield_per=READ_AHEAD)
    )
    found: dict[int, dict[str, Used]] = {}
    for kind, event_at, said, amount in rows:
        details = json.loads(said)
        party, version = party_of.get(details["session"]), agreement.version_at(event_at)
        if party is None or version is None:
            continue
        seconds = details["seconds"] if kind == "session" else -details["seconds"]
        mine = found.setdefault(version.version, {})
        known = mine.get(party, Used())
        mine[party] = Used(known.seconds + seconds, known.net_cents - (amount or 0))
    return found
