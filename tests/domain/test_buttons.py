"""The button at a machine asks for more time: whoever presses it, it costs the maker no more than a tap could."""

from dataclasses import replace

import pytest

from controller.domain.facts import EndMoved
from controller.domain.reasons import Refusal, StopReason
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story, maker

PATIENT = replace(LASER_CUTTER, extend_s=1_800, extended_max_s=10_800)


def moved(story: Story) -> list[tuple[str, int]]:
    """By what the ends were moved, and to how long in all."""
    return [(fact.cause, fact.limit_s) for fact in story.journal if isinstance(fact, EndMoved)]


def ada_at_work(*, cents: int = 20_000, after_s: int = 600) -> Story:
    """Ada has cut for ten minutes of her two hours."""
    story = Story(PATIENT)
    story.makers["ada"] = maker("ada", cents=cents)
    story.taps("ada")
    story.later(seconds=after_s)
    return story


def test_a_press_extends_a_running_use_at_any_moment() -> None:
    """No warning is waited for, and the journal says that it was the button."""
    story = ada_at_work()

    story.presses()

    assert moved(story) == [("button", 9_000)]
    assert story.signals[-1].verdict == "extended"
    assert story.signals[-1].ends_in_s == 9_000 - 600


def test_a_press_in_a_warning_answers_it_as_a_tap_does() -> None:
    """The same hand, the same half hour."""
    story = ada_at_work(after_s=7_200 - 50)

    story.presses()

    assert moved(story) == [("button", 9_000)]


def test_a_button_that_bounces_or_an_impatient_hand_is_one_press_for_three_seconds() -> None:
    """By the boot clock; afterwards it counts again."""
    story = ada_at_work()

    for _ in range(4):
        story.presses()
        story.later(ms=700)
    once = moved(story)
    story.later(ms=500)
    story.presses()

    assert (once, moved(story)) == ([("button", 9_000)], [("button", 9_000), ("button", 10_800)])


def test_no_hand_on_the_button_makes_a_use_longer_than_the_machine_allows() -> None:
    """A stranger who leans on it all day takes the maker to the machine's longest use, and no further."""
    story = ada_at_work()

    for _ in range(10):
        story.presses()
        story.later(seconds=10)

    assert moved(story) == [("button", 9_000), ("button", 10_800)]
    assert (story.signals[-1].verdict, story.signals[-1].stop) == ("not_extended", StopReason.MAXIMUM_DURATION)


def test_the_makers_tap_still_stops_at_once_whatever_others_press() -> None:
    """What a stranger's press could cost ends with the maker's badge; no press makes that badge unheard."""
    story = ada_at_work()
    story.presses()

    story.taps("ada", looked_up=False)

    assert [fact.reason for fact in story.ended()] == ["second_tap"]
    assert story.ended()[0].announced_cents == 500


def test_credit_bounds_the_button_too() -> None:
    """Sixty euros are two hours: nothing more can be bought, and nobody's debt grows."""
    story = ada_at_work(cents=6_000)

    story.presses()

    assert moved(story) == []
    assert (story.signals[-1].verdict, story.signals[-1].stop) == ("not_extended", StopReason.CREDIT_EXHAUSTED)


def test_closing_time_bounds_the_button_too() -> None:
    """The place closes in an hour, whatever is pressed."""
    story = Story(PATIENT)
    story.opens((-1, 1))
    story.taps("ada")

    story.presses()

    assert moved(story) == []
    assert (story.signals[-1].verdict, story.signals[-1].stop) == ("not_extended", StopReason.CLOSING_TIME)


def test_a_lock_out_that_waits_is_not_put_off_by_the_button() -> None:
    """It says why, and the use goes on to the end that it had."""
    story = ada_at_work()
    story.locks_out()

    story.presses()

    assert moved(story) == []
    assert story.signals[-1].refusal is Refusal.MACHINE_LOCKED
    assert story.live == {LASER}


def test_a_suspended_members_use_is_not_extended_by_somebody_elses_hand() -> None:
    """The maker is judged, not who presses."""
    story = ada_at_work()
    story.makers["ada"] = replace(story.makers["ada"], suspended=True)

    story.presses()

    assert moved(story) == []
    assert story.signals[-1].refusal is Refusal.MEMBER_SUSPENDED


@pytest.mark.parametrize("hung", [True, False])
def test_a_press_starts_nothing(hung: bool) -> None:  # noqa: FBT001 - a parameter of the story
    """Not on a machine that is free, where it says that a badge comes first, nor on one that is being started."""
    story = Story(PATIENT)
    if hung:
        story.disk_hangs()
        story.taps("ada")

    story.presses()

    assert (story.live, moved(story)) == (set(), [])
    assert [signal.verdict for signal in story.signals] == ([] if hung else ["no_use"])


def test_a_press_is_for_the_machine_at_its_channel_alone() -> None:
    """The mill beside it is not extended by the laser's button."""
    story = Story(PATIENT, replace(CNC_MILL, extend_s=1_800, extended_max_s=10_800))
    story.taps("ada", MILL)

    story.presses(channel="relay-1")

    assert moved(story) == []
