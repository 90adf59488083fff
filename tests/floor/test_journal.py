"""The journal: in order, on disk before it says so, chained through every start, short where it may be."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain.canonical import canonical
from controller.domain.chain import GENESIS_HASH
from controller.domain.ids import ControllerId
from controller.errors import DataError, OperatingError
from controller.floor.journal import Journal
from controller.floor.journal_reading import JournalReader
from tests.floor.journal_kit import (
    CONTROLLER,
    NOON,
    SETTLED_S,
    abandoned,
    ended,
    journal,
    kinds,
    moved,
    now,
    opened,
    proof,
    refused,
    settled,
    stamp,
    witnessed,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the journal is."""
    return tmp_path / "journal.db"


def test_a_first_start_opens_a_branch_on_nothing(path: Path) -> None:
    """The first fact of a controller is its branch, number 1, without a parent."""
    made, start = journal(path)

    assert (start.opening.n, start.opening.prev, start.held.head.branch) == (1, GENESIS_HASH, "")
    assert (start.held.open_sessions, start.held.last_stamp, made.last_wall_ms) == ((), None, None)
    assert made.close()
    assert kinds(path) == ["branch_opened"]


def test_every_start_opens_a_branch_behind_the_last_fact(path: Path) -> None:
    """Numbers go on and the new branch names its parent, so that no number is ever used twice in one history."""
    first, start = journal(path)
    settled(first, opened(1))
    first.close()

    second, again = journal(path, seed=2)
    second.close()

    assert again.opening.n == 3
    assert again.opening.body is not None
    assert again.opening.body["parent_branch"] == start.branch
    assert (again.opening.body["parent_n"], again.opening.body["parent_hash"]) == (2, again.opening.prev)
    assert again.branch != start.branch
    assert proof(path).checked == 3


def test_a_fact_is_readable_by_others_when_it_is_called_stored(path: Path) -> None:
    """Stored means committed: another connection sees it at the moment of the callback."""
    made, _ = journal(path)
    seen: list[int] = []

    made.append(opened(1), lambda _begin, _end: seen.append(len(kinds(path))))

    assert made.settle(SETTLED_S)
    assert made.close()
    assert seen == [2]


def test_facts_are_stored_in_the_order_given_and_the_last_number_is_told(path: Path) -> None:
    """Order is the number, whatever went into one transaction."""
    told: list[int] = []
    made = Journal(path, controller=CONTROLLER, software="0.0.1", on_written=told.append)
    made.open(now())

    settled(made, *(opened(number) for number in range(200)))
    made.close()

    reader = JournalReader(path)
    sessions = [fact.body["session"] for fact in reader.facts() if fact.body and fact.kind == "session_opened"]
    reader.close()
    assert sessions == [f"b-{number}" for number in range(200)]
    assert told == sorted(told)
    assert told[-1] == 201


def test_a_use_without_an_end_is_found_at_the_next_start(path: Path) -> None:
    """What is open is what was opened and neither ended nor abandoned."""
    first, _ = journal(path)
    settled(first, opened(1), opened(2), opened(3, second=9), ended(1), abandoned(2), witnessed(4), witnessed(5))
    first.close()

    second, start = journal(path)
    second.close()

    assert start.held.open_sessions == (opened(3, second=9),)
    assert [head.entry for head in start.held.witnessed] == [5]
    assert start.held.last_stamp == stamp()
    assert second.last_wall_ms == NOON


def test_an_open_use_is_found_with_its_end_as_it_was_moved_last(path: Path) -> None:
    """Whoever extended a use and lost the program keeps what was promised, overtime told apart."""
    first, _ = journal(path)
    use = opened(1)
    settled(first, opened(2), use, moved(use, limit_s=4_000), ended(2), moved(use, limit_s=5_000, overtime_s=600))
    first.close()

    second, start = journal(path)
    second.close()

    assert start.held.open_sessions == (replace(use, limit_s=5_000),)
    assert start.held.overtime_s == {use.session: 600}


def test_the_chain_names_the_first_fact_that_was_changed(path: Path) -> None:
    """A body that was rewritten by hand is found by its number."""
    made, _ = journal(path)
    settled(made, opened(1), ended(1), refused())
    made.close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE fact SET body = replace(body, '\"seconds\":60', '\"seconds\":61') WHERE n = 3")
    raw.commit()
    raw.close()

    found = proof(path)

    assert (found.broken_n, found.because) == (3, "its body is not the one that was committed to")


def test_the_chain_names_a_fact_whose_header_was_changed(path: Path) -> None:
    """A kind that was rewritten by hand no longer gives the hash that the next fact stands on."""
    made, _ = journal(path)
    settled(made, opened(1), ended(1), refused())
    made.close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE fact SET kind = 'head_witnessed' WHERE n = 2")
    raw.commit()
    raw.close()

    found = proof(path)

    assert (found.broken_n, found.because) == (2, "its hash is not that of its header")


def test_the_chain_names_a_fact_that_is_missing(path: Path) -> None:
    """A fact that was taken out leaves a hole that is found."""
    made, _ = journal(path)
    settled(made, opened(1), ended(1), refused())
    made.close()
    raw = sqlite3.connect(path)
    raw.execute("DELETE FROM fact WHERE n = 3")
    raw.commit()
    raw.close()

    found = proof(path)

    assert (found.broken_n, found.because, found.head.n) == (3, "it is missing", 2)


