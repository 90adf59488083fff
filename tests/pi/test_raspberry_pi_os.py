"""A day at two machines on an emulated Pi whose kernel keeps a dead process's pins driven, in the order of the day.

The laser's relay switches on HIGH and its reader is on the header's UART; the kiln's switches on LOW, with one on USB.
One controller runs from the first test until SIGTERM: a start takes the emulated processor half a minute.
"""

from __future__ import annotations

import pytest

from tests.pi.emulated_pi import HIGH, LOW, EmulatedPi, Witness
from tests.pi.floor_service import Service, driven
from tests.pi.installed import BADGE, KILN_PIN, LASER_PIN

pytestmark = pytest.mark.pi

ADAPTER = "$(dirname $(dirname $(readlink -f /sys/class/tty/ttyUSB0/device)))"


@pytest.fixture(scope="module")
def start(raspberry_pi_os: EmulatedPi) -> tuple[Service, Witness]:
    """The day's controller, and what the pins did until it was ready."""
    with raspberry_pi_os.witnessed() as witness:
        service = Service(raspberry_pi_os)
        service.ready()
    return service, witness


@pytest.fixture
def controller(start: tuple[Service, Witness]) -> Service:
    """The day's controller."""
    return start[0]


def test_a_start_drives_each_pin_to_off_and_never_shows_another_level(start: tuple[Service, Witness]) -> None:
    """Rule 3: not even for a microsecond does a start close a relay, whichever level switches it on."""
    _, witness = start

    assert driven(witness.history(LASER_PIN)) == {False}
    assert driven(witness.history(KILN_PIN)) == {True}


def test_a_badge_at_the_uart_switches_on_and_the_second_tap_off(
    raspberry_pi_os: EmulatedPi, controller: Service
) -> None:
    """From the frame on the header's UART to the pin, on a machine that switches on HIGH; the other stays off."""
    pi = raspberry_pi_os
    controller.says('"laser-reader", "event": "reader connected"')

    with pi.witnessed() as witness:
        pi.tap(pi.uart, BADGE, LASER_PIN, HIGH)
        pi.tap(pi.uart, BADGE, LASER_PIN, LOW)

    assert witness.history(LASER_PIN) == [LOW, HIGH, LOW]
    assert witness.history(KILN_PIN) == [HIGH]


def test_a_usb_reader_that_comes_later_switches_on_low_and_off_high(
    raspberry_pi_os: EmulatedPi, controller: Service
) -> None:
    """A reader plugged in while the controller runs is found, and its machine switches on LOW."""
    pi = raspberry_pi_os
    pi.plug_in()
    controller.says('"kiln-reader", "event": "reader connected"')

    pi.tap(pi.usb, BADGE, KILN_PIN, LOW)
    pi.tap(pi.usb, BADGE, KILN_PIN, HIGH)

    assert (pi.pin(LASER_PIN), pi.pin(KILN_PIN)) == (LOW, HIGH)


def test_a_reader_pulled_out_and_put_back_ends_no_use_and_is_heard_again(
    raspberry_pi_os: EmulatedPi, controller: Service
) -> None:
    """The use goes on without its reader, and the tap that ends it works once the reader is back."""
    pi = raspberry_pi_os
    pi.tap(pi.usb, BADGE, KILN_PIN, LOW)
    adapter = pi.does(f"echo {ADAPTER}")

    pi.does(f"echo 0 >{adapter}/authorized")
    controller.says('"reader": "kiln-reader", "why"', 2)
    while_gone = pi.pin(KILN_PIN)
    pi.does(f"echo 1 >{adapter}/authorized")
    controller.says('"kiln-reader", "event": "reader connected"', 2)
    pi.tap(pi.usb, BADGE, KILN_PIN, HIGH)

    assert (while_gone, pi.pin(KILN_PIN)) == (LOW, HIGH)


def test_a_second_program_is_refused_the_pin_in_one_sentence_and_moves_nothing(
    raspberry_pi_os: EmulatedPi, controller: Service
) -> None:
    """A pin that somebody holds is named with its holder and the cure; the running use is not touched."""
    pi = raspberry_pi_os
    pi.tap(pi.uart, BADGE, LASER_PIN, HIGH)

    with pi.witnessed() as witness:
        second = Service(pi, "laser")
        code = second.ended()

    assert code == 69
    assert second.said().splitlines() == [
        "indivis: machine 'laser': GPIO17 is already held by 'indivis'; stop that program or choose another pin."
    ]
    assert witness.history(LASER_PIN) == [HIGH]
    assert controller.code() is None


def test_sigterm_opens_every_relay_and_leaves_it_open(raspberry_pi_os: EmulatedPi, controller: Service) -> None:
    """Rule 3: told to end while both machines are in use, the program drives both off itself, before any hook."""
    pi = raspberry_pi_os
    pi.tap(pi.usb, BADGE, KILN_PIN, LOW)
    both_on = (pi.pin(LASER_PIN), pi.pin(KILN_PIN))

    code = controller.signalled("TERM")

    assert both_on == (HIGH, LOW)
    assert code == 0
    assert (pi.pin(LASER_PIN), pi.pin(KILN_PIN)) == (LOW, HIGH)


def test_after_kill_9_the_kernel_keeps_the_relays_closed_until_the_stop_hook_opens_them(
    raspberry_pi_os: EmulatedPi,
) -> None:
    """Rule 3: a killed program switches nothing off on Raspberry Pi OS; `pins-off` does, and it lasts."""
    pi = raspberry_pi_os
    service = Service(pi)
    service.ready()
    service.says("reader connected", 2)
    pi.tap(pi.uart, BADGE, LASER_PIN, HIGH)
    pi.tap(pi.usb, BADGE, KILN_PIN, LOW)

    code = service.signalled("KILL")
    left = (pi.pin(LASER_PIN), pi.pin(KILN_PIN))
    with pi.witnessed() as witness:
        hook, said = service.stop_hook()

    assert (code, left) == (137, (HIGH, LOW))
    assert (hook, said.split()) == (0, ["laser", "(GPIO17):", "off", "kiln", "(GPIO27):", "off"])
    assert (witness.history(LASER_PIN), witness.history(KILN_PIN)) == ([HIGH, LOW], [LOW, HIGH])
    assert (pi.pin(LASER_PIN), pi.pin(KILN_PIN)) == (LOW, HIGH)
