"""A class at machines of two controllers: one tap begins it for all of them, one ends it, each works alone offline."""

from dataclasses import replace

from controller.domain.directory import LessonSeen
from controller.domain.facts import LessonMarked, SessionOpened
from controller.domain.ids import MemberId
from controller.domain.reasons import StopReason
from tests.domain.test_groups import MINUTE_S, SCHOOL, a_class
from tests.story import FRESH, LASER, MILL, Story


def the_office_has_seen(story: Story, *, over: bool = False) -> None:
    """Another controller told that Ada began the lesson, or ended it just now; she is trained for the laser."""
    group = story.groups[0]
    over_ms = (story.now.wall_ms or 0) if over else None
    seen = LessonSeen(trainer=MemberId("m-ada"), machines=(LASER,), over_ms=over_ms)
    story.groups = (replace(group, lessons=tuple(replace(each, seen=seen) for each in group.lessons)),)
    story.the_office_tells()


def begun_elsewhere() -> Story:
    """The class's lesson was begun at another controller of the place, and the office is heard here."""
    story = a_class()
    the_office_has_seen(story)
    return story


def test_a_card_joins_a_lesson_that_was_begun_at_another_controller() -> None:
    """On the trainer's and the school's terms; only where the trainer is trained for the machine."""
    story = begun_elsewhere()

    story.taps("card-1", at=LASER)
    story.taps("card-2", at=MILL)

    assert (story.live, story.refused()) == ({LASER}, ["training_missing"])
    opened = [fact for fact in story.journal if isinstance(fact, SessionOpened)]
    assert [(fact.member, fact.account, fact.group) for fact in opened] == [("m-ada", SCHOOL, "pottery")]
    assert not [fact for fact in story.journal if isinstance(fact, LessonMarked)]


def test_without_the_offices_fresh_word_nobody_joins_and_the_trainer_begins_here() -> None:
    """Five minutes old and no older: nobody here would hear that the lesson is over."""
    just, stale = begun_elsewhere(), begun_elsewhere()
    just.reading, stale.reading = (replace(FRESH, age_ms=age_ms) for age_ms in (300_999, 301_000))
    for story in (just, stale):
        story.taps("card-1", at=LASER)
    before = stale.refused()

    stale.taps("ada", at=LASER)
    stale.taps("card-1", at=MILL)

    assert (just.live, before, stale.live) == ({LASER}, ["training_missing"], {LASER, MILL})


def test_the_tap_that_ends_it_elsewhere_ends_it_here() -> None:
    """Power goes off here too, and no card opens anything any more."""
    story = begun_elsewhere()
    story.taps("card-1", at=LASER)
    story.later(seconds=MINUTE_S)

    the_office_has_seen(story, over=True)
    story.taps("card-2", at=LASER)

    assert [(end.reason, end.seconds) for end in story.ended()] == [(StopReason.GROUP_ENDED, MINUTE_S)]
    assert (story.live, story.refused()) == (set(), ["training_missing"])


def test_the_trainers_tap_ends_here_what_was_begun_elsewhere() -> None:
    """It is on record for the others; until the office has said so no card joins it again, after a restart too."""
    story = begun_elsewhere()
    story.taps("card-1", at=LASER)
    story.later(seconds=MINUTE_S)

    story.taps("ada", at=LASER)
    story.taps("card-2", at=LASER)
    story.crashes()
    story.starts_up(5)
    story.taps("card-2", at=LASER)

    assert [(fact.phase, fact.member) for fact in story.journal if isinstance(fact, LessonMarked)] == [
        ("over", "m-ada")
    ]
    assert [end.reason for end in story.ended()] == [StopReason.GROUP_ENDED]
    assert (story.live, story.refused()) == (set(), ["training_missing", "training_missing"])


def test_an_end_that_is_older_than_the_beginning_here_cuts_nothing() -> None:
    """The class had a pause; what the office knows of it comes late. A newer end ends the lesson here as well."""
    story = a_class()
    paused = replace(story.now)
    story.later(seconds=MINUTE_S)
    story.taps("ada", at=LASER)

    now, story.now = story.now, replace(story.now, wall_ms=paused.wall_ms)
    the_office_has_seen(story, over=True)
    story.now = now
    still = set(story.live)
    story.later(seconds=MINUTE_S)
    the_office_has_seen(story, over=True)
    story.taps("card-1", at=MILL)

    assert (still, story.live, story.refused()) == ({LASER}, set(), ["training_missing"])


def test_an_order_that_was_used_up_meanwhile_keeps_no_machine_of_the_lesson_closed() -> None:
    """The lesson is under way, only elsewhere: the trainer's tap here is no new one."""
    story = a_class(admits=False)
    the_office_has_seen(story)

    story.taps("ada", at=LASER)

    assert (story.refused(), story.live) == ([], {LASER})
