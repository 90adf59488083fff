"""What a store asks of the disk besides SQLite, and a disk that hangs, fails or fills up on command.

House rule: `GatedDisk` only ever makes things worse at the point where a real disk does: just before a commit is
flushed, and where free space is asked. What is written is written by the real SQLite.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from pathlib import Path
from typing import Protocol


class Disk(Protocol):
    """The disk under a store."""

    def before_commit(self) -> None:
        """Called before each commit; may hang, or raise `sqlite3.OperationalError` as a failing flush does."""
        ...

    def free_bytes(self, folder: Path) -> int:
        """Give what an ordinary user may still write there; `OSError` when it cannot be known."""
        ...


class RealDisk:
    """The disk as it is."""

    def before_commit(self) -> None:
        """Nothing to add."""

    def free_bytes(self, folder: Path) -> int:
        space = os.statvfs(folder)
        return space.f_bavail * space.f_frsize


class GatedDisk:
    """A disk that a test or the demonstration lets hang, fail or fill up, and mends again."""

    def __init__(self) -> None:
        """Healthy and empty."""
        self._open = threading.Event()
        self._open.set()
        self._arrived = threading.Semaphore(0)
        self._error: sqlite3.OperationalError | None = None
        self._free_bytes = 2**40
        self.failures = 0

    def before_commit(self) -> None:
        if not self._open.is_set():
            self._arrived.release()
            self._open.wait()
        if self._error is not None:
            self.failures += 1
            self._arrived.release()
            raise self._error

    def free_bytes(self, folder: Path) -> int:
        return self._free_bytes

    def hangs(self) -> None:
        """From now on every flush hangs."""
        self._open.clear()

    def fails(self, text: str = "disk I/O error") -> None:
        """From now on every flush fails."""
        self._error = sqlite3.OperationalError(text)

    def mends(self) -> None:
        """Healthy again; whatever hung goes on."""
        self._error = None
        self._open.set()

    def fills_up(self, free_bytes: int = 0) -> None:
        """From now on this much is free."""
        self._free_bytes = free_bytes

    def await_trouble(self, deadline_s: float = 20.0) -> bool:
        """Wait until a commit hangs or has failed; say whether one did."""
        return self._arrived.acquire(timeout=deadline_s)
