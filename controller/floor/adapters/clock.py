"""Clocks: the computer's own, one that runs faster for demonstrations, and one moved by hand for tests.

House rules: durations come from CLOCK_BOOTTIME, which counts suspended time and which nobody can step; a
wall clock is believed only when something outside this computer set it. A date once believed becomes a
floor that goes on with the time since boot, so that a clock set back afterwards dates nothing earlier than
what is already written.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.domain.now import ClockState, Now
from controller.errors import Message, OperatingError
from controller.floor.adapters.pin_map import BOOT_ID_FILE, read_boot_id

STEP_BACK_MAX_MS = 2_000
"""A believed clock may go back this much and still be believed: what a leap second or a gentle correction
takes.
"""

SYNC_CHECK_EVERY_MS = 1_000
"""How long an answer to "is the clock set?" is used: asking at every tap would cost a look at the disk."""

_TIMESYNCD_MARK = Path("/run/systemd/timesync/synchronized")
"""Made by systemd-timesyncd at its first answer in this boot (systemd-timesyncd.service(8))."""

_TIME_ERROR = 5
"""adjtimex(2): the clock is not synchronised."""

_TIMEX_BYTES = 256
"""More than `struct timex` takes on any Linux (208 on 64 bits); all zero means "change nothing"."""


def boot_ms() -> int:
    """Milliseconds since boot, suspended time included."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def wall_ms() -> int:
    """Milliseconds of Unix time, right or wrong."""
    return time.time_ns() // 1_000_000


def clock_is_set() -> bool:
    """Whether systemd-timesyncd, or the kernel on behalf of chrony or ntpd, says that the wall clock was set.

    A kernel that refuses the question (a container, a filtered unit) is taken as a no.
    """
    return _TIMESYNCD_MARK.exists() or _kernel_says_synced()


def _kernel_says_synced() -> bool:
    try:
        answer = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (AttributeError, OSError):
        return False
    return 0 <= answer < _TIME_ERROR


@dataclass(frozen=True, slots=True)
class _Floor:
    """A date that was right when the boot clock showed `at_boot_ms`."""

    wall_ms: int
    at_boot_ms: int

    def at(self, boot_ms: int) -> int:
        return self.wall_ms + max(0, boot_ms - self.at_boot_ms)


class SystemClock:
    """The computer's clocks. Not for several threads at once: the engine reads it, once per step.

    `last_stamp_ms` is the latest believed date in the journal, or `None` when there is none.
    """

    def __init__(
        self,
        *,
        last_stamp_ms: int | None = None,
        read_boot_ms: Callable[[], int] = boot_ms,
        read_wall_ms: Callable[[], int] = wall_ms,
        is_set: Callable[[], bool] = clock_is_set,
        boot_id: str | None = None,
    ) -> None:
        """Read the boot id; `OperatingError` when the kernel shows none, since no duration could then be
        trusted.
        """
        self._boot_id = read_boot_id() if boot_id is None else boot_id
        if not self._boot_id:
            raise OperatingError(
                Message("le noyau ne montre pas son identifiant de démarrage", "the kernel shows no boot id"),
                why=Message(f"{BOOT_ID_FILE} est illisible", f"{BOOT_ID_FILE} cannot be read"),
            )
        self._read_boot_ms = read_boot_ms
        self._read_wall_ms = read_wall_ms
        self._is_set = is_set
        self._was_set = False
        self._ask_again_at_ms: int | None = None
        self._floor = None if last_stamp_ms is None else _Floor(last_stamp_ms, read_boot_ms())
        self._last_synced_ms = last_stamp_ms or 0

    def now(self) -> Now:
        boot = self._read_boot_ms()
        wall = self._read_wall_ms()
        floor = None if self._floor is None else self._floor.at(boot)
        if self._asked(boot) and (floor is None or wall >= floor - STEP_BACK_MAX_MS):
            self._last_synced_ms = max(self._last_synced_ms, wall)
            self._floor = _Floor(self._last_synced_ms, boot)
            return Now(boot_id=self._boot_id, boot_ms=boot, wall_ms=self._last_synced_ms, clock="synced")
        if floor is None:
            return Now(boot_id=self._boot_id, boot_ms=boot, wall_ms=None, clock="unknown")
        # A clock that nobody set may show any date, a far future too: it is not read, the floor goes on by
        # itself.
        return Now(boot_id=self._boot_id, boot_ms=boot, wall_ms=floor, clock="floor")

    def raise_floor(self, stamp_ms: int) -> None:
        """Learn from outside (the office's acknowledgement) that it is not earlier than `stamp_ms`."""
        boot = self._read_boot_ms()
        if self._floor is None or stamp_ms > self._floor.at(boot):
            self._floor = _Floor(stamp_ms, boot)

    def _asked(self, boot: int) -> bool:
        if self._ask_again_at_ms is None or boot >= self._ask_again_at_ms:
            self._was_set = self._is_set()
            self._ask_again_at_ms = boot + SYNC_CHECK_EVERY_MS
        return self._was_set


class ScaledClock:
    """Time that runs `speed` times faster from a common origin, so that two programs of a demonstration
    agree.
    """

    def __init__(
        self,
        *,
        origin_wall_ms: int,
        origin_boot_ms: int,
        speed: int,
        read_boot_ms: Callable[[], int] = boot_ms,
    ) -> None:
        """Start at the origin, which both programs are given; `ValueError` for a speed below 1."""
        if speed < 1:
            raise ValueError(f"speed {speed}: at least 1")
        self._origin_wall_ms = origin_wall_ms
        self._origin_boot_ms = origin_boot_ms
        self._speed = speed
        self._read_boot_ms = read_boot_ms
        self._boot_id = read_boot_id()

    def now(self) -> Now:
        passed = (self._read_boot_ms() - self._origin_boot_ms) * self._speed
        return Now(
            boot_id=self._boot_id,
            boot_ms=self._origin_boot_ms + passed,
            wall_ms=self._origin_wall_ms + passed,
            clock="synced",
        )


class HandClock:
    """A clock that stands still until it is moved: for tests, and for replaying a journal."""

    def __init__(self, *, wall_ms: int | None = 1_767_225_600_000, boot_id: str = "boot-1") -> None:
        """Start a boot at 0 ms, on 1 January 2026 at 00:00 UTC unless told another date, or none."""
        self._boot_ms = 0
        self._wall_ms = wall_ms
        self._boot_id = boot_id

    def now(self) -> Now:
        state: ClockState = "unknown" if self._wall_ms is None else "synced"
        return Now(boot_id=self._boot_id, boot_ms=self._boot_ms, wall_ms=self._wall_ms, clock=state)

    def passes(self, ms: int) -> None:
        """Let time pass on both clocks; it never goes back (`ValueError`)."""
        if ms < 0:
            raise ValueError(f"time does not pass backwards: {ms} ms")
        self._boot_ms += ms
        if self._wall_ms is not None:
            self._wall_ms += ms

    def wall_becomes(self, wall_ms: int | None) -> None:
        """Step the wall clock, or lose it; no duration changes."""
        self._wall_ms = wall_ms

    def reboots(self, boot_id: str) -> None:
        """Begin another boot at 0 ms, on the same date."""
        self._boot_ms, self._boot_id = 0, boot_id
