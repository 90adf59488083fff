"""Buttons on GPIO pins: a contact to ground beside each machine, looked at often and told once a press.

House rules: a pin is claimed as an input with its resistor and never driven; a press counts when the contact has stood
for `STAND_MS` of the boot clock, and once, however long a hand leans on it; one that is down when the program starts (a
short circuit, a jammed cap) is no press, but the danger button's is, as on a board: whoever leans on it must not be
missed, and one that is jammed can report nothing more. gpiozero's own `Button` wants edges, which our factory does not
give, so the contact is its `InputDevice`, looked at by a thread.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpiozero import InputDevice

from controller import logs
from controller.errors import Message
from controller.floor.adapters.gpio import PIN_ERRORS, PinFactory
from controller.floor.adapters.lines import LineError
from firmware_bridge.board.micropython.debounce import Debounce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LOOK_EVERY_S = 0.02
"""A hand is on a button for a tenth of a second at least: five looks."""
STAND_MS = 30
"""Longer than contacts bounce (5 to 20 ms), shorter than anybody notices. At most sixteen presses a second follow."""

DANGER = "danger"

_log = logs.get("buttons")


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonWiring:
    """One button: the channel it stands at, what it is for, and its BCM pin. Pressed, it joins the pin to ground."""

    channel: str
    button: str
    pin: int


class GpioButtons:
    """Every button on this controller's pins. `pressed` is handed (channel, button), on the thread of `run`.

    Raise `LineError` when a pin cannot be had.
    """

    def __init__(
        self,
        wirings: Iterable[ButtonWiring],
        *,
        factory: PinFactory,
        boot_ms: Callable[[], int],
        pressed: Callable[[str, str], object],
    ) -> None:
        self._factory, self._boot_ms, self._pressed = factory, boot_ms, pressed
        self._ending = threading.Event()
        self._contacts: list[tuple[ButtonWiring, InputDevice, Debounce]] = []
        for wiring in wirings:
            try:
                contact = InputDevice(wiring.pin, pull_up=True, pin_factory=factory)
            except PIN_ERRORS as error:
                factory.close()
                raise LineError(_named(wiring), why=_why(error)) from error
            self._contacts.append((wiring, contact, _debounce(down=wiring.button != DANGER and bool(contact.value))))

    def look(self) -> None:
        """Read every contact once. A pin that cannot be read is not pressed."""
        now_ms = self._boot_ms()
        for wiring, contact, debounce in self._contacts:
            try:
                down = bool(contact.value)
            except PIN_ERRORS:
                down = False
            if debounce.read(down, now_ms) and debounce.active:
                _log.info("button pressed", channel=wiring.channel, button=wiring.button)
                self._pressed(wiring.channel, wiring.button)

    def run(self) -> None:
        """Look until `stop`, then give the pins back. Give it a thread of its own."""
        while not self._ending.wait(LOOK_EVERY_S):
            self.look()
        self._factory.close()

    def stop(self) -> None:
        """End `run`, from any thread."""
        self._ending.set()


def _debounce(*, down: bool) -> Debounce:
    debounce = Debounce(STAND_MS, STAND_MS)
    debounce.active = down
    return debounce


def _named(wiring: ButtonWiring) -> Message:
    where = f"{wiring.channel} ({wiring.button}, GPIO{wiring.pin})"
    return Message(f"bouton de la voie {where}", f"button of the channel {where}")


def _why(error: Exception) -> Message:
    return error.what if isinstance(error, LineError) else Message(str(error), str(error))
