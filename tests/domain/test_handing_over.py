"""From one person to the next: the machine stays on, one instant parts the two uses, nobody pays twice."""

from dataclasses import replace

import pytest

from controller.domain.events import Energise, QuarantineSet, ShutdownAsked, StopAsked
from controller.domain.facts import RightGranted, SessionOpened, StartAbandoned
from controller.domain.reasons import Refusal, StopReason
from controller.domain.replay import can_be_fed, decided_again
from tests.story import LASER, LASER_CUTTER, TRAINED, Story, maker

SHARED = replace(LASER_CUTTER, stop_tap="confirm", hand_over="yes")
HELD = replace(SHARED, on_process_exit="hold", hold_max_gap_s=60)


def offered(machine: object = SHARED, *, after_s: int = 600) -> Story:
    """Ada has worked for ten minutes, and taps."""
    assert isinstance(machine, type(SHARED))
    story = Story(machine)
    story.taps("ada")
    story.later(seconds=after_s)
    story.taps("ada", looked_up=False)
    return story


def ends(story: Story) -> list[tuple[str, str, int]]:
    """Who stopped, why and after how long."""
    return [(fact.member, fact.reason.value, fact.seconds) for fact in story.ended()]


def abandoned(story: Story) -> list[str]:
    """Why starts came to nothing."""
    return [fact.reason.value for fact in story.journal if isinstance(fact, StartAbandoned)]


def test_the_next_badge_takes_over_without_switching_off() -> None:
    """Ten minutes are Ada's, the twenty that follow are Ben's, to the second; the relay never opens between."""
    story = offered()
    assert story.signals[-1].verdict == "handing_over"
    story.later(seconds=5)

    story.taps("ben")
    story.later(seconds=1_200)
    story.taps("ben", looked_up=False)
    story.taps("ben", looked_up=False)

    assert ends(story) == [("m-ada", "handed_over", 605), ("m-ben", "second_tap", 1_200)]
    assert story.happened.count("laser off") == 2  # at the start of the program, and by Ben's own stop
    first, second = story.ended()
    assert first.ended == second.started
    assert [fact.announced_cents for fact in story.ended()] == [504, 1_000]


def test_the_next_use_is_on_disk_before_the_first_one_ends() -> None:
    """Named before powered holds for who takes over, too."""
    story = offered()

    story.taps("ben")

    assert story.happened[-4:] == [
        "session_opened on disk",
        "session_ended written",
        "laser on",
        "session_ended on disk",
    ]
    assert [type(each) for each in story.effects if isinstance(each, Energise)] == [Energise, Energise]


def test_without_an_offer_a_badge_is_a_strangers() -> None:
    """Before the tap, after the window, and where the machine takes no such word."""
    early, late, never = Story(SHARED), offered(), offered(replace(SHARED, hand_over="no"))
    early.taps("ada")
    early.later(seconds=600)
    late.later(seconds=15)
    for story in (early, late, never):
        story.taps("ben")

        assert (story.refused(), story.live) == ([Refusal.MACHINE_IN_USE], {LASER})


@pytest.mark.parametrize(("longer", "who"), [(False, "m-ada"), (True, "m-ben")])
def test_the_next_person_has_twice_as_long_where_the_owner_asked_for_it(*, longer: bool, who: str) -> None:
    """Twenty-nine seconds after the offer Ben takes over only from an Ada who needs longer windows."""
    story = Story(SHARED)
    story.makers["ada"] = replace(story.makers["ada"], longer_windows=longer)
    story.taps("ada")
    story.later(seconds=600)
    story.taps("ada", looked_up=False)

    story.later(seconds=29)
    story.taps("ben")

    use = story.use_at()
    assert use is not None
    assert use.opened.member == who


def test_the_owners_second_tap_stops() -> None:
    """As at any machine that asks again."""
    story = offered()

    story.taps("ada", looked_up=False)

    assert (ends(story), story.live) == ([("m-ada", "second_tap", 600)], set())


def test_who_may_not_begin_does_not_take_over() -> None:
    """Told why; the use goes on as if nobody had tapped, and the offer stands for somebody else."""
    story = offered()
    story.makers["ben"] = replace(maker("ben"), rights=())
    story.makers["cleo"] = maker("cleo")

    story.taps("ben")
    story.taps("stranger")
    assert (story.refused(), ends(story)) == ([Refusal.TRAINING_MISSING, Refusal.MACHINE_IN_USE], [])
    story.taps("cleo")

    assert ends(story) == [("m-ada", "handed_over", 600)]


