"""A broken or hostile reader fills no journal, and does not go unnoticed."""

from controller.domain import events as ev
from controller.domain.facts import TapRefused, TapsUnwritten
from controller.domain.nameless import WRITTEN_MAX
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story


def written(story: Story) -> int:
    """Refusals on record."""
    return sum(isinstance(fact, TapRefused) for fact in story.journal)


def counted(story: Story) -> list[tuple[str, int]]:
    """What each minute told of the others."""
    return [(fact.machine, fact.count) for fact in story.journal if isinstance(fact, TapsUnwritten)]


def knocks(story: Story, times: int) -> None:
    """A reader that invents a number every tenth of a second."""
    for number in range(times):
        story.taps(f"number-{number}")
        story.later(ms=100)


def test_a_reader_that_goes_mad_fills_no_journal() -> None:
    """Three hundred numbers in half a minute: ten lines, each tap shown, and one line that tells how many."""
    story = Story()

    knocks(story, 300)
    before = counted(story)
    story.later(seconds=60)

    assert (written(story), before, counted(story)) == (WRITTEN_MAX, [], [("laser", 290)])
    assert story.refused() == ["unknown_badge"] * 300


def test_each_minute_writes_again_and_each_machine_counts_its_own() -> None:
    """A stranger an hour later is on record at once; the mill never heard of the laser's noise."""
    story = Story(LASER_CUTTER, CNC_MILL)
    knocks(story, 20)
    story.taps("newcomer", at=MILL)
    story.later(seconds=60)

    story.taps("newcomer", at=LASER)

    assert counted(story) == [("laser", 10)]
    assert written(story) == WRITTEN_MAX + 2


def test_a_noise_that_never_ends_is_told_every_minute() -> None:
    """Three minutes, and the lines in the journal stay few."""
    story = Story()

    knocks(story, 1_800)

    assert counted(story) == [("laser", 590)] * 3
    assert written(story) == 3 * WRITTEN_MAX


def test_who_is_known_is_always_on_record() -> None:
    """A member who tries again and again is no noise: the fabmanager will be asked why."""
    story = Story()
    story.locks_out()
    for _ in range(20):
        story.taps("ada")

    assert written(story) == 20


def test_noise_beside_a_use_is_counted_too_and_the_owner_still_stops() -> None:
    """A stranger's tap during a use is a line like any other."""
    story = Story()
    story.taps("ada")
    knocks(story, 100)

    story.taps("ada", looked_up=False)

    assert written(story) == WRITTEN_MAX
    assert story.live == set()


def test_a_clean_end_tells_what_was_counted() -> None:
    """The minute is not over when the program is."""
    story = Story()
    knocks(story, 15)

    story.feed(ev.ShutdownAsked())

    assert counted(story) == [("laser", 5)]


def test_ten_newcomers_in_a_row_are_all_there_to_be_enrolled() -> None:
    """The first evening of the season: each badge is on the page."""
    story = Story()
    knocks(story, WRITTEN_MAX)
    story.later(seconds=120)

    tokens = {fact.token for fact in story.journal if isinstance(fact, TapRefused)}
    assert len(tokens) == WRITTEN_MAX
    assert counted(story) == []


def test_newcomers_over_an_evening_are_never_noise() -> None:
    """One every half minute: a minute that is over counts for nothing in the next."""
    story = Story()
    for number in range(3 * WRITTEN_MAX):
        story.taps(f"newcomer-{number}")
        story.later(seconds=30)

    assert (written(story), counted(story)) == (3 * WRITTEN_MAX, [])
