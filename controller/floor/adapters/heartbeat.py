"""What the service manager hears of us: ready, stopping, one line of status, and that we are alive.

House rules: the watchdog is fed only while the engine and the relays each made progress lately; the disk is
never asked, since a hung disk may delay a start but must not kill a running use.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from controller.service import ServiceManager

ALIVE_WITHIN_MS = 5_000
"""Half of the unit's `WatchdogSec`: silence of the engine or the relays for longer ends the process within
10 s.
"""


def monotonic_ms() -> int:
    """Milliseconds of this process's own steady time; never the demonstration's."""
    return time.monotonic_ns() // 1_000_000


class Liveness:
    """When the engine and the relays last made progress. Marked from their own threads, read by the
    watchdog's.

    Nobody has made progress before the first mark: a start that hangs is not alive.
    """

    def __init__(self, read_ms: Callable[[], int] = monotonic_ms) -> None:
        self._read_ms = read_ms
        self._lock = threading.Lock()
        self._engine_at_ms: int | None = None
        self._relays_at_ms: int | None = None

    def engine_alive(self) -> None:
        """The engine finished a step, or woke and had none to do."""
        with self._lock:
            self._engine_at_ms = self._read_ms()

    def relays_alive(self) -> None:
        """Every relay was read and answered."""
        with self._lock:
            self._relays_at_ms = self._read_ms()

    def both(self) -> bool:
        """Whether both made progress within `ALIVE_WITHIN_MS`."""
        with self._lock:
            marks = (self._engine_at_ms, self._relays_at_ms)
            now_ms = self._read_ms()
        return all(mark is not None and now_ms - mark <= ALIVE_WITHIN_MS for mark in marks)


class SystemdHeartbeat:
    """Implements the port `Heartbeat` over `$NOTIFY_SOCKET`; silent where no service manager listens."""

    def __init__(self, address: str | None, liveness: Liveness) -> None:
        """Take the socket's path, or its abstract name after `@`, or `None`."""
        self._manager = ServiceManager(address)
        self._liveness = liveness

    def ready(self, status: str) -> None:
        self._manager.ready(status)

    def status(self, text: str) -> None:
        self._manager.status(text)

    def beat(self) -> bool:
        return self._liveness.both() and self._manager.alive()

    def stopping(self) -> None:
        self._manager.stopping()
