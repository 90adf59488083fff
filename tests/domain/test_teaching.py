"""A trainer's badge, then the pupil's: the training is given at the machine, and never by accident."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from controller.domain.facts import RightGranted, UseSupervised
from tests.story import DAY_MS, EVENING_MS, LASER, LASER_CUTTER, TRAINED, Story, maker

SCHOOL = replace(LASER_CUTTER, on_the_spot="grant")


def lesson(machine: object = SCHOOL) -> Story:
    """Ada may train at the laser; Zoe has never been trained."""
    assert isinstance(machine, type(LASER_CUTTER))
    story = Story(machine)
    story.makers["ada"] = replace(maker("ada"), rights=(replace(TRAINED, may_train=True),))
    story.makers["zoe"] = replace(maker("zoe"), rights=())
    return story


def given(story: Story) -> list[tuple[str, str, str]]:
    """Who was given what by whom."""
    return [(fact.member, fact.training, fact.granted_by) for fact in story.journal if isinstance(fact, RightGranted)]


def test_the_pupil_who_taps_after_the_trainer_has_the_right() -> None:
    """On record with the trainer's name-less id; the trainer's use goes on, and stays the trainer's."""
    story = lesson()
    story.taps("ada")
    story.later(seconds=10)

    story.taps("zoe")

    assert given(story) == [("m-zoe", "laser-basics", "m-ada")]
    assert story.signals[-1].verdict == "trained"
    use = story.use_at()
    assert use is not None
    assert use.opened.member == "m-ada"


def test_an_expired_training_is_renewed_the_same_way() -> None:
    """Last year's pupil comes back."""
    story = lesson()
    story.makers["zoe"] = replace(maker("zoe"), rights=(replace(TRAINED, until_ms=EVENING_MS - DAY_MS),))
    story.taps("ada")

    story.taps("zoe")

    assert given(story) == [("m-zoe", "laser-basics", "m-ada")]


def test_a_tap_after_the_window_is_a_strangers_tap() -> None:
    """Fifteen seconds after the trainer's tap somebody who passes by is given nothing."""
    story = lesson()
    story.taps("ada")
    story.later(seconds=15)

    story.taps("zoe")

    assert given(story) == []
    assert story.signals[-1].verdict == "stranger"


SPOILS: list[Callable[[Story], None]] = [
    lambda story: story.makers.update(ada=maker("ada")),
    lambda story: story.makers.update(zoe=replace(story.makers["zoe"], suspended=True)),
    lambda story: story.makers.update(zoe=replace(story.makers["zoe"], badge_blocked=True)),
    lambda story: story.makers.update(zoe=replace(story.makers["zoe"], membership_until_ms=EVENING_MS)),
    lambda story: story.makers.update(zoe=maker("zoe")),
    lambda story: story.makers.__delitem__("zoe"),
    lambda story: setattr(story, "disk_full", True),
]


@pytest.mark.parametrize("spoil", SPOILS)
def test_what_else_keeps_somebody_from_the_machine_no_trainer_mends(spoil: Callable[[Story], None]) -> None:
    """No trainer; suspended; blocked; membership over; trained already; unknown; nothing can be written."""
    story = lesson()
    if spoil is SPOILS[0]:
        spoil(story)
    story.taps("ada")
    spoil(story)

    story.taps("zoe")

    assert given(story) == []
    assert story.signals[-1].verdict == "stranger"


def test_a_machine_that_takes_no_such_word_gives_nothing() -> None:
    """Where a lesson takes an afternoon, two badges are not enough."""
    story = lesson(LASER_CUTTER)
    story.taps("ada")

    story.taps("zoe")

    assert given(story) == []


def test_a_trainer_of_another_machine_is_no_trainer_here() -> None:
    """The word counts for the trainings of this machine."""
    story = lesson()
    other = replace(TRAINED, training="pottery", may_train=True)  # type: ignore[arg-type]
    story.makers["ada"] = replace(maker("ada"), rights=(TRAINED, other))
    story.taps("ada")

    story.taps("zoe")

    assert given(story) == []


@pytest.mark.parametrize(("from_day", "until_day", "gives"), [(1, None, False), (-9, -1, False), (-9, 1, True)])
def test_only_a_trainer_whose_own_right_holds_today_gives_it(
    from_day: int, until_day: int | None, *, gives: bool
) -> None:
    """A word that counts from tomorrow, or counted until yesterday, trains nobody tonight, whoever may work here."""
    story = lesson()
    until_ms = None if until_day is None else EVENING_MS + until_day * DAY_MS
    word = replace(TRAINED, may_train=True, from_ms=EVENING_MS + from_day * DAY_MS, until_ms=until_ms)
    story.makers["ada"] = replace(maker("ada"), rights=(TRAINED, word))
    story.taps("ada")

    story.taps("zoe")

    assert bool(given(story)) is gives


def test_a_whole_class_is_trained_one_after_the_other() -> None:
    """Each pupil within the window of the trainer's tap."""
    story = lesson()
    story.makers["max"] = replace(maker("max"), rights=())
    story.taps("ada")

    story.taps("zoe")
    story.taps("max")

    assert [member for member, _, _ in given(story)] == ["m-zoe", "m-max"]


def test_a_hung_disk_gives_no_right() -> None:
    """What cannot be written is not given."""
    story = lesson()
    story.taps("ada")
    story.disk_hangs()
    story.taps("stranger")
    story.later(ms=400)

    story.taps("zoe")

    assert given(story) == []
    assert story.live == {LASER}


def test_where_the_machine_says_so_it_is_a_supervised_use() -> None:
    """Recorded with the supervisor; the pupil has no right by it and is refused alone."""
    story = lesson(replace(SCHOOL, on_the_spot="supervised"))
    story.taps("ada")
    story.later(seconds=5)

    story.taps("zoe")
    story.later(seconds=60)
    story.taps("ada", looked_up=False)
    story.taps("zoe")

    practised = [fact for fact in story.journal if isinstance(fact, UseSupervised)]
    assert [(fact.member, fact.supervisor, fact.training, fact.session) for fact in practised] == [
        ("m-zoe", "m-ada", "laser-basics", "b1-1")
    ]
    assert given(story) == []
    assert story.refused() == ["training_missing"]
