"""Recorded decisions, fed again, give the same decisions."""

import json
from dataclasses import replace
from typing import cast

from controller.domain.access import Holder
from controller.domain.canonical import Json, canonical
from controller.domain.codec import body_of, fact_from
from controller.domain.events import DirectoryChanged
from controller.domain.facts import Fact, SessionOpened, TapRefused
from controller.domain.ids import BranchId
from controller.domain.replay import Decision, Difference, Memory, decided_again, remember, replay
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story, maker


def through_the_disk(fact: Fact) -> Fact:
    """A fact as it is read back from its stored bytes."""
    body = cast("Json", json.loads(canonical(body_of(fact))))
    return fact_from(fact.KIND, fact.SCHEMA, body)


def fed_again(story: Story) -> list[Difference]:
    """What comes out differently when a story's journal is read and decided again."""

    def by_member(decision: Decision) -> Holder | None:
        return next((who for who in story.makers.values() if who.member == decision.member), None)

    directory = DirectoryChanged(machines=story.machines, locks=story.locks)
    facts = [through_the_disk(fact) for fact in story.journal]
    return replay(BranchId("b1"), facts, directory_at=lambda _: directory, holder_of=by_member)


def an_evening() -> Story:
    """Grants, strangers, refusals of every sort, an account that two machines draw on, a copy that grows old."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.makers["cleo"] = replace(maker("cleo"), rights=())
    story.makers["dan"] = maker("dan", cents=500)
    story.taps("dan", at=LASER)
    story.taps("dan", at=MILL)
    story.taps("ada", at=LASER)
    story.taps("stranger", at=MILL)
    story.taps("cleo", at=MILL)
    story.later(seconds=600)
    story.reading = replace(story.reading, age_ms=86_400_700)
    story.taps("ada", at=LASER)
    story.reading = replace(story.reading, age_ms=86_401_000)
    story.taps("ben", at=MILL)
    story.reading = replace(story.reading, age_ms=None, empty=True)
    story.taps("ben", at=MILL)
    return story


def test_a_journal_fed_again_decides_the_same() -> None:
    """What a decision was taken from is on record, refusals included."""
    story = an_evening()

    differences = fed_again(story)

    decisions = [fact for fact in story.journal if isinstance(fact, SessionOpened | TapRefused)]
    assert [getattr(fact, "reason", "granted") for fact in decisions] == [
        "granted",
        "credit_too_low",
        "machine_in_use",
        "unknown_badge",
        "training_missing",
        "granted",
        "directory_stale",
        "directory_empty",
    ]
    assert differences == []


def test_a_right_that_the_directory_did_not_hold_comes_out_differently() -> None:
    """A replay that could not fail would prove nothing: with Ada's training taken away, her one grant stands out."""
    story = an_evening()
    story.makers["ada"] = replace(story.makers["ada"], rights=())

    differences = fed_again(story)

    assert [(difference.recorded.KIND, difference.recorded.member) for difference in differences] == [
        ("session_opened", "m-ada")
    ]
    again = differences[0].again
    assert isinstance(again, TapRefused)
    assert again.reason == "training_missing"


def test_who_follows_through_a_door_is_decided_the_same_again() -> None:
    """One tap ends what was there and opens anew: the decision on record is the second of the two."""
    story = Story(replace(LASER_CUTTER, pulse_s=5, trainings=()))
    story.taps("ada")
    story.later(seconds=1)
    before = story.workshop

    story.taps("ben")

    opened = [fact for fact in story.journal if isinstance(fact, SessionOpened)]
    assert [fact.member for fact in opened] == ["m-ada", "m-ben"]
    assert decided_again(before, opened[1], story.makers["ben"]) == opened[1]
    assert fed_again(story) == []


def test_what_came_from_the_office_outlives_a_restart_in_the_replay() -> None:
    """A booking, opening hours: the machines of the next start are those of the directory, not of the program."""
    story = Story(replace(LASER_CUTTER, bookings="honour"))
    story.opens((-1, 6))
    story.books(("ben", 0, 2))
    memory = Memory(story.workshop)
    story.crashes()
    story.starts_up()
    story.taps("ada")

    refused = story.journal[-1]
    again = remember(memory, story.workshop.branch, refused)

    assert isinstance(refused, TapRefused)
    assert refused.reason == "booked_by_other"
    assert decided_again(again.workshop, refused, story.makers["ada"]) == refused


def test_what_one_member_might_spend_is_part_of_the_record() -> None:
    """Without it, a use bounded by a member's own ceiling would be told again as one that the whole account bounds."""
    story = Story()
    ada = maker("ada", cents=5_000, fresh=False)
    story.makers["ada"] = replace(ada, credit=replace(ada.credit, member_cents=1_000))
    story.taps("ada")

    differences = fed_again(story)

    opened = next(fact for fact in story.journal if isinstance(fact, SessionOpened))
    assert (opened.inputs.member_cents, opened.limit_s) == (1_000, 1_200)
    assert differences == []
