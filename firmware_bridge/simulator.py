"""A device without hardware: a real pseudo-terminal that a program opens with pyserial as it would a device.

House rules: what is sent is what the device sends, byte for byte; writing never blocks: as on a real line, what nobody
reads is lost. `path` is a symbolic link that keeps its name when the device is plugged in again, as those of
/dev/serial/by-id do. Each protocol's folder has its own device on this.
"""

import contextlib
import os
import pty
import queue
import select
import shutil
import tempfile
import threading
import time
import tty
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from firmware_bridge.errors import LinkRefusedError

READ_BYTES_MAX = 4096
"""Taken at once from the program: more waits in the kernel."""

WAITING_MAX = 16
"""Presentations a `Presenter` keeps waiting; one more is refused, as a queue of people would be."""

REPEAT_MS = 65
"""How often a device is told that a badge still lies there: an RDM6300 sends its frame about so often."""

GONE_MS = 365
"""From taking a badge away to the next: longer than the silence that proves a removal."""


class PseudoTerminal:
    """A line behind `path`; a context manager. `link`: where to put the stable path."""

    def __init__(self, link: Path | None = None) -> None:
        self._folder = None if link else tempfile.mkdtemp(prefix="reader-")
        self._link = link or Path(self._folder or "", "reader")
        self._lock = threading.Lock()
        self._master: int | None = None
        self.written_ns = 0
        """When the last write began, by `time.perf_counter_ns`: for those who measure what comes after it."""
        self.bytes_passed = 0
        """Both ways, since the beginning."""
        self.replug()

    @property
    def path(self) -> str:
        """The stable path to open."""
        return str(self._link)

    def write(self, data: bytes) -> None:
        """Send any bytes (noise, for one); lost while unplugged, as is what a full line cannot take."""
        with self._lock:
            if self._master is not None:
                self.bytes_passed += len(data)
                self.written_ns = time.perf_counter_ns()
                with contextlib.suppress(BlockingIOError):
                    os.write(self._master, data)

    def read(self, wait_s: float) -> bytes:
        """Return what the program has sent, waiting for it at most so long; b"" while unplugged or nobody opened it."""
        with self._lock:
            master = self._master
        if master is None:
            return b""
        try:
            if not select.select([master], [], [], wait_s)[0]:
                return b""
            data = os.read(master, READ_BYTES_MAX)
        except (OSError, ValueError):  # unplugged meanwhile
            return b""
        self.bytes_passed += len(data)
        return data

    def unplug(self) -> None:
        """Pull the plug: the open port dies, the path is gone."""
        with self._lock:
            if self._master is not None:
                os.close(self._master)
                self._master = None
                self._link.unlink(missing_ok=True)

    def replug(self) -> None:
        """Plug in (again): another device, under the same stable path."""
        with self._lock:
            if self._master is not None:
                return
            master, slave = pty.openpty()
            try:
                tty.setraw(slave)
                os.set_blocking(master, False)
                self._point_to(os.ttyname(slave))
            except BaseException:
                os.close(master)
                raise
            finally:
                os.close(slave)
            self._master = master

    def close(self) -> None:
        """Unplug for good and leave nothing behind."""
        self.unplug()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _point_to(self, device: str) -> None:
        """Switch the link in one step; raise `LinkRefusedError` rather than replace a person's own file."""
        if os.path.lexists(self._link) and not self._link.is_symlink():
            raise LinkRefusedError(self.path)
        fresh = self._link.with_name(f".{self._link.name}.new")
        try:
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(device)
            fresh.replace(self._link)
        except OSError as error:
            raise LinkRefusedError(self.path) from error

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


class Badges(Protocol):
    """A simulated device to which badges are put; time is moved by hand."""

    def checked(self, number_hex: str) -> str:
        """Give a number as the device would read it; raise `BadBadgeNumberError`."""

    def place(self, number_hex: str) -> None:
        """Put a badge there."""

    def tick(self) -> None:
        """Let `REPEAT_MS` pass."""

    def take_away(self) -> None:
        """Take the badge away."""


class Presenter:
    """A hand that puts badges to a simulated device in real time, one after the other, on its own thread."""

    def __init__(self, reader: Badges) -> None:
        self._reader = reader
        self._waiting: queue.Queue[tuple[str, int] | None] = queue.Queue(WAITING_MAX)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="badge-presenter", daemon=True)
        self._thread.start()

    def present(self, number_hex: str, hold_ms: int) -> bool:
        """Hold a badge to the reader for that long, when its turn comes; False when too many wait already.

        Raise `BadBadgeNumberError`.
        """
        badge = self._reader.checked(number_hex)
        try:
            self._waiting.put_nowait((badge, hold_ms))
        except queue.Full:
            return False
        return True

    def finish(self) -> None:
        """Wait until every badge that was accepted has been presented."""
        self._waiting.join()

    def close(self) -> None:
        """Drop what waits and end the thread; the badge under way is taken away."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (turn := self._waiting.get()) is not None:
            if not self._closing.is_set():
                self._hold(*turn)
            self._waiting.task_done()

    def _hold(self, badge: str, hold_ms: int) -> None:
        self._reader.place(badge)
        for _ in range(hold_ms // REPEAT_MS):
            if self._closing.wait(REPEAT_MS / 1000):
                break
            self._reader.tick()
        self._reader.take_away()
        self._closing.wait(GONE_MS / 1000)
