"""A machine that must be watched says how many its maker may use at the same time."""

from dataclasses import replace

from controller.domain.sessions import SessionKind
from tests.story import CERAMIC_KILN, CNC_MILL, KILN, LASER, LASER_CUTTER, MILL, Story, maker

WATCHED = replace(LASER_CUTTER, uses_at_once_max=1)


def test_a_machine_that_must_be_watched_is_used_alone() -> None:
    """Neither is it begun beside another, nor another beside it."""
    first, second = Story(WATCHED, CNC_MILL), Story(WATCHED, CNC_MILL)
    for story in (first, second):
        story.makers["ada"] = maker("ada", cents=100_000)

    first.taps("ada", at=MILL)
    first.taps("ada", at=LASER)
    second.taps("ada", at=LASER)
    second.taps("ada", at=MILL)

    assert (first.live, second.live) == ({MILL}, {LASER})
    assert first.refused() == second.refused() == ["too_many_uses"]


def test_the_place_is_free_again_when_the_other_use_ends() -> None:
    """She finishes at the mill and begins at the laser; Ben's use is his own."""
    story = Story(WATCHED, CNC_MILL)
    story.makers["ada"] = maker("ada", cents=100_000)
    story.taps("ada", at=MILL)
    story.later(seconds=60)
    story.taps("ada", at=MILL)
    story.taps("ben", at=MILL)

    story.taps("ada", at=LASER)

    assert story.live == {LASER, MILL}


def test_a_start_that_waits_for_the_disk_counts_already() -> None:
    """Two quick taps at two machines are one use."""
    story = Story(WATCHED, CNC_MILL)
    story.makers["ada"] = maker("ada", cents=100_000)
    story.disk_hangs()
    story.taps("ada", at=MILL)
    story.taps("ada", at=LASER)

    story.disk_recovers()

    assert story.live == {MILL}


def test_two_at_once_are_two() -> None:
    """The third machine refuses, whoever of the three set the limit."""
    story = Story(replace(WATCHED, uses_at_once_max=2), CNC_MILL, CERAMIC_KILN)
    story.makers["ada"] = maker("ada", cents=100_000)
    for machine in (LASER, MILL, KILN):
        story.taps("ada", at=machine)

    assert story.live == {LASER, MILL}


def test_a_class_has_many_hands() -> None:
    """One badge opens the machines of a group."""
    story = Story(WATCHED, CNC_MILL)
    story.makers["ada"] = maker("ada", cents=100_000, kind=SessionKind.GROUP)
    story.taps("ada", at=LASER)

    story.taps("ada", at=MILL)

    assert story.live == {LASER, MILL}


def test_who_is_not_trained_is_told_that_first_and_the_credit_last() -> None:
    """The order of the list: training, hands, money."""
    story = Story(WATCHED, CNC_MILL)
    story.taps("ada", at=MILL)
    story.makers["ada"] = replace(maker("ada", cents=0), rights=())
    story.taps("ada", at=LASER)
    story.makers["ada"] = maker("ada", cents=0)
    story.taps("ada", at=LASER)

    assert story.refused() == ["training_missing", "too_many_uses"]
