"""What a machine's own counter says beside the uses that are on record: what explains its hours, and what nothing does.

House rules: pure; a counter is read by a person, so the difference of two readings is held against the uses between the
two instants, never against a month it was not read at. A new counter begins anew and is no jump.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

Counts = Literal["powered", "running"]
"""What a machine's hour counter counts: time with power, or time at work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a counter said at `read_at` (Unix ms); null where it counts no hours, or no energy. With `replaced` a new
    counter begins with this reading.
    """

    read_at: int
    seconds: int | None = None
    energy_wh: int | None = None
    counts: Counts = "powered"
    replaced: bool = False


def around(readings: Sequence[Reading], from_at: int, to_at: int) -> Sequence[Reading]:
    """Return the readings (oldest first) from the one nearest to `from_at` to the one nearest to `to_at`, both kept;
    empty when that is one and the same.
    """
    if not readings:
        return ()
    first, last = _nearest(readings, from_at), _nearest(readings, to_at)
    return readings[first : last + 1] if first < last else ()


def counted_s(readings: Sequence[Reading]) -> int | None:
    """Return the seconds a counter went on by over `readings`; `None` where one of them has none."""
    return _counted([each.seconds for each in readings], readings)


def counted_wh(readings: Sequence[Reading]) -> int | None:
    """Return the watt-hours a counter went on by over `readings`; `None` where one of them has none."""
    return _counted([each.energy_wh for each in readings], readings)


def goes_back(before: Reading, after: Reading) -> bool:
    """Tell whether a reading is below the one before it: a slip, unless the counter was replaced."""
    pairs = ((before.seconds, after.seconds), (before.energy_wh, after.energy_wh))
    return not after.replaced and any(a is not None and b is not None and b < a for a, b in pairs)


def _nearest(readings: Sequence[Reading], at: int) -> int:
    return min(range(len(readings)), key=lambda place: (abs(readings[place].read_at - at), place))


def _counted(values: Sequence[int | None], readings: Sequence[Reading]) -> int | None:
    total = 0
    for place in range(1, len(values)):
        before, after = values[place - 1], values[place]
        if before is None or after is None:
            return None
        if not readings[place].replaced:
            total += after - before
    return total if values else None
