"""A badge's number goes into the reader and nowhere else: not to a disk, not to a log, not to the broker."""

from pathlib import Path

import pytest

from controller.demo.workshop import person_by_id
from tests.scenarios.lab import Lab

pytestmark = [pytest.mark.broker, pytest.mark.pty]


def spellings(badge: str) -> set[bytes]:
    """Every way in which the number could lie in a file or a message: hex, decimal, as printed on the card, bytes.

    Four bytes are too few to look for: in some megabytes of anything they are found by chance.
    """
    value = int(badge, 16)
    printed = f"{value & 0xFFFFFFFF:010d}"
    texts = {badge.upper(), badge.lower(), str(value), printed}
    data = value.to_bytes(len(badge) // 2, "big")
    return {text.encode() for text in texts} | ({data} if len(data) > 4 else set())


def test_a_badge_number_is_written_nowhere(place: Path) -> None:
    """Rule 8: after uses with each kind of number, a refusal and a stranger, no file and no message holds a number."""
    with Lab(place) as lab:
        for machine in ("laser", "cnc", "four"):
            lab.use("camille", machine)
        refusal = lab.is_refused("inconnu", "laser")
        lab.wait_until_told()
        published = "\n".join(f"{topic} {payload}" for topic, payload in lab.seen.items()).encode()

    written = {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    shown = (*person_by_id("camille").numbers, *person_by_id("inconnu").numbers)
    numbers = {spelling for number in shown for spelling in spellings(number)}

    assert refusal == "unknown_badge"
    assert any(name.endswith("journal.db") for name in written)
    assert b"session_opened" in b"".join(written.values())
    assert [name for name, data in written.items() if any(number in data for number in numbers)] == []
    assert not any(number in published for number in numbers)
