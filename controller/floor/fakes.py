"""A journal moved by hand, for stories about a disk that hangs, and a tick that only remembers.

House rules: like the real journal, `append` never waits, keeps the order, and refuses what starts or refuses something
while there is no room; unlike it, nothing reaches the disk until the test says so, and the caller's thread does it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from controller.domain.facts import CommandAnswered, Fact, HeadWitnessed, SessionOpened, TapRefused, TapsUnwritten

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.ids import SessionId
    from controller.domain.now import Now
    from controller.floor.ports import Clock

_REFUSABLE = (SessionOpened, TapRefused, TapsUnwritten, HeadWitnessed, CommandAnswered)


class HandJournal:
    """The engine's `JournalPort`. `on_disk` are the stored facts, oldest first; `refused` counts what was not taken."""

    def __init__(self, clock: Clock) -> None:
        self.on_disk: list[Fact] = []
        self.refused = 0
        self.full = False
        self._clock = clock
        self._waiting: deque[tuple[Fact, Callable[[int, int], None] | None, int]] = deque()

    def append(self, fact: Fact, on_stored: Callable[[int, int], None] | None = None) -> None:
        """Queue a fact; nothing follows before `flush`."""
        if self.full and isinstance(fact, _REFUSABLE):
            self.refused += 1
            return
        self._waiting.append((fact, on_stored, self._clock.now().boot_ms))

    @property
    def pending(self) -> int:
        """How many facts are not on disk yet."""
        return len(self._waiting)

    @property
    def waiting(self) -> list[Fact]:
        """The facts that are not on disk yet, oldest first."""
        return [fact for fact, _, _ in self._waiting]

    def pending_ms(self) -> int:
        """How long the oldest of them has waited, on the clock given."""
        return self._clock.now().boot_ms - self._waiting[0][2] if self._waiting else 0

    def flush(self) -> None:
        """Let everything that waits reach the disk, in order."""
        while self._waiting:
            fact, on_stored, _ = self._waiting.popleft()
            self.on_disk.append(fact)
            if on_stored is not None:
                on_stored(0, 0)


class HandTick:
    """The engine's `TickPort`: the newest record, and no disk."""

    def __init__(self) -> None:
        self.uses: tuple[tuple[SessionId, int], ...] = ()

    def write(self, uses: tuple[tuple[SessionId, int], ...], _now: Now) -> None:
        """Keep the newest record."""
        self.uses = uses
