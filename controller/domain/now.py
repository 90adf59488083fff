"""One reading of both clocks, taken once per step of the engine.

Durations and deadlines come from `boot_ms`, which no administrator and no network can step; `wall_ms` dates records
only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ClockState = Literal["synced", "floor", "unknown"]
"""`synced`: the wall clock is right; `floor`: not earlier than the last stamp seen; `unknown`: no date can be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """The instant of a step: milliseconds since boot, and milliseconds of Unix time as far as they are known."""

    boot_id: str
    boot_ms: int
    wall_ms: int | None
    clock: ClockState

    def __post_init__(self) -> None:
        """Refuse a reading that claims a date without having one, or the reverse."""
        if (self.wall_ms is None) != (self.clock == "unknown"):
            raise ValueError(f"clock state {self.clock} does not go with wall time {self.wall_ms}")
