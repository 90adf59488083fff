"""A journal moved by hand, for stories about a disk that hangs, a tick that only remembers, and relays that misbehave.

House rules: like the real journal, `append` never waits, keeps the order, and refuses what starts or refuses something
while there is no room; unlike it, nothing reaches the disk until the test says so, and the caller's thread does it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from controller.domain.facts import (
    CommandAnswered,
    CurrentUnexplained,
    Fact,
    HeadWitnessed,
    SessionOpened,
    TapRefused,
    TapsUnwritten,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.ids import SessionId
    from controller.domain.now import Now
    from controller.floor.ports import Clock

_REFUSABLE = (SessionOpened, TapRefused, TapsUnwritten, CurrentUnexplained, HeadWitnessed, CommandAnswered)


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


class HandRelays:
    """The port `Relays` over a set of channels. `unread` ones do what they are told and cannot be read, `dead` ones
    close no more; `powered_ms` is how long each had power since it was last closed from off.
    """

    def __init__(self, clock: Clock) -> None:
        self.on_since: dict[str, int] = {}
        self.unread: set[str] = set()
        self.dead: set[str] = set()
        self._clock = clock
        self._had_ms: dict[str, int] = {}

    def energise(self, machine_id: str) -> bool | None:
        """Close it; one that is closed already goes on."""
        if machine_id not in self.dead and machine_id not in self.on_since:
            self._had_ms[machine_id] = 0
            self.on_since[machine_id] = self._clock.now().boot_ms
        return self.read(machine_id)

    def de_energise(self, machine_id: str) -> bool | None:
        """Open it."""
        self.opens_by_itself(machine_id)
        return self.read(machine_id)

    def read(self, machine_id: str) -> bool | None:
        """Read the line."""
        return None if machine_id in self.unread else machine_id in self.on_since

    def all_off(self) -> tuple[str, ...]:
        """Open all of them."""
        for machine_id in tuple(self.on_since):
            self.opens_by_itself(machine_id)
        return tuple(sorted(self.unread))

    def close(self) -> None:
        """Nothing to let go."""

    def opens_by_itself(self, machine_id: str) -> None:
        """The mains, a lease or a hand has opened it."""
        self._had_ms[machine_id] = self.powered_ms(machine_id)
        self.on_since.pop(machine_id, None)

    def powered_ms(self, machine_id: str) -> int:
        """Return how long it has, or had, power."""
        since = self.on_since.get(machine_id)
        had_ms = self._had_ms.get(machine_id, 0)
        return had_ms if since is None else had_ms + self._clock.now().boot_ms - since
