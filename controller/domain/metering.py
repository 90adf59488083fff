"""What a meter at a channel says, and what a use has drawn between its start and its end.

House rules: pure; whole milliwatts, milliamperes and milliwatt-hours; what was not measured is `None`, never zero; an
energy is the difference of two readings of one counter, both fresh, or it is not known.
"""

from __future__ import annotations

from dataclasses import dataclass

FRESH_MS = 60_000
"""A reading older than a minute says nothing about now: six times the slowest meter's interval."""

ENERGY_MAX_MWH = 1_000_000_000
"""A megawatt-hour in one use: 20 kW for two days. More is a counter that was changed, and is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What a meter reads at one moment. `energy_mwh` is its counter since it was made or reset."""

    power_mw: int | None = None
    current_ma: int | None = None
    energy_mwh: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """The newest sample of a channel, and when it came by the boot clock."""

    sample: Sample
    at_ms: int

    def fresh(self, boot_ms: int) -> bool:
        """Whether it still says something about `boot_ms`."""
        return boot_ms - self.at_ms <= FRESH_MS


def drawn_wh(first: Metered | None, last: Metered | None, ended_ms: int) -> int | None:
    """Return the whole watt-hours between two readings of one counter; `None` when that is not known."""
    if first is None or last is None or not last.fresh(ended_ms):
        return None
    begun, over = first.sample.energy_mwh, last.sample.energy_mwh
    if begun is None or over is None or not 0 <= over - begun <= ENERGY_MAX_MWH:
        return None
    return (over - begun + 500) // 1000
