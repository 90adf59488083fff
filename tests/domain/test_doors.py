"""A door or a cupboard is a machine whose relay closes for some seconds."""

from dataclasses import replace

from controller.domain import events as ev
from controller.domain.ids import MachineId
from controller.domain.reasons import StopReason
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story, maker

DOOR = MachineId("door")
FRONT_DOOR = replace(
    LASER_CUTTER, machine=DOOR, channel="relay-9", name="Porte", price=None, free_of_charge=True, pulse_s=5
)


def at_the_door() -> Story:
    """The front door, and the laser behind it."""
    return Story(FRONT_DOOR, LASER_CUTTER)


def test_a_door_opens_for_some_seconds_and_closes_by_itself() -> None:
    """It is in the journal like any use, with an end of its own, and costs nothing to who has nothing."""
    story = at_the_door()
    story.makers["ada"] = maker("ada", cents=0)

    story.taps("ada", at=DOOR)
    open_at_first = set(story.live)
    story.later(seconds=5)

    assert (open_at_first, story.live) == ({DOOR}, set())
    assert [(end.reason, end.seconds, end.announced_cents) for end in story.ended()] == [(StopReason.DOOR_CLOSED, 5, 0)]
    assert [signal.verdict for signal in story.signals] == ["granted", "ended"]


def test_a_second_tap_of_who_opened_it_does_nothing() -> None:
    """Neither closes it on their heels nor keeps it open."""
    story = at_the_door()
    story.taps("ada", at=DOOR)
    story.later(seconds=4)

    story.taps("ada", at=DOOR)
    still = set(story.live)
    story.later(seconds=1)

    assert (still, story.live) == ({DOOR}, set())
    assert [end.seconds for end in story.ended()] == [5]


def test_several_people_follow_each_other_and_each_is_in_the_journal() -> None:
    """Ben taps at the open door: it opens anew for him, for his own five seconds, after his name is on disk."""
    story = at_the_door()
    story.taps("ada", at=DOOR)
    story.later(seconds=4)

    story.taps("ben", at=DOOR)
    story.later(seconds=4)
    for_ben = set(story.live)
    story.later(seconds=1)

    assert (for_ben, story.live) == ({DOOR}, set())
    assert [(end.member, end.seconds, end.reason) for end in story.ended()] == [
        ("m-ada", 4, StopReason.DOOR_CLOSED),
        ("m-ben", 5, StopReason.DOOR_CLOSED),
    ]
    assert story.happened.index("session_ended written") < len(story.happened) - story.happened[::-1].index("door on")


def test_who_may_not_pass_is_told_why_at_the_open_door_too() -> None:
    """The reason is their own; the door closes for the one who opened it, when it would have."""
    story = at_the_door()
    story.makers["ben"] = replace(maker("ben"), rights=())
    story.taps("ada", at=DOOR)

    story.taps("ben", at=DOOR)
    story.later(seconds=5)

    assert story.refused() == ["training_missing"]
    assert [end.seconds for end in story.ended()] == [5]


def test_a_door_is_no_use_at_once_and_no_machine_keeps_it_shut() -> None:
    """Who must watch a machine may still walk through the door, and begin while it is open behind them."""
    watched = replace(LASER_CUTTER, uses_at_once_max=1)
    story = Story(replace(FRONT_DOOR, uses_at_once_max=1), watched, CNC_MILL)
    story.taps("ada", at=DOOR)

    story.taps("ada", at=LASER)
    story.later(seconds=10)
    story.taps("ada", at=DOOR)

    assert story.live == {LASER, DOOR}


def test_a_door_is_closed_after_a_restart_whatever_its_policy_says() -> None:
    """A hold is for kilns: a door that was open when the program ended is shut and its use is over."""
    held = replace(FRONT_DOOR, on_process_exit="hold", hold_max_gap_s=60)
    story = Story(held)
    story.taps("ada", at=DOOR)
    story.later(seconds=2)
    story.crashes()

    story.starts_up(after_s=1)

    assert story.live == set()
    assert [end.reason for end in story.ended()] == [StopReason.RECOVERED_CRASH]


def test_a_shutdown_closes_a_door() -> None:
    """The same in good order."""
    story = Story(replace(FRONT_DOOR, on_process_exit="hold", hold_max_gap_s=60))
    story.taps("ada", at=DOOR)

    story.feed(ev.ShutdownAsked())

    assert (story.live, [end.reason for end in story.ended()]) == (set(), [StopReason.SHUTDOWN])


def test_a_door_neither_warns_nor_outlasts_its_time() -> None:
    """Not even where its machine's policy would never cut, and it is open for minutes."""
    story = Story(replace(FRONT_DOOR, pulse_s=300, end_policy="warn_only"), CNC_MILL)
    story.taps("ada", at=DOOR)

    story.later(seconds=300)

    assert [signal.verdict for signal in story.signals] == ["granted", "ended"]
    assert MILL not in story.live


def test_a_locked_door_stays_shut_for_who_follows() -> None:
    """What closes a machine closes a door."""
    story = at_the_door()
    story.taps("ada", at=DOOR)
    story.locks_out(DOOR)

    story.taps("ben", at=DOOR)
    story.later(seconds=5)

    assert (story.refused(), story.live) == (["machine_locked"], set())
