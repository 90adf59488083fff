"""How far a workshop is on its way to its first use: read from what is there, so whoever stopped goes on from there.

House rules: nothing is stored for this; money is there once a price, an agreement or an entry is, and until then no
page speaks of any.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from controller.domain.ids import ID_LENGTH_MAX
from controller.office.directory import machines, places
from controller.office.directory.tables import agreement, badge, machine, placement, price_version, site
from controller.office.journal_tables import session
from controller.office.ledger.tables import ledger_entry

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.directory.machines import MachineView


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is there: place, controllers, the first wired machine, the first member with a badge, a first use."""

    place: str
    at_site: str
    controllers: list[dict[str, Any]]
    machine: MachineView | None
    member: str | None
    used: bool

    @property
    def priced(self) -> bool:
        """Tell whether it was said what the machine costs, or that it costs nothing."""
        return self.machine is not None and (self.machine.price is not None or self.machine.policy.free_of_charge)


def standing(tx: Connection) -> Standing:
    """Return how far the workshop is."""
    where = tx.execute(select(site.c.id, site.c.name).order_by(site.c.id).limit(1)).first()
    wired = (
        select(machine.c.id)
        .join(placement, (placement.c.machine == machine.c.id) & placement.c.to_at.is_(None))
        .order_by(machine.c.created_at, machine.c.id)
        .limit(1)
    )
    first = tx.execute(wired).scalar()
    return Standing(
        place="" if where is None else where.name,
        at_site="" if where is None else where.id,
        controllers=places.controllers(tx),
        machine=None if first is None else machines.machine_view(tx, first),
        member=tx.execute(
            select(badge.c.member).where(badge.c.to_at.is_(None)).order_by(badge.c.from_at).limit(1)
        ).scalar(),
        used=has_uses(tx),
    )


def has_uses(tx: Connection) -> bool:
    """Tell whether any machine was ever used."""
    return tx.execute(select(session.c.id).limit(1)).first() is not None


def has_money(tx: Connection) -> bool:
    """Tell whether this workshop has anything to do with money."""
    return any(
        tx.execute(select(column).limit(1)).first() is not None
        for column in (price_version.c.machine, ledger_entry.c.seq, agreement.c.id)
    )


def free_id(tx: Connection, name: str) -> str:
    """Return an id for a machine of this name that none has: its letters and digits, without accents."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: ID_LENGTH_MAX - 4] or "machine"
    taken = set(tx.execute(select(machine.c.id)).scalars())
    numbered = [stem, *(f"{stem}-{number}" for number in range(2, len(taken) + 2))]
    return next(key for key in numbered if key not in taken)
