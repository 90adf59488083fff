"""A machine's switch behind a line: told at once, answered later, and open by itself when nobody renews it.

House rules: whoever asks never waits; a closing is prolonged only while the engine turns and only as long as the switch
has not let go by itself, and nothing but a new use closes again; the line's thread reports, the engine decides. The
lock is held for microseconds, and nothing that is called under it takes another lock of the floor.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from controller import logs
from controller.domain import events as ev
from controller.domain.ids import MachineId
from controller.floor.ports import LATER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import structlog

    from controller.floor.ports import Answer, Relays

RENEW_EVERY_S = 1.0
"""A third of the shortest word (`board_switch.WORD_MS`): two renewals may come late."""

ENGINE_SILENT_MAX_S = 2.0
"""Twice the engine's longest pause between two turns. Beyond it nothing is renewed, and every lease runs out."""


_log = logs.get("switches")


class Line(Protocol):
    """Carries words to one switch; neither waits, and both may be lost on the way."""

    def hold(self, *, renews: bool) -> None:
        """Close for the length of a word; `renews`: only prolong what still holds."""
        ...

    def let_go(self) -> None:
        """Open now."""
        ...


class LeasedSwitch:
    """One channel's switch. `tell` hands an event to the engine; `machine_on` says whose machine hangs on it; `log`
    takes what is told of it.
    """

    def __init__(
        self,
        channel: str,
        line: Line,
        *,
        tell: Callable[[ev.Event], object],
        machine_on: Callable[[str], str | None],
        log: structlog.typing.FilteringBoundLogger = _log,
    ) -> None:
        self._channel, self._line, self._log = channel, line, log
        self._tell, self._machine_on = tell, machine_on
        self._lock = threading.RLock()
        self._wanted = False
        self._moving = False
        """Whether the last order has not been answered."""
        self._level: bool | None = None
        """What it last reported; `None`: out of reach."""

    def energise(self) -> Answer:
        """Close it for a new use."""
        with self._lock:
            if self._level is None:
                return LATER  # the engine is about to hear that it was lost
            self._wanted = self._moving = True
            self._line.hold(renews=False)
            return LATER

    def de_energise(self) -> Answer:
        """Open it; what is known to be open already answers at once."""
        with self._lock:
            self._wanted = False
            self._line.let_go()
            if self._level is False and not self._moving:
                return False
            self._moving = self._level is not None
            return LATER

    def read(self) -> bool | None:
        """What it last reported; `None` while it is out of reach."""
        return self._level

    def renew(self) -> None:
        """Prolong a closing that is wanted."""
        with self._lock:
            if self._wanted:
                self._line.hold(renews=True)

    def reported(self, *, on: bool) -> None:
        """Take what the switch says that it reads; from the line's thread."""
        with self._lock:
            first, self._level = self._level is None, on
            for event in self._meant(on=on):
                self._tell(event)
            if first:
                self._log.info("switch within reach", channel=self._channel, on=on)
                self._tell(ev.SwitchSeen(channel=self._channel, reached=True))

    def lost(self) -> None:
        """Take that nobody can reach it: whatever it held, it opens by itself."""
        with self._lock:
            self._line.let_go()  # for a line that comes back sooner than the lease ends
            self._wanted = self._moving = False
            before, self._level = self._level, None
            if before is not None:
                self._log.warning("switch out of reach", channel=self._channel)
                self._tell(ev.SwitchSeen(channel=self._channel, reached=False))

    def _meant(self, *, on: bool) -> Iterable[ev.Event]:
        if self._moving:
            if on is self._wanted:
                self._moving = False
                self._log.info("switch closed" if on else "switch opened", channel=self._channel)
                yield from self._read(wanted_on=on, read_on=on)
            # Anything else may be from before the order; the engine counts how long it waits for the answer.
        elif self._wanted and not on:
            # It let go: lease, emergency stop or restart. It has opened, and is there again.
            self._log.warning("switch has let go by itself", channel=self._channel)
            self._wanted = False
            self._line.let_go()
            yield ev.SwitchSeen(channel=self._channel, reached=False)
            yield ev.SwitchSeen(channel=self._channel, reached=True)
        elif on and not self._wanted:
            self._line.let_go()
            yield from self._read(wanted_on=False, read_on=True)

    def _read(self, *, wanted_on: bool, read_on: bool) -> Iterable[ev.Event]:
        machine = self._machine_on(self._channel)
        if machine is not None:
            yield ev.RelayRead(machine=MachineId(machine), wanted_on=wanted_on, read_on=read_on)


class JoinedRelays:
    """Implements the port `Relays`, by channel: leased switches where there are any, pins for the rest."""

    def __init__(self, pins: Relays, switches: dict[str, LeasedSwitch]) -> None:
        self._pins, self._switches = pins, switches

    def energise(self, machine_id: str) -> Answer:
        """Close the channel's relay."""
        switch = self._switches.get(machine_id)
        return self._pins.energise(machine_id) if switch is None else switch.energise()

    def de_energise(self, machine_id: str) -> Answer:
        """Open the channel's relay."""
        switch = self._switches.get(machine_id)
        return self._pins.de_energise(machine_id) if switch is None else switch.de_energise()

    def read(self, machine_id: str) -> bool | None:
        """Read the channel's relay."""
        switch = self._switches.get(machine_id)
        return self._pins.read(machine_id) if switch is None else switch.read()

    def all_off(self) -> tuple[str, ...]:
        """Open everything; what answers later is not proven off yet."""
        unproven = self._pins.all_off()
        return (*unproven, *(name for name, switch in self._switches.items() if switch.de_energise() is not False))

    def close(self) -> None:
        """Open every leased switch, for none may be held beyond the program; then let the pins go."""
        for switch in self._switches.values():
            switch.de_energise()
        self._pins.close()


class LeaseKeeper:
    """Renews what is wanted, on a thread of its own, as long as the engine turns."""

    def __init__(self, switches: Iterable[LeasedSwitch], monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._switches, self._monotonic_s = tuple(switches), monotonic_s
        self._turned_s = monotonic_s()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="leases", daemon=True)

    def engine_turned(self) -> None:
        """Note that the engine lives; called on its thread, once a turn."""
        self._turned_s = self._monotonic_s()

    def start(self) -> None:
        """Begin to renew, where there is anything to renew."""
        if self._switches:
            self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the thread that renews is there, or none is needed."""
        return not self._switches or self._thread.is_alive()

    def renew(self) -> None:
        """Prolong every wanted closing, unless the engine has stopped turning."""
        if self._monotonic_s() - self._turned_s <= ENGINE_SILENT_MAX_S:
            for switch in self._switches:
                switch.renew()

    def stop(self) -> None:
        """Renew no more."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join(RENEW_EVERY_S)

    def _run(self) -> None:
        while not self._ending.wait(RENEW_EVERY_S):
            self.renew()
