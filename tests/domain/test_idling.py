"""A machine that does not work any more ends its use, warned of and never while it runs; busy and idle time apart."""

from dataclasses import replace

import pytest

from controller.domain.codec import body_of
from controller.domain.events import IdleChanged, Note, TimePassed
from controller.domain.metering import Sample
from controller.domain.reasons import StopReason
from controller.domain.tariff import Price
from controller.domain.working import load_mw
from tests.story import LASER, LASER_CUTTER, Story, maker

RUNS_W, STANDBY_W = 400, 30
SAWS = replace(LASER_CUTTER, running_above_w=100, running_below_w=50, idle_end_s=600)


def draws(story: Story, watts: int, seconds: int, every_s: int = 10) -> None:
    """The meter tells so much every ten seconds, for so long."""
    for _ in range(seconds // every_s):
        story.meter(mw=1000 * watts)
        story.later(seconds=every_s)


def a_use_that_idles_since(seconds: int, machine: object = SAWS) -> Story:
    """Ada saws for ten minutes, and then not."""
    assert isinstance(machine, type(SAWS))
    story = Story(machine)
    story.meter(mw=0)
    story.taps("ada")
    draws(story, RUNS_W, 600)
    draws(story, STANDBY_W, seconds)
    return story


def warned(story: Story) -> list[int | None]:
    """The warnings of an idle end, in seconds before it."""
    return [each.ends_in_s for each in story.signals if (each.verdict, each.ends_by) == ("warning", StopReason.IDLE)]


def test_a_machine_left_in_standby_ends_its_use() -> None:
    """Ten minutes after its job, with a warning a minute before."""
    story = a_use_that_idles_since(590)
    assert (warned(story), story.live) == ([60], {LASER})

    draws(story, STANDBY_W, 20)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.busy_s, ended.idle_s) == (StopReason.IDLE, 1_200, 600, 600)
    assert story.live == set()
    assert story.happened[-3:] == ["laser off", "session_ended written", "session_ended on disk"]


def test_a_machine_that_runs_is_never_ended_for_idleness() -> None:
    """Hours of work end by what they end by anyway."""
    story = Story(replace(SAWS, max_duration_s=7_200))
    story.taps("ada")

    draws(story, RUNS_W, 7_200)

    assert [fact.reason for fact in story.ended()] == [StopReason.MAXIMUM_DURATION]


def test_between_the_thresholds_a_machine_does_what_it_did() -> None:
    """A motor that breathes is running; a standby that flickers is idle."""
    story = a_use_that_idles_since(0)
    draws(story, 70, 1_200)
    assert story.live == {LASER}

    draws(story, STANDBY_W, 10)
    draws(story, 70, 600)

    assert [fact.reason for fact in story.ended()] == [StopReason.IDLE]


def test_a_meter_that_falls_silent_ends_nothing() -> None:
    """Nobody knows whether it runs: the use goes on, and the time counts as neither."""
    story = a_use_that_idles_since(300)

    story.later(seconds=1_200)
    assert story.live == {LASER}
    story.taps("ada", looked_up=False)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds, ended.busy_s, ended.idle_s) == (StopReason.SECOND_TAP, 2_100, 600, 350)


def test_a_silence_between_two_idle_samples_begins_the_waiting_anew() -> None:
    """What happened meanwhile nobody saw; it may have worked."""
    story = a_use_that_idles_since(500)
    story.later(seconds=100)

    draws(story, STANDBY_W, 590)

    assert story.live == {LASER}
    draws(story, STANDBY_W, 20)
    assert story.live == set()


def test_a_loop_that_slept_ends_nothing_on_an_old_sample() -> None:
    """The end was due, but by then nothing proved it."""
    story = a_use_that_idles_since(590)
    story.clock_runs_unseen(ms=300_000)

    story.feed(TimePassed())

    assert story.live == {LASER}
    assert any(isinstance(each, Note) and isinstance(each.notice, IdleChanged) for each in story.effects)


def test_a_tap_in_the_warning_says_i_am_still_here() -> None:
    """It stops nothing, not even twice, and the waiting begins anew."""
    story = a_use_that_idles_since(550)
    assert warned(story) == [60]

    story.taps("ada", looked_up=False)
    story.taps("ada", looked_up=False)

    assert (story.live, story.signals[-1].verdict) == ({LASER}, "extended")
    draws(story, STANDBY_W, 530)
    assert story.live == {LASER}
    draws(story, STANDBY_W, 80)
    assert story.ended()[0].reason is StopReason.IDLE


