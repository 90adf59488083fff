"""Current that flows while nobody uses the machine is a fact, once, and nothing else is taken for it."""

from dataclasses import replace

from controller.domain import events as ev
from controller.domain.facts import CurrentUnexplained
from tests.story import CNC_MILL, LASER_CUTTER, Story

CUTTER = replace(LASER_CUTTER, running_above_w=100, running_below_w=50)


def on_record(story: Story) -> list[tuple[str, int]]:
    """Which machines ran by themselves, at how many watts."""
    return [(fact.machine, fact.power_w) for fact in story.journal if isinstance(fact, CurrentUnexplained)]


def draws(story: Story, watts: int, seconds: int, every: int = 10) -> None:
    """The meter tells this load each ten seconds."""
    for _ in range(seconds // every):
        story.meter(mw=watts * 1_000)
        story.later(seconds=every)


def test_a_machine_that_runs_with_its_relay_off_is_on_record_once() -> None:
    """A relay that was bypassed: after a minute, and again only after the current was gone."""
    story = Story(CUTTER, CNC_MILL)

    draws(story, 1_850, 50)
    before = on_record(story)
    draws(story, 1_850, 3_600)

    assert (before, on_record(story)) == ([], [("laser", 1_850)])

    draws(story, 0, 20)
    draws(story, 900, 120)
    assert on_record(story) == [("laser", 1_850), ("laser", 900)]


def test_standby_a_use_and_a_motor_that_stops_are_no_such_thing() -> None:
    """Below the machine's own threshold; with a badge; or for less than a minute after the end."""
    story = Story(CUTTER, CNC_MILL)
    draws(story, 99, 600)
    story.taps("ada")
    draws(story, 1_850, 600)
    story.taps("ada")
    draws(story, 1_850, 50)
    draws(story, 0, 600)

    assert on_record(story) == []


def test_a_meter_that_was_silent_between_proves_nothing() -> None:
    """Two samples an hour apart are two samples, not an hour of current."""
    story = Story(CUTTER, CNC_MILL)

    draws(story, 1_850, 30)
    story.later(seconds=3_600)
    draws(story, 1_850, 50)

    assert on_record(story) == []


def test_a_machine_without_a_threshold_is_not_judged() -> None:
    """Nobody has said what running means there."""
    story = Story(LASER_CUTTER)

    draws(story, 1_850, 600)

    assert on_record(story) == []
    assert not any(isinstance(effect, ev.Energise) for effect in story.effects)


def test_a_machine_that_leaves_the_directory_while_it_runs_by_itself_stops_nobody() -> None:
    """Its meter goes on telling; nothing is known of it here any more, and the others work."""
    story = Story(CUTTER, CNC_MILL)
    draws(story, 1_850, 30)

    story.machines = (CNC_MILL,)
    story.the_office_tells()
    draws(story, 1_850, 120)

    assert on_record(story) == []
