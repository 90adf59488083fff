"""The named situations in which taps are measured.

House rule: a cell's name says what is in it, and is the same in every table and file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.errors import Message, UserError

Beside = Literal["quiet", "importing", "snapshot", "broker-down"]
"""What else happens: nothing; the office imports members over and over on the same disk; snapshots of 100,000 members
are built and switched in; no broker answers.
"""

MACHINES_MAX = 32
"""The largest floor that is measured, as the goal names it; more relays than that no Pi has."""

SNAPSHOT_MEMBERS = 100_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One situation: members in the directory, machines of the controller (all but one in use), what else happens."""

    members: int
    machines: int
    beside: Beside
    taps: int

    @property
    def name(self) -> str:
        """What the cell is called."""
        return f"{self.members}-members/{self.machines}-machines/{self.beside}"


SHORT = (
    Cell(100, 1, "quiet", 800),
    Cell(10_000, 1, "quiet", 600),
    Cell(100_000, 1, "quiet", 600),
    Cell(100_000, 32, "quiet", 800),
    Cell(100_000, 32, "importing", 800),
    Cell(100_000, 32, "snapshot", 900),
    Cell(100_000, 32, "broker-down", 700),
)
"""Each thing alone against the hardest of the others: 5,200 taps."""

FULL = tuple(
    Cell(members, machines, beside, 5_000)
    for members in (100, 10_000, 100_000)
    for machines in (1, MACHINES_MAX)
    for beside in ("quiet", "importing", "snapshot", "broker-down")
)


def chosen(names: str, *, full: bool) -> tuple[Cell, ...]:
    """Return the cells whose name begins with one of `names`, comma separated; all when empty."""
    known = FULL if full else SHORT
    if not names:
        return known
    found: list[Cell] = []
    for name in names.split(","):
        these = [cell for cell in known if cell.name.startswith(name.strip())]
        if not these:
            listed = ", ".join(cell.name for cell in known)
            raise UserError(
                Message(f"mesure inconnue : {name}", f"unknown cell: {name}"),
                cure=Message(f"choisissez parmi : {listed}", f"choose from: {listed}"),
            )
        found += [cell for cell in these if cell not in found]
    return tuple(found)
