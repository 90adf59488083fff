"""The counters of each machine: hours with power, hours of work, uses and energy, which never go back (Hobbs time).

House rules: counted once for each use, when its end is read for the first time, whatever becomes of its price later;
what was not measured is not counted as work. The rows of uses may be forgotten one day, the counters stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from controller.office.bulk import insert_rows
from controller.office.journal_tables import machine_hours
from controller.office.ledger.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from controller.domain.facts import SessionEnded


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A machine's counters: seconds with power, measured seconds of work, uses, measured watt-hours."""

    powered_s: int = 0
    busy_s: int = 0
    uses: int = 0
    energy_wh: int = 0

    def plus(self, ended: SessionEnded) -> Hours:
        """Return them with one more use."""
        return Hours(
            powered_s=self.powered_s + ended.seconds,
            busy_s=self.busy_s + (ended.busy_s or 0),
            uses=self.uses + 1,
            energy_wh=self.energy_wh + (ended.energy_wh or 0),
        )


def hours_of(tx: Connection, machine: str) -> Hours:
    """Return a machine's counters; all zero before its first use."""
    row = tx.execute(select(machine_hours).where(machine_hours.c.machine == machine)).mappings().first()
    return Hours() if row is None else Hours(**{name: row[name] for name in Hours.__slots__})


class HoursCount:
    """The counters while a batch of facts changes them: read once, written once."""

    def __init__(self, tx: Connection) -> None:
        """Start with nothing loaded."""
        self._tx = tx
        self._loaded: set[str] = set()
        self._before: dict[str, Hours] = {}
        self._after: dict[str, Hours] = {}

    def add(self, ended: SessionEnded) -> None:
        """Count one use of a machine."""
        if ended.machine not in self._loaded:
            self.load([ended.machine])
        before = self._after.get(ended.machine) or self._before.get(ended.machine, Hours())
        self._after[ended.machine] = before.plus(ended)

    def load(self, machines: Iterable[str]) -> None:
        """Read the counters of machines that are not known yet."""
        missing = sorted(set(machines) - self._loaded)
        for chunk in chunks(missing):
            for row in self._tx.execute(select(machine_hours).where(machine_hours.c.machine.in_(chunk))).mappings():
                self._before[row["machine"]] = Hours(**{name: row[name] for name in Hours.__slots__})
        self._loaded.update(missing)

    def flush(self) -> None:
        """Write what changed."""
        for chunk in chunks(sorted(self._after)):
            self._tx.execute(delete(machine_hours).where(machine_hours.c.machine.in_(chunk)))
        rows = sorted(self._after.items())
        insert_rows(
            self._tx,
            machine_hours,
            [(machine, each.powered_s, each.busy_s, each.uses, each.energy_wh) for machine, each in rows],
        )
        self._before.update(self._after)
        self._after.clear()
