"""Buttons on pins: one press is told once, by the boot clock, and a contact that is stuck is none."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from controller.domain import events as ev
from controller.floor.adapters.gpio_buttons import LOOK_EVERY_S, ButtonWiring, GpioButtons
from controller.floor.adapters.gpiod_pins import GpiodFactory, MockRelayFactory
from controller.floor.adapters.lines import LineError, RecordedLines
from controller.floor.device_words import DeviceWords
from controller.settings import Reader
from firmware_bridge.messages import ButtonPressed
from tests.waiting import wait_until

EXTEND = ButtonWiring(channel="relay-1", button="extend", pin=5)
OTHER = ButtonWiring(channel="relay-2", button="extend", pin=6)


class Panel:
    """Two buttons on gpiozero's mock pins, a clock moved by hand, and what was told."""

    def __init__(self) -> None:
        self.factory, self.boot_ms = MockRelayFactory(), 60_000
        self.told: list[tuple[str, str]] = []
        for wiring in (EXTEND, OTHER):
            self.factory.pin(wiring.pin).pull = "up"
        self.buttons = GpioButtons(
            (EXTEND, OTHER), factory=self.factory, boot_ms=lambda: self.boot_ms,
            pressed=lambda channel, button: self.told.append((channel, button)),
        )  # fmt: skip

    def stands(self, ms: int, *, down: bool) -> None:
        """The contact of the first button is so for a while, looked at as often as ever."""
        pin = self.factory.pin(EXTEND.pin)
        (pin.drive_low if down else pin.drive_high)()
        for _ in range(ms // 20):
            self.buttons.look()
            self.boot_ms += 20


def test_a_press_is_told_once_however_long_a_hand_leans_on_it() -> None:
    """With its channel and what it is for; let go and pressed again, it is another one."""
    panel = Panel()

    panel.stands(5_000, down=True)
    once = [*panel.told]
    panel.stands(100, down=False)
    panel.stands(100, down=True)

    assert (once, panel.told) == ([("relay-1", "extend")], [("relay-1", "extend")] * 2)


def test_a_contact_that_bounces_is_one_press() -> None:
    """It counts when it has stood, and so does its release."""
    panel = Panel()

    for _ in range(5):
        panel.stands(20, down=True)
        panel.stands(20, down=False)
    bouncing = [*panel.told]
    panel.stands(200, down=True)
    panel.stands(20, down=False)
    panel.stands(200, down=True)

    assert (bouncing, panel.told) == ([], [("relay-1", "extend")])


@pytest.mark.parametrize(("button", "at_start"), [("extend", []), ("danger", ["relay-1"])])
def test_a_button_that_is_down_when_the_program_starts_is_a_press_if_it_says_danger(
    button: str, at_start: list[str]
) -> None:
    """A jammed cap asks for no time at every restart; a hand on the danger button is not missed, nor its jam."""
    lines, told = RecordedLines("pinctrl-rp1"), list[str]()
    lines.levels[5] = False
    clock = iter(range(0, 10_000, 20))
    buttons = GpioButtons(
        [replace(EXTEND, button=button)], factory=GpiodFactory(lines), boot_ms=lambda: next(clock),
        pressed=lambda c, _b: told.append(c),
    )  # fmt: skip

    def stands(*, high: bool) -> None:
        lines.levels[5] = high
        for _ in range(10):
            buttons.look()

    stands(high=False)
    stuck = [*told]
    stands(high=True)
    stands(high=False)

    assert (stuck, told) == (at_start, [*at_start, "relay-1"])


def test_the_real_pins_are_inputs_pulled_up_and_never_driven() -> None:
    """Pressed, the button joins its pin to ground: an output there would be a short circuit."""
    lines = RecordedLines("pinctrl-rp1")
    buttons = GpioButtons([EXTEND], factory=GpiodFactory(lines), boot_ms=lambda: 0, pressed=lambda _c, _b: None)

    buttons.look()

    claims = [call for call in lines.calls if call[0] != "release"]
    assert {call[0] for call in claims} == {"claim_input"}
    assert claims[-1] == ("claim_input", 5, "up")


def test_a_pin_that_another_program_holds_is_named_with_its_channel() -> None:
    """Somebody must know which wire to look at."""
    lines = RecordedLines("pinctrl-rp1", held_by_others={5: "fan"})

    with pytest.raises(LineError, match=r"relay-1 \(extend, GPIO5\)"):
        GpioButtons([EXTEND], factory=GpiodFactory(lines), boot_ms=lambda: 0, pressed=lambda _c, _b: None)


def test_a_pin_that_cannot_be_read_is_not_pressed() -> None:
    """Unknown is no hand."""
    lines, told = RecordedLines("pinctrl-rp1"), list[str]()
    clock = iter(range(0, 10_000, 20))
    buttons = GpioButtons(
        [EXTEND], factory=GpiodFactory(lines), boot_ms=lambda: next(clock), pressed=lambda c, _b: told.append(c)
    )
    lines.broken.add(5)

    for _ in range(10):
        buttons.look()

    assert told == []


def test_a_boards_button_and_a_button_on_a_pin_say_the_same() -> None:
    """Whichever the workshop has built: more time at this channel, please."""
    told: list[ev.Event] = []
    words = DeviceWords(told.append)
    board = Reader(name="laser-reader", path="/dev/x", channel="relay-1", protocol="board")

    words.heard(board, ButtonPressed(button="main", at_ms=5))
    words.pressed("relay-1", "extend")

    assert told == [ev.ButtonPressed(channel="relay-1")] * 2


def test_the_danger_button_says_danger_and_not_more_time() -> None:
    """Two buttons side by side, and one word each."""
    told: list[ev.Event] = []
    words = DeviceWords(told.append)

    words.pressed("relay-1", "danger")

    assert told == [ev.DangerReported(channel="relay-1")]


def test_its_thread_looks_by_itself_and_ends_when_told() -> None:
    """Nobody needs to call it, and a program that ends waits for no button."""
    told, factory = list[str](), MockRelayFactory()
    factory.pin(5).pull = "up"
    clock = iter(range(0, 10**9, int(1000 * LOOK_EVERY_S)))
    buttons = GpioButtons([EXTEND], factory=factory, boot_ms=lambda: next(clock), pressed=lambda c, _b: told.append(c))
    thread = threading.Thread(target=buttons.run)
    thread.start()

    factory.pin(5).drive_low()
    wait_until(lambda: told == ["relay-1"])
    buttons.stop()
    thread.join(5)

    assert not thread.is_alive()
