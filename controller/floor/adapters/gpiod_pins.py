"""gpiozero's pins over libgpiod 2, made for relays: no pulse when opened, driven when closed.

gpiozero's own factory over lgpio claims an output low and sets its level afterwards, which closes an
active-low relay for half a millisecond, and leaves a closed pin floating (gpiozero issues 1146 and 1177).
Its wheel is missing for Python 3.13 on 64-bit ARM, where an empty package of the same name is installed
instead: `lgpio` is never imported here.

House rules: a pin touches its line only when told a direction; its first level is its level at rest, unless
it is told another; no edges, no PWM, no SPI: a relay and its contact need none.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from gpiozero.exc import PinInvalidFunction, PinSetInput, PinUnknownPi
from gpiozero.pins.local import get_pi_revision
from gpiozero.pins.mock import MockFactory, MockPin
from gpiozero.pins.pi import PiFactory, PiPin

from controller.floor.adapters.pin_map import MOCK_CHIP

if TYPE_CHECKING:
    from controller.floor.adapters.lines import Lines, Pull

_BOARD_OF_CHIP = {"pinctrl-rp1": 0xC04170, "pinctrl-bcm2711": 0xC03111}
_ANY_BOARD = 0xA02082
"""Revision codes of a Pi 5, a Pi 4 and a Pi 3 (raspberrypi.com, "Raspberry Pi revision codes")."""

_PULLS: dict[str, Pull] = {"floating": "none", "up": "up", "down": "down"}


class GpiodPin(PiPin):  # type: ignore[misc] # gpiozero carries no types
    """One pin of the header. `rest_level` is what closing drives and leaves; `None` leaves the line as it
    is.
    """

    def __init__(self, factory: GpiodFactory, info: object) -> None:
        """Know the line; do not touch it."""
        super().__init__(factory, info)
        self._lines = factory.lines
        self._direction = ""
        self._pull = "floating"
        self.rest_level: bool | None = None

    def close(self) -> None:
        """Drive the level at rest and keep driving it until the factory or the process ends."""
        if self._direction == "output" and self.rest_level is not None:
            self._lines.set(self._number, level=self.rest_level)

    def let_go(self) -> None:
        """Give the line back, at the level it has."""
        self._direction = ""
        self._lines.release(self._number)

    def output_with_state(self, state: object) -> None:
        """Claim direction and level in one request: the line never shows another level."""
        level = bool(state)
        self._lines.release(self._number)
        self._lines.claim_output(self._number, level=level)
        self._direction = "output"
        if self.rest_level is None:
            self.rest_level = level

    def input_with_pull(self, pull: str) -> None:
        """Claim an input with its resistor."""
        self._lines.release(self._number)
        self._lines.claim_input(self._number, pull=_PULLS[pull])
        self._direction, self._pull = "input", pull

    def _get_function(self) -> str:
        return self._direction or "input"

    def _set_function(self, value: str) -> None:
        # An output without a level would be a guess, and half of all guesses switch a machine on.
        if value != "input":
            raise PinInvalidFunction(f"{self!r} becomes an output only together with a level")
        self.input_with_pull(self._pull)

    def _get_state(self) -> bool:
        return self._lines.get(self._number)

    def _set_state(self, value: object) -> None:
        if self._direction != "output":
            raise PinSetInput(f"cannot set the level of {self!r}: it is not an output")
        self._lines.set(self._number, level=bool(value))

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        self.input_with_pull(value)


class GpiodFactory(PiFactory):  # type: ignore[misc] # gpiozero carries no types
    """The header's pins over `lines`; closing it drives every pin to rest, then gives the lines back."""

    def __init__(self, lines: Lines) -> None:
        """Take the lines; claim none."""
        super().__init__()
        self.lines = lines
        self.pin_class = GpiodPin

    @property
    def chip_label(self) -> str:
        """The label of the chip, as the pin map names it."""
        return self.lines.chip_label

    def level_before(self, pin: int) -> bool:
        """Read what the free line shows, without changing it: how a machine left on is recognised."""
        return self.lines.peek(pin)

    def close(self) -> None:
        """Drive every pin to its level at rest and give all lines back."""
        pins = tuple(self.pins.values())
        super().close()
        for pin in pins:
            pin.let_go()

    def _get_revision(self) -> int:
        # A hardened unit or a container may hide /proc/device-tree. The header's numbering is the same on
        # every board with 40 pins, so the chip says enough.
        try:
            return int(get_pi_revision())
        except (PinUnknownPi, OSError):
            return _BOARD_OF_CHIP.get(self.lines.chip_label, _ANY_BOARD)

    @staticmethod
    def ticks() -> float:
        """Give gpiozero its own idea of time, in seconds."""
        return monotonic()

    @staticmethod
    def ticks_diff(later: float, earlier: float) -> float:
        """Seconds between two ticks."""
        return later - earlier


class MockRelayPin(MockPin):  # type: ignore[misc] # gpiozero carries no types
    """gpiozero's mock pin with a real relay pin's manners: one claim when opened, driven to rest when
    closed.
    """

    def __init__(self, factory: MockFactory, info: object) -> None:
        """Start as gpiozero does, an input."""
        super().__init__(factory, info)
        self.rest_level: bool | None = None

    def close(self) -> None:
        """Show the level at rest, and stay an output."""
        if self.function == "output" and self.rest_level is not None:
            self.state = self.rest_level

    def output_with_state(self, state: object) -> None:
        """Become an output that shows `state`, in one step."""
        level = bool(state)
        self._claim_output(level)
        if self.rest_level is None:
            self.rest_level = level

    def _claim_output(self, level: bool) -> None:  # noqa: FBT001 - the one step, private
        self._function = "output"
        self._change_state(level)


class MockRelayFactory(MockFactory):  # type: ignore[misc] # gpiozero carries no types
    """gpiozero's mock pins for a computer without a header: `factory = "mock"` in `[gpio]`."""

    chip_label = MOCK_CHIP

    def __init__(self, pin_class: type[MockRelayPin] = MockRelayPin) -> None:
        """Make a header of its own, of pins that show what they are told."""
        super().__init__(pin_class=pin_class)

    def level_before(self, pin: int) -> bool:
        """Read what the pin shows, without changing it."""
        return bool(self.pin(pin).state)
