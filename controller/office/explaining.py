"""Why a use costs what it costs: its charge computed again, step by step, from the version that the ledger names.

House rules: nothing is stored for this; a charge is explained where the price's own content hash and the posted cents
both come out again, and otherwise nothing is said rather than something that may not be so.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select

from controller.domain.codec import decode
from controller.domain.tariff import Price, charge
from controller.office.directory.tables import machine, price_version
from controller.office.journal_tables import metered_by_hand, session
from controller.office.ledger.tables import ledger_entry
from controller.office.refusals import no_such

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from controller.domain.tariff import Charge


def charge_of(tx: Connection, key: str) -> tuple[str, Charge | None]:
    """Return whose use it was, and how its charge came about (`None`: it cannot be told); raise `NotFoundError`."""
    member = tx.execute(select(session.c.member).where(session.c.id == key)).scalar()
    if member is None:
        raise no_such("l'utilisation", "use", key)
    return member, charges_of(tx, [key]).get(key)


def charges_of(tx: Connection, keys: Iterable[str]) -> dict[str, Charge]:
    """Return by use how its charge came about; those that are not posted or cost nothing by their kind have none."""
    entry, use = ledger_entry.c, session.c
    rows = tx.execute(
        select(session, entry.details, metered_by_hand.c.busy_s.label("said_s"))
        .join(machine, machine.c.id == use.machine)
        .join(ledger_entry, and_(entry.books == machine.c.books, entry.seq == use.entry))
        .outerjoin(metered_by_hand, metered_by_hand.c.session == use.id)
        .where(use.id.in_([*keys]), use.state == "posted")
    ).mappings()
    prices: dict[str, dict[str, Price]] = {}
    found = {}
    for row in rows:
        if row["machine"] not in prices:
            prices[row["machine"]] = prices_of(tx, row["machine"])
        said = json.loads(row["details"])
        price = prices[row["machine"]].get(said.get("price_hash") or "")
        if price is None:
            continue
        priced = charge(
            price,
            row["seconds"],
            idle_s=_idle_s(price, row),
            energy_wh=row["energy_wh"],
            entitled_s=said.get("entitled_s", 0),
        )
        if priced.gross_cents == row["gross_cents"]:
            found[row["id"]] = priced
    return found


def _idle_s(price: Price, row: Any) -> int:  # noqa: ANN401 - a row
    """Return the seconds that running time leaves out, as the charge took them: by the meter, or by a person's word."""
    seconds, idle_s = int(row["seconds"]), int(row["idle_s"] or 0)
    if not price.counts_running or (row["busy_s"] or 0) + idle_s == seconds or row["said_s"] is None:
        return idle_s
    return max(0, seconds - int(row["said_s"]))


def prices_of(tx: Connection, key: str) -> dict[str, Price]:
    """Return a machine's prices by content hash, each as a use freezes it: one offer of it."""
    bodies = tx.execute(select(price_version.c.body).where(price_version.c.machine == key)).scalars()
    whole = [decode(Price, json.loads(body), "price") for body in bodies]
    frozen = [replace(price, offers=(offer,)) for price in whole for offer in price.offers if len(price.offers) > 1]
    return {price.content_hash: price for price in (*whole, *frozen)}
