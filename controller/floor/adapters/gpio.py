"""Relays on the Pi's header: opened off, read back, off at every end, and written down for who comes after
a crash.

House rules: the pin moves first and the file follows; a write whose outcome is unknown is reported as
`None` and never tried again here; an end tries every relay even when one fails; a machine with
`on_process_exit = hold` is left alone only when it is in use and only at the end of the process.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Protocol

from gpiozero import InputDevice, OutputDevice
from gpiozero.exc import GPIOZeroError

from controller.errors import Message
from controller.floor.adapters.lines import LineError
from controller.floor.adapters.pin_map import MappedPin, OnProcessExit, PinMap, PinMapWriter

PIN_ERRORS = (LineError, OSError, GPIOZeroError)
"""What a pin may raise: our lines' refusal, the kernel's, or gpiozero's (a device already closed)."""


class RelayPin(Protocol):
    """A gpiozero pin that remembers its level at rest: what closing it drives and leaves, `None` for as it
    is.
    """

    rest_level: bool | None


class PinFactory(Protocol):
    """A gpiozero factory that names its chip and can look at a free line (`GpiodFactory`,
    `MockRelayFactory`).
    """

    @property
    def chip_label(self) -> str: ...

    def level_before(self, pin: int) -> bool: ...

    def pin(self, name: int) -> RelayPin: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayWiring:
    """How one machine's relay is wired: BCM pin numbers, and what the end of the process means for it.

    `feedback_pin` reads a contact to ground (`feedback_active_high = False`, pulled up) or to 3.3 V (pulled
    down): a broken wire reads as off.
    """

    machine_id: str
    pin: int
    active_high: bool = True
    on_process_exit: OnProcessExit = "off"
    hold_max_gap_ms: int = 0
    feedback_pin: int | None = None
    feedback_active_high: bool = False


@dataclass(slots=True)
class _Relay:
    """One relay while it is open, and whether its machine may be left on at the end of the process."""

    wiring: RelayWiring
    coil: OutputDevice
    contact: InputDevice | None
    held: bool

    def line_reads(self) -> bool:
        """Whether the relay's own line shows the level that means on."""
        return bool(self.coil.value)


