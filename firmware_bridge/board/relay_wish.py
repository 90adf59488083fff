"""What the host wants of a board's relay, and for how long it may go on wanting it. Pure.

Two leases lie one in the other. The program says `Relay(on, lease_ms)` again and again: that is its word, and it ends
by itself when the program hangs. From the word the bridge feeds the board's own, shorter lease: that one ends when the
bridge, the computer or the cable stops. House rules: nothing prolongs a word but the program; what the board opened
(emergency stop, lease, restart) is never closed again by a renewal, only by a new word after the program was told.
"""

from dataclasses import dataclass

from firmware_bridge.board.catalogue import LEASE_MAX_MS

RENEW_MS = 500
"""A quarter of the board's lease: three renewals may be lost in a row."""
WORD_MAX_MS = 60_000
"""Longest that the program's word counts: a longer one is cut to it, for a minute without a sign of life is a fault."""


@dataclass(frozen=True, slots=True)
class Order:
    """One `relay` line to the board."""

    on: bool
    lease_ms: int
    use: int


class RelayWish:
    """The word that holds, the closing it is for, and when the board is to hear of it again."""

    def __init__(self) -> None:
        self._use = 0
        self._until_ms: int | None = None
        self._renew_ms = 0
        self._holding_since: int | None = None

    @property
    def wanted(self) -> bool:
        """Whether a word holds."""
        return self._until_ms is not None

    def want(self, lease_ms: int, now_ms: int) -> Order | None:
        """Take the program's word; return what the board must hear at once, if it is a new closing."""
        fresh = self._until_ms is None
        self._until_ms = now_ms + min(lease_ms, WORD_MAX_MS)
        if not fresh:
            return None
        self._use += 1
        self._holding_since = None
        return self._renewal(now_ms)

    def end(self) -> Order:
        """Take the word back; return what the board must hear at once."""
        self._until_ms = None
        return Order(on=False, lease_ms=0, use=self._use)

    def turn(self, now_ms: int) -> Order | None:
        """Let time pass; return what the board must hear now."""
        if self._until_ms is None:
            return None
        if now_ms >= self._until_ms:
            return self.end()
        return self._renewal(now_ms) if now_ms >= self._renew_ms else None

    def resume(self, now_ms: int) -> None:
        """Say that the board can be heard again: it must hear of the word now."""
        self._renew_ms = now_ms

    def confirmed(self, number: int) -> None:
        """Take the board's acknowledgement, by its line's number: what it says later is about this closing."""
        if self._holding_since is None:
            self._holding_since = number

    def contradicted(self, number: int, left_ms: int) -> bool:
        """Take the board's state, by its line's number; return whether it opened what is wanted closed."""
        told = self._holding_since is not None and number > self._holding_since
        if self.wanted and told and left_ms == 0:
            self._until_ms = None
            return True
        return False

    def next_deadline(self) -> int | None:
        """When `turn` must be called, in ms."""
        return None if self._until_ms is None else min(self._until_ms, self._renew_ms)

    def _renewal(self, now_ms: int) -> Order:
        left_ms = LEASE_MAX_MS if self._until_ms is None else self._until_ms - now_ms
        self._renew_ms = now_ms + RENEW_MS
        return Order(on=True, lease_ms=min(LEASE_MAX_MS, left_ms), use=self._use)
