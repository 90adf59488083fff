"""The newest sample of each channel's meter, on its way to the engine.

House rules: one sample a channel and no queue; a sample that says little new waits for the next, for each one costs the
engine a step and the public tree four messages; nothing here turns a missing value into a number.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from controller.domain.events import MeterRead

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.metering import Sample

TELL_EVERY_S = 10.0
"""A sample like the last one is told so often: an energy is right to what is drawn in ten seconds."""

TELL_SOONEST_S = 1.0
"""A change is told at most once a second: what a page can show."""

STEP_MW, STEP_MA = 5_000, 25
"""A change is one of at least 5 W or 25 mA, and a tenth of what was: a machine that begins or ends, not its noise."""


class Meters:
    """Takes samples from any thread and hands over what is worth it. `tell` never waits."""

    def __init__(self, tell: Callable[[MeterRead], object], monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._tell, self._monotonic_s = tell, monotonic_s
        self._lock = threading.Lock()
        self._told: dict[str, tuple[Sample, float]] = {}

    def take(self, channel: str, sample: Sample) -> None:
        """Take a channel's newest sample; the channels are those of the settings, so there are few."""
        with self._lock:
            now_s = self._monotonic_s()
            before = self._told.get(channel)
            if before is not None and not _worth_it(before[0], sample, now_s - before[1]):
                return
            self._told[channel] = (sample, now_s)
            self._tell(MeterRead(channel=channel, sample=sample))


def _worth_it(before: Sample, after: Sample, passed_s: float) -> bool:
    if passed_s >= TELL_EVERY_S:
        return True
    changed = _changed(before.power_mw, after.power_mw, STEP_MW) or _changed(
        before.current_ma, after.current_ma, STEP_MA
    )
    return changed and passed_s >= TELL_SOONEST_S


def _changed(before: int | None, after: int | None, step: int) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(after - before) >= max(step, before // 10)
