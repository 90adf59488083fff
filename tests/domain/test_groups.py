"""A class: a trainer's tap begins it for its machines, any known badge works there, one tap ends it for all."""

from dataclasses import replace

from controller.domain.directory import GroupEntry, LessonWindow
from controller.domain.facts import LessonMarked, SessionOpened, TapRefused
from controller.domain.ids import AccountId, GroupId, MemberId
from controller.domain.reasons import StopReason
from controller.domain.sessions import SessionKind
from tests.story import CERAMIC_KILN, CNC_MILL, KILN, LASER, LASER_CUTTER, MILL, Story, maker

MINUTE_S = 60
SCHOOL = AccountId("a-school")


def a_class(*, begins_min: float = -5, until_min: float = 90, admits: bool = True) -> Story:
    """Ada's class of twelve at the laser and the mill, a school's; pupils are not trained, one has a member's badge."""
    story = Story(LASER_CUTTER, CNC_MILL, CERAMIC_KILN)
    for pupil in ("card-1", "card-2"):
        story.makers[pupil] = replace(maker(pupil, cents=0), rights=())
    wall_ms = story.now.wall_ms or 0
    window = LessonWindow(
        from_ms=wall_ms + round(60_000 * begins_min), until_ms=wall_ms + round(60_000 * until_min), headcount=12
    )
    story.groups = (
        GroupEntry(
            group=GroupId("pottery"),
            trainers=(MemberId("m-ada"),),
            machines=(LASER, MILL),
            account=SCHOOL,
            admits=admits,
            lessons=(window,),
        ),
    )
    story.the_office_tells()
    return story


def marks(story: Story) -> list[tuple[str, int]]:
    """The lessons begun and over, with their headcount."""
    return [(fact.phase, fact.headcount) for fact in story.journal if isinstance(fact, LessonMarked)]


def test_a_class_begins_by_its_trainers_tap_and_ends_for_all_by_another() -> None:
    """Twelve pupils, a card, one tap at the machine that the card uses: all is off, and each use has its end."""
    story = a_class()
    story.taps("ada", at=LASER)
    story.taps("card-1", at=MILL)
    at_work = set(story.live)
    story.later(seconds=30 * MINUTE_S)

    story.taps("ada", at=MILL)

    assert (at_work, story.live) == ({LASER, MILL}, set())
    assert marks(story) == [("begun", 12), ("over", 12)]
    assert [(end.machine, end.reason, end.account) for end in story.ended()] == [
        (LASER, StopReason.GROUP_ENDED, SCHOOL),
        (MILL, StopReason.GROUP_ENDED, SCHOOL),
    ]


def test_without_any_card_the_trainers_badge_opens_each_machine() -> None:
    """And the second tap at one of them ends the class."""
    story = a_class()
    story.taps("ada", at=LASER)
    story.taps("ada", at=MILL)
    at_work = set(story.live)
    story.later(seconds=MINUTE_S)

    story.taps("ada", at=MILL, looked_up=False)

    assert (at_work, story.live) == ({LASER, MILL}, set())


def test_no_pupil_is_in_the_journal_and_the_organisation_pays() -> None:
    """Every use of the class is the trainer's, of the kind `group`, on the school's account."""
    story = a_class()
    story.taps("ada", at=LASER)
    story.taps("card-1", at=MILL)

    opened = [fact for fact in story.journal if isinstance(fact, SessionOpened)]

    assert {(fact.member, fact.account, fact.kind, fact.group) for fact in opened} == {
        ("m-ada", SCHOOL, SessionKind.GROUP, "pottery")
    }


def test_a_pupil_stops_their_own_machine_only() -> None:
    """The class goes on, and another card takes the mill."""
    story = a_class()
    story.taps("ada", at=LASER)
    story.taps("card-1", at=MILL)
    story.later(seconds=MINUTE_S)

    story.taps("card-1", at=MILL, looked_up=False)
    others = set(story.live)
    story.taps("card-2", at=MILL)

    assert (others, story.live) == ({LASER}, {LASER, MILL})
    assert [end.reason for end in story.ended()] == [StopReason.SECOND_TAP]


def test_before_the_trainer_has_tapped_a_card_opens_nothing() -> None:
    """Nor after the class is over."""
    story = a_class()
    story.taps("card-1", at=MILL)
    story.taps("ada", at=LASER)
    story.later(seconds=MINUTE_S)
    story.taps("ada", at=LASER, looked_up=False)

    story.taps("card-1", at=MILL)

    assert story.refused() == ["training_missing", "training_missing"]


def test_a_stranger_is_nobody_in_a_class_too() -> None:
    """Unknown means refused: a bus card opens nothing."""
    story = a_class()
    story.taps("ada", at=LASER)

    story.taps("nobody", at=MILL)

    assert (story.refused(), story.live) == (["unknown_badge"], {LASER})


def test_outside_of_its_hours_there_is_no_class() -> None:
    """The trainer is then a maker like any other, who pays."""
    early, late = a_class(begins_min=10), a_class(until_min=0)
    for story in (early, late):
        story.taps("ada", at=LASER)

    assert [marks(story) for story in (early, late)] == [[], []]
    assert [fact.account for fact in early.open_on_disk()] == ["a-ada"]


def test_the_lessons_end_is_said_and_ends_every_use() -> None:
    """Ninety minutes, with the warnings of each machine; what follows is nobody's class."""
    story = a_class()
    story.taps("ada", at=LASER)
    said = story.signals[-1]
    story.taps("card-1", at=MILL)
    story.later(seconds=90 * MINUTE_S)
    over = marks(story)
    story.taps("card-1", at=MILL)

    assert (said.ends_in_s, said.ends_by) == (5_400, StopReason.GROUP_ENDED)
    assert {end.reason for end in story.ended()} == {StopReason.GROUP_ENDED}
    assert (over, story.live, story.refused()) == ([("begun", 12), ("over", 12)], set(), ["training_missing"])


