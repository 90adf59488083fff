"""A relay that does not do as told: reported once, never retried, closed to everybody until a person lifts it."""

import pytest

from controller.domain.events import RelayRead
from controller.domain.facts import FaultRaised
from controller.domain.ids import LockId
from tests.story import CNC_MILL, LASER, LASER_CUTTER, Story


def faults(story: Story) -> list[LockId]:
    """The locks that faults on disk have set, oldest first."""
    return [fact.lock for fact in story.journal if isinstance(fact, FaultRaised)]


@pytest.mark.parametrize("reading", [False, None])
def test_a_relay_that_does_not_close_ends_the_use_before_it_costs_anything(reading: bool | None) -> None:  # noqa: FBT001
    """Rule 6: an outcome that is unknown is a failed one: off, not billed, reported, and not tried again."""
    story = Story()
    story.stuck[LASER] = reading

    story.taps("ada")

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.announced_cents) == ("fault", 0, 0)
    assert len(faults(story)) == 1
    assert story.happened.count("laser on") == 1


def test_a_relay_that_sticks_on_is_reported_and_the_machine_closed() -> None:
    """The use ends and is billed to its end; the welded contact becomes a fault that holds."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.stuck[LASER] = True

    story.taps("ada")
    story.taps("ben")

    assert story.ended()[0].reason == "second_tap"
    assert len(faults(story)) == 1
    assert story.workshop.word(LASER) == "fault"
    assert story.refused() == ["machine_fault"]


def test_an_outcome_that_is_unknown_is_never_blindly_repeated() -> None:
    """Rule 6: the relay is told once and read back once."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.stuck[LASER] = None
    story.happened.clear()

    story.taps("ada")
    story.later(seconds=600)

    assert story.happened.count("laser off") == 1
    assert len(faults(story)) == 1


def test_a_fault_during_a_use_ends_it() -> None:
    """A relay that is read off under a running use has failed."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)

    story.feed(RelayRead(machine=LASER, wanted_on=True, read_on=False))

    assert story.ended()[0].reason == "fault"
    assert story.live == set()


def test_a_fault_holds_until_a_person_lifts_it_by_its_id() -> None:
    """Another lock's id lifts nothing."""
    story = Story()
    story.stuck[LASER] = False
    story.taps("ada")
    del story.stuck[LASER]

    story.the_office_tells(lifted=(LockId("another"),))
    story.taps("ada")
    still = story.workshop.word(LASER)
    story.the_office_tells(lifted=tuple(faults(story)))
    story.taps("ada")

    assert still == "fault"
    assert story.live == {LASER}


def test_a_fault_lifted_while_the_relay_is_still_wrong_is_raised_again() -> None:
    """Rule 6: a person's word is checked: the relay is driven off and read before anybody may start."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.stuck[LASER] = True
    story.taps("ada")
    story.later(seconds=3600)

    story.the_office_tells(lifted=tuple(faults(story)))
    story.taps("ben")

    assert len(set(faults(story))) == 2
    assert story.workshop.word(LASER) == "fault"
    assert story.refused() == ["machine_fault"]


def welded(story: Story) -> None:
    """The relay sticks on after a use; the office has not heard of it."""
    story.taps("ada")
    story.later(seconds=60)
    story.stuck[LASER] = True
    story.taps("ada")
    del story.stuck[LASER]


def test_a_fault_that_the_office_does_not_know_outlives_a_restart() -> None:
    """Nothing the floor has learned is wiped: a contact that happens to read right after a restart proves nothing."""
    story = Story()
    welded(story)
    story.crashes()

    story.starts_up(after_s=5)
    story.taps("ben")

    assert story.workshop.word(LASER) == "fault"
    assert (story.refused(), story.live) == (["machine_fault"], set())


def test_a_fault_outlives_a_directory_that_leaves_its_machine_out_for_a_while() -> None:
    """The machine was unwired in the office and wired again before anybody there knew of the fault."""
    story = Story(LASER_CUTTER, CNC_MILL)
    welded(story)

    story.machines = (CNC_MILL,)
    story.the_office_tells()
    story.machines = (LASER_CUTTER, CNC_MILL)
    story.the_office_tells()
    story.taps("ben")

    assert story.refused() == ["machine_fault"]


def test_a_fault_of_before_a_restart_is_lifted_by_its_id_and_checked() -> None:
    """As if there had been no restart: the relay is driven off and read before anybody may start."""
    story = Story()
    welded(story)
    story.crashes()
    story.starts_up(after_s=5)
    story.happened.clear()

    story.the_office_tells(lifted=tuple(faults(story)))
    checked = list(story.happened)
    story.taps("ben")

    assert checked == ["laser off"]
    assert story.live == {LASER}


def test_a_relay_that_answers_again_after_a_failed_start_up_may_be_used() -> None:
    """The loose wire is mended and the fault lifted: the next tap need not wait for a restart."""
    story = Story()
    story.crashes()
    story.stuck[LASER] = None
    story.starts_up()
    del story.stuck[LASER]

    story.the_office_tells(lifted=tuple(fact.lock for fact in story.journal if isinstance(fact, FaultRaised)))
    story.taps("ada")

    assert story.live == {LASER}
