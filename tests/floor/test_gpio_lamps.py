"""A lamp and a buzzer on pins show what a board would, dark when nothing is to be shown and when the program ends."""

from __future__ import annotations

import itertools
import threading

import pytest

from controller.floor.adapters.gpio_lamps import GpioLamps, LampWiring
from controller.floor.adapters.gpiod_pins import GpiodFactory, MockRelayFactory
from controller.floor.adapters.lines import LineError, RecordedLines
from firmware_bridge.commands import Colour, Command, Light, Pattern, Relay, Sound, Text
from tests.waiting import wait_until

PINS = {"red": 16, "green": 20, "blue": 21, "buzzer": 26}
LASER = LampWiring(channel="relay-1", pins=PINS)


class Lamp:
    """One lamp on gpiozero's mock pins, and a clock moved by hand."""

    def __init__(self, wiring: LampWiring = LASER) -> None:
        self.factory, self.boot_ms, self.wiring = MockRelayFactory(), 60_000, wiring
        self.lamps = GpioLamps([wiring], factory=self.factory, boot_ms=lambda: self.boot_ms)

    def shows(self, *commands: Command) -> None:
        """An order comes, and the pins follow."""
        self.lamps.show("relay-1", commands)
        self.lamps.turn()

    def lit(self) -> set[str]:
        """The parts that are on."""
        high = {part for part, pin in self.wiring.pins.items() if self.factory.pin(pin).state}
        off_when_high = set() if self.wiring.active_high else {"red", "green", "blue"} & set(self.wiring.pins)
        return high ^ off_when_high

    def passes(self, ms: int) -> list[set[str]]:
        """Time passes in turns of 20 ms; what was lit at each."""
        seen = []
        for _ in range(ms // 20):
            self.boot_ms += 20
            self.lamps.turn()
            seen.append(self.lit())
        return seen


@pytest.mark.parametrize(
    ("colour", "parts"),
    [("green", {"green"}), ("amber", {"red", "green"}), ("white", {"red", "green", "blue"}), ("off", set())],
)
def test_a_colour_is_the_pins_that_make_it(colour: Colour, parts: set[str]) -> None:
    """On or off: amber is red and green together."""
    lamp = Lamp()

    lamp.shows(Light(colour))

    assert lamp.lit() == parts


def test_a_refusal_flashes_three_times_and_a_light_for_a_while_goes_out() -> None:
    """The rhythm is the board's own, counted by the boot clock."""
    lamp = Lamp()

    lamp.shows(Light("amber", "flashes", 4))
    seen = [{"red", "green"} == lit for lit in [lamp.lit(), *lamp.passes(2_000)]]

    assert sum(now and not before for before, now in itertools.pairwise([False, *seen])) == 3
    assert lamp.lit() == set()


def test_a_verdicts_light_gives_way_to_the_one_that_stands() -> None:
    """A machine in use is green again after somebody was refused at it, and a free one flashes by itself."""
    lamp = Lamp()
    lamp.shows(Light("green"))
    lamp.shows(Light("amber", "steady", 4))
    amber = lamp.lit()
    lamp.passes(4_000)
    green = lamp.lit()
    lamp.shows(Light("blue", "once"))
    seen = [{"blue"} == lit for lit in [lamp.lit(), *lamp.passes(9_000)]]

    assert (amber, green) == ({"red", "green"}, {"green"})
    assert sum(now and not before for before, now in itertools.pairwise([False, *seen])) == 4


def test_tunes_are_told_by_number_and_length_and_end() -> None:
    """An alarm is six, a click is one and short."""
    lamp, counts = Lamp(), []
    patterns: tuple[Pattern, ...] = ("read", "warn", "alarm")

    for pattern in patterns:
        lamp.shows(Sound(pattern))
        heard = ["buzzer" in lit for lit in [lamp.lit(), *lamp.passes(3_000)]]
        counts.append(sum(now and not before for before, now in itertools.pairwise([False, *heard])))

    assert counts == [1, 2, 6]
    assert lamp.lit() == set()


def test_a_lamp_of_common_anode_is_dark_when_its_pins_are_high_and_its_buzzer_still_low() -> None:
    """`lamp_active_high = false`, from the first instant."""
    lamp = Lamp(LampWiring(channel="relay-1", pins=PINS, active_high=False))
    levels = {part: bool(lamp.factory.pin(pin).state) for part, pin in PINS.items()}

    lamp.shows(Light("green"))

    assert levels == {"red": True, "green": True, "blue": True, "buzzer": False}
    assert lamp.lit() == {"green"}


def test_words_for_other_devices_and_other_channels_are_passed_over() -> None:
    """A lamp has no display and no relay, and stands at one machine."""
    lamp = Lamp()

    lamp.shows(Text(("Indivis",)), Relay(on=True, lease_ms=2_000))
    lamp.lamps.show("relay-2", (Light("red"),))
    lamp.lamps.turn()

    assert lamp.lit() == set()


def test_real_pins_are_claimed_dark_in_one_step_and_left_dark() -> None:
    """No flash at the start of the program, and none after it."""
    lines = RecordedLines("pinctrl-rp1")
    lamps = GpioLamps([LASER], factory=GpiodFactory(lines), boot_ms=lambda: 0)
    claims = [call for call in lines.calls if call[0].startswith("claim")]
    lamps.show("relay-1", (Light("green"),))
    lamps.turn()

    lamps.stop()
    lamps.run()

    assert claims == [("claim_output", pin, False) for pin in PINS.values()]
    assert {lines.levels[pin] for pin in PINS.values()} == {False}


def test_a_pin_that_another_program_holds_is_named_with_its_channel_and_part() -> None:
    """Somebody must know which wire to look at."""
    lines = RecordedLines("pinctrl-rp1", held_by_others={20: "fan"})

    with pytest.raises(LineError, match=r"relay-1 \(green, GPIO20\)"):
        GpioLamps([LASER], factory=GpiodFactory(lines), boot_ms=lambda: 0)


def test_its_thread_shows_what_is_asked_and_goes_dark_at_its_end() -> None:
    """Nobody needs to call it."""
    factory = MockRelayFactory()
    lamps = GpioLamps([LASER], factory=factory, boot_ms=lambda: 0)
    thread = threading.Thread(target=lamps.run)
    thread.start()

    lamps.show("relay-1", (Light("green"),))
    wait_until(lambda: factory.pin(20).state)
    lamps.stop()
    thread.join(5)

    assert not thread.is_alive()
    assert not factory.pin(20).state