def test_an_order_that_is_used_up_admits_no_class_and_cuts_none() -> None:
    """A new one is refused with its reason; one under way goes on, and cards still open its machines."""
    refused, going_on = a_class(admits=False), a_class()
    refused.taps("ada", at=LASER)
    going_on.taps("ada", at=LASER)
    going_on.groups = (replace(going_on.groups[0], admits=False),)
    going_on.the_office_tells()
    going_on.later(seconds=10 * MINUTE_S)

    going_on.taps("card-1", at=MILL)

    assert (refused.refused(), refused.live) == (["purchase_order_reached"], set())
    assert going_on.live == {LASER, MILL}


def test_a_trainer_opens_only_what_they_are_trained_for() -> None:
    """Ada is not trained at the mill: it is not of this lesson, and she cannot begin one there."""
    story = a_class()
    story.machines = tuple(
        replace(entry, trainings=("mill-basics",)) if entry.machine == MILL else entry  # type: ignore[arg-type]
        for entry in story.machines
    )
    story.the_office_tells()
    story.taps("ada", at=MILL)
    story.taps("ada", at=LASER)

    story.taps("card-1", at=MILL)

    assert (story.refused(), story.live) == (["training_missing", "training_missing"], {LASER})


def test_a_machine_that_is_not_of_the_class_is_not_opened_by_it() -> None:
    """The kiln asks for its own training and its own maker."""
    story = a_class()
    story.taps("ada", at=LASER)

    story.taps("card-1", at=KILN)

    assert (story.refused(), story.live) == (["training_missing"], {LASER})


def test_a_tap_in_a_warning_says_that_the_lesson_ends() -> None:
    """Nobody extends a lesson, whoever stands there; the tap stops nothing."""
    story = a_class(until_min=30)
    story.taps("ada", at=LASER)
    story.taps("card-1", at=MILL)
    story.later(seconds=29 * MINUTE_S)

    story.taps("card-1", at=MILL)

    assert (story.signals[-1].verdict, story.signals[-1].stop) == ("not_extended", StopReason.GROUP_ENDED)
    assert story.live == {LASER, MILL}


def test_a_right_that_a_pupil_lacks_revokes_nothing() -> None:
    """The badge of a class is looked up at each tick, and it is no trained member's."""
    story = a_class()
    story.machines = tuple(replace(entry, stop_on_revoked=True) for entry in story.machines)
    story.the_office_tells()
    story.taps("ada", at=LASER)
    story.taps("card-1", at=MILL)

    story.later(seconds=10 * MINUTE_S)

    assert story.live == {LASER, MILL}


def test_the_order_is_charged_for_what_the_class_used() -> None:
    """Half an hour at half a euro a minute each; held for the class to its end."""
    story = a_class()
    story.taps("ada", at=LASER)
    hold = story.open_on_disk()[0].hold_cents
    story.later(seconds=30 * MINUTE_S)
    story.taps("ada", at=LASER, looked_up=False)

    assert hold == 4_500
    assert [(end.announced_cents, end.debt_cents) for end in story.ended()] == [(1_500, 0)]


def test_a_start_that_waits_for_the_disk_does_not_outlive_the_class() -> None:
    """The mill's card was a moment too late: nothing is energised for a class that is over."""
    story = a_class()
    story.taps("ada", at=LASER)
    story.later(seconds=MINUTE_S)
    story.disk_hangs()
    story.taps("card-1", at=MILL)
    story.taps("ada", at=LASER, looked_up=False)

    story.disk_recovers()

    assert story.live == set()
    assert not any(isinstance(fact, TapRefused) for fact in story.journal)


def test_a_maintainers_badge_does_not_open_a_locked_machine_for_the_class() -> None:
    """What lets a maintainer try a locked machine is their own work, not a lesson that their badge happens to open."""
    story = a_class()
    story.makers["mender"] = maker("mender", kind=SessionKind.MAINTENANCE)
    story.taps("ada", at=LASER)
    story.locks_out(MILL)

    story.taps("mender", at=MILL)

    assert story.live == {LASER}
    assert story.refused() == ["machine_locked"]
    assert [fact.machine for fact in story.journal if isinstance(fact, SessionOpened)] == [LASER]


def test_a_class_under_way_is_not_hidden_by_another_one_that_is_planned_at_the_same_machine() -> None:
    """Pottery is at work, weaving has not come and its order is used up: pottery's pupils go on, whoever taps."""
    story = a_class()
    weaving = replace(
        story.groups[0], group=GroupId("a-weaving"), trainers=(MemberId("m-ben"),), admits=False, account=SCHOOL
    )
    story.groups = (weaving, *story.groups)
    story.the_office_tells()
    story.taps("ada", at=LASER)

    story.taps("card-1", at=MILL)

    assert (story.refused(), story.live) == ([], {LASER, MILL})


def test_who_trains_two_classes_begins_the_one_whose_order_admits_it() -> None:
    """The first one's order is used up, the second one's is not."""
    story = a_class()
    used_up = replace(story.groups[0], group=GroupId("a-weaving"), admits=False)
    story.groups = (used_up, *story.groups)
    story.the_office_tells()

    story.taps("ada", at=LASER)

    assert [fact.group for fact in story.journal if isinstance(fact, LessonMarked)] == ["pottery"]
