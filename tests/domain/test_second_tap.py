"""The same badge again ends the use; another badge changes nothing but a light."""

from dataclasses import replace

from controller.domain.facts import TapRefused
from tests.story import LASER, LASER_CUTTER, Story


def test_the_owner_ends_the_use_and_power_goes_before_the_pen() -> None:
    """Rule 2: the relay opens first, the writing follows."""
    story = Story()
    story.taps("ada")
    story.later(seconds=600)
    story.happened.clear()

    story.taps("ada")

    assert story.happened == ["laser off", "session_ended written", "session_ended on disk"]
    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.announced_cents) == ("second_tap", 600, 500)


def test_the_owner_needs_no_look_up_to_stop() -> None:
    """A stop waits for no disk: the reader knows the badge of the open use itself."""
    story = Story()
    story.taps("ada")
    story.later(seconds=600)

    story.taps("ada", looked_up=False)

    assert story.live == set()
    assert story.ended()[0].reason == "second_tap"


def test_an_owner_who_stops_in_the_instant_of_the_end_is_no_stranger() -> None:
    """A tap that skipped the look-up meets a machine already free: it starts nothing and is nobody's unknown badge."""
    story = Story()
    story.taps("ada")
    story.later(seconds=7200)

    story.taps("ada", looked_up=False)

    assert story.refused() == []
    assert not any(isinstance(fact, TapRefused) for fact in story.journal)
    assert story.live == set()


def test_the_owners_unlooked_tap_never_counts_against_the_next_user() -> None:
    """The use changed hands while the tap was on its way: it is dropped, and Ben's use goes on."""
    story = Story()
    story.taps("ada")
    story.later(seconds=7200)
    story.taps("ben")

    story.taps("ada", looked_up=False)

    assert story.refused() == []
    assert story.live == {LASER}


def test_a_badge_left_on_the_reader_does_not_stop_what_it_started() -> None:
    """Within three seconds of the start the same badge is the same gesture."""
    story = Story()
    story.taps("ada")
    story.later(ms=2_999)

    story.taps("ada")

    assert story.live == {LASER}
    assert story.ended() == []


def test_a_strangers_tap_neither_inherits_nor_cuts_the_use() -> None:
    """Rule 6: it changes a light and a line in the journal."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    before = story.workshop

    story.taps("ben")
    story.taps("stranger")

    assert [signal.verdict for signal in story.signals] == ["granted", "stranger", "stranger"]
    assert [fact.KIND for fact in story.journal] == ["session_opened", "tap_refused", "tap_refused"]
    assert story.workshop.machines == before.machines
    assert story.live == {LASER}


def test_another_badge_of_the_same_member_is_a_stranger_too() -> None:
    """A use belongs to the badge that opened it: a borrowed second badge cannot end it."""
    story = Story()
    story.makers["adas-other-badge"] = story.makers["ada"]
    story.taps("ada")
    story.later(seconds=60)

    story.taps("adas-other-badge")

    assert story.live == {LASER}


def test_a_confirmed_stop_takes_two_taps() -> None:
    """Where a slip costs a job, the first tap asks and the second one stops."""
    story = Story(replace(LASER_CUTTER, stop_tap="confirm"))
    story.taps("ada")
    story.later(seconds=60)

    story.taps("ada")
    asked, still = story.signals[-1].verdict, set(story.live)
    story.later(seconds=9)
    story.taps("ada")

    assert (asked, still) == ("confirm_stop", {LASER})
    assert story.ended()[0].seconds == 69


def test_a_stop_that_is_not_confirmed_in_ten_seconds_is_forgotten() -> None:
    """A tap long ago confirms nothing."""
    story = Story(replace(LASER_CUTTER, stop_tap="confirm"))
    story.taps("ada")
    story.later(seconds=60)
    story.taps("ada")

    story.later(seconds=10)
    story.taps("ada")

    assert story.signals[-1].verdict == "confirm_stop"
    assert story.live == {LASER}


def test_who_asked_for_longer_windows_has_twice_as_long_to_confirm() -> None:
    """Nineteen seconds after the first tap the second one still stops; ten would have been the others' end."""
    story = Story(replace(LASER_CUTTER, stop_tap="confirm"))
    story.makers["ada"] = replace(story.makers["ada"], longer_windows=True)
    story.taps("ada")
    story.later(seconds=60)
    story.taps("ada")

    story.later(seconds=19)
    story.taps("ada")

    assert story.ended()[0].seconds == 79
