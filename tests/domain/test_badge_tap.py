"""A badge at a free machine: named on disk first, then power, and a word about what will end it."""

from controller.domain.events import TapUnheard
from controller.domain.facts import SessionOpened, StartAbandoned, TapRefused
from controller.domain.ids import MachineId
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story


def test_nobody_is_powered_before_they_are_named_on_disk() -> None:
    """Rule 1: the use is on disk before the relay closes."""
    story = Story()
    story.happened.clear()

    story.taps("ada")

    assert story.happened == ["session_opened written", "session_opened on disk", "laser on"]
    assert story.live == {LASER}


def test_a_hung_disk_delays_a_start_and_a_late_one_is_refused_for_good() -> None:
    """Rule 1: past the budget of 250 ms the start is refused, and its late arrival on the disk powers nothing."""
    story = Story()
    story.disk_hangs()

    story.taps("ada")
    story.later(ms=251)
    told = story.refused()
    story.disk_recovers()
    story.later(seconds=60)

    assert told == ["storage_slow"]
    assert "laser on" not in story.happened
    assert [fact.KIND for fact in story.journal] == ["session_opened", "start_abandoned"]


def test_a_start_that_reaches_the_disk_within_the_budget_is_powered() -> None:
    """Rule 1: 250 ms is still in time."""
    story = Story()
    story.disk_hangs()

    story.taps("ada")
    story.later(ms=250)
    before = set(story.live)
    story.disk_recovers()

    assert before == set()
    assert story.live == {LASER}


def test_a_stalled_loop_does_not_make_a_late_start_good() -> None:
    """Rule 1: the budget is judged when the receipt arrives, even where no deadline was met in between."""
    story = Story()
    story.storage_is_watched = False
    story.disk_hangs()
    story.taps("ada")

    story.clock_runs_unseen(ms=400)
    story.disk_recovers()

    assert story.live == set()
    assert [type(fact) for fact in story.journal] == [SessionOpened, StartAbandoned]


def test_the_receipt_of_an_abandoned_use_does_not_power_the_next_one() -> None:
    """Rule 1: power is for this very use; a receipt is matched by the use's id, never by its member."""
    story = Story()
    story.storage_is_watched = False
    story.disk_hangs()
    story.taps("ada")
    story.later(ms=251)
    story.taps("ada")

    story.disk_stores_one()

    assert story.live == set()


def test_a_machine_that_does_not_exist_gives_no_power() -> None:
    """Rule 6: a reader that no machine belongs to refuses with a code."""
    story = Story()

    story.taps("ada", at=MachineId("lathe"))

    assert story.refused() == ["unknown_machine"]
    assert story.live == set()


def test_a_machine_not_yet_seen_off_is_refused_and_driven_off() -> None:
    """Rule 3: until its relay reads off nobody starts; the tap itself looks, so a new machine is free soon."""
    story = Story()
    story.machines += (CNC_MILL,)
    story.the_office_tells(at_start=True)

    story.taps("ada", at=MILL)
    first = set(story.live)
    story.taps("ada", at=MILL)

    assert story.refused() == ["machine_starting_up"]
    assert story.happened.index("mill off") < story.happened.index("mill on")
    assert (first, story.live) == (set(), {MILL})


def test_a_machine_whose_relay_does_not_read_off_at_the_start_is_at_fault() -> None:
    """Rule 3: unproven is not off."""
    story = Story()
    story.crashes()
    story.stuck[LASER] = None
    story.starts_up()

    story.taps("ada")

    assert story.refused() == ["machine_fault"]
    assert story.workshop.word(LASER) == "fault"
    assert story.live == set()


def test_a_grant_says_what_will_end_the_use_and_when() -> None:
    """From the first second the maker knows the end: 100 € at 50 cents a minute outlast the two hours allowed."""
    story = Story()

    story.taps("ada")

    granted = story.signals[-1]
    assert (granted.verdict, granted.ends_in_s, granted.ends_by) == ("granted", 7200, "maximum_duration")
    assert story.use_at() is not None


def test_a_repeated_reading_while_the_use_is_being_written_changes_nothing() -> None:
    """One badge held to the reader is one start."""
    story = Story()
    story.disk_hangs()

    story.taps("ada")
    story.taps("ada")
    story.disk_recovers()

    assert [fact.KIND for fact in story.journal] == ["session_opened"]
    assert story.live == {LASER}


def test_another_badge_while_a_use_is_being_written_does_not_inherit_it() -> None:
    """Rule 6: the use that is starting is still Ada's."""
    story = Story()
    story.disk_hangs()

    story.taps("ada")
    story.taps("ben")
    story.disk_recovers()

    assert story.refused() == ["machine_in_use"]
    assert [fact.member for fact in story.journal if isinstance(fact, SessionOpened)] == ["m-ada"]
    assert story.live == {LASER}


def test_an_unknown_badge_leaves_its_token_and_a_known_one_its_member() -> None:
    """A fabmanager can attach an unknown badge by its tap; of a member the token is not repeated."""
    story = Story()
    story.locks_out()

    story.taps("stranger")
    story.taps("ada")

    refusals = [fact for fact in story.journal if isinstance(fact, TapRefused)]
    assert [(fact.member, fact.token) for fact in refusals] == [(None, "token-of-stranger"), ("m-ada", None)]


def test_each_use_has_a_name_of_its_own() -> None:
    """The names come from the branch and its counter, so that the same evening gives the same names."""
    story = Story()

    for _ in range(2):
        story.taps("ada")
        story.later(seconds=10)
        story.taps("ada")

    assert [fact.session for fact in story.ended()] == ["b1-1", "b1-2"]


def test_a_tap_that_nobody_had_time_to_look_up_is_told_and_recorded() -> None:
    """Rule 6: the maker is not left waiting at a dark reader; the use of another is left alone."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada")
    story.later(seconds=60)

    story.feed(TapUnheard(machine=LASER))
    story.feed(TapUnheard(machine=MILL))

    refusals = [fact for fact in story.journal if isinstance(fact, TapRefused)]
    assert [(fact.machine, fact.reason, fact.member, fact.token) for fact in refusals] == [
        (LASER, "internal_error", None, None),
        (MILL, "internal_error", None, None),
    ]
    assert (story.refused(), story.live) == (["internal_error", "internal_error"], {LASER})


def test_a_tap_that_nobody_had_time_for_gives_way_to_a_disk_that_is_behind() -> None:
    """Rule 7: it is shown all the same, but not written before the stops that wait."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")
    story.later(seconds=1)
    waiting = len(story.waiting)

    story.feed(TapUnheard(machine=LASER))

    assert len(story.waiting) == waiting
    assert story.refused()[-1] == "internal_error"
