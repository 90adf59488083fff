"""A dangerous machine asks more of a badge than a number, which anybody can copy for the price of a meal."""

from dataclasses import replace

import pytest

from controller.domain.canonical import canonical
from controller.domain.codec import body_of, encode
from controller.domain.directory import entry_from, key_of
from controller.domain.facts import SessionOpened
from controller.domain.proof import Proof
from tests.story import CERAMIC_KILN, KILN, LASER, LASER_CUTTER, Story

SAFE_KILN = replace(CERAMIC_KILN, least_proof="cryptographic")


def test_a_copied_number_is_refused_at_the_kiln_and_taken_at_the_laser() -> None:
    """The same badge, two machines: each says what it asks for."""
    story = Story(SAFE_KILN, LASER_CUTTER)

    story.taps("ada", KILN)
    story.taps("ada", LASER)

    assert story.refused() == ["proof_too_weak"]
    assert story.live == {LASER}


def test_a_badge_that_proves_its_key_opens_the_kiln() -> None:
    """And the fact says how it was proven."""
    story = Story(SAFE_KILN)

    story.taps("ada", KILN, proof="cryptographic")

    assert story.live == {KILN}
    opened = story.journal[-1]
    assert isinstance(opened, SessionOpened)
    assert opened.inputs.proof == "cryptographic"


@pytest.mark.parametrize(
    ("shown", "least", "power"),
    [
        ("number", "number+pin", False),
        ("number+pin", "number+pin", True),
        ("number+pin", "cryptographic", False),
        ("cryptographic", "number+pin", True),
    ],
)
def test_more_than_what_is_asked_for_is_enough(shown: Proof, least: Proof, *, power: bool) -> None:
    """The proofs are in an order."""
    story = Story(replace(CERAMIC_KILN, least_proof=least))

    story.taps("ada", KILN, proof=shown)

    assert (story.live == {KILN}) is power


def test_a_use_is_ended_by_the_number_alone() -> None:
    """Ending is never made hard: a stop asks for no proof."""
    story = Story(SAFE_KILN)
    story.taps("ada", KILN, proof="cryptographic")
    story.later(60)

    story.taps("ada", KILN, looked_up=False)

    assert story.live == set()


def test_what_was_written_before_there_were_proofs_is_as_it_was() -> None:
    """An entry of then says a number was enough, and is written again byte for byte."""
    before = encode(LASER_CUTTER)
    assert isinstance(before, dict)

    read = entry_from(LASER_CUTTER.KIND, key_of(LASER_CUTTER), before)

    assert "least_proof" not in before
    assert read == LASER_CUTTER
    assert canonical(encode(read)) == canonical(before)


def test_an_unknown_restriction_is_never_skipped() -> None:
    """A machine that asks for more says so in its entry, where a version that knows no proofs stops."""
    story = Story(SAFE_KILN)
    story.taps("ada", KILN, proof="cryptographic")

    entry = encode(SAFE_KILN)
    body = body_of(story.journal[-1])

    assert isinstance(entry, dict)
    assert entry["least_proof"] == "cryptographic"
    assert isinstance(body["inputs"], dict)
    assert body["inputs"]["proof"] == "cryptographic"
