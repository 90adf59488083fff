"""Machines that change their channel while the engine works, with real relays on mock pins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain.directory import MachineEntry
from controller.domain.facts import FaultRaised, SessionEnded
from controller.domain.reasons import StopReason
from tests.floor.hand_floor import CNC, HERE, LASER_PIN, MILL, MILL_PIN, Floor
from tests.story import LASER


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """The laser and the mill, free."""
    opened = Floor(tmp_path)
    yield opened
    opened.relays.close()


@pytest.mark.parametrize("now_there", [(replace(HERE, channel="relay-2"),), (CNC,)], ids=["moved", "taken away"])
def test_a_machine_that_leaves_its_channel_in_mid_use_leaves_no_relay_closed(
    floor: Floor, now_there: tuple[MachineEntry, ...]
) -> None:
    """The relay of the old channel opens, in that very step, and the end says why."""
    floor.uses()

    floor.told(*now_there)
    floor.stored()

    assert (floor.powered(), floor.powered(MILL_PIN)) == (False, False)
    ends = [fact.reason for fact in floor.journal.on_disk if isinstance(fact, SessionEnded)]
    assert ends == [StopReason.MACHINE_MOVED]
    assert [fact for fact in floor.journal.on_disk if isinstance(fact, FaultRaised)] == []


def test_a_machine_that_was_moved_in_mid_use_starts_on_its_new_channel(floor: Floor) -> None:
    """The next maker's power comes where the machine is now, and nowhere else."""
    floor.uses()
    floor.told(replace(HERE, channel="relay-2"))
    meant_for = floor.relays.machine_on("relay-1")

    floor.taps("ben")
    floor.stored()

    assert (meant_for, floor.relays.machine_on("relay-2")) == (None, LASER)
    assert (floor.powered(), floor.powered(MILL_PIN)) == (False, True)


def test_a_relay_that_sticks_on_the_old_channel_is_a_fault_of_the_machine_that_left_it(floor: Floor) -> None:
    """Rule 6: it is reported, and its channel gives power to nobody until it reads off."""
    floor.uses()
    floor.factory.pin(LASER_PIN).stuck = True

    floor.told(replace(HERE, channel="relay-2"), replace(CNC, channel="relay-1"))
    floor.taps("ben", MILL)
    floor.stored()

    assert floor.engine.workshop.word(LASER) == "fault"
    assert not floor.powered(MILL_PIN)
    assert floor.relays.machine_on("relay-1") == LASER
