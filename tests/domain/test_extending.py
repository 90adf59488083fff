"""A tap in a warning extends the use or says why it cannot; it never stops. Credit that comes goes on by itself."""

from dataclasses import replace

import pytest

from controller.domain import facts
from controller.domain.events import HolderSeen
from controller.domain.facts import EndMoved
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story, maker

PATIENT = replace(LASER_CUTTER, extend_s=1_800, extended_max_s=10_800)


def moved(story: Story) -> list[EndMoved]:
    """What moved the ends, oldest first."""
    return [fact for fact in story.journal if isinstance(fact, EndMoved)]


def in_the_last_warning(machine: object = PATIENT, cents: int = 20_000) -> Story:
    """Ada's two hours are nearly over, and the machine says so."""
    assert isinstance(machine, type(LASER_CUTTER))
    story = Story(machine)
    story.makers["ada"] = maker("ada", cents=cents)
    story.taps("ada")
    story.later(seconds=7200 - 50)
    return story


def test_a_tap_in_a_warning_extends_the_use() -> None:
    """Half an hour more, with its hold, and new warnings before the new end."""
    story = in_the_last_warning()

    story.taps("ada", looked_up=False)
    story.later(seconds=3600)

    assert [(fact.cause, fact.limit_s, fact.hold_cents) for fact in moved(story)] == [("tap", 9_000, 7_500)]
    assert [signal.verdict for signal in story.signals][-5:] == ["extended", "warning", "warning", "warning", "ended"]
    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.announced_cents, ended.debt_cents) == (
        "maximum_duration", 9_000, 7_500, 0,
    )  # fmt: skip


def test_the_same_hand_does_not_stop_what_it_has_just_extended() -> None:
    """A badge that lies on the reader is read again; a tap after that ends the use as ever."""
    story = in_the_last_warning()
    story.taps("ada", looked_up=False)
    story.later(ms=2_900)

    story.taps("ada", looked_up=False)
    still = set(story.live)
    story.later(ms=200)
    story.taps("ada", looked_up=False)

    assert still == {LASER}
    assert story.ended()[0].reason == "second_tap"


def test_nobody_extends_beyond_the_machines_longest_use() -> None:
    """Three hours in all: two extensions, and then it says what keeps it."""
    story = in_the_last_warning()
    for _ in range(3):
        story.taps("ada", looked_up=False)
        story.later(seconds=1_800)

    assert [fact.limit_s for fact in moved(story)] == [9_000, 10_800]
    assert story.signals[-2].verdict == "not_extended"
    assert story.signals[-2].stop is StopReason.MAXIMUM_DURATION


def test_a_machine_that_nobody_may_extend_says_so_and_goes_on_to_its_end() -> None:
    """A tap in a warning never stops, extendable or not."""
    story = in_the_last_warning(LASER_CUTTER)

    story.taps("ada", looked_up=False)
    story.taps("ada")

    assert [signal.verdict for signal in story.signals][-2:] == ["not_extended", "not_extended"]
    assert story.live == {LASER}
    assert moved(story) == []


def test_a_tap_long_after_a_warning_stops_as_ever() -> None:
    """The ten-minute warning is answered within a minute; later the maker wants to go home."""
    story = Story(PATIENT)
    story.taps("ada")
    story.later(seconds=6600 + 60)

    story.taps("ada", looked_up=False)

    assert story.ended()[0].reason == "second_tap"


def test_credit_decides_how_far_an_extension_goes() -> None:
    """65 € are 130 minutes: ten more than the two hours, not thirty."""
    story = in_the_last_warning(cents=6_500)

    story.taps("ada", looked_up=False)

    assert [(fact.limit_s, fact.limit_reason, fact.hold_cents) for fact in moved(story)] == [
        (7_800, StopReason.CREDIT_EXHAUSTED, 6_500)
    ]


def test_what_another_machine_may_still_cost_buys_no_extension() -> None:
    """One cent pays one machine, also while it is extended."""
    story = Story(PATIENT, CNC_MILL)
    story.makers["ada"] = maker("ada", cents=12_000)
    story.taps("ada", at=LASER)
    story.taps("ada", at=MILL)
    story.later(seconds=7200 - 50)

    story.taps("ada", at=LASER, looked_up=False)

    assert [signal.stop for signal in story.signals if signal.verdict == "not_extended"] == [
        StopReason.CREDIT_EXHAUSTED
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"suspended": True}, Refusal.MEMBER_SUSPENDED),
        ({"rights": ()}, Refusal.TRAINING_MISSING),
        ({"badge_blocked": True}, Refusal.BADGE_BLOCKED),
        ({"member": "m-somebody-else"}, Refusal.UNKNOWN_BADGE),
    ],
)
def test_who_may_not_begin_any_more_does_not_extend_either(change: dict[str, object], reason: Refusal) -> None:
    """The rights of the moment count, not those of the start."""
    story = in_the_last_warning()
    story.makers["ada"] = replace(story.makers["ada"], **change)  # type: ignore[arg-type]

    story.taps("ada", looked_up=False)

    assert (story.signals[-1].verdict, story.signals[-1].refusal) == ("not_extended", reason)
    assert story.live == {LASER}


