"""What a restore leaves to be declared: once, first of all, and never lost to a damaged note."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.floor import restored_note
from controller.floor.adapters.clock import HandClock
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.restored_note import RestoredNote
from tests.floor.test_daemon import Place, refused, settled


@pytest.mark.parametrize(
    "note",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b'{"backup_id": "indivis-1", "restored_by": "somebody", "branch": "b"}',
        b'{"backup_id": "indivis-1", "restored_by": "somebody", "branch": "b", "n": "7"}',
        b" " * 5_000,
    ],
    ids=["cut", "no text", "no object", "a field missing", "a field of another kind", "too long"],
)
def test_a_damaged_note_of_a_restore_is_one_sentence_and_nothing_is_lost(tmp_path: Path, note: bytes) -> None:
    """What was put back must be declared before anything else: no branch is opened, and the note stays."""
    place = Place(tmp_path)
    left = place.state / "restored.json"
    left.write_bytes(note)

    code, said = refused(place)

    assert code == 65
    assert str(left) in said
    assert "manifest.json" in said
    assert "Traceback" not in said
    assert (left.read_bytes(), place.facts("branch_opened")) == (note, [])


def test_a_note_of_a_restore_is_declared_once(tmp_path: Path) -> None:
    """First of all in its branch; the note goes when the fact is on disk."""
    place = Place(tmp_path)
    restored_note.write(place.state, backup_id="indivis-1", restored_by="somebody", branch="b", n=7)

    for _ in range(2):
        floor, _held = place.starts_here(HandClock(), MockRelayFactory())
        settled(floor)

    (declared,) = place.facts("journal_restored")
    assert (declared["backup_id"], declared["up_to_branch"], declared["up_to_n"]) == ("indivis-1", "b", 7)
    assert not (place.state / "restored.json").exists()


def test_a_note_that_cannot_be_taken_away_does_no_harm(tmp_path: Path) -> None:
    """A card that became read-only: the journal's thread, which is told, must outlive it."""
    restored_note.write(tmp_path, backup_id="indivis-1", restored_by="somebody", branch="b", n=7)
    note = RestoredNote(tmp_path)
    (tmp_path / "restored.json").unlink()
    (tmp_path / "restored.json").mkdir()

    note.done()

    assert (tmp_path / "restored.json").is_dir()