class GpioRelays:
    """Every relay of this controller; implements the port `Relays`."""

    def __init__(
        self,
        wirings: Iterable[RelayWiring],
        *,
        factory: PinFactory,
        pin_map: PinMapWriter,
        boot_id: str,
        may_go_on: Collection[str] = (),
    ) -> None:
        """Write the pin map, then claim every relay at its off level; `LineError` names the pin that cannot
        be had.

        `may_go_on` are the machines that the journal proves were in use in this same boot, not longer ago
        than their `hold_max_gap_ms`: such a relay is claimed on, but only if its policy is `hold` and its
        line still reads on.
        """
        self._factory = factory
        self._pin_map = pin_map
        self._boot_id = boot_id
        # Taken again by its own thread: a signal handler may interrupt a switch to turn everything off.
        self._lock = threading.RLock()
        self._relays: dict[str, _Relay] = {}
        self._closed = False
        self._left: dict[str, bool | None] = {}
        """What each relay read when its line was let go: the last that can be told of it."""
        self._wirings = tuple(wirings)
        pin_map.start(self._map())
        for wiring in self._wirings:
            try:
                goes_on = wiring.machine_id in may_go_on and self._still_on(wiring)
                self._relays[wiring.machine_id] = self._open(wiring, on=goes_on)
            except PIN_ERRORS as error:
                self.close()
                raise _named(error, wiring) from error
        pin_map.put(self._map())
        pin_map.controller_is_back()
        atexit.register(self.close)

    def energise(self, machine_id: str) -> bool | None:
        relay = self._relays[machine_id]
        with self._lock:
            now_on = _switch(relay, on=True)
            self._note_held(relay, held=now_on is True)
            return now_on

    def de_energise(self, machine_id: str) -> bool | None:
        relay = self._relays[machine_id]
        with self._lock:
            now_on = _switch(relay, on=False)
            self._note_held(relay, held=False)
            return now_on

    def read(self, machine_id: str) -> bool | None:
        relay = self._relays[machine_id]
        with self._lock:
            if machine_id in self._left:
                return self._left[machine_id]
            try:
                return relay.line_reads() if relay.contact is None else bool(relay.contact.value)
            except PIN_ERRORS:
                return None

    def all_off(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(name for name in self._relays if self.de_energise(name) is not False)

    def off_for_exit(self) -> tuple[str, ...]:
        """Open every relay except those in use whose policy is `hold`; hand back the machines not proven
        off.
        """
        with self._lock:
            leaving = [name for name, relay in self._relays.items() if not relay.held]
            return tuple(name for name in leaving if self.de_energise(name) is not False)

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            atexit.unregister(self.close)
            self.off_for_exit()
            self._left = {name: self.read(name) for name in self._relays}
            for relay in self._relays.values():
                _let_go(relay)
            self._close_factory()
        self._pin_map.close()

    def _close_factory(self) -> None:
        try:
            self._factory.close()
        except PIN_ERRORS:
            # The relays were told to open above, one by one; what is left is the stop hook's.
            return

    def _still_on(self, wiring: RelayWiring) -> bool:
        if wiring.on_process_exit != "hold":
            return False
        return self._factory.level_before(wiring.pin) == wiring.active_high

    def _open(self, wiring: RelayWiring, *, on: bool) -> _Relay:
        coil = OutputDevice(wiring.pin, active_high=wiring.active_high, initial_value=on, pin_factory=self._factory)
        # Only once gpiozero gave us the pin: until then its level at rest may be another machine's.
        self._factory.pin(wiring.pin).rest_level = not wiring.active_high
        contact = None
        if wiring.feedback_pin is not None:
            pull_up = not wiring.feedback_active_high
            contact = InputDevice(wiring.feedback_pin, pull_up=pull_up, pin_factory=self._factory)
        return _Relay(wiring, coil, contact, held=on)

    def _note_held(self, relay: _Relay, *, held: bool) -> None:
        if relay.wiring.on_process_exit == "hold" and relay.held != held:
            relay.held = held
            self._pin_map.put(self._map())

    def _map(self) -> PinMap:
        return PinMap(boot_id=self._boot_id, pins=tuple(self._mapped(wiring) for wiring in self._wirings))

    def _mapped(self, wiring: RelayWiring) -> MappedPin:
        relay = self._relays.get(wiring.machine_id)
        return MappedPin(
            machine_id=wiring.machine_id,
            chip=self._factory.chip_label,
            line=wiring.pin,
            off_level=not wiring.active_high,
            on_process_exit=wiring.on_process_exit,
            hold_max_gap_ms=wiring.hold_max_gap_ms,
            held=relay is not None and relay.held,
        )


def _switch(relay: _Relay, *, on: bool) -> bool | None:
    """Move the pin once and read it; `None` when either failed."""
    try:
        relay.coil.value = on
        return relay.line_reads()
    except PIN_ERRORS:
        return None


def _let_go(relay: _Relay) -> None:
    """Close the devices: at rest, or as it is where the machine is held."""
    try:
        if relay.held:
            relay.coil.pin.rest_level = None
        relay.coil.close()
        if relay.contact is not None:
            relay.contact.close()
    except PIN_ERRORS:
        return


def _named(error: Exception, wiring: RelayWiring) -> LineError:
    """The same refusal, with the machine whose wiring asked for the pin."""
    what = Message(f"machine « {wiring.machine_id} »", f"machine '{wiring.machine_id}'")
    if isinstance(error, LineError):
        return type(error)(what, why=error.what, cure=error.cure)
    return LineError(what, why=Message(str(error), str(error)))