def test_another_badge_of_the_same_person_takes_nothing_over() -> None:
    """There is nobody to hand it to."""
    story = offered()
    story.makers["spare"] = story.makers["ada"]

    story.taps("spare")

    assert ends(story) == []


@pytest.mark.parametrize("emergency", [False, True])
def test_a_locked_machine_is_not_handed_over(*, emergency: bool) -> None:
    """A lock-out waits for the use under way, not for the next one."""
    story = offered()
    story.locks_out(emergency=emergency)

    story.taps("ben")

    assert story.live == (set() if emergency else {LASER})
    assert story.refused() == [Refusal.MACHINE_LOCKED]


def test_a_slow_disk_hands_nothing_over_and_cuts_nobody() -> None:
    """The first use goes on; the record that comes late begins nothing."""
    story = offered()
    story.disk_hangs()
    story.taps("ben")
    story.later(seconds=2)
    assert (story.refused(), story.live) == ([Refusal.STORAGE_SLOW], {LASER})
    story.disk_recovers()
    story.later(seconds=60)
    story.taps("ada", looked_up=False)
    story.taps("ada", looked_up=False)

    assert (ends(story), abandoned(story)) == ([("m-ada", "second_tap", 662)], ["storage_slow"])


def test_a_stalled_loop_does_not_make_a_late_hand_over_good() -> None:
    """Judged at its receipt, as any start."""
    story = offered()
    story.disk_hangs()
    story.taps("ben")
    story.clock_runs_unseen(ms=300)
    story.storage_is_watched = False

    story.disk_stores_one()

    assert (abandoned(story), ends(story), story.live) == ([], [], {LASER})
    assert [fact.reason for fact, _ in story.waiting if isinstance(fact, StartAbandoned)] == [Refusal.STORAGE_SLOW]


def test_what_ends_the_first_use_meanwhile_ends_the_hand_over() -> None:
    """The emergency stop, while the next use is on its way to the disk: off, and nothing is energised after."""
    story = offered()
    story.disk_hangs()
    story.taps("ben")

    story.contact("e_stop", active=True)
    story.disk_recovers()
    story.later(seconds=60)

    assert (ends(story), abandoned(story), story.live) == (
        [("m-ada", "emergency_stop", 600)], ["machine_starting_up"], set(),
    )  # fmt: skip


def test_the_office_can_stop_the_hand_over_alone() -> None:
    """By the id of the use that takes over."""
    story = offered()
    story.disk_hangs()
    story.taps("ben")
    opened = [fact for fact, _ in story.waiting if isinstance(fact, SessionOpened)][0]  # noqa: RUF015

    story.feed(StopAsked(command="c", session=opened.session, boot_id="boot-1", expires_boot_ms=10**9))
    story.disk_recovers()

    assert (abandoned(story), ends(story), story.live) == (["start_stopped"], [], {LASER})


def test_a_doubtful_card_hands_nothing_over() -> None:
    """What refuses every start refuses this one too, even when it comes in between."""
    story = offered()
    story.disk_hangs()
    story.taps("ben")
    story.feed(QuarantineSet(quarantined=True))

    story.disk_recovers()

    assert (abandoned(story), story.live) == (["quarantined"], {LASER})


def test_a_pupil_is_trained_and_takes_nothing_over() -> None:
    """The trainer's tap offers the use; an untrained pupil's badge gets the training all the same."""
    story = Story(replace(SHARED, on_the_spot="grant"))
    story.makers["ada"] = replace(maker("ada"), rights=(replace(TRAINED, may_train=True),))
    story.makers["ben"] = replace(maker("ben"), rights=())
    story.taps("ada")
    story.later(seconds=5)
    story.taps("ada", looked_up=False)

    story.taps("ben")

    assert ([fact.member for fact in story.journal if isinstance(fact, RightGranted)], ends(story)) == (["m-ben"], [])


def test_a_tap_in_a_warning_answers_it_and_offers_nothing() -> None:
    """One tap, one meaning."""
    story = offered(replace(SHARED, max_duration_s=900, extend_s=600, extended_max_s=9_000), after_s=850)

    story.taps("ben")

    assert (ends(story), story.refused()) == ([], [Refusal.MACHINE_IN_USE])


