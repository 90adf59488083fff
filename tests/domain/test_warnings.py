"""Nobody loses a job by surprise: light, sound and text before every end that the maker did not ask for."""

from dataclasses import replace

from controller.domain.events import TimePassed
from controller.domain.reasons import StopReason
from controller.domain.warnings import given_s
from tests.story import LASER, LASER_CUTTER, Story, maker


def warnings(story: Story) -> list[int | None]:
    """The seconds left that each warning told, oldest first."""
    return [signal.ends_in_s for signal in story.signals if signal.verdict == "warning"]


def test_the_maker_is_warned_ten_five_and_one_minutes_before_the_end() -> None:
    """Two hours at the laser, and what will end them."""
    story = Story()
    story.taps("ada")

    story.later(seconds=7200)

    assert warnings(story) == [600, 300, 60]
    assert {signal.ends_by for signal in story.signals if signal.verdict == "warning"} == {StopReason.MAXIMUM_DURATION}
    assert story.ended()[0].seconds == 7200


def test_credit_that_ends_before_the_time_warns_too() -> None:
    """6 € at 50 cents a minute are twelve minutes."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=600)
    story.taps("ada")

    story.later(seconds=120)

    assert warnings(story) == [600]
    assert story.signals[-1].ends_by is StopReason.CREDIT_EXHAUSTED


def test_each_machine_warns_when_it_says() -> None:
    """A printer that needs half an hour to stop well; a soldering iron that needs no word."""
    story = Story(replace(LASER_CUTTER, warn_at_s=(1800, 30)))
    quiet = Story(replace(LASER_CUTTER, warn_at_s=()))
    for each in (story, quiet):
        each.taps("ada")
        each.later(seconds=7200)

    assert (warnings(story), warnings(quiet)) == ([1800, 30], [])


def test_a_short_use_is_not_warned_of_what_its_start_has_just_said() -> None:
    """Five minutes in all: the verdict said so, and one minute before the end is the first warning."""
    story = Story(replace(LASER_CUTTER, max_duration_s=300))
    story.taps("ada")

    story.later(seconds=300)

    assert warnings(story) == [60]


def test_a_loop_that_slept_over_two_warnings_gives_the_later_one() -> None:
    """One true word instead of two old ones."""
    story = Story()
    story.taps("ada")

    story.clock_runs_unseen(ms=6_950_000)
    story.feed(TimePassed())

    assert warnings(story) == [250]


def test_a_warning_cuts_nothing_and_is_shown_to_dashboards() -> None:
    """The newest warning is part of the use's state until its end moves."""
    story = Story()
    story.taps("ada")
    before = story.use_at()

    story.later(seconds=6900)

    use = story.use_at()
    assert before is not None
    assert use is not None
    assert (given_s(LASER_CUTTER, before), given_s(LASER_CUTTER, use)) == (None, 300)
    assert story.live == {LASER}


def test_a_use_that_was_held_through_a_restart_is_warned_of_what_is_left() -> None:
    """What was warned of before is not warned of twice."""
    machine = replace(LASER_CUTTER, on_process_exit="hold", hold_max_gap_s=60)
    story = Story(machine)
    story.taps("ada")
    story.later(seconds=6660)
    story.crashes()
    story.signals.clear()

    story.starts_up(after_s=10)
    story.later(seconds=7200)

    assert warnings(story) == [300, 60]
