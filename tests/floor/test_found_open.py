"""What the last tick proves of uses that the journal holds open, when one of them took over from the other."""

from dataclasses import replace

from controller.floor.found_open import found_open
from controller.floor.tick import Tick
from tests.floor import journal_kit as kit

FIRST = kit.opened(1)
SECOND = replace(kit.opened(2, 120), takes_over=FIRST.session)
AGAIN = kit.now(130)


def tick(*uses: str) -> Tick:
    """A proof that these uses had lasted ten seconds."""
    return Tick(
        sequence=1, boot_id=AGAIN.boot_id, boot_ms=AGAIN.boot_ms, wall_ms=None,
        uses=tuple((use, 10_000) for use in uses),  # type: ignore[misc]
    )  # fmt: skip


def test_a_use_that_was_taken_over_ended_when_the_next_one_began() -> None:
    """Its own end was waiting for the disk; the proof of the next one tells."""
    found = found_open(FIRST, tick(SECOND.session), AGAIN, read_on=True, open_uses=(FIRST, SECOND))

    assert found.handed_over == SECOND.at
    assert found_open(SECOND, tick(SECOND.session), AGAIN, read_on=True, open_uses=(FIRST, SECOND)).handed_over is None


def test_a_use_that_is_proven_itself_was_not_taken_over_yet() -> None:
    """The next one is named and had no power."""
    found = found_open(FIRST, tick(FIRST.session), AGAIN, read_on=True, open_uses=(FIRST, SECOND))

    assert (found.handed_over, found.proven_ms) == (None, 10_000)
