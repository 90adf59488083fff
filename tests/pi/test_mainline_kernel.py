"""The same Pi with a kernel that lets a dead process's pins go: upstream, or Raspberry Pi OS with `strict_gpiod`.

Two programs, one for each machine, because a start takes the emulated processor half a minute and two take little more.
A pin let go keeps its last level in this emulation (it has no resistors), so what counts is that nothing drives it.
"""

from __future__ import annotations

import pytest

from tests.pi.emulated_pi import HIGH, LOW, EmulatedPi
from tests.pi.floor_service import Service, driven
from tests.pi.installed import BADGE, KILN_PIN, LASER_PIN

pytestmark = pytest.mark.pi


def test_a_killed_program_drives_nothing_and_one_that_is_interrupted_switches_off_first(mainline: EmulatedPi) -> None:
    """Rule 3: kill -9 lets the laser's pin go at once, and the hook never drives it on; Ctrl-C drives the kiln off."""
    pi = mainline
    laser, kiln = Service(pi, "laser"), Service(pi, "kiln")
    laser.ready()
    kiln.ready()
    pi.plug_in()
    laser.says("reader connected")
    kiln.says("reader connected")
    pi.tap(pi.uart, BADGE, LASER_PIN, HIGH)
    pi.tap(pi.usb, BADGE, KILN_PIN, LOW)

    with pi.witnessed() as witness:
        killed = laser.signalled("KILL")
        let_go = pi.pin(LASER_PIN)
        hook, said = laser.stop_hook()
        interrupted = kiln.signalled("INT")

    assert (killed, let_go.driven) == (137, False)
    assert (hook, said.strip()) == (0, "laser (GPIO17): off")
    assert driven(witness.history(LASER_PIN)[1:]) == {False}
    assert interrupted == 0
    assert witness.history(KILN_PIN)[:2] == [LOW, HIGH]
    assert not pi.pin(KILN_PIN).driven
