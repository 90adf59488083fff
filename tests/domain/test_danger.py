"""The danger button: anybody cuts and locks a dangerous machine at once; who has looked at it opens it again."""

from controller.domain.facts import FaultRaised
from tests.story import CERAMIC_KILN, CNC_MILL, KILN, LASER, LASER_CUTTER, MILL, Story


def dangers(story: Story) -> list[FaultRaised]:
    """The locks that hands on the button have set, oldest first."""
    return [fact for fact in story.journal if isinstance(fact, FaultRaised) and fact.cause == "danger"]


def test_a_running_use_is_cut_before_anything_is_written_and_the_machine_is_locked() -> None:
    """As an emergency: power first; whoever pressed sees that they were heard."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.happened.clear()

    story.reports_danger()

    assert story.happened[:2] == ["laser off", "session_ended written"]
    assert [(fact.reason, fact.seconds) for fact in story.ended()] == [("lock_out", 60)]
    assert (story.live, story.workshop.word(LASER)) == (set(), "fault")
    assert story.signals[-1].verdict == "danger"


def test_nobody_begins_on_it_until_its_lock_is_lifted_by_its_id() -> None:
    """Lifting another one opens nothing."""
    story = Story()
    story.reports_danger()
    (danger,) = dangers(story)

    story.taps("ada")
    story.the_office_tells(lifted=(type(danger.lock)("another"),))
    story.taps("ada")
    refused = story.refused()
    story.the_office_tells(lifted=(danger.lock,))
    story.taps("ada")

    assert refused == ["machine_fault", "machine_fault"]
    assert story.live == {LASER}


def test_it_needs_no_network_and_outlives_a_restart() -> None:
    """The office has never heard of it; the journal has."""
    story = Story()
    story.reports_danger()

    story.crashes()
    story.starts_up(after_s=5)
    story.taps("ada")

    assert story.refused() == ["machine_fault"]
    assert story.live == set()


def test_a_start_on_its_way_to_the_disk_is_given_up() -> None:
    """What was pressed in between counts when power would come."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")

    story.reports_danger()
    story.disk_recovers()

    assert story.live == set()
    assert story.refused() == ["machine_fault"]


def test_a_hung_disk_does_not_keep_the_button_from_cutting() -> None:
    """Off before written."""
    story = Story()
    story.taps("ada")
    story.disk_hangs()

    story.reports_danger()

    assert story.live == set()


def test_a_hand_that_presses_again_and_again_sets_one_lock() -> None:
    """The journal is not filled by a child; once it was lifted, the next press sets another."""
    story = Story()
    for _ in range(20):
        story.reports_danger()
        story.later(seconds=1)
    (first,) = dangers(story)

    story.the_office_tells(lifted=(first.lock,))
    story.later(seconds=1)
    story.reports_danger()

    assert len({fact.lock for fact in dangers(story)}) == 2


def test_a_machine_that_holds_its_power_is_cut_all_the_same() -> None:
    """A kiln that survives a restart does not survive this."""
    story = Story(CERAMIC_KILN)
    story.taps("ada", KILN)

    story.reports_danger(channel="relay-3")

    assert story.live == set()


def test_the_machine_beside_it_goes_on() -> None:
    """The button stands at one channel."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ada")
    story.taps("ben", MILL)

    story.reports_danger(channel="relay-1")

    assert story.live == {MILL}
