"""A day's time for each person at a machine that many wait for: it refuses a start and bounds a use."""

from dataclasses import replace

import pytest

from controller.domain.facts import SessionOpened
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from tests.story import CNC_MILL, DAY_MS, EVENING_MS, LASER, LASER_CUTTER, MILL, Story, maker

WANTED = replace(LASER_CUTTER, person_day_max_s=3_600)


def uses(story: Story, seconds: int, name: str = "ada") -> None:
    """Somebody uses the laser for so long."""
    story.taps(name)
    story.later(seconds=seconds)
    story.taps(name, looked_up=False)


def test_what_is_left_of_the_day_bounds_the_use() -> None:
    """Forty minutes in the morning leave twenty, warned of, and no more."""
    story = Story(WANTED)
    uses(story, 2_400)

    story.taps("ada")
    story.later(seconds=1_200)

    assert [(fact.reason, fact.seconds) for fact in story.ended()] == [
        (StopReason.SECOND_TAP, 2_400),
        (StopReason.DAILY_MAXIMUM, 1_200),
    ]
    told = [each.ends_in_s for each in story.signals if each.ends_by is StopReason.DAILY_MAXIMUM]
    assert told == [
        3_600,
        1_200,
        600,
        300,
        60,
    ]


def test_midnight_gives_no_second_hour_to_a_use_that_runs() -> None:
    """Forty minutes in the evening and twenty around midnight: a tap after twelve asks for more in vain."""
    story = Story(WANTED)
    uses(story, 2_400)
    to_midnight_s = (DAY_MS - EVENING_MS % DAY_MS) // 1000 - 2_400

    story.later(seconds=to_midnight_s - 600)
    story.taps("ada")
    story.later(seconds=1_150)
    story.taps("ada")
    story.later(seconds=DAY_MS // 1000)

    assert [fact.seconds for fact in story.ended()] == [2_400, 1_200]


def test_who_had_the_day_does_not_begin_and_others_do() -> None:
    """Until the next day."""
    story = Story(WANTED)
    uses(story, 3_600)

    story.taps("ada")
    assert story.refused() == [Refusal.DAILY_LIMIT]
    story.taps("ben")
    assert story.live == {LASER}
    story.taps("ben", looked_up=False)
    story.later(seconds=DAY_MS // 1000)
    story.taps("ada")

    assert story.live == {LASER}


def test_a_machine_that_asks_for_no_limit_counts_nothing() -> None:
    """And another machine's hours are its own."""
    story = Story(WANTED, CNC_MILL)
    uses(story, 3_600)

    story.taps("ada", at=MILL)

    assert story.live == {MILL}


@pytest.mark.parametrize("kind", [SessionKind.STAFF, SessionKind.MAINTENANCE, SessionKind.GROUP])
def test_who_keeps_the_place_and_classes_are_not_counted(kind: SessionKind) -> None:
    """A class has many hands."""
    story = Story(WANTED)
    story.makers["ada"] = maker("ada", kind=kind)
    uses(story, 3_600)

    story.taps("ada")

    assert story.live == {LASER}


def test_no_tap_in_a_warning_extends_beyond_the_day() -> None:
    """Whatever the machine adds otherwise."""
    story = Story(replace(WANTED, extend_s=1_800, extended_max_s=36_000))
    story.taps("ada")
    story.later(seconds=3_550)

    story.taps("ada", looked_up=False)

    assert (story.signals[-1].verdict, story.signals[-1].stop) == ("not_extended", StopReason.DAILY_MAXIMUM)


def test_while_it_is_not_known_nobody_begins() -> None:
    """The journal is still being read: unknown means refused, where the machine asks."""
    story = Story(WANTED, CNC_MILL)
    story.makers["ada"] = replace(maker("ada"), used_today_s=None)

    story.taps("ada")
    story.taps("ada", at=MILL)

    assert (story.refused(), story.live) == ([Refusal.SPENDING_UNKNOWN], {MILL})


def test_a_start_says_how_long_the_day_had_been() -> None:
    """So that it can be decided again."""
    story = Story(WANTED)
    uses(story, 600)
    story.taps("ada")

    opened = [fact for fact in story.journal if isinstance(fact, SessionOpened)]
    assert [(fact.inputs.used_today_s, fact.limit_s) for fact in opened] == [(0, 3_600), (600, 3_000)]
