"""The relay as a lease: closed for a stated time, prolonged by the host, and open as soon as nobody is in charge.

House rules: nothing but a command that names a new use closes; a renewal prolongs the closing it names and cannot
close again what the board has opened; `expire` is called in every turn, before the relay is driven.
"""


class Lease:
    """Who holds the relay closed, until when, and why it is open otherwise. `why`: a word of `DROPPED`."""

    def __init__(self) -> None:
        self.why = "boot"
        self._until_ms = 0
        self._use = 0
        """The newest closing: an older one, or the same after it ended, closes nothing."""

    @property
    def on(self) -> bool:
        """Whether the relay is to be closed."""
        return self.why == "held"

    def left_ms(self, now_ms: int) -> int:
        """How long the lease still runs; 0 when the relay is open."""
        return max(1, self._until_ms - now_ms) if self.on else 0

    def hold(self, use: int, lease_ms: int, now_ms: int, *, e_stop: bool) -> str:
        """Close for a new use, or prolong the one that holds it; return why not ("" when done)."""
        if e_stop:
            return "e_stop"
        if lease_ms == 0:
            return "range"
        if use < self._use or (use == self._use and not self.on):
            return "dropped"
        self._use = use
        self._until_ms = now_ms + lease_ms
        self.why = "held"
        return ""

    def drop(self, why: str) -> None:
        """Open it; the use that held it is over."""
        if self.on:
            self.why = why

    def end_use(self, use: int) -> None:
        """Open it by the host's word, and let no renewal of that use or an older one close it."""
        self._use = max(self._use, use)
        self.drop("host")

    def forget(self) -> None:
        """Another host: open it; its uses are numbered from the start."""
        self.drop("session")
        self._use = 0

    def expire(self, now_ms: int) -> None:
        """Open it when its time is over."""
        if self.on and now_ms >= self._until_ms:
            self.drop("lease")
