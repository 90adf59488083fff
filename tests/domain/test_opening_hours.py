"""Nobody begins when the place is closed, and closing time ends a use by the machine's policy."""

from dataclasses import replace

import pytest

from controller.domain.facts import EndMoved
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from tests.story import LASER, LASER_CUTTER, Story, maker


def open_for(hours: float, machine: object = LASER_CUTTER) -> Story:
    """The place has been open for an hour and closes in so many."""
    assert isinstance(machine, type(LASER_CUTTER))
    story = Story(machine)
    story.opens((-1, hours), (20, 28))
    return story


def test_nobody_begins_when_the_place_is_closed() -> None:
    """Before it opens, after it closed, and at the very instant of closing; a moment before it is still open."""
    early, late, last, last_second = open_for(-0.5), open_for(1), open_for(1), open_for(1)
    late.later(seconds=7_200)
    last.later(seconds=3_600)
    last_second.later(seconds=3_599)

    for story in (early, late, last, last_second):
        story.taps("ada")

    assert [story.refused() for story in (early, late, last)] == [["closed"]] * 3
    assert last_second.live == {LASER}


def test_the_verdict_says_that_closing_time_will_end_the_use() -> None:
    """From the first second: half an hour, not two."""
    story = open_for(0.5)

    story.taps("ada")

    assert (story.signals[-1].ends_in_s, story.signals[-1].ends_by) == (1_800, StopReason.CLOSING_TIME)


def test_closing_time_ends_the_use_with_its_warnings() -> None:
    """Ten, five, one, and off."""
    story = open_for(0.5)
    story.taps("ada")

    story.later(seconds=1_800)

    assert [signal.verdict for signal in story.signals] == ["granted", "warning", "warning", "warning", "ended"]
    assert (story.ended()[0].reason, story.ended()[0].seconds) == (StopReason.CLOSING_TIME, 1_800)


def test_a_job_that_may_finish_outlasts_closing_time_by_its_ceiling() -> None:
    """The one policy of the machine holds for this end too."""
    story = open_for(0.5, replace(LASER_CUTTER, end_policy="finish", finish_max_s=900))
    story.taps("ada")

    story.later(seconds=7_200)

    assert (story.ended()[0].reason, story.ended()[0].seconds) == (StopReason.CLOSING_TIME, 2_700)


def test_credit_that_ends_before_the_place_closes_is_said_first() -> None:
    """Ten minutes of credit, half an hour of opening."""
    story = open_for(0.5)
    story.makers["ada"] = maker("ada", cents=500)

    story.taps("ada")

    assert (story.signals[-1].ends_in_s, story.signals[-1].ends_by) == (600, StopReason.CREDIT_EXHAUSTED)


def test_no_extension_passes_closing_time() -> None:
    """The two hours are over at half past, and the place closes ten minutes later."""
    story = open_for(2 + 1 / 6, replace(LASER_CUTTER, extend_s=3_600, extended_max_s=36_000))
    story.makers["ada"] = maker("ada", cents=50_000)
    story.taps("ada")
    story.later(seconds=7_150)

    story.taps("ada", looked_up=False)
    story.later(seconds=600)
    story.taps("ada", looked_up=False)

    moved = [fact for fact in story.journal if isinstance(fact, EndMoved)]
    assert [(fact.limit_s, fact.limit_reason) for fact in moved] == [(7_800, StopReason.CLOSING_TIME)]
    assert story.signals[-1].stop is StopReason.CLOSING_TIME


def test_credit_that_comes_does_not_pass_closing_time_either() -> None:
    """A top-up goes on until the place closes."""
    story = open_for(0.5)
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")
    story.makers["ada"] = maker("ada", cents=50_000)

    story.later(seconds=3_600)

    assert (story.ended()[0].reason, story.ended()[0].seconds) == (StopReason.CLOSING_TIME, 1_800)


@pytest.mark.parametrize("kind", [SessionKind.STAFF, SessionKind.MAINTENANCE])
def test_who_keeps_the_place_works_at_any_hour(kind: SessionKind) -> None:
    """A machine is repaired before the doors open."""
    story = open_for(-0.5)
    story.makers["ada"] = maker("ada", kind=kind)

    story.taps("ada")

    assert story.live == {LASER}
    assert story.signals[-1].ends_by is StopReason.MAXIMUM_DURATION


def test_a_place_that_says_nothing_is_always_open() -> None:
    """No entry, no closing time."""
    story = Story()

    story.taps("ada")

    assert story.signals[-1].ends_by is StopReason.MAXIMUM_DURATION


def test_days_that_have_not_come_down_are_closed() -> None:
    """The office was away for longer than it had told the hours of: unknown means refused."""
    story = Story(replace(LASER_CUTTER, stale_rights_max_s=10**7))
    story.opens((-1, 6))
    story.later(seconds=8 * 86_400)

    story.taps("ada")

    assert story.refused() == ["closed"]


def test_without_a_date_each_machine_says_what_happens() -> None:
    """Hours cannot be judged: the laser starts without a closing time, the other machine does not start."""
    easy, strict = open_for(-0.5), open_for(-0.5, replace(LASER_CUTTER, without_clock="refuse"))
    for story in (easy, strict):
        story.clock_is_lost()
        story.taps("ada")

    assert (easy.live, strict.refused()) == ({LASER}, ["clock_unknown"])


def test_a_step_of_the_clock_moves_no_closing_time_that_was_said() -> None:
    """Rule 5: the use ends after the seconds that were promised."""
    story = open_for(0.5)
    story.taps("ada")

    story.clock_steps(-7_200)
    story.later(seconds=1_800)

    assert story.ended()[0].seconds == 1_800


def test_who_has_no_business_here_is_told_that_first() -> None:
    """A suspended member is not told to come back tomorrow."""
    story = open_for(-0.5)
    story.makers["ada"] = replace(story.makers["ada"], suspended=True)

    story.taps("ada")
    story.taps("stranger")

    assert story.refused() == [Refusal.MEMBER_SUSPENDED, Refusal.UNKNOWN_BADGE]
