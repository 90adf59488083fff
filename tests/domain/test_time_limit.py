"""A use never outlasts what was said at its start."""

from dataclasses import replace

import pytest

from controller.domain.decide import next_deadline
from controller.domain.events import SessionStored, TimePassed
from controller.domain.tariff import SECONDS_LIMIT
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story


def test_a_use_ends_when_its_time_is_over() -> None:
    """The deadline is met without anybody's tap, power first."""
    story = Story()
    story.taps("ada")
    story.later(seconds=7199)
    before = set(story.live)
    story.happened.clear()

    story.later(seconds=1)

    assert before == {LASER}
    assert story.happened[:2] == ["laser off", "session_ended written"]
    assert (story.ended()[0].reason, story.ended()[0].seconds) == ("maximum_duration", 7200)


def test_a_loop_that_woke_late_bills_no_second_beyond_the_limit() -> None:
    """What was announced as the longest is the longest, even if the program was slow to see it."""
    story = Story()
    story.taps("ada")

    story.clock_runs_unseen(ms=7_290_000)
    story.feed(TimePassed())

    assert story.live == set()
    assert story.ended()[0].seconds == 7200


def test_each_machine_keeps_its_own_time() -> None:
    """The end of one use leaves the other alone."""
    story = Story(LASER_CUTTER, replace(CNC_MILL, max_duration_s=600))
    story.taps("ada", at=LASER)
    story.taps("ben", at=MILL)

    story.later(seconds=600)

    assert story.live == {LASER}


def test_a_new_policy_does_not_change_a_use_that_has_begun() -> None:
    """What was said at the start holds: limit and price are frozen."""
    story = Story()
    story.taps("ada")

    story.machines = (replace(LASER_CUTTER, max_duration_s=60),)
    story.the_office_tells()
    story.later(seconds=600)
    story.taps("ada")

    assert (story.ended()[0].reason, story.ended()[0].seconds) == ("second_tap", 600)


def test_nothing_waits_for_time_in_an_empty_workshop() -> None:
    """Without uses there is no deadline, and with one there is the nearest."""
    story = Story()
    before = next_deadline(story.workshop)

    story.taps("ada")

    assert before is None
    assert next_deadline(story.workshop) == story.now.boot_ms


def test_open_uses_are_proven_every_thirty_seconds_in_one_record() -> None:
    """Rule 4: the tick names all open uses at once, since the newest record replaces the one before."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada", at=LASER)
    story.later(seconds=45)
    story.taps("ben", at=MILL)

    story.later(seconds=30)

    assert {session: ms for session, (ms, _) in story.ticks.items()} == {"b1-1": 60_000, "b1-2": 15_000}


@pytest.mark.parametrize("longest_s", [SECONDS_LIMIT, SECONDS_LIMIT + 1, 10**12])
def test_no_policy_makes_a_use_longer_than_a_year(longest_s: int) -> None:
    """Rule 7: beyond a year nothing can be priced, so nothing lasts longer."""
    story = Story(replace(LASER_CUTTER, max_duration_s=longest_s))
    story.makers["ada"] = replace(
        story.makers["ada"], credit=replace(story.makers["ada"].credit, available_cents=10**11)
    )

    story.taps("ada")

    assert story.signals[-1].ends_in_s == SECONDS_LIMIT


def test_a_receipt_that_comes_twice_starts_nothing_twice() -> None:
    """The second receipt of the same use finds it in use and leaves it so."""
    story = Story()
    story.taps("ada")
    before = story.workshop

    story.feed(SessionStored(machine=LASER, session=story.open_on_disk()[0].session))

    assert story.workshop == before
    assert story.happened.count("laser on") == 1