def test_trimming_leaves_a_stub_on_which_the_rest_still_verifies(path: Path) -> None:
    """The last trimmed fact stays as number and hash; an open use and everything after it stay whole."""
    made, _ = journal(path)
    settled(made, opened(1), ended(1), opened(2), refused(), refused())

    made.trim(5)

    assert made.settle(SETTLED_S)
    reader = JournalReader(path)
    start = reader.start()
    held = [fact.n for fact in reader.read(1, 100)]
    found = reader.verify()
    assert reader.hash_at(3) == start.hash
    reader.close()
    made.close()
    assert (start.n, held) == (3, [4, 5, 6])
    assert (found.checked, found.broken_n, found.after.n) == (3, None, 3)


def test_trimming_by_date_stops_at_the_first_fact_that_is_young(path: Path) -> None:
    """An undated fact goes only when a dated one behind it is old enough."""
    made, _ = journal(path)
    settled(made, refused(1), refused(2, dated=False), refused(10), refused(3), refused(11))

    made.trim(100, before_wall_ms=NOON + 5_000)

    assert made.settle(SETTLED_S)
    reader = JournalReader(path)
    assert [fact.n for fact in reader.read(1, 100)] == [4, 5, 6]
    assert reader.last_n_before(NOON + 5_000) == 3
    reader.close()
    made.close()


def test_the_last_fact_is_never_trimmed(path: Path) -> None:
    """A start always finds its parent."""
    made, _ = journal(path)
    settled(made, refused())

    made.trim(1_000)

    assert made.settle(SETTLED_S)
    made.close()
    assert kinds(path) == ["tap_refused"]


def test_forgotten_bodies_leave_a_chain_that_verifies(path: Path) -> None:
    """After their time, salt, body and date are gone together; header, hash and order stay."""
    made, _ = journal(path)
    settled(made, refused(1), refused(2), refused(10))

    made.forget_bodies(NOON + 5_000, up_to_n=1_000)

    assert made.settle(SETTLED_S)
    reader = JournalReader(path)
    facts = reader.read(1, 100)
    assert [fact.body is None for fact in facts] == [True, True, True, False]
    assert [fact.salt is None for fact in facts] == [True, True, True, False]
    assert reader.verify().broken_n is None
    assert reader.last_n_before(NOON + 5_000) == 3
    reader.close()
    made.close()


def test_a_body_comes_back_with_the_bytes_that_were_committed_to(path: Path) -> None:
    """Canonical in, canonical out."""
    made, _ = journal(path)
    settled(made, opened(1))
    made.close()

    reader = JournalReader(path)
    (fact,) = reader.read(2, 1)
    reader.close()

    raw = sqlite3.connect(path)
    (stored,) = raw.execute("SELECT body FROM fact WHERE n = 2").fetchone()
    raw.close()
    assert canonical(fact.body) == stored.encode()


def test_a_second_program_is_refused(path: Path) -> None:
    """Two writers would fork the chain; the second one is told who has it."""
    made, _ = journal(path)

    with pytest.raises(OperatingError, match=r"already open|déjà ouvert"):
        journal(path)

    made.close()


def test_the_claim_is_free_after_closing(path: Path) -> None:
    """A journal that was closed, or never opened a branch, can be opened again."""
    Journal(path, controller=CONTROLLER, software="0.0.1").close()

    made, start = journal(path)
    made.close()

    assert start.opening.n == 1


def test_another_controllers_journal_is_refused(path: Path) -> None:
    """A card put into the wrong Pi does not write two histories into one file."""
    made, _ = journal(path)
    made.close()

    with pytest.raises(DataError, match="pi-east"):
        Journal(path, controller=ControllerId("pi-west"), software="0.0.1")


def test_a_file_of_a_newer_version_is_refused_untouched(path: Path) -> None:
    """Rather one sentence than a journal read wrongly."""
    made, _ = journal(path)
    made.close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE alembic_version SET version_num = 'journal_99'")
    raw.commit()
    raw.close()

    with pytest.raises(DataError, match="journal_99"):
        journal(path)

    assert path.exists()


def test_after_closing_nothing_more_is_taken(path: Path) -> None:
    """What comes too late is counted, not silently kept."""
    made, _ = journal(path)
    made.close()

    made.append(ended(1))

    assert (made.pending, made.refused) == (0, 1)


def test_the_line_of_branches_survives_trimming(path: Path) -> None:
    """The exchange can always say where its branches begin, also when the facts that said so are gone."""
    first, start = journal(path)
    settled(first, refused(), refused())
    first.close()
    second, again = journal(path, seed=2)
    settled(second, refused(), refused())
    second.trim(5)
    assert second.settle(SETTLED_S)

    reader = JournalReader(path)
    lineage, oldest_n = reader.lineage(), reader.oldest_n()
    reader.close()
    second.close()

    assert [(link.branch, link.parent_branch, link.parent_n) for link in lineage] == [
        (again.branch, start.branch, 3),
        (start.branch, None, 0),
    ]
    assert lineage[0].parent_hash == again.opening.prev
    assert oldest_n == 6
