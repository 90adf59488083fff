"""A shutdown means off, in the right order, and nothing starts any more."""

from dataclasses import replace

from controller.domain.events import ShutdownAsked
from controller.domain.ids import MachineId
from tests.story import CERAMIC_KILN, CNC_MILL, KILN, LASER, LASER_CUTTER, MILL, Story

KILN_2 = replace(CERAMIC_KILN, machine=MachineId("kiln-2"), channel="relay-4")


def test_a_shutdown_turns_everything_off_before_it_writes() -> None:
    """Rules 2 and 3: each relay opens, then its end is written."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada", at=LASER)
    story.taps("ben", at=MILL)
    story.later(seconds=60)
    story.happened.clear()

    story.feed(ShutdownAsked())

    assert story.live == set()
    assert story.happened.index("laser off") < story.happened.index("session_ended written")
    assert [(fact.reason, fact.seconds) for fact in story.ended()] == [("shutdown", 60), ("shutdown", 60)]


def test_a_start_that_waits_for_the_disk_is_abandoned_by_a_shutdown() -> None:
    """Rule 3: its receipt may still come; it powers nothing."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")

    story.feed(ShutdownAsked())
    story.disk_recovers()

    assert story.live == set()
    assert [fact.KIND for fact in story.journal] == ["session_opened", "start_abandoned"]


def test_a_tap_after_the_shutdown_has_begun_starts_nothing() -> None:
    """Rule 3: whoever taps while the program is going down finds it gone already."""
    story = Story()
    story.feed(ShutdownAsked())

    story.taps("ada")

    assert story.refused() == ["machine_starting_up"]
    assert story.live == set()


def test_every_held_machine_is_proven_to_its_last_moment() -> None:
    """Rule 4: the newest tick replaces the one before, so one record proves all firings together."""
    story = Story(CERAMIC_KILN, KILN_2)
    story.taps("ada", at=KILN)
    story.taps("ben", at=KILN_2.machine)
    story.later(seconds=75)

    story.feed(ShutdownAsked())
    story.crashes()
    story.starts_up(after_s=5)

    assert story.live == {KILN, KILN_2.machine}
    assert [story.use_at(kiln).elapsed_before_ms for kiln in (KILN, KILN_2.machine)] == [80_000, 80_000]  # type: ignore[union-attr]


def test_a_held_machine_can_still_be_stopped_while_the_program_goes_down() -> None:
    """Rule 2: a stop is never too late."""
    story = Story(CERAMIC_KILN)
    story.taps("ada", at=KILN)
    story.later(seconds=60)
    story.feed(ShutdownAsked())

    story.taps("ada", at=KILN)

    assert story.live == set()
    assert story.ended()[0].reason == "second_tap"
