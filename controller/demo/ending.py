"""How a demonstration ends when it is told to: an exception that unwinds whatever is half done, but never between the
start of a program and the note of how to stop it.

House rule: it ends once; after the first word further ones change nothing, for each step of the stopping has a limit.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Ending:
    """Turns each of the signals into one `KeyboardInterrupt`, at once or at the end of what is `unbroken`."""

    def __init__(self) -> None:
        self._unbroken = False
        self._told = False

    def listen(self) -> None:
        """Take the signals over."""
        for number in ENDINGS:
            signal.signal(number, self._hear)

    @contextmanager
    def unbroken(self) -> Iterator[None]:
        """Let the block come to its end first; one that fails by itself goes on up as it is."""
        self._unbroken = True
        try:
            yield
        finally:
            self._unbroken = False
        if self._told:
            raise KeyboardInterrupt

    def _hear(self, _number: int, _frame: object) -> None:
        for number in ENDINGS:
            signal.signal(number, signal.SIG_IGN)
        self._told = True
        if not self._unbroken:
            raise KeyboardInterrupt
