"""The disk of the simulated controller: a journal whose every fact is seen on its way, and the newest tick.

House rules: nothing reaches them while the disk hangs; nothing is judged here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from controller.floor.fakes import HandJournal
from controller.floor.tick import Tick

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.facts import Fact
    from controller.domain.ids import SessionId
    from controller.domain.now import Now
    from controller.floor.adapters.clock import HandClock
    from controller.simulation.floor import HandFloor


class Look(Protocol):
    """Who looks after the rules."""

    def handed_over(self, fact: Fact) -> None:
        """A fact goes to the journal."""

    def started_anew(self, floor: HandFloor) -> None:
        """The program starts; what was in memory is lost."""


class SavedTick:
    """The newest proof of open uses that reached the disk."""

    def __init__(self) -> None:
        self.last: Tick | None = None
        self.hung = False

    def write(self, uses: tuple[tuple[SessionId, int], ...], now: Now) -> None:
        """Keep the record, unless the disk hangs."""
        if not self.hung:
            self.last = Tick(sequence=0, boot_id=now.boot_id, boot_ms=now.boot_ms, wall_ms=now.wall_ms, uses=uses)


class SeenJournal(HandJournal):
    """Shows each fact to who looks after the rules, at the very instant in which it is handed over."""

    def __init__(self, clock: HandClock, look: Look) -> None:
        super().__init__(clock)
        self._look = look

    def append(self, fact: Fact, on_stored: Callable[[int, int], None] | None = None) -> None:
        self._look.handed_over(fact)
        super().append(fact, on_stored)
