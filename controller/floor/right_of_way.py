"""Taps go first: whoever has other work on this computer asks here before each piece of it.

House rules: a tap only notes the time, and waits for nobody; the others wait at most `GIVE_WAY_MAX_S`, so a floor that
never stops tapping delays what is told of it and stops nothing. One interpreter runs one thread at a time: without
this, telling the last tap is what the next one waits for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TAP_S = 0.015
"""From a badge to the pin with a disk that takes its time; a slower disk keeps nobody from working meanwhile."""

GIVE_WAY_MAX_S = 0.1
"""The longest wait for one piece of work: a dashboard does not see it, and a floor that taps without a pause still gets
its pieces done, ten a second.
"""


class RightOfWay:
    """`taken` is a tap's; `give_way` everybody else's. `clock_s` is monotonic, `wait` takes seconds."""

    def __init__(
        self, clock_s: Callable[[], float] = time.monotonic, wait: Callable[[float], object] = time.sleep
    ) -> None:
        """Nobody taps yet."""
        self._clock_s, self._wait = clock_s, wait
        self._until_s = 0.0

    def taken(self) -> None:
        """Note that a badge was put to a reader."""
        self._until_s = self._clock_s() + TAP_S

    def give_way(self) -> None:
        """Wait while a tap is on its way, within the limit."""
        asked_s = self._clock_s()
        last_s = asked_s + GIVE_WAY_MAX_S
        while (left_s := min(self._until_s, last_s) - self._clock_s()) > 0:
            self._wait(left_s)
