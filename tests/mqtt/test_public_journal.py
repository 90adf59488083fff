"""Events from the journal: in order, at least once, under one id, and never for a start that got no power."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain import events as ev
from controller.domain.facts import Fact, SessionOpened, StartAbandoned
from controller.domain.ids import BranchId
from controller.domain.reasons import Refusal
from controller.domain.stamp import Stamp
from controller.domain.workshop import Workshop
from controller.exchange.fakes import MemoryJournal
from controller.exchange.public_journal import BATCH_MAX, LATE_MS, WAITING_MAX, JournalEvents
from controller.exchange.public_memory import PublicMemory
from tests.mqtt.workshop_kit import MINUTE_MS, PLACE, at, holder, in_use, step, tap, workshop

Seen = list[tuple[str, str | None, bool]]


def card() -> MemoryJournal:
    """The journal of a controller that has just started for the first time: fact 1 is its branch."""
    journal = MemoryJournal(PLACE.controller)
    journal.open_branch(BranchId("b1"), Stamp.of(at(0)))
    return journal


def facts_of(before: Workshop, event: ev.Event, boot_ms: int = 0) -> list[Fact]:
    """What one step writes."""
    return [effect.fact for effect in step(before, event, at(boot_ms))[1] if isinstance(effect, ev.Record)]


def seen(events: JournalEvents, shown: Workshop | None = None, boot_ms: int = 0) -> Seen:
    """What one look tells: word, id and lateness."""
    return [
        (each.event.event_type, each.event.id, each.replayed) for each in events.look(shown or workshop(), at(boot_ms))
    ]


def refused() -> Fact:
    """A stranger's badge."""
    (fact,) = facts_of(workshop(), tap(None))
    return fact


def opened() -> SessionOpened:
    """A use that is named."""
    (fact,) = facts_of(workshop(), tap(holder()))
    assert isinstance(fact, SessionOpened)
    return fact


def test_power_given_is_told_when_there_is_power() -> None:
    """A use that is named on disk has no power yet; its event bears the name of the fact that named it."""
    journal = card()
    events = JournalEvents(journal, PublicMemory())
    journal.append(opened())
    starting, _ = step(workshop(), tap(holder()), at(0))

    assert seen(events, starting) == []
    assert seen(events, in_use()) == [("granted", "b1-2", False)]
    assert seen(events, in_use()) == []


def test_a_start_without_power_is_never_told_as_granted() -> None:
    """Its record came too late: nothing was energised, and no screen says so."""
    journal = card()
    events = JournalEvents(journal, PublicMemory())
    named = opened()
    journal.append(named)
    abandoned = StartAbandoned(
        session=named.session,
        machine=named.machine,
        account=named.account,
        reason=Refusal.STORAGE_SLOW,
        rules=named.rules,
        at=named.at,
    )
    journal.append(abandoned)

    assert seen(events) == [("denied", "b1-3", False)]
    events.taken(3)
    assert events.waiting() == 0


def test_a_use_that_is_over_before_anybody_looked_is_told_whole() -> None:
    """Its end proves that there was power."""
    journal = card()
    events = JournalEvents(journal, PublicMemory())
    journal.append(opened())
    for fact in facts_of(in_use(), tap(holder()), MINUTE_MS):
        journal.append(fact)

    assert seen(events, boot_ms=MINUTE_MS) == [("granted", "b1-2", False), ("ended", "b1-3", False)]


def test_what_the_broker_has_not_taken_is_told_again_as_late() -> None:
    """A connection lost before the answer: the same event under the same id, and those that followed."""
    journal = card()
    events = JournalEvents(journal, PublicMemory())
    for _ in range(3):
        journal.append(refused())
    first = seen(events)
    events.taken(2)
    journal.append(refused())

    events.connected()

    assert first == [("denied", f"b1-{n}", False) for n in (2, 3, 4)]
    assert seen(events) == [("denied", f"b1-{n}", True) for n in (3, 4, 5)]


def test_an_event_of_another_boot_or_of_more_than_a_minute_ago_is_late() -> None:
    """Whatever held it up: nobody is to be alarmed by yesterday's kiln."""
    journal = card()
    events = JournalEvents(journal, PublicMemory())
    journal.append(refused())
    journal.append(replace(refused(), at=Stamp.of(at(LATE_MS + 1))))

    assert seen(events, boot_ms=LATE_MS + 1) == [("denied", "b1-2", True), ("denied", "b1-3", False)]


def test_a_broker_that_takes_nothing_is_sent_no_more_than_a_hundred() -> None:
    """The rest stays in the journal, and follows when there is room."""
    journal = card()
    events = JournalEvents(journal, PublicMemory())
    for _ in range(WAITING_MAX + BATCH_MAX):
        journal.append(refused())
    told = 0
    while events.more():
        told += len(seen(events))
    assert (told, events.waiting()) == (WAITING_MAX, WAITING_MAX + BATCH_MAX)

    events.taken(2)

    assert seen(events) == [("denied", f"b1-{WAITING_MAX + 2}", False)]
    assert events.waiting() == WAITING_MAX + BATCH_MAX - 1


def test_how_far_it_is_told_is_known_at_the_next_start(tmp_path: Path) -> None:
    """Only up to what the broker has taken."""
    path, journal = tmp_path / "public.json", card()
    memory = PublicMemory.read(path)
    events = JournalEvents(journal, memory)
    for _ in range(3):
        journal.append(refused())
    seen(events)
    events.taken(2)
    events.taken(4)
    events.remember()
    memory.write()

    after = JournalEvents(journal, PublicMemory.read(path))

    assert seen(after) == [("denied", "b1-3", True), ("denied", "b1-4", True)]


@pytest.mark.parametrize("kept", ["", "[]", "{", '{"told":[1]}', '{"told":["one","two"],"machines":[]}'])
def test_a_damaged_memory_tells_what_happened_since_the_start(tmp_path: Path, kept: str) -> None:
    """It is a convenience: without it events begin with this start of the program."""
    path, journal = tmp_path / "public.json", card()
    path.write_text(kept)
    journal.append(refused())
    journal.open_branch(BranchId("b2"), Stamp.of(at(0)))

    events = JournalEvents(journal, PublicMemory.read(path))
    journal.append(refused())

    assert seen(events) == [("denied", "b2-4", False)]


def test_another_journal_in_the_old_ones_place_is_not_told_from_its_beginning() -> None:
    """A backup was put back: its facts were told long ago, and the number means another fact now."""
    journal = card()
    journal.append(refused())
    journal.open_branch(BranchId("b2"), Stamp.of(at(0)))

    events = JournalEvents(journal, PublicMemory(told=(1, "another hash")))

    assert seen(events) == []


def test_what_was_trimmed_meanwhile_is_passed_over() -> None:
    """Telling goes on at the oldest fact that is still held."""
    journal = card()
    told = (1, journal.facts[0].hash)
    for _ in range(4):
        journal.append(refused())
    journal.trim(3)

    assert [each[1] for each in seen(JournalEvents(journal, PublicMemory(told=told)))] == ["b1-4", "b1-5"]
