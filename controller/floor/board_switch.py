"""The relay of an Indivis board as a machine's switch: words to the board, and what the board says of its relay.

House rule: the program's word is short, and the board's own lease shorter still (2 s): the first ends when the program
hangs, the second when the bridge, the computer or the cable stops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware_bridge.commands import Relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from firmware_bridge.commands import Command

WORD_MS = 3_000
"""How long one word of the program counts: two late renewals are survived, a third opens the relay."""


class BoardLine:
    """Carries a switch's words to its board. `ask` never waits, and is given once the reader is there."""

    def __init__(self) -> None:
        self.ask: Callable[[Command], bool] = lambda _command: False

    def hold(self, *, renews: bool) -> None:
        """Close for the length of a word."""
        self.ask(Relay(on=True, lease_ms=WORD_MS, renews=renews))

    def let_go(self) -> None:
        """Open now."""
        self.ask(Relay(on=False, lease_ms=0))
