"""When a thing happened, as facts record it: by both clocks of one controller."""

from __future__ import annotations

from dataclasses import dataclass

from controller.domain.now import ClockState, Now


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When a thing happened, by both clocks of one controller. `wall_ms` is null while the date was unknown."""

    boot_id: str
    boot_ms: int
    wall_ms: int | None
    clock: ClockState

    @classmethod
    def of(cls, now: Now) -> Stamp:
        """Take the instant of a step as a record."""
        return cls(boot_id=now.boot_id, boot_ms=now.boot_ms, wall_ms=now.wall_ms, clock=now.clock)
