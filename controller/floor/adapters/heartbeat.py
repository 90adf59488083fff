"""What the service manager hears of us: ready, stopping, one line of status, and that we are alive.

House rules: the watchdog is fed only while the engine and the relays each made progress lately; the disk is
never asked, since a hung disk may delay a start but must not kill a running use. Telling is never worth
failing for: a service manager that does not listen is ignored. Protocol: sd_notify(3), one datagram to
`$NOTIFY_SOCKET`.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping

ALIVE_WITHIN_MS = 5_000
"""Half of the unit's `WatchdogSec`: silence of the engine or the relays for longer ends the process within
10 s.
"""

STATUS_MAX_CHARS = 200
"""One line of `systemctl status`; what is longer is cut there."""


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
        self._address = None if not address else _socket_address(address)
        self._liveness = liveness

    def ready(self, status: str) -> None:
        self._send(f"READY=1\nSTATUS={_one_line(status)}")

    def status(self, text: str) -> None:
        self._send(f"STATUS={_one_line(text)}")

    def beat(self) -> bool:
        return self._liveness.both() and self._send("WATCHDOG=1")

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> bool:
        if self._address is None:
            return False
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
                # A full queue must not stop us: the beat is lost, the next one comes.
                notify.settimeout(0)
                notify.sendto(message.encode(), self._address)
        except OSError:
            return False
        return True


def beat_every_s(environ: Mapping[str, str], pid: int) -> float | None:
    """How often to beat: a quarter of `WATCHDOG_USEC`; `None` when no watchdog is set, or it is another
    process's.
    """
    try:
        limit_us = int(environ.get("WATCHDOG_USEC", ""))
        owner = int(environ.get("WATCHDOG_PID", str(pid)))
    except ValueError:
        return None
    return limit_us / 4_000_000 if limit_us > 0 and owner == pid else None


def _socket_address(address: str) -> bytes:
    if address.startswith("@"):
        return b"\0" + os.fsencode(address[1:])
    return os.fsencode(address)


def _one_line(text: str) -> str:
    """A newline would begin another variable, such as a false `WATCHDOG=1`."""
    return " ".join(text.split())[:STATUS_MAX_CHARS]
