"""Whose plug is pulled and put back while people work: one reader after the other, for a while.

House rules: pure; time is an argument in milliseconds of the demonstration's clock.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.demo.workshop import MACHINES

MINUTE_MS = 60_000
FIRST_MS = 50 * MINUTE_MS
UNPLUGGED_MS = 10 * MINUTE_MS
PLUGGED_MS = 50 * MINUTE_MS
"""After the opening and its scenes, then 20 s every two minutes at thirty-fold speed: somebody will tap in vain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plug:
    """Somebody pulls the plug of a machine's reader, or puts it back."""

    at_ms: int
    machine: str
    plugged: bool


class Plugs:
    """Call `due` when `next_at_ms` has come, and carry out what it returns."""

    def __init__(self, *, start_ms: int) -> None:
        self._turn = 0
        self._next = Plug(at_ms=start_ms + FIRST_MS, machine=MACHINES[0].id, plugged=False)

    def next_at_ms(self) -> int:
        """When `due` has something to return."""
        return self._next.at_ms

    def due(self, now_ms: int) -> list[Plug]:
        """Return what is to be done by `now_ms`, in order."""
        done = []
        while self._next.at_ms <= now_ms:
            done.append(self._next)
            self._next = self._after(self._next)
        return done

    def _after(self, plug: Plug) -> Plug:
        if not plug.plugged:
            return Plug(at_ms=plug.at_ms + UNPLUGGED_MS, machine=plug.machine, plugged=True)
        self._turn = (self._turn + 1) % len(MACHINES)
        return Plug(at_ms=plug.at_ms + PLUGGED_MS, machine=MACHINES[self._turn].id, plugged=False)
