"""A disk that hangs or fills delays starts, never stops."""

from dataclasses import replace

from tests.story import CERAMIC_KILN, CNC_MILL, KILN, LASER, LASER_CUTTER, MILL, Story


def test_a_hung_disk_may_delay_a_start_but_never_a_stop() -> None:
    """Rule 2: three uses run through a disk that hangs for a minute; the one that is ended goes off at once."""
    story = Story(LASER_CUTTER, CNC_MILL, CERAMIC_KILN)
    for machine in (LASER, MILL, KILN):
        story.taps("ada", at=machine)
    story.later(seconds=60)

    story.disk_hangs()
    story.taps("stranger", at=LASER)
    story.later(seconds=30)
    running = set(story.live)
    story.taps("ada", at=LASER, looked_up=False)
    after_stop = set(story.live)
    story.later(seconds=30)
    story.disk_recovers()

    assert story.refused() == ["machine_in_use"]
    assert running == {LASER, MILL, KILN}
    assert after_stop == {MILL, KILN}
    assert story.live == {MILL, KILN}
    assert [(fact.session, fact.seconds) for fact in story.ended()] == [("b1-1", 90)]


def test_a_deadline_is_met_while_the_disk_hangs() -> None:
    """Rule 2: the end of the time opens the relay whether it can be written or not."""
    story = Story(replace(LASER_CUTTER, max_duration_s=60))
    story.taps("ada")
    story.disk_hangs()

    story.later(seconds=60)

    assert story.live == set()
    assert story.ended() == []


def test_while_the_disk_is_behind_nothing_starts_and_refusals_are_not_written() -> None:
    """Rule 7: what waits for the disk stays bounded: only ends may join the queue."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.disk_hangs()
    story.taps("ada", at=LASER)
    story.later(ms=251)
    waiting = len(story.waiting)

    for _ in range(100):
        story.taps("ben", at=MILL)
        story.taps("stranger", at=LASER)

    assert set(story.refused()) == {"storage_slow"}
    assert len(story.waiting) == waiting


def test_a_full_journal_refuses_starts_and_takes_stops() -> None:
    """Rule 7: the reserve belongs to ends."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada", at=LASER)
    story.later(seconds=60)

    story.disk_full = True
    story.taps("ben", at=MILL)
    story.taps("ada", at=LASER)

    assert story.refused() == ["storage_full"]
    assert story.live == set()
    assert story.ended()[0].reason == "second_tap"


def test_when_the_disk_is_back_starts_are_possible_again() -> None:
    """The refusal lasts as long as its cause."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")
    story.later(seconds=60)
    story.disk_recovers()

    story.taps("ada")

    assert story.live == {LASER}
