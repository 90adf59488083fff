"""A locked machine starts nothing; a use in course is cut only by an emergency."""

from dataclasses import replace

import pytest

from controller.domain.directory import LockEntry
from controller.domain.ids import LockId
from tests.story import CERAMIC_KILN, CNC_MILL, KILN, LASER, LASER_CUTTER, MILL, Story


def test_a_locked_machine_starts_nothing() -> None:
    """A lock-out holds for everybody, staff included."""
    story = Story()
    story.locks_out()

    story.taps("ada")

    assert story.refused() == ["machine_locked"]
    assert story.live == set()


def test_a_lock_out_waits_until_the_use_is_over() -> None:
    """A job is not lost to a lock that can wait."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)

    story.locks_out()
    during = set(story.live)
    story.taps("ada")
    story.taps("ada")

    assert during == {LASER}
    assert story.ended()[0].reason == "second_tap"
    assert story.refused() == ["machine_locked"]


def test_an_emergency_opens_the_relay_first_and_at_once() -> None:
    """Rule 2: whatever ends a use, power goes before the writing."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada", at=LASER)
    story.taps("ben", at=MILL)
    story.later(seconds=60)
    story.happened.clear()

    story.locks_out(LASER, emergency=True)

    assert story.happened[:2] == ["laser off", "session_ended written"]
    assert story.live == {MILL}
    assert story.ended()[0].reason == "lock_out"


@pytest.mark.parametrize("emergency", [False, True])
def test_a_lock_set_while_the_start_is_being_written_is_honoured(*, emergency: bool) -> None:
    """Rule 6: what was true at the tap must still be true when the power would come."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")

    story.locks_out(emergency=emergency)
    story.disk_recovers()

    assert story.live == set()
    assert story.refused() == ["machine_locked"]
    assert story.open_on_disk() == []


def test_the_union_of_open_locks_holds() -> None:
    """A lock is lifted by its own id; the one beside it goes on holding."""
    story = Story()
    story.locks_out()
    story.locks_out()

    story.locks = story.locks[1:]
    story.the_office_tells()
    story.taps("ada")
    still = story.refused()
    story.locks = ()
    story.the_office_tells()
    story.taps("ada")

    assert still == ["machine_locked"]
    assert story.live == {LASER}


def test_a_lock_of_one_machine_leaves_the_others_alone() -> None:
    """The mill knows nothing of the laser's lock."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.locks_out(LASER)

    story.taps("ada", at=MILL)

    assert story.live == {MILL}


@pytest.mark.parametrize(
    ("in_service", "reason"), [("maintenance", "machine_maintenance"), ("out_of_service", "machine_locked")]
)
def test_a_machine_that_is_not_in_service_starts_nothing(in_service: str, reason: str) -> None:
    """Maintenance and being out of service are told apart."""
    story = Story()
    story.machines = (replace(LASER_CUTTER, in_service=in_service),)  # type: ignore[arg-type]
    story.the_office_tells()

    story.taps("ada")

    assert story.refused() == [reason]


def test_a_hold_does_not_survive_an_emergency_that_came_while_the_program_was_away() -> None:
    """Rule 3: every proof of a hold does not weigh as much as one emergency lock."""
    story = Story(CERAMIC_KILN)
    story.taps("ada", at=KILN)
    story.later(seconds=60)
    story.crashes()

    story.locks = (LockEntry(lock=LockId("smoke"), machine=KILN, reason="smoke", emergency=True),)
    story.starts_up(after_s=5)

    assert story.live == set()
    assert story.ended()[0].reason == "lock_out"
