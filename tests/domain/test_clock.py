"""Durations come from the boot clock; the wall clock only dates them."""

import pytest

from tests.story import CERAMIC_KILN, KILN, LASER, Story


@pytest.mark.parametrize("step_s", [-86_400, -3_600, 3_600, 10 * 365 * 86_400])
def test_a_step_of_the_wall_clock_changes_no_bill(step_s: int) -> None:
    """Rule 5: summer time, a wrong server or a hand at the clock: 600 s are 600 s."""
    story = Story()
    story.taps("ada")
    story.later(seconds=300)

    story.clock_steps(step_s)
    story.later(seconds=300)
    story.taps("ada")

    assert (story.ended()[0].seconds, story.ended()[0].announced_cents) == (600, 500)


@pytest.mark.parametrize("step_s", [-86_400, 86_400])
def test_a_step_of_the_wall_clock_moves_no_end(step_s: int) -> None:
    """Rule 5: the use ends after the time that was said, neither before nor later."""
    story = Story()
    story.taps("ada")

    story.clock_steps(step_s)
    story.later(seconds=7199)
    before = set(story.live)
    story.later(seconds=1)

    assert before == {LASER}
    assert story.live == set()


def test_a_kiln_does_not_start_without_a_date() -> None:
    """Rule 5: what a machine does without a clock is its own policy; the kiln refuses."""
    story = Story(CERAMIC_KILN)
    story.clock_is_lost()

    story.taps("ada", at=KILN)

    assert story.refused() == ["clock_unknown"]
    assert story.live == set()


def test_a_laser_cutter_may_be_used_without_a_date() -> None:
    """Rule 5: a lab whose Pi has no battery can open in the morning; the stamps say that the date was unknown."""
    story = Story()
    story.clock_is_lost()
    story.taps("ada")
    story.later(seconds=600)

    story.taps("ada")

    ended = story.ended()[0]
    assert (ended.seconds, ended.ended.wall_ms, ended.ended.clock) == (600, None, "unknown")


def test_losing_the_date_does_not_end_a_firing() -> None:
    """Rule 5: the kiln needs the date to start, not to go on."""
    story = Story(CERAMIC_KILN)
    story.taps("ada", at=KILN)

    story.clock_is_lost()
    story.later(seconds=600)

    assert story.live == {KILN}
