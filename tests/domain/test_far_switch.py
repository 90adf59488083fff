"""A switch behind a line: its answer comes later or not at all, and it opens by itself when nobody reaches it."""

import pytest

from controller.domain import events as ev
from controller.domain.facts import FaultRaised
from controller.domain.workshop import Idle, Startup
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story

ANSWER_MS = 3_000


def far_away() -> Story:
    """The laser's switch is behind a line, and has been read off."""
    story = Story()
    story.far.add(LASER)
    return story


def faults(story: Story) -> list[tuple[bool, bool | None, str]]:
    """What was wanted and read, and the cause, of each fault on disk."""
    return [(fact.wanted_on, fact.read_on, fact.cause) for fact in story.journal if isinstance(fact, FaultRaised)]


def test_an_answer_that_comes_later_lets_the_use_go_on() -> None:
    """The engine waits for nothing: the maker works, and the reading confirms it."""
    story = far_away()
    story.taps("ada")
    story.later(ms=ANSWER_MS)

    story.the_switch_answers()
    story.later(seconds=60)

    assert story.use_at() is not None
    assert faults(story) == []


@pytest.mark.parametrize("late_ms", [0, 1])
def test_no_answer_within_its_time_is_an_unknown_one(late_ms: int) -> None:
    """Rule 6: three seconds, to the millisecond; then fault, off, closed."""
    story = far_away()
    story.taps("ada")

    story.later(ms=ANSWER_MS + late_ms)

    assert faults(story) == [(True, None, "relay")] * late_ms
    assert [fact.reason for fact in story.ended()] == ["fault"] * late_ms
    assert (LASER in story.live) is not bool(late_ms)


def test_an_opening_without_an_answer_is_a_fault_too_and_nothing_is_repeated() -> None:
    """The use ended at the tap; the silence after it closes the machine."""
    story = far_away()
    story.taps("ada")
    story.the_switch_answers()
    story.later(seconds=60)
    story.happened.clear()

    story.taps("ada")
    story.later(seconds=600)

    assert story.ended()[0].reason == "second_tap"
    assert story.ended()[0].seconds == 60
    assert faults(story) == [(False, None, "relay")]
    assert story.happened.count("laser off") == 1


def test_an_old_answer_says_nothing_about_a_newer_order() -> None:
    """The closing is confirmed after the opening was asked for: the opening is still awaited."""
    story = far_away()
    story.taps("ada")
    story.later(ms=2_000)
    use = story.use_at()
    assert use is not None
    story.feed(ev.StopAsked(command="c", session=use.opened.session, boot_id="boot-1", expires_boot_ms=10**9))

    story.feed(ev.RelayRead(machine=LASER, wanted_on=True, read_on=True))
    story.later(ms=ANSWER_MS + 1)

    assert faults(story) == [(False, None, "relay")]


def test_a_lost_switch_ends_the_use_with_its_own_reason_and_no_fault() -> None:
    """It has opened by itself, so nothing is billed from then on; nobody has to lift a lock for a pulled cable."""
    story = far_away()
    story.taps("ada")
    story.the_switch_answers()
    story.later(seconds=60)

    story.the_switch_is_lost()
    story.later(seconds=3_600)

    assert [(fact.reason, fact.seconds) for fact in story.ended()] == [("switch_lost", 60)]
    assert faults(story) == []
    assert story.workshop.word(LASER) == "fault"


def test_power_goes_before_the_pen_when_a_switch_is_lost() -> None:
    """Rule 2 holds for a switch that can hardly hear it."""
    story = far_away()
    story.taps("ada")
    story.the_switch_answers()
    story.happened.clear()

    story.the_switch_is_lost()

    assert story.happened == ["laser off", "session_ended written", "session_ended on disk"]


def test_nobody_begins_on_a_switch_that_is_out_of_reach() -> None:
    """Refused with its own reason, and nothing is asked of the switch."""
    story = far_away()
    story.the_switch_is_lost()
    story.happened.clear()

    story.taps("ada")

    assert story.refused() == ["switch_unreachable"]
    assert "laser on" not in story.happened


def test_a_start_on_its_way_to_the_disk_is_given_up_when_the_switch_is_lost() -> None:
    """Its late record powers nothing, whether or not the switch is back by then."""
    story = far_away()
    story.disk_hangs()
    story.taps("ada")

    story.the_switch_is_lost()
    story.the_switch_is_back()
    story.disk_recovers()

    assert story.refused() == ["switch_unreachable"]
    assert story.live == set()


def test_a_switch_that_is_back_must_read_off_before_anybody_begins() -> None:
    """It is driven off and read; only then is the machine free."""
    story = far_away()
    story.the_switch_is_lost()
    story.the_switch_is_back()

    before = story.workshop.machines[LASER].situation
    story.the_switch_answers()
    story.taps("ada")

    assert before == Startup()
    assert story.live == {LASER}


def test_a_switch_that_comes_back_closed_and_stays_so_is_a_fault() -> None:
    """Power without a name."""
    story = far_away()
    story.the_switch_is_lost()
    story.stuck[LASER] = True

    story.the_switch_is_back()
    story.later(ms=ANSWER_MS + 1)

    assert faults(story) == [(False, None, "relay")]
    assert story.workshop.word(LASER) == "fault"


def test_a_lost_switch_is_one_channels_affair() -> None:
    """The mill beside it goes on."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ben", MILL)

    story.the_switch_is_lost(LASER)

    assert story.use_at(MILL) is not None
    assert story.workshop.machines[LASER].situation == Startup()


def test_what_an_unreached_switch_reads_is_no_fault() -> None:
    """At the start of the program nothing is connected yet."""
    story = far_away()
    story.the_switch_is_lost()

    story.feed(ev.RelayRead(machine=LASER, wanted_on=False, read_on=None))

    assert faults(story) == []


def test_a_fault_ends_with_its_answer_and_leaves_the_machine_idle_and_closed() -> None:
    """After the fault the opening is answered: nothing more follows."""
    story = far_away()
    story.taps("ada")
    story.later(ms=ANSWER_MS + 1)

    story.the_switch_answers()
    story.later(seconds=60)

    machine = story.workshop.machines[LASER]
    assert (machine.situation, machine.awaited, len(machine.faults)) == (Idle(), None, 1)


def test_a_switch_that_never_said_it_closed_bills_nothing() -> None:
    """Three seconds of waiting are no use of the machine, and cost no minimum."""
    story = far_away()
    story.taps("ada")
    story.later(ms=ANSWER_MS + 1)

    assert [(fact.reason, fact.seconds, fact.announced_cents) for fact in story.ended()] == [("fault", 0, 0)]


def test_a_use_that_is_stopped_before_its_switch_has_answered_bills_nothing() -> None:
    """Whoever stops it: the office, a button, a switch that is lost."""
    story = far_away()
    story.taps("ada")
    story.later(ms=1_500)

    story.feed(ev.SwitchSeen(channel=LASER_CUTTER.channel, reached=False))

    assert [(fact.reason, fact.seconds, fact.announced_cents) for fact in story.ended()] == [("switch_lost", 0, 0)]
