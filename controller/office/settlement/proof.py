"""Whether closings are still what was closed: each body against the hash in its entry of the ledger.

House rule: reading only; the chain itself is proven by `ledger.verification`, balances by `ledger.caches`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from controller.domain.canonical import sha256_hex
from controller.domain.closing import agreement_key
from controller.office.directory.tables import agreement
from controller.office.ledger.tables import ledger_entry
from controller.office.settlement.tables import agreement_closing

if TYPE_CHECKING:
    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class ChangedClosing:
    """A closing whose body or place in the chain is not what was closed."""

    agreement: str
    period: str


def changed_closings(tx: Connection) -> list[ChangedClosing]:
    """Return the final closings that were changed since, or whose row is gone; empty is good."""
    closing, entry = agreement_closing.c, ledger_entry.c
    entries = {
        (row.books, row.key): row
        for row in tx.execute(
            select(entry.books, entry.key, entry.seq, entry.hash, entry.details).where(
                entry.kind == "closing", entry.key.startswith(agreement_key("", "")[:-1])
            )
        )
    }
    rows = tx.execute(
        select(closing.agreement, closing.period, closing.entry, closing.hash, closing.body, agreement.c.books)
        .join(agreement, and_(agreement.c.id == closing.agreement))
        .order_by(closing.agreement, closing.period)
    )
    changed = []
    for row in rows:
        held = entries.pop((row.books, agreement_key(row.agreement, row.period)), None)
        if (
            held is None
            or (held.seq, held.hash) != (row.entry, row.hash)
            or json.loads(held.details)["body_sha256"] != sha256_hex(row.body.encode())
        ):
            changed.append(ChangedClosing(row.agreement, row.period))
    for _, key in sorted(entries):
        _, _, of, name = key.split(":")
        changed.append(ChangedClosing(of, name))
    return changed
