"""What a service manager hears of a program of ours: ready, stopping, one line of status, alive.

House rules: telling is never worth failing for; a service manager that does not listen is ignored. Who may say `alive`,
and upon what proof, is each program's own rule. Protocol: sd_notify(3), one datagram to `$NOTIFY_SOCKET`.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

STATUS_MAX_CHARS = 200
"""One line of `systemctl status`; what is longer is cut there."""


class ServiceManager:
    """The other end of `$NOTIFY_SOCKET`; silent where no service manager listens."""

    def __init__(self, address: str | None) -> None:
        """Take the socket's path, or its abstract name after `@`, or `None`."""
        self._address = None if not address else _socket_address(address)

    def ready(self, status: str) -> None:
        """The program does its work from now on."""
        self._send(f"READY=1\nSTATUS={_one_line(status)}")

    def status(self, text: str) -> None:
        """Show one line."""
        self._send(f"STATUS={_one_line(text)}")

    def alive(self) -> bool:
        """Feed the watchdog; false when nobody was told."""
        return self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The program is about to end by itself."""
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
