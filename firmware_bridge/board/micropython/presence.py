"""Which badge lies at the board's reader: presentations are numbered, and each is told when it begins and ends.

House rules: a number that a reader may invent counts when it comes twice within the silence; another badge meanwhile
presents nothing; a badge is gone after `SILENCE_MS` without being seen.
"""

SILENCE_MS = 300


class Presence:
    """`reads`: equal sightings that make a badge; `leaves`: whether the reader goes on seeing one that lies there."""

    def __init__(self, reads: int, leaves: bool) -> None:
        self._reads = reads
        self._leaves = leaves
        self._lying = ""
        self._seen_ms = 0
        self._candidate = ("", 0)
        self.tap = 0
        """The number of the presentation that lasts; 0: none."""
        self._taps = 0

    def see(self, token: str, now_ms: int) -> bool:
        """Take one sighting; return whether it begins a presentation."""
        self.expire(now_ms)
        if token == self._lying:
            self._seen_ms = now_ms
            return False
        if self._reads > 1:
            before, before_ms = self._candidate
            self._candidate = (token, now_ms)
            if before != token or now_ms - before_ms > SILENCE_MS:
                return False
        if self._lying and self._leaves:
            return False
        self._candidate = ("", 0)
        self._lying, self._seen_ms = token, now_ms
        self._taps += 1
        if self._leaves:
            self.tap = self._taps
        return True

    @property
    def taps(self) -> int:
        """How many presentations there were since boot."""
        return self._taps

    def expire(self, now_ms: int) -> int:
        """Return the number of the presentation that ends now; 0: none ends."""
        if not self._lying or now_ms - self._seen_ms < SILENCE_MS:
            return 0
        ended, self.tap = self.tap, 0
        self._lying = ""
        return ended
