"""What the machine draws: the root mean square of readings taken in each turn of the loop, over a second.

The transformer's output swings about half the supply; that middle is the mean of the same second, so that it needs no
trimming. Readings at the loop's own pace meet every phase of the mains, and a second holds hundreds of them.
"""

WINDOW_MS = 1000
READINGS_MIN = 50
"""Fewer say nothing of a wave: that second is not reported."""
READINGS_MAX = 2000
"""Beyond these a second's readings are left out: they would add nothing, and the sums stay small."""


class RootMeanSquare:
    """`milliamperes_full`: the current at which the wave would fill the converter's 65536 steps, peak to peak."""

    def __init__(self, milliamperes_full: int) -> None:
        self._full = milliamperes_full
        self._count = self._sum = self._squares = 0
        self._from_ms: int | None = None

    def add(self, raw: int, now_ms: int) -> "int | None":
        """Take a reading (0 to 65535); return the milliamperes of the second that it ends."""
        if self._from_ms is None:
            self._from_ms = now_ms
        if self._count < READINGS_MAX:
            self._count += 1
            self._sum += raw
            self._squares += raw * raw
        if now_ms - self._from_ms < WINDOW_MS:
            return None
        count, total, squares = self._count, self._sum, self._squares
        self._from_ms = now_ms
        self._count = self._sum = self._squares = 0
        if count < READINGS_MIN:
            return None
        variance = max(0, squares / count - (total / count) ** 2)
        return min(200000, int(variance**0.5 * self._full / 65536 + 0.5))
