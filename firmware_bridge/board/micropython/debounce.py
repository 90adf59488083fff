"""Contacts that bounce: a level counts once it has stood for its time.

House rule: a contact that stops counts from its first reading; only its release waits.
"""


class Debounce:
    """One contact. `active_ms`, `released_ms`: how long a new level must stand before it counts."""

    def __init__(self, active_ms: int, released_ms: int) -> None:
        self.active = False
        self._stand_ms = (released_ms, active_ms)
        self._since_ms: int | None = None

    def read(self, level: bool, now_ms: int) -> bool:
        """Take a reading; return whether the counted level changed."""
        if level == self.active:
            self._since_ms = None
            return False
        if self._since_ms is None:
            self._since_ms = now_ms
        if now_ms - self._since_ms < self._stand_ms[level]:
            return False
        self.active = level
        self._since_ms = None
        return True
