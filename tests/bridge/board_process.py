"""The board's own program in a process of its own, under MicroPython's unix port, on a pseudo-terminal.

House rule: the process holds the far end of the line and of the panel, and nothing of it runs in the test.
"""

import contextlib
import importlib.util
import os
import pty
import subprocess
import sys
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

from firmware_bridge.board.simulator import Panel
from firmware_bridge.em4100.frames import encode
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
NOTHING = "MicroPython's unix port is not installed: it comes for x86-64 with CPython 3.11 and 3.13 alone"
needs_micropython = pytest.mark.skipif(importlib.util.find_spec("micropython_unix") is None, reason=NOTHING)


def micropython(*arguments: str) -> list[str]:
    """The command that runs MicroPython with those arguments."""
    return [sys.executable, "-m", "micropython_unix", *arguments]


def environment() -> dict[str, str]:
    """What lets MicroPython find the board's modules."""
    return {**os.environ, "MICROPYPATH": f"{ROOT}:.frozen"}


class BoardProcess:
    """A board behind `path`; `clock` is "hand" or "own". A context manager."""

    def __init__(self, clock: str, boot: int = 77) -> None:
        self.panel = Panel()
        self._unread = b""
        master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave  # held open, so that the line outlives whoever opens it
        orders_out, self._orders = os.pipe()
        self._driven, driven_in = os.pipe()
        for descriptor in (master, orders_out, self._driven):
            os.set_blocking(descriptor, False)
        theirs = (master, orders_out, driven_in)
        module = "firmware_bridge.board.micropython.simulated"
        options = ["UNIX-PORT", str(boot), "rdm6300", clock, *map(str, theirs)]
        self._process = subprocess.Popen(
            micropython("-m", module, *options), pass_fds=theirs, env=environment(), stderr=subprocess.PIPE
        )
        for descriptor in theirs:
            os.close(descriptor)

    def order(self, text: str) -> None:
        """Have the board's hands do something."""
        os.write(self._orders, text.encode() + b"\n")

    def place(self, number_hex: str) -> None:
        """Hold a badge to the board's reader for two of its frames."""
        self.order(f"reader {encode(number_hex, 'rdm6300').hex() * 2}")

    def pass_ms(self, duration_ms: int) -> None:
        """Move the board's clock, and wait until its loop has seen it."""
        passed = len(self.panel.history("passed"))
        self.order(f"pass {duration_ms}")
        wait_until(lambda: len(self.history("passed")) > passed)

    def history(self, what: str) -> list[tuple[int, object]]:
        """(board's milliseconds, value) of each change of a thing that it drives."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._driven, 4096):
                *lines, self._unread = (self._unread + data).split(b"\n")
                for line in lines:
                    self.panel.write(line)
        return self.panel.history(what)

    @property
    def relay(self) -> bool:
        """Whether the relay is driven closed."""
        return bool((self.history("relay") or [(0, False)])[-1][1])

    def ended(self) -> str:
        """Wait until the program has ended; return what it said last."""
        return self._process.communicate(timeout=20)[1].decode()

    def __enter__(self) -> Self:
        """Return the board."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        for descriptor in (self._orders, self._driven, self._slave):
            os.close(descriptor)