def test_a_hand_on_the_button_in_the_warning_says_it_too() -> None:
    """Who is there has a hand for the button; the waiting begins anew, whatever else the button asks for."""
    story = a_use_that_idles_since(550)
    assert warned(story) == [60]

    story.presses()

    draws(story, STANDBY_W, 530)
    assert story.live == {LASER}
    draws(story, STANDBY_W, 80)
    assert story.ended()[0].reason is StopReason.IDLE


def test_work_takes_the_warning_back() -> None:
    """The lamp goes from amber to green again, and the next tap stops as ever."""
    story = a_use_that_idles_since(560)

    story.meter(mw=1000 * RUNS_W)
    assert story.signals[-1].verdict == "extended"
    story.taps("ada", looked_up=False)

    assert story.ended()[0].reason is StopReason.SECOND_TAP


def test_a_machine_that_names_no_threshold_measures_no_work() -> None:
    """As before, and its fact too."""
    story = a_use_that_idles_since(3_000, replace(SAWS, running_above_w=0, running_below_w=0))
    story.taps("ada", looked_up=False)

    assert story.ended()[0].busy_s is None
    assert "busy_s" not in body_of(story.ended()[0])


def test_a_use_that_no_meter_ever_told_of_is_not_known_to_be_idle() -> None:
    """Null, not zero."""
    story = Story(SAWS)
    story.taps("ada")
    story.later(seconds=1_800)
    story.taps("ada", looked_up=False)

    assert (story.ended()[0].busy_s, story.ended()[0].idle_s) == (None, None)


def test_a_job_that_may_finish_ends_the_use_when_it_has() -> None:
    """The time is over, it saws on, and a minute after its last cut it is off: long before the ceiling."""
    story = Story(replace(SAWS, end_policy="finish", finish_max_s=3_600, max_duration_s=600))
    story.taps("ada")
    draws(story, RUNS_W, 900)
    assert story.live == {LASER}

    draws(story, STANDBY_W, 70)

    ended = story.ended()[0]
    assert (ended.reason, ended.seconds) == (StopReason.MAXIMUM_DURATION, 960)


def test_a_machine_that_has_nothing_to_finish_is_cut() -> None:
    """Idle for minutes when its time is over."""
    story = Story(replace(SAWS, end_policy="finish", finish_max_s=3_600, max_duration_s=600, idle_end_s=0))
    story.meter(mw=0)
    story.taps("ada")

    draws(story, STANDBY_W, 610)

    assert [(fact.reason, fact.seconds) for fact in story.ended()] == [(StopReason.MAXIMUM_DURATION, 600)]


def test_a_meter_of_current_alone_is_read_at_the_nominal_voltage() -> None:
    """Two amperes are 460 W."""
    assert load_mw(Sample(current_ma=2_000)) == 460_000
    assert load_mw(Sample(current_ma=2_000, power_mw=9)) == 9
    assert load_mw(Sample(energy_mwh=5)) is None


def running_time_is_paid_for() -> Story:
    """Fifty cents a minute of sawing."""
    price = Price(machine=LASER, version=2, per_minute_num=50, measured="running")
    return Story(replace(SAWS, price=price, idle_end_s=0, minimum_start_cents=0))


def test_where_running_time_is_paid_for_standby_costs_nothing() -> None:
    """Twenty minutes, half of them at work; what was held is for all of them."""
    story = running_time_is_paid_for()
    story.meter(mw=0)
    story.taps("ada")
    draws(story, RUNS_W, 600)
    draws(story, STANDBY_W, 600)
    story.taps("ada", looked_up=False)

    ended = story.ended()[0]
    assert (ended.seconds, ended.busy_s, ended.announced_cents) == (1_200, 600, 500)


def test_what_no_meter_saw_is_announced_as_if_it_had_run() -> None:
    """At most so much: the charge is clarified before it is posted, and never taken for nothing."""
    story = running_time_is_paid_for()
    story.taps("ada")
    story.later(seconds=1_200)
    story.taps("ada", looked_up=False)

    assert (story.ended()[0].busy_s, story.ended()[0].announced_cents) == (None, 1_000)


@pytest.mark.parametrize("cents", [500, 10_000])
def test_a_held_use_found_again_measures_from_there(cents: int) -> None:
    """What it did before the restart is unmeasured."""
    story = Story(replace(SAWS, on_process_exit="hold", hold_max_gap_s=60))
    story.makers["ada"] = maker("ada", cents=cents)
    story.taps("ada")
    draws(story, RUNS_W, 300)
    story.crashes()
    story.starts_up(after_s=10)
    draws(story, RUNS_W, 60)
    story.taps("ada", looked_up=False)

    assert (story.ended()[0].busy_s, story.ended()[0].idle_s) == (60, 0)
