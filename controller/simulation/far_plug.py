"""A plug of the simulated workshop: hears late, answers late, loses its way, and opens when nobody renews its lease.

House rules: it stands behind the real leased switch and moves the relays that everybody looks at; what it does has its
time on the hand-moved clock, and nothing happens before `turn`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from controller.floor.adapters.clock import HandClock
    from controller.floor.fakes import HandRelays
    from controller.floor.leased_switch import LeasedSwitch

ANSWER_MS = 300
"""From an order to the relay and its answer."""

SLOW_MS = 5_000
"""The same for a plug in trouble: later than the rules wait."""

LEASE_MS = 20_000
"""So long it holds without a renewal."""

SILENT_MS = 16_000
"""So long it may be silent before it counts as lost."""

Trouble = Literal["slow", "welded"]
"""It answers late, or does not open any more."""


class HandPlug:
    """The line to one channel's plug, and the plug."""

    def __init__(self, channel: str, relays: HandRelays, clock: HandClock) -> None:
        self.ordered_on = False
        self.ordered_ms = 0
        self.switch: LeasedSwitch | None = None
        self.trouble: Trouble | None = None
        self.reached = True
        self._channel, self._relays, self._clock = channel, relays, clock
        self._orders: list[tuple[int, bool | None]] = []  # null: it only says what it reads
        self._lost_ms: int | None = None
        self._lease_ms: int | None = None
        self._had_ms, self._on_ms = 0, 0

    # what the switch says to it

    def hold(self, *, renews: bool) -> None:
        """Close; a renewal is not told, for the lease runs only while nobody renews."""
        if not renews:
            self._told(on=True)

    def let_go(self) -> None:
        """Open."""
        self._told(on=False)

    # what happens to it

    def misbehaves(self, trouble: Trouble) -> None:
        """From its next order on."""
        self.trouble = trouble

    def is_mended(self) -> None:
        """It does as it is told again, and opens if it should have."""
        self.trouble = None
        if self.on and not self.ordered_on:
            self._will(ANSWER_MS, on=False)

    def in_reach(self, *, reached: bool) -> None:
        """Its network fails, or comes back."""
        if reached is self.reached:
            return
        self.reached = reached
        self._lost_ms = None if reached else self._now_ms + SILENT_MS
        self._lease_ms = None if reached else self._now_ms + LEASE_MS
        if reached:
            self._will(ANSWER_MS, on=None)

    def nobody_renews(self) -> None:
        """The program that held it is gone."""
        self.switch = None
        self._orders.clear()
        self._lost_ms = None
        if self._lease_ms is None:
            self._lease_ms = self._now_ms + LEASE_MS

    def loses_power(self) -> None:
        """The mains fail for it too; it begins anew, open."""
        self._opens(mains=True)
        self._orders.clear()
        self._lost_ms = self._lease_ms = None

    def is_held_by(self, switch: LeasedSwitch) -> None:
        """A program begins to speak with it: it says what it reads, once it is heard."""
        self.turn()
        self.switch, self.ordered_on, self.ordered_ms = switch, False, self._now_ms
        self._lost_ms = None
        if self.reached:
            self._lease_ms = None
            self._will(ANSWER_MS, on=None)

    @property
    def on(self) -> bool:
        """Whether it gives power."""
        return self._channel in self._relays.on_since

    @property
    def powered_ms(self) -> int:
        """How long it has given power in all."""
        return self._had_ms + (self._now_ms - self._on_ms if self.on else 0)

    def next_ms(self) -> int | None:
        """When it does something next, by the boot clock."""
        due = [at_ms for at_ms, _ in self._orders]
        due += [each for each in (self._lost_ms, self._lease_ms) if each is not None]
        return min(due, default=None)

    def turn(self) -> bool:
        """Do what is due; say whether there was anything."""
        before = self.next_ms()
        due = [order for order in self._orders if order[0] <= self._now_ms]
        self._orders = [order for order in self._orders if order[0] > self._now_ms]
        for _, on in due:
            self._moves(on=on)
        if self._lost_ms is not None and self._lost_ms <= self._now_ms:
            self._lost_ms = None
            if self.switch is not None:
                self.switch.lost()
        if self._lease_ms is not None and self._lease_ms <= self._now_ms:
            self._lease_ms = None
            self._opens()
        return before is not None and before <= self._now_ms

    @property
    def _now_ms(self) -> int:
        return self._clock.now().boot_ms

    def _told(self, *, on: bool) -> None:
        self.ordered_on, self.ordered_ms = on, self._now_ms
        if self.reached:
            self._will(SLOW_MS if self.trouble == "slow" else ANSWER_MS, on=on)

    def _will(self, after_ms: int, *, on: bool | None) -> None:
        """Orders are done in their order."""
        last_ms = self._orders[-1][0] if self._orders else 0
        self._orders.append((max(last_ms, self._now_ms + after_ms), on))

    def _moves(self, *, on: bool | None) -> None:
        if not self.reached:
            return
        if on:
            self._closes()
        elif on is False:
            self._opens()
        if self.switch is not None:
            self.switch.reported(on=self.on)

    def _closes(self) -> None:
        if not self.on:
            self._on_ms = self._now_ms
            self._relays.energise(self._channel)

    def _opens(self, *, mains: bool = False) -> None:
        if self.on and (mains or self.trouble != "welded"):
            self._had_ms = self.powered_ms
            self._relays.opens_by_itself(self._channel)
