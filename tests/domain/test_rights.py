"""Who may use a machine: standing, training, the age of what is known, and which reason is shown first."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.access import Holder
from controller.domain.directory import Prerequisite
from controller.domain.ids import TrainingId
from controller.domain.reasons import Refusal
from controller.domain.sessions import SessionKind
from tests.story import DAY_MS, EVENING_MS, LASER, LASER_CUTTER, TRAINED, Story, maker

ADA = maker("ada")
CENTS = ADA.credit


def test_a_trained_member_in_good_standing_gets_power() -> None:
    """What every refusal below takes away."""
    story = Story()

    story.taps("ada")

    assert story.live == {LASER}


@pytest.mark.parametrize(
    ("holder", "reason"),
    [
        (replace(ADA, badge_blocked=True), "badge_blocked"),
        (replace(ADA, suspended=True), "member_suspended"),
        (replace(ADA, membership_until_ms=EVENING_MS), "membership_expired"),
        (replace(ADA, rights=()), "training_missing"),
        (replace(ADA, rights=(replace(TRAINED, until_ms=EVENING_MS),)), "training_expired"),
        (replace(ADA, rights=(replace(TRAINED, from_ms=EVENING_MS + DAY_MS),)), "training_not_yet"),
        (replace(ADA, credit=replace(CENTS, available_cents=0)), "credit_too_low"),
        (replace(ADA, credit=replace(CENTS, available_cents=0, fresh=False)), "credit_offline_limit"),
        (replace(ADA, credit=replace(CENTS, spending_known=False)), "spending_unknown"),
    ],
)
def test_what_a_member_lacks_is_a_refusal_with_its_reason(holder: Holder, reason: str) -> None:
    """Rule 6: failed means refused, with a code."""
    story = Story()
    story.makers["ada"] = holder

    story.taps("ada")

    assert story.refused() == [reason]
    assert story.live == set()


@pytest.mark.parametrize(("ahead_ms", "refused"), [(60_000, []), (60_001, ["training_not_yet"])])
def test_a_right_granted_a_moment_ago_opens_the_machine_of_a_clock_that_is_a_little_behind(
    ahead_ms: int, refused: list[str]
) -> None:
    """The trainer grants it in the office, the pupil walks to the machine: a minute of skew is let pass, no more."""
    story = Story()
    story.makers["ada"] = replace(ADA, rights=(replace(TRAINED, from_ms=EVENING_MS + ahead_ms),))

    story.taps("ada")

    assert story.refused() == refused


def test_of_an_expired_right_and_one_to_come_the_one_to_come_is_told() -> None:
    """It was renewed already: nobody has to see about it, only to wait."""
    story = Story()
    expired = replace(TRAINED, until_ms=EVENING_MS - DAY_MS)
    story.makers["ada"] = replace(ADA, rights=(expired, replace(TRAINED, from_ms=EVENING_MS + DAY_MS)))

    story.taps("ada")

    assert story.refused() == ["training_not_yet"]


def test_spending_that_is_not_read_yet_keeps_nobody_from_a_free_machine() -> None:
    """What a use costs is asked only where it costs something."""
    story = Story(replace(LASER_CUTTER, price=None, free_of_charge=True))
    story.makers["ada"] = replace(ADA, credit=replace(CENTS, available_cents=None, spending_known=False))

    story.taps("ada")

    assert story.live == {LASER}


@pytest.mark.parametrize("longest_s", [0, -5])
def test_a_machine_that_no_use_may_last_on_starts_nothing_and_breaks_nothing(longest_s: int) -> None:
    """Such an entry should never come down; if it does, it must not take the other machines with it."""
    story = Story(replace(LASER_CUTTER, max_duration_s=longest_s))

    story.taps("ada")

    assert (story.refused(), story.live) == (["internal_error"], set())


def test_a_stranger_gets_no_power() -> None:
    """Rule 6: unknown means refused."""
    story = Story()

    story.taps("stranger")

    assert story.refused() == ["unknown_badge"]
    assert story.live == set()


def test_one_training_of_the_machine_is_enough() -> None:
    """A machine names the trainings that open it; an expired one beside a valid one does no harm."""
    story = Story()
    story.makers["ada"] = replace(ADA, rights=(replace(TRAINED, until_ms=EVENING_MS - DAY_MS), TRAINED))

    story.taps("ada")

    assert story.live == {LASER}


def test_a_machine_that_asks_for_no_training_opens_to_every_member() -> None:
    """The soldering iron."""
    story = Story(replace(LASER_CUTTER, trainings=()))
    story.makers["ada"] = replace(ADA, rights=())

    story.taps("ada")

    assert story.live == {LASER}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"empty": True}, "directory_empty"),
        ({"needs_upgrade": True}, "directory_upgrade"),
        ({"age_ms": None}, "directory_stale"),
        ({"age_ms": 86_401_000}, "directory_stale"),
    ],
)
def test_a_copy_that_cannot_be_trusted_starts_nothing(change: dict[str, bool | int | None], reason: str) -> None:
    """Rule 6: what is known here is missing, not understood or too old."""
    story = Story()
    story.reading = replace(story.reading, **change)  # type: ignore[arg-type]

    story.taps("ada")

    assert story.refused() == [reason]


def test_rights_as_old_as_the_machine_allows_still_count() -> None:
    """A day without the office is allowed by this machine, to the second."""
    story = Story()
    story.reading = replace(story.reading, age_ms=86_400_999)

    story.taps("ada")

    assert story.live == {LASER}


def _directory(**change: bool | int | None) -> Callable[[Story], None]:
    def spoil(story: Story) -> None:
        story.reading = replace(story.reading, **change)  # type: ignore[arg-type]

    return spoil


def _member(**change: object) -> Callable[[Story], None]:
    def spoil(story: Story) -> None:
        story.makers["ada"] = replace(story.makers["ada"], **change)  # type: ignore[arg-type]

    return spoil


def _policy(**change: object) -> Callable[[Story], None]:
    def spoil(story: Story) -> None:
        story.machines = (replace(story.machines[0], **change),)  # type: ignore[arg-type]
        story.the_office_tells()

    return spoil


def _faulty(story: Story) -> None:
    story.stuck[LASER] = None
    story.taps("ben")
    del story.stuck[LASER]
    story.signals.clear()


def _no_date(story: Story) -> None:
    story.clock_is_lost()
    _policy(without_clock="refuse")(story)


SPOILS: dict[Refusal, Callable[[Story], None]] = {
    Refusal.MACHINE_FAULT: _faulty,
    Refusal.MACHINE_LOCKED: lambda story: story.locks_out(),
    Refusal.MACHINE_MAINTENANCE: _policy(in_service="maintenance"),
    Refusal.STORAGE_FULL: lambda story: setattr(story, "disk_full", True),
    Refusal.CLOCK_UNKNOWN: _no_date,
    Refusal.DIRECTORY_EMPTY: _directory(empty=True),
    Refusal.DIRECTORY_UPGRADE: _directory(needs_upgrade=True),
    Refusal.DIRECTORY_STALE: _directory(age_ms=None),
    Refusal.BADGE_BLOCKED: _member(badge_blocked=True),
    Refusal.MEMBER_SUSPENDED: _member(suspended=True),
    Refusal.CLOSED: lambda story: story.opens((1, 2)),
    Refusal.TRAINING_MISSING: _member(rights=()),
    Refusal.TRAINING_NOT_YET: _member(rights=(replace(TRAINED, from_ms=EVENING_MS + DAY_MS),)),
    Refusal.PRICE_MISSING: _policy(price=None),
    Refusal.CREDIT_TOO_LOW: _member(credit=replace(CENTS, available_cents=0)),
}


@given(wrong=st.sets(st.sampled_from(list(SPOILS)), min_size=1))
def test_of_many_reasons_the_first_of_the_list_is_shown(wrong: set[Refusal]) -> None:
    """The closed list is the order of precedence, so that every page and display gives the same answer."""
    story = Story()
    for reason in sorted(wrong, key=list(Refusal).index):
        SPOILS[reason](story)

    story.taps("ada")

    assert story.refused() == [min(wrong, key=list(Refusal).index)]
    assert story.live == set()


SAFETY = TrainingId("safety")
NEEDS_SAFETY = replace(LASER_CUTTER, prerequisites=(Prerequisite(training=TRAINED.training, needs=(SAFETY,)),))


def test_a_training_counts_only_with_those_that_it_needs() -> None:
    """Ada never followed the first one, Ben's has expired, Cy holds both."""
    story = Story(NEEDS_SAFETY)
    old = replace(TRAINED, training=SAFETY, until_ms=EVENING_MS - DAY_MS)
    story.makers["ben"] = replace(maker("ben"), rights=(TRAINED, old))
    story.makers["cy"] = replace(maker("cy"), rights=(TRAINED, replace(old, until_ms=None)))

    for name in ("ada", "ben", "cy"):
        story.taps(name)

    assert story.refused() == ["prerequisite_missing", "prerequisite_missing"]
    assert story.live == {LASER}


def test_no_trainer_gives_on_the_spot_what_another_training_must_come_before() -> None:
    """The pupil with the first training is trained; the other one stays a stranger to the machine."""
    given = []
    for rights in ((), (replace(TRAINED, training=SAFETY),)):
        story = Story(replace(NEEDS_SAFETY, on_the_spot="grant"))
        trainer = (replace(TRAINED, may_train=True), replace(TRAINED, training=SAFETY))
        story.makers["ada"] = replace(ADA, rights=trainer)
        story.makers["pupil"] = replace(maker("pupil"), rights=rights)
        story.taps("ada")
        story.taps("pupil")
        given.append(story.signals[-1].verdict)

    assert given == ["stranger", "trained"]


def test_a_fabmanagers_badge_opens_only_what_it_is_trained_for() -> None:
    """Whoever keeps the place works at any hour, and not at a machine without its training."""
    story = Story()
    story.makers["ada"] = replace(maker("ada", kind=SessionKind.STAFF), rights=())

    story.taps("ada")

    assert (story.refused(), story.live) == (["training_missing"], set())
