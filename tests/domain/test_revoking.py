"""A right that is taken away during a use acts as the machine's policy says; one whose date passes does not."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from controller.domain.access import Holder
from controller.domain.facts import EndMoved
from controller.domain.ids import MemberId
from controller.domain.reasons import StopReason
from tests.story import EVENING_MS, LASER, LASER_CUTTER, Story

STRICT = replace(LASER_CUTTER, stop_on_revoked=True)

TAKEN: list[Callable[[Holder], Holder]] = [
    lambda ada: replace(ada, badge_blocked=True),
    lambda ada: replace(ada, suspended=True),
    lambda ada: replace(ada, rights=()),
    lambda ada: replace(ada, member=MemberId("m-ben")),
]


def at_work(machine: object) -> Story:
    """Ada has worked for five minutes."""
    assert isinstance(machine, type(LASER_CUTTER))
    story = Story(machine)
    story.taps("ada")
    story.later(seconds=300)
    return story


@pytest.mark.parametrize("take", TAKEN)
def test_a_right_that_is_taken_away_ends_the_use_where_the_machine_says_so(take: Callable[[Holder], Holder]) -> None:
    """Badge, standing, training, or a badge that is somebody else's now: off within half a minute, power first."""
    story = at_work(STRICT)
    story.happened.clear()

    story.makers["ada"] = take(story.makers["ada"])
    story.later(seconds=30)

    assert story.happened[:2] == ["laser off", "session_ended written"]
    assert story.ended()[0].reason is StopReason.RIGHT_REVOKED


def test_a_member_who_is_known_no_more_is_off_too() -> None:
    """The whole entry went away."""
    story = at_work(STRICT)

    del story.makers["ada"]
    story.later(seconds=30)

    assert story.ended()[0].reason is StopReason.RIGHT_REVOKED


def test_elsewhere_the_use_goes_on() -> None:
    """The laser finishes what was allowed when it began."""
    story = at_work(LASER_CUTTER)

    story.makers["ada"] = replace(story.makers["ada"], suspended=True)
    story.later(seconds=600)

    assert story.live == {LASER}


def test_a_machine_that_finishes_gets_its_ceiling_and_no_more() -> None:
    """The end comes nearer, once, whatever the tick sees again; credit for two hours changes nothing."""
    story = at_work(replace(STRICT, end_policy="finish", finish_max_s=600))
    story.makers["ada"] = replace(story.makers["ada"], suspended=True)

    story.later(seconds=7_200)

    moved = [fact for fact in story.journal if isinstance(fact, EndMoved)]
    ended = story.ended()[0]
    assert [(fact.cause, fact.limit_reason, fact.debt_cents) for fact in moved] == [
        ("revoked", StopReason.RIGHT_REVOKED, 0)
    ]
    assert (ended.reason, ended.seconds) == (StopReason.RIGHT_REVOKED, moved[0].limit_s)
    assert 900 <= ended.seconds <= 930


def test_the_ceiling_of_the_job_never_makes_the_use_longer() -> None:
    """A minute before its end, ten more minutes to finish are none."""
    story = Story(replace(STRICT, end_policy="finish", finish_max_s=600))
    story.taps("ada")
    story.later(seconds=7_140)
    story.makers["ada"] = replace(story.makers["ada"], suspended=True)

    story.later(seconds=3_600)

    assert story.ended()[0].seconds == 7_200


def test_a_machine_that_only_warns_writes_it_down_once() -> None:
    """A line in the journal and a sign; the kiln is not cut."""
    story = at_work(replace(STRICT, end_policy="warn_only"))
    story.makers["ada"] = replace(story.makers["ada"], suspended=True)

    story.later(seconds=600)

    assert [fact.cause for fact in story.journal if isinstance(fact, EndMoved)] == ["revoked"]
    assert story.live == {LASER}


def test_a_date_that_passes_takes_nothing_away() -> None:
    """The membership ended at midnight; the use that began before goes on to its own end."""
    story = at_work(STRICT)
    story.makers["ada"] = replace(story.makers["ada"], membership_until_ms=EVENING_MS + 310_000)

    story.later(seconds=600)

    assert story.live == {LASER}


def test_a_copy_that_cannot_be_trusted_takes_nothing_away() -> None:
    """A look-up that failed, or a directory that grew old, is no news about anybody."""
    story = at_work(STRICT)
    story.reading = replace(story.reading, age_ms=None)
    del story.makers["ada"]

    story.later(seconds=600)

    assert story.live == {LASER}
