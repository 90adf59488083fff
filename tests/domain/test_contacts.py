"""Emergency stop, guard and tampering, as far as software follows what is wired."""

import pytest

from controller.domain.facts import FaultRaised
from controller.domain.workshop import ContactName
from tests.story import CNC_MILL, LASER, LASER_CUTTER, MILL, Story

CUTTING: list[tuple[ContactName, str, str]] = [
    ("e_stop", "emergency_stop", "emergency_stop_pressed"),
    ("guard", "guard_opened", "guard_open"),
]


@pytest.mark.parametrize(("contact", "stop", "refusal"), CUTTING)
def test_a_contact_ends_the_use_at_once_with_its_own_reason(contact: ContactName, stop: str, refusal: str) -> None:
    """Power first, then the pen; the seconds until then are the use."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)
    story.happened.clear()

    story.contact(contact, active=True)

    assert story.happened == ["laser off", "session_ended written", "session_ended on disk"]
    assert [(fact.reason, fact.seconds) for fact in story.ended()] == [(stop, 60)]
    assert story.workshop.out_of_order(LASER) == refusal


@pytest.mark.parametrize(("contact", "stop", "refusal"), CUTTING)
def test_nobody_begins_until_the_contact_is_back(contact: ContactName, stop: str, refusal: str) -> None:
    """The refusal is the contact's own; its return lifts it, and powers nothing by itself."""
    story = Story()
    story.contact(contact, active=True)
    story.taps("ada")
    shown = story.workshop.word(LASER)

    story.contact(contact, active=False)
    powered_by_itself = set(story.live)
    story.taps("ada")

    assert stop != refusal
    assert story.refused() == [refusal]
    assert (shown, powered_by_itself, story.live) == ("fault", set(), {LASER})


@pytest.mark.parametrize(("contact", "_stop", "refusal"), CUTTING)
def test_a_start_on_its_way_to_the_disk_is_given_up(contact: ContactName, _stop: str, refusal: str) -> None:
    """What was true at the tap must be true when power would come, also when the contact is back by then."""
    story = Story()
    story.disk_hangs()
    story.taps("ada")

    story.contact(contact, active=True)
    story.contact(contact, active=False)
    story.disk_recovers()

    assert story.refused() == [refusal]
    assert story.live == set()


def test_the_emergency_stop_is_said_before_the_guard() -> None:
    """Both at once: the graver one is shown."""
    story = Story()
    story.contact("guard", active=True)
    story.contact("e_stop", active=True)

    story.taps("ada")

    assert story.refused() == ["emergency_stop_pressed"]


def test_a_contact_is_one_channels_affair_and_stays_with_the_channel() -> None:
    """The mill goes on; a machine that is wired to the channel later finds the contact as it is."""
    story = Story(LASER_CUTTER, CNC_MILL)
    story.taps("ben", MILL)

    story.contact("e_stop", active=True)
    story.machines = (CNC_MILL,)
    story.the_office_tells()
    story.machines = (LASER_CUTTER, CNC_MILL)
    story.the_office_tells()
    story.taps("ada")

    assert story.use_at(MILL) is not None
    assert story.refused() == ["emergency_stop_pressed"]


def test_two_devices_at_a_channel_must_both_be_released() -> None:
    """Each device speaks for itself."""
    story = Story()
    story.contact("e_stop", active=True)
    story.contact("e_stop", active=True, source="pendant")

    story.contact("e_stop", active=False)
    story.taps("ada")

    assert story.refused() == ["emergency_stop_pressed"]


def test_tampering_closes_the_machine_and_cuts_nobody() -> None:
    """A fact that a person lifts; who is at work finishes."""
    story = Story()
    story.taps("ada")
    story.later(seconds=60)

    story.contact("tamper", active=True)
    still = story.use_at()
    story.taps("ada")
    story.contact("tamper", active=False)
    story.taps("ben")

    raised = [fact for fact in story.journal if isinstance(fact, FaultRaised)]
    assert [(fact.machine, fact.cause) for fact in raised] == [(LASER, "tamper")]
    assert still is not None
    assert story.ended()[0].reason == "second_tap"
    assert story.refused() == ["machine_fault"]


def test_a_device_that_reports_again_raises_no_second_fault() -> None:
    """A board says where everything stands each time it is found."""
    story = Story()
    story.contact("tamper", active=True)

    story.contact("tamper", active=True)

    assert len([fact for fact in story.journal if isinstance(fact, FaultRaised)]) == 1