def test_a_lock_out_that_waits_is_not_put_off_by_an_extension() -> None:
    """The machine was locked out during the use: it ends when it was to end."""
    story = in_the_last_warning()
    story.locks_out()

    story.taps("ada", looked_up=False)

    assert story.signals[-1].refusal is Refusal.MACHINE_LOCKED


def test_a_hung_disk_extends_nothing_and_stops_nothing() -> None:
    """What cannot be written is not promised."""
    story = in_the_last_warning()
    story.disk_hangs()
    story.taps("stranger")
    story.later(ms=400)

    story.taps("ada", looked_up=False)

    assert story.signals[-1].refusal is Refusal.STORAGE_SLOW
    assert story.live == {LASER}


def test_a_look_up_that_comes_when_the_use_is_over_extends_nothing() -> None:
    """It names the use it was asked for: the next one of the same maker is another."""
    story = in_the_last_warning()
    session = story.open_on_disk()[0].session
    story.later(seconds=60)
    story.taps("ada")

    story.feed(
        HolderSeen(
            machine=LASER, session=session, holder=story.makers["ada"], reading=story.reading, proof="number",
            asked_by_tap=True,
        )
    )  # fmt: skip

    assert moved(story) == []


def test_credit_that_comes_during_the_use_goes_on_by_itself() -> None:
    """A friend tops up at the desk: within half a minute the end is later, and the hold is for all of it."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")
    story.later(seconds=300)

    story.makers["ada"] = maker("ada", cents=2_500)
    story.later(seconds=30)
    use = story.use_at()

    assert use is not None
    assert (use.opened.limit_s, use.opened.hold_cents) == (3_000, 2_500)
    assert [fact.cause for fact in moved(story)] == ["credit"]


def test_the_new_end_does_not_pass_the_longest_use_by_credit_alone() -> None:
    """Who tops up a fortune still has the machine's two hours."""
    story = Story(PATIENT)
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")
    story.makers["ada"] = maker("ada", cents=50_000)

    story.later(seconds=30)

    assert [(fact.limit_s, fact.limit_reason) for fact in moved(story)] == [(7_200, StopReason.MAXIMUM_DURATION)]


def test_credit_that_shrinks_takes_back_nothing_that_was_promised() -> None:
    """What was held at the start pays for the use, whatever the balance says since."""
    story = Story()
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")
    story.makers["ada"] = maker("ada", cents=0)

    story.later(seconds=600)

    assert (story.ended()[0].seconds, moved(story)) == (600, [])


def test_a_use_that_costs_nothing_is_extended_without_credit() -> None:
    """Staff."""
    story = Story(PATIENT)
    story.makers["ada"] = maker("ada", cents=0, kind=SessionKind.STAFF)
    story.taps("ada")
    story.later(seconds=7200 - 50)

    story.taps("ada", looked_up=False)

    assert [(fact.limit_s, fact.hold_cents) for fact in moved(story)] == [(9_000, 0)]


def test_a_use_that_was_held_through_a_restart_keeps_its_new_end() -> None:
    """The journal knows the terms as they stand."""
    story = in_the_last_warning(replace(PATIENT, on_process_exit="hold", hold_max_gap_s=60))
    story.taps("ada", looked_up=False)
    story.crashes()

    story.starts_up(after_s=10)
    story.later(seconds=1_900)

    assert isinstance(story.journal[-1], facts.SessionEnded)
    assert story.ended()[0].seconds == 9_000


@pytest.mark.parametrize(("longer", "verdict"), [(False, "ended"), (True, "extended")])
def test_a_warning_is_answered_for_twice_as_long_by_who_asked_for_it(*, longer: bool, verdict: str) -> None:
    """A minute and a half after the warning ten minutes before the end, Ada's tap extends, another's would stop."""
    story = Story(PATIENT)
    story.makers["ada"] = replace(maker("ada", cents=20_000), longer_windows=longer)
    story.taps("ada")
    story.later(seconds=PATIENT.max_duration_s - 600)

    story.later(seconds=90)
    story.taps("ada", looked_up=False)

    assert story.signals[-1].verdict == verdict
