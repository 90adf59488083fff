"""A locked machine is mended and tested by its maintainer, on record; after a power cut somebody looks first."""

from dataclasses import replace

import pytest

from controller.domain.access import Holder
from controller.domain.facts import SessionOpened, TapRefused
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from tests.story import LASER, LASER_CUTTER, Story, maker

COLD = replace(LASER_CUTTER, after_power_loss="acknowledge")


def with_a_maintainer(*machines: object, **changes: object) -> Story:
    """Mia mends machines."""
    story = Story(*machines)  # type: ignore[arg-type]
    mia: Holder = replace(maker("mia", cents=0, kind=SessionKind.MAINTENANCE), **changes)  # type: ignore[arg-type]
    story.makers["mia"] = mia
    return story


def test_a_maintainer_runs_a_locked_machine_and_the_record_names_the_lock() -> None:
    """Free, of its own kind, and still locked for everybody else after it."""
    story = with_a_maintainer()
    story.locks_out()
    story.taps("mia")
    assert story.live == {LASER}
    story.later(seconds=60)
    story.taps("mia", looked_up=False)
    story.taps("ada")

    opened = [fact for fact in story.journal if isinstance(fact, SessionOpened)]
    assert [(fact.kind, fact.inputs.locks, fact.hold_cents) for fact in opened] == [
        (SessionKind.MAINTENANCE, ("lock-0",), 0),
    ]
    assert (story.refused(), story.ended()[0].announced_cents) == ([Refusal.MACHINE_LOCKED], 0)


def test_a_machine_under_maintenance_is_the_maintainers() -> None:
    """As a locked one."""
    story = with_a_maintainer(replace(LASER_CUTTER, in_service="maintenance"))

    story.taps("ada")
    story.taps("mia")

    assert (story.refused(), story.live) == ([Refusal.MACHINE_MAINTENANCE], {LASER})


def test_nobody_passes_an_emergency_a_fault_or_a_withdrawn_machine() -> None:
    """Not even who mends it: the lock is lifted first, by its id."""
    emergency, faulty, withdrawn = (
        with_a_maintainer(), with_a_maintainer(), with_a_maintainer(replace(LASER_CUTTER, in_service="out_of_service")),
    )  # fmt: skip
    emergency.locks_out(emergency=True)
    faulty.contact("tamper", active=True)
    for story in (emergency, faulty, withdrawn):
        story.taps("mia")

    assert [story.refused() for story in (emergency, faulty, withdrawn)] == [
        [Refusal.MACHINE_LOCKED], [Refusal.MACHINE_FAULT], [Refusal.MACHINE_LOCKED],
    ]  # fmt: skip


def test_a_maintainer_is_trained_for_what_they_mend() -> None:
    """The lock passes them, the training does not."""
    story = with_a_maintainer(rights=())
    story.locks_out()

    story.taps("mia")

    assert story.refused() == [Refusal.TRAINING_MISSING]


def test_an_emergency_ends_the_maintainers_use_too() -> None:
    """At once."""
    story = with_a_maintainer()
    story.locks_out()
    story.taps("mia")

    story.locks_out(emergency=True)

    assert ([fact.reason for fact in story.ended()], story.live) == ([StopReason.LOCK_OUT], set())


def test_after_a_power_cut_somebody_looks_before_the_first_start() -> None:
    """The tap that says so is on record with who it was; the next one starts."""
    story = Story(COLD)
    story.loses_power()
    story.starts_up(after_s=5)

    story.taps("ada")
    assert (story.refused(), story.live) == ([Refusal.POWER_WAS_LOST], set())
    story.taps("ben")

    assert story.live == {LASER}
    assert [(fact.member, fact.reason) for fact in story.journal if isinstance(fact, TapRefused)] == [
        ("m-ada", Refusal.POWER_WAS_LOST),
    ]


@pytest.mark.parametrize("who", ["stranger", "pupil"])
def test_who_may_not_use_the_machine_does_not_acknowledge_for_others(who: str) -> None:
    """Their refusal is their own."""
    story = Story(COLD)
    story.makers["pupil"] = replace(maker("pupil"), rights=())
    story.loses_power()
    story.starts_up(after_s=5)

    story.taps(who)
    story.taps("ada")

    assert story.refused()[-1] == Refusal.POWER_WAS_LOST


def test_a_restart_of_the_program_alone_asks_nobody() -> None:
    """The same boot: the power was not lost; and where the machine does not ask, nobody is asked at all."""
    crashed, indifferent = Story(COLD), Story()
    crashed.crashes()
    crashed.starts_up(after_s=5)
    indifferent.loses_power()
    indifferent.starts_up(after_s=5)
    for story in (crashed, indifferent):
        story.taps("ada")

        assert story.live == {LASER}


def test_the_directory_that_comes_anew_does_not_make_a_machine_cold_again() -> None:
    """Once looked at is looked at, until the next cut."""
    story = Story(COLD)
    story.loses_power()
    story.starts_up(after_s=5)
    story.the_office_tells()
    story.taps("ada")
    story.the_office_tells()
    story.taps("ada")

    assert (story.refused(), story.live) == ([Refusal.POWER_WAS_LOST], {LASER})