def test_both_on_one_account_are_paid_for_from_what_is_left() -> None:
    """What the first use may still cost is not there for the second; then it is refused and the first goes on."""
    story = offered()
    for name in ("ada", "ben"):
        story.makers[name] = replace(maker(name, cents=6_100), account=maker("ada").account)

    story.taps("ben")

    assert (story.refused(), ends(story)) == ([Refusal.CREDIT_TOO_LOW], [])


def test_each_pays_for_what_was_drawn_in_the_own_use() -> None:
    """The counter goes on, and what runs goes on running."""
    story = Story(replace(SHARED, running_above_w=200, running_below_w=50, idle_end_s=60))
    story.meter(mwh=0, mw=0)
    story.taps("ada")
    for mwh in range(10_000, 70_000, 10_000):
        story.meter(mwh=mwh, mw=900_000)
        story.later(seconds=10)
    story.meter(mwh=60_000, mw=100_000)
    story.taps("ada", looked_up=False)
    story.taps("ben")
    for _ in range(20):
        story.meter(mwh=70_000, mw=100_000)  # between the thresholds: it goes on doing what it did
        story.later(seconds=10)
    story.taps("ben", looked_up=False)
    story.taps("ben", looked_up=False)

    assert [(fact.member, fact.energy_wh, fact.busy_s, fact.reason) for fact in story.ended()] == [
        ("m-ada", 60, 60, StopReason.HANDED_OVER),
        ("m-ben", 10, 200, StopReason.SECOND_TAP),
    ]


# ── killed in between ───────────────────────────────────────────────────────────────────────────────────────


def killed_before(machine: object) -> Story:
    """The program dies when the next use is on disk and nobody has noticed."""
    assert isinstance(machine, type(SHARED))
    story = offered(machine)
    story.disk_hangs()
    story.taps("ben")
    story.journal.append(story.waiting.popleft()[0])
    story.crashes()
    return story


def killed_after(machine: object) -> Story:
    """The next use has power and is proven; the end of the first one still waits for the disk."""
    assert isinstance(machine, type(SHARED))
    story = offered(machine)
    story.disk_hangs()
    story.taps("ben")
    story.disk_hung = False
    story.disk_stores_one()
    assert story.use_at() is not None
    story.crashes()
    return story


def test_killed_before_the_hand_over_the_first_use_is_whose_it_was() -> None:
    """Closed at its last proven instant; the next one had no power and costs nothing."""
    story = killed_before(SHARED)

    story.starts_up(after_s=10)

    assert ends(story) == [("m-ada", "recovered_crash", 600), ("m-ben", "recovered_crash", 0)]
    assert story.live == set()


def test_killed_before_the_hand_over_a_held_use_goes_on() -> None:
    """The line reads on: it is Ada's, and Ben's start came to nothing."""
    story = killed_before(HELD)

    story.starts_up(after_s=10)

    assert (ends(story), abandoned(story), story.live) == ([], ["machine_starting_up"], {LASER})


def test_killed_after_the_hand_over_each_has_the_own_time() -> None:
    """The proof of the second use tells when the first one ended, though its end was lost."""
    story = killed_after(SHARED)

    story.starts_up(after_s=10)

    assert ends(story) == [("m-ada", "handed_over", 600), ("m-ben", "recovered_crash", 0)]
    assert story.live == set()


def test_killed_after_the_hand_over_a_held_use_goes_on_as_the_next_persons() -> None:
    """In the very second after it, because it was proven at once."""
    story = killed_after(HELD)

    story.starts_up(after_s=10)
    story.later(seconds=100)
    story.taps("ben", looked_up=False)
    story.taps("ben", looked_up=False)

    assert ends(story) == [("m-ada", "handed_over", 600), ("m-ben", "second_tap", 110)]


def test_a_shutdown_gives_the_hand_over_up_and_keeps_the_hold() -> None:
    """What was named and had no power is closed before the program ends."""
    story = offered(HELD)
    story.disk_hangs()
    story.taps("ben")

    story.feed(ShutdownAsked())
    story.disk_recovers()

    assert (abandoned(story), ends(story), story.live) == (["machine_starting_up"], [], {LASER})


def test_a_hand_over_is_decided_again_from_its_record() -> None:
    """That the use was offered is on record, for starts and for refusals."""
    story = offered()
    story.taps("stranger")
    story.taps("ben")

    for workshop, tap, fact in story.inputs:
        assert can_be_fed(fact)
        assert decided_again(workshop, fact, tap.holder) == fact
    taken = [fact for fact in story.journal if isinstance(fact, SessionOpened)][-1]
    assert (taken.takes_over, taken.inputs.offered) == (story.ended()[0].session, True)
