"""A machine that is taken off this controller, or wired to another channel, while somebody is at work on it."""

from dataclasses import replace

import pytest

from controller.domain.facts import FaultRaised, StartAbandoned
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story

ELSEWHERE = replace(LASER_CUTTER, channel="relay-9")


@pytest.mark.parametrize("machines", [(CNC_MILL,), (ELSEWHERE, CNC_MILL)], ids=["taken away", "moved"])
def test_a_use_whose_machine_leaves_its_channel_ends_power_first(machines: tuple[object, ...]) -> None:
    """Rules 2 and 6: nobody knows what hangs on the old relay by now; the maker is told why, and pays the minute."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada")
    story.later(seconds=60)
    story.happened.clear()

    story.machines = machines  # type: ignore[assignment]
    story.the_office_tells()

    assert story.happened[:2] == ["laser off", "session_ended written"]
    assert (story.ended()[0].reason, story.ended()[0].seconds, story.live) == ("machine_moved", 60, set())


def test_a_machine_that_is_gone_starts_no_other_use() -> None:
    """Its relay was ours to open; nobody may begin on what the directory no longer knows."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada")
    story.later(seconds=60)

    story.machines = (CNC_MILL,)
    story.the_office_tells()
    story.taps("ben")

    assert story.live == set()
    assert story.refused() == ["machine_locked"]


def test_a_machine_that_was_moved_is_free_on_its_new_channel() -> None:
    """Its new relay is driven off and read before anybody may start there."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.happened.clear()

    story.machines = (ELSEWHERE,)
    story.the_office_tells()
    looked = story.happened.count("laser off")
    story.taps("ben")

    assert (looked, story.live) == (2, {LASER})


def test_a_free_machine_is_looked_at_on_its_new_channel() -> None:
    """A relay that is welded there is found at once, not by the first maker."""
    story = Story()
    story.stuck[LASER] = True

    story.machines = (ELSEWHERE,)
    story.the_office_tells()

    assert [fact.machine for fact in story.journal if isinstance(fact, FaultRaised)] == [LASER]
    assert story.workshop.word(LASER) == "fault"


def test_a_start_whose_machine_is_moved_meanwhile_is_never_powered() -> None:
    """Rule 1: the badge was put to the old channel's reader; power there, or on the new one, would be nobody's."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")

    story.machines = (ELSEWHERE,)
    story.the_office_tells()
    story.disk_recovers()

    assert "laser on" not in story.happened
    assert [fact.reason for fact in story.journal if isinstance(fact, StartAbandoned)] == ["machine_starting_up"]
    assert story.refused() == ["machine_starting_up"]


def test_what_cannot_be_read_is_not_known_to_be_gone() -> None:
    """An entry of a newer version ends no use; but nobody starts while the directory is not understood."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada")
    story.later(seconds=60)

    story.machines = (CNC_MILL,)
    story.the_office_tells(understood=False)
    during = set(story.live)
    story.taps("ben", at=MILL)
    refused = story.refused()
    story.taps("ada")

    assert (during, refused) == ({LASER}, ["directory_upgrade"])
    assert story.ended()[0].reason == "second_tap"


def test_a_directory_understood_again_opens_the_machines() -> None:
    """The upgrade has come."""
    story = Story()
    story.the_office_tells(understood=False)
    story.taps("ada")

    story.the_office_tells()
    story.taps("ada")

    assert story.refused() == ["directory_upgrade"]
    assert story.live == {LASER}


def test_of_an_emergency_and_a_move_the_emergency_is_told() -> None:
    """One end, with the reason that matters to the maker."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)

    story.machines = (ELSEWHERE,)
    story.locks_out(emergency=True)

    assert [fact.reason for fact in story.ended()] == ["lock_out"]
