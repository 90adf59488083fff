"""One end policy per machine: cut, let the job finish under a ceiling, or only warn; and every debt is written down."""

from dataclasses import replace

import pytest

from controller.domain.events import TimePassed
from controller.domain.facts import EndMoved
from controller.domain.reasons import StopReason
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story, maker

FINISHES = replace(LASER_CUTTER, end_policy="finish", finish_max_s=1_200)
WARNS = replace(LASER_CUTTER, end_policy="warn_only")


def moved(story: Story) -> list[EndMoved]:
    """What moved the ends, oldest first."""
    return [fact for fact in story.journal if isinstance(fact, EndMoved)]


def a_job_with_500_cents(machine: object) -> Story:
    """Ten minutes are paid for, and the job takes longer."""
    assert isinstance(machine, type(LASER_CUTTER))
    story = Story(machine)
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")
    story.later(seconds=600)
    return story


def test_a_machine_that_finishes_is_not_cut_when_the_credit_ends() -> None:
    """Twenty minutes at most, written down with the debt they may make before they begin."""
    story = a_job_with_500_cents(FINISHES)

    told = moved(story)[0]

    assert story.live == {LASER}
    assert (told.cause, told.limit_s, told.limit_reason) == ("finish", 1_800, StopReason.CREDIT_EXHAUSTED)
    assert (told.overtime_s, told.hold_cents, told.debt_cents) == (1_200, 500, 1_000)
    assert story.signals[-1].verdict == "overtime"


def test_the_end_of_a_job_that_finished_says_its_debt() -> None:
    """The maker taps when the job is done: fifteen minutes, of which five nobody has paid for yet."""
    story = a_job_with_500_cents(FINISHES)
    story.later(seconds=300)

    story.taps("ada", looked_up=False)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.announced_cents, ended.debt_cents) == ("second_tap", 900, 750, 250)


def test_nobody_finishes_beyond_the_ceiling_nor_twice() -> None:
    """The debt has a ceiling that the machine names."""
    story = a_job_with_500_cents(FINISHES)

    story.later(seconds=7_200)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.debt_cents) == ("credit_exhausted", 1_800, 1_000)
    assert len(moved(story)) == 1
    assert story.live == set()


def test_the_end_of_the_finishing_is_warned_of_too() -> None:
    """Ten, five and one minutes before the ceiling."""
    story = a_job_with_500_cents(FINISHES)
    story.signals.clear()

    story.later(seconds=1_200)

    assert [signal.ends_in_s for signal in story.signals if signal.verdict == "warning"] == [600, 300, 60]


@pytest.mark.parametrize("policy", ["finish", "warn_only"])
def test_a_debt_begins_nothing_else(policy: str) -> None:
    """While the job finishes, the account's overtime is not there to start another machine with."""
    story = Story(replace(FINISHES, end_policy=policy), CNC_MILL)  # type: ignore[arg-type]
    story.makers["ada"] = maker("ada", cents=500)
    story.taps("ada")
    story.later(seconds=610)
    story.makers["ada"] = maker("ada", cents=500 + 900)

    story.taps("ada", at=MILL)

    assert MILL not in story.live


def test_a_machine_that_only_warns_is_never_cut_and_writes_its_debt_every_hour() -> None:
    """Three hours beyond ten paid minutes."""
    story = a_job_with_500_cents(WARNS)

    story.later(seconds=3 * 3_600)
    story.taps("ada", looked_up=False)

    assert [(fact.cause, fact.limit_s) for fact in moved(story)][:3] == [
        ("warn_only", 600 + 3_600),
        ("warn_only", 600 + 7_200),
        ("warn_only", 600 + 10_800),
    ]
    assert (story.ended()[0].seconds, story.ended()[0].debt_cents) == (600 + 10_800, 9_000)


def test_a_machine_that_cuts_makes_no_debt() -> None:
    """As before."""
    story = a_job_with_500_cents(LASER_CUTTER)

    assert (story.ended()[0].debt_cents, moved(story), story.live) == (0, [], set())


def test_a_ceiling_that_nobody_named_is_none() -> None:
    """Without a meter nobody knows when the job ends: no ceiling, no overtime."""
    story = a_job_with_500_cents(replace(FINISHES, finish_max_s=0))

    assert story.ended()[0].reason == "credit_exhausted"


def test_credit_that_comes_while_the_job_finishes_pays_for_it() -> None:
    """The debt is gone, and the end is where the new credit ends."""
    story = a_job_with_500_cents(FINISHES)
    story.makers["ada"] = maker("ada", cents=2_000)

    story.later(seconds=30)

    told = moved(story)[-1]
    assert (told.cause, told.limit_s, told.overtime_s, told.hold_cents, told.debt_cents) == (
        "credit", 2_400, 0, 2_000, 0,
    )  # fmt: skip


def test_a_use_found_in_its_overtime_gets_no_second_one() -> None:
    """A kiln that was held through a restart of the program while it finished."""
    machine = replace(FINISHES, on_process_exit="hold", hold_max_gap_s=60)
    story = a_job_with_500_cents(machine)
    story.later(seconds=30)
    story.crashes()

    story.starts_up(after_s=10)
    story.later(seconds=7_200)

    assert (story.ended()[0].seconds, len(moved(story))) == (1_800, 1)


def test_a_loop_that_slept_bills_no_second_beyond_the_ceiling() -> None:
    """What was announced as the longest is the longest."""
    story = a_job_with_500_cents(FINISHES)

    story.clock_runs_unseen(ms=9_000_000)
    story.feed(TimePassed())

    assert story.ended()[0].seconds == 1_800


def test_a_fault_and_an_emergency_wait_for_no_job() -> None:
    """The policy is for ends of time and money, never for danger."""
    story = a_job_with_500_cents(FINISHES)

    story.locks_out(emergency=True)

    assert story.live == set()


def test_a_use_that_began_with_next_to_nothing_is_no_free_one() -> None:
    """Two seconds of a low price round to a hold of nothing: what the job goes on for is a debt, not a gift."""
    assert FINISHES.price is not None
    low = replace(FINISHES.price, minimum_cents=0, per_minute_num=12)
    story = Story(replace(FINISHES, price=low, minimum_start_cents=0))
    story.makers["ada"] = maker("ada", cents=0)

    story.taps("ada")
    story.later(seconds=7_200)

    assert story.ended()[0].reason is StopReason.CREDIT_EXHAUSTED
    assert story.ended()[0].announced_cents == story.ended()[0].debt_cents > 0
