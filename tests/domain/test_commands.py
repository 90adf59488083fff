"""The office may end one named use; it can start nothing."""

from controller.domain.events import QuarantineSet, StopAsked
from controller.domain.facts import CommandAnswered, StartAbandoned
from controller.domain.ids import SessionId
from tests.story import LASER, Story


def stop(story: Story, session: str, *, boot_id: str = "boot-1", for_s: int = 30) -> None:
    """A stop from the office's page reaches the floor."""
    expires_boot_ms = story.now.boot_ms + 1000 * for_s
    story.feed(StopAsked(command="c-1", session=SessionId(session), boot_id=boot_id, expires_boot_ms=expires_boot_ms))


def outcomes(story: Story) -> list[str]:
    """What the office is told, oldest first."""
    return [fact.outcome for fact in story.journal if isinstance(fact, CommandAnswered)]


def test_a_remote_stop_ends_the_named_use_power_first() -> None:
    """Rule 2 holds for the office's stops too, and the answer follows."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.happened.clear()

    stop(story, "b1-1")

    assert story.happened[:2] == ["laser off", "session_ended written"]
    assert story.ended()[0].reason == "remote_stop"
    assert outcomes(story) == ["done"]


def test_a_stop_that_comes_while_the_start_is_being_written_keeps_it_from_power() -> None:
    """Rule 1: the named use is abandoned, and the office is told the truth: it will not run."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")

    stop(story, "b1-1")
    story.disk_recovers()

    assert "laser on" not in story.happened
    assert [fact.reason for fact in story.journal if isinstance(fact, StartAbandoned)] == ["start_stopped"]
    assert (story.refused(), outcomes(story), story.open_on_disk()) == (["start_stopped"], ["done"], [])


def test_a_stop_of_one_start_leaves_the_next_one_alone() -> None:
    """The receipt of the stopped use powers nothing; the maker's next tap is a use of its own."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")
    stop(story, "b1-1")

    story.disk_recovers()
    story.taps("ada")

    assert story.live == {LASER}


def test_a_stop_for_a_use_that_is_over_does_not_end_the_next_one() -> None:
    """A command names its use; whoever uses the machine now is left alone."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.taps("ada")
    story.taps("ben")

    stop(story, "b1-1")

    assert story.live == {LASER}
    assert outcomes(story) == ["no_such_use"]


def test_a_stop_that_was_long_on_its_way_is_answered_and_not_obeyed() -> None:
    """It expires in this controller's own time: a message delayed for an hour ends nothing."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)

    stop(story, "b1-1", for_s=-1)

    assert story.live == {LASER}
    assert outcomes(story) == ["expired"]


def test_a_stop_from_before_the_reboot_is_not_obeyed() -> None:
    """Boot times of another boot mean nothing here."""
    story = Story()
    story.taps("ada")

    stop(story, "b1-1", boot_id="boot-0")

    assert story.live == {LASER}
    assert outcomes(story) == ["expired"]


def test_a_quarantined_card_starts_nothing_until_a_person_decides() -> None:
    """Of two cards that speak as one, the later one may not start; a use in course goes on."""
    story = Story()
    story.taps("ada")
    story.feed(QuarantineSet(quarantined=True))
    story.later(seconds=60)
    during = set(story.live)
    story.taps("ada")

    story.taps("ben")
    refused = story.refused()
    story.feed(QuarantineSet(quarantined=False))
    story.taps("ben")

    assert during == {LASER}
    assert refused == ["quarantined"]
    assert story.live == {LASER}


def test_quarantine_that_comes_while_a_start_is_being_written_is_honoured() -> None:
    """What was true at the tap must still be true when the power would come."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")

    story.feed(QuarantineSet(quarantined=True))
    story.disk_recovers()

    assert story.live == set()
    assert story.refused() == ["quarantined"]
