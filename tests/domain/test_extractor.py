"""The extractor beside a machine: on with the use, on while the air clears, then off; never without a reason."""

from dataclasses import replace

import pytest

from controller.domain.events import ShutdownAsked, SwitchSeen
from controller.domain.extracting import relay_of
from controller.domain.facts import FaultRaised
from controller.domain.reasons import Refusal, StopReason
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story

FAN = "relay-8"
SMOKES = replace(LASER_CUTTER, extractor=FAN, cool_down_s=120)
BESIDE_IT = replace(CNC_MILL, extractor=FAN, cool_down_s=30)


def used(*machines: object, seconds: int = 60) -> Story:
    """Ada has used the laser for a minute, and stopped."""
    story = Story(*(machines or (SMOKES,)))  # type: ignore[arg-type]
    story.taps("ada")
    story.later(seconds=seconds)
    story.taps("ada", looked_up=False)
    return story


def test_the_extractor_goes_on_before_the_machine_and_off_after_it() -> None:
    """Two minutes after, by the boot clock; the use itself ends, and is billed, when the machine goes off."""
    story = used()
    assert (story.extractors, story.live, story.workshop.word(LASER)) == ({FAN}, set(), "ending")

    story.later(seconds=119)
    assert story.extractors == {FAN}
    story.later(seconds=1)

    assert (story.extractors, story.workshop.word(LASER)) == (set(), "idle")
    assert [each for each in story.happened if each.endswith((" on", " off"))] == [
        "laser off", f"{FAN} on", "laser on", "laser off", f"{FAN} off",
    ]  # fmt: skip
    assert story.ended()[0].seconds == 60


def test_the_next_one_begins_in_the_cool_down_and_the_extractor_stays_on() -> None:
    """Nobody waits for the air of the one before."""
    story = used()
    story.later(seconds=60)

    story.taps("ben")
    story.later(seconds=600)

    assert (story.live, story.extractors) == ({LASER}, {FAN})


def test_an_extractor_that_two_machines_share_follows_both() -> None:
    """It stays on while one of them works, and for the longest cool-down after."""
    story = used(SMOKES, BESIDE_IT)
    story.taps("ben", at=MILL)
    story.later(seconds=300)
    assert story.extractors == {FAN}

    story.taps("ben", at=MILL, looked_up=False)
    story.later(seconds=119)
    assert story.extractors == {FAN}
    story.later(seconds=1)

    assert story.extractors == set()


def test_a_machine_without_a_cool_down_stops_its_extractor_with_it() -> None:
    """Zero is zero."""
    story = used(replace(SMOKES, cool_down_s=0))

    assert story.extractors == set()


@pytest.mark.parametrize("in_use", [True, False])
def test_the_emergency_stop_cuts_the_extractor_too(*, in_use: bool) -> None:
    """In the use as in the cool-down."""
    story = used()
    if in_use:
        story.taps("ben")

    story.contact("e_stop", active=True)

    assert (story.live, story.extractors) == (set(), set())


def test_a_shutdown_cuts_the_extractor_too() -> None:
    """Off means off."""
    story = used()

    story.feed(ShutdownAsked())

    assert story.extractors == set()


def test_a_start_that_comes_to_nothing_turns_no_extractor() -> None:
    """Named and never powered."""
    story = Story(SMOKES)
    story.disk_hangs()
    story.taps("ada")
    story.later(seconds=5)
    story.disk_recovers()

    assert f"{FAN} on" not in story.happened


def test_an_extractor_that_does_not_turn_is_a_fault_of_its_machine() -> None:
    """Off at once, and nobody begins until a person has looked."""
    story = Story(SMOKES)
    story.stuck[relay_of(FAN)] = False
    story.taps("ada")
    story.taps("ben")

    assert story.live == set()
    assert [fact.reason for fact in story.ended()] == [StopReason.FAULT]
    assert [fact.cause for fact in story.journal if isinstance(fact, FaultRaised)] == ["extractor"]
    assert story.refused() == [Refusal.MACHINE_FAULT]


def test_an_extractor_that_is_out_of_reach_ends_the_use() -> None:
    """It has opened by itself; nobody begins until it is back."""
    story = Story(SMOKES)
    story.taps("ada")
    story.feed(SwitchSeen(channel=FAN, reached=False))
    story.taps("ben")
    assert ([fact.reason for fact in story.ended()], story.live) == ([StopReason.SWITCH_LOST], set())
    assert story.refused() == [Refusal.SWITCH_UNREACHABLE]

    story.feed(SwitchSeen(channel=FAN, reached=True))
    story.taps("ben")

    assert story.live == {LASER}


def test_a_held_machine_gets_its_extractor_back_after_a_restart() -> None:
    """The program was away for ten seconds; the kiln went on."""
    story = Story(replace(SMOKES, on_process_exit="hold", hold_max_gap_s=60))
    story.taps("ada")
    story.later(seconds=60)
    story.crashes()
    assert story.extractors == set()

    story.starts_up(after_s=10)

    assert (story.live, story.extractors) == ({LASER}, {FAN})


def test_after_a_crash_nothing_cools_down() -> None:
    """An extractor without a use or a cool-down that is known has no reason."""
    story = used()
    story.crashes()
    story.starts_up(after_s=10)

    assert (story.extractors, story.workshop.word(LASER)) == (set(), "idle")


def test_a_hand_over_leaves_the_extractor_on() -> None:
    """As the machine."""
    story = Story(replace(SMOKES, stop_tap="confirm", hand_over="yes"))
    story.taps("ada")
    story.later(seconds=60)
    story.taps("ada", looked_up=False)
    story.taps("ben")

    assert story.happened.count(f"{FAN} on") == 1
    assert (f"{FAN} off" in story.happened, story.extractors) == (False, {FAN})
