"""The counters of each machine: hours with power, hours of work, uses and energy, which never go back (Hobbs time).

House rules: counted once for each use, when its end is read for the first time, whatever becomes of its price later;
what was not measured is not counted as work. The rows of uses may be forgotten one day, the counters stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from controller.office.journal_tables import machine_hours

if TYPE_CHECKING:
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
        self._before: dict[str, Hours] = {}
        self._after: dict[str, Hours] = {}

    def add(self, ended: SessionEnded) -> None:
        """Count one use."""
        if ended.machine not in self._after:
            self._before[ended.machine] = self._after[ended.machine] = hours_of(self._tx, ended.machine)
        self._after[ended.machine] = self._after[ended.machine].plus(ended)

    def flush(self) -> None:
        """Write what changed."""
        for machine, hours in self._after.items():
            cells = {name: getattr(hours, name) for name in Hours.__slots__}
            if self._before[machine].uses:
                self._tx.execute(update(machine_hours).where(machine_hours.c.machine == machine).values(cells))
            else:
                self._tx.execute(insert(machine_hours).values(machine=machine, **cells))
        self._before.clear()
        self._after.clear()
