"""What the floor has learned outlives restarts, snapshots and old cards: faults, quarantine, its own spending."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain.directory import Booked, BookingsEntry, LockEntry
from controller.domain.facts import RULES_VERSION, Fact, FaultRaised, LessonMarked
from controller.domain.ids import AccountId, BadgeToken, BranchId, ControllerId, GroupId, LockId, MemberId
from controller.domain.reasons import Refusal
from controller.errors import ProgrammerError
from controller.exchange.messages import Contained
from controller.floor.adapters.clock import HandClock
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.folding import AGAIN_MS, Folding
from controller.floor.journal import Journal
from controller.floor.journal_file import TAIL_CHECKED
from controller.floor.journal_reading import JournalReader
from controller.floor.own_facts import OwnFacts
from controller.floor.replica import Replica
from controller.floor.replica_build import build
from controller.floor.resolver import credit_of
from tests.floor import directory_kit, journal_kit
from tests.floor.running_floor import running
from tests.floor.test_daemon import DEADLINE_S, KILN, LASER, Place, settled
from tests.floor.test_replica_build import offer, spooled
from tests.waiting import wait_until

PAYER = AccountId("acc-1")
WELDED = FaultRaised(
    lock=LockId("fault-1"), machine=LASER.machine, wanted_on=False, read_on=True, at=journal_kit.stamp()
)


def wrote(place: Place, *facts: Fact) -> tuple[BranchId, int]:
    """An earlier run committed these facts and ended; its branch, and its last number."""
    earlier = Journal(place.state / "journal.db", controller=ControllerId("pi-east"), software="0")
    opened = earlier.open(journal_kit.now())
    journal_kit.settled(earlier, *facts)
    earlier.close()
    return opened.branch, 1 + len(facts)


def told(place: Place, *entries: LockEntry | BookingsEntry, contained: tuple[BranchId, int] | None) -> None:
    """The office's directory came down before this start, with its vector."""
    copy = Replica(place.state / "replica.db")
    vector = () if contained is None else (Contained(branch=contained[0], n=contained[1]),)
    copy.apply_changes(incarnation="office-1", to_revision=2, entries=directory_kit.put(*entries), vector=vector)
    copy.close()


def word(place: Place) -> str:
    """The laser's state when the program has started, on pins that read off."""
    floor, _ = place.starts_here(HandClock(), MockRelayFactory())
    shown = floor.engine.workshop.word(LASER.machine)
    settled(floor)
    return shown


def test_a_fault_that_the_office_does_not_know_stands_after_a_restart(tmp_path: Path) -> None:
    """The contact reads right at this moment, which proves nothing; the office has not even heard of it."""
    place = Place(tmp_path)
    wrote(place, WELDED)

    assert word(place) == "fault"


def test_a_fault_stands_on_a_week_old_card_whose_directory_is_from_before_it(tmp_path: Path) -> None:
    """The vector of the old copy ends before the fault."""
    place = Place(tmp_path)
    branch, n = wrote(place, WELDED)
    told(place, contained=(branch, n - 1))

    assert word(place) == "fault"


def test_a_fault_whose_lock_the_office_still_holds_stands_after_a_restart(tmp_path: Path) -> None:
    """It is a fault and no mere lock-out: when it is lifted, the relay is looked at first."""
    place = Place(tmp_path)
    branch, n = wrote(place, WELDED)
    lock = LockEntry(lock=WELDED.lock, machine=LASER.machine, reason="relay", emergency=False)
    told(place, lock, contained=(branch, n))

    assert word(place) == "fault"


def test_a_fault_that_a_person_has_lifted_does_not_come_back_with_a_restart(tmp_path: Path) -> None:
    """The office took it in and holds its lock no more."""
    place = Place(tmp_path)
    branch, n = wrote(place, WELDED)
    told(place, contained=(branch, n))

    assert word(place) == "idle"


def test_a_card_in_quarantine_starts_nothing_after_a_restart(tmp_path: Path) -> None:
    """Rule 6: the decision was the office's, and only the office takes it back."""
    place = Place(tmp_path)
    copy = Replica(place.state / "replica.db")
    copy.stands("quarantined")
    copy.close()

    floor, _ = place.starts_here(HandClock(), MockRelayFactory())
    quarantined = floor.engine.workshop.quarantined
    settled(floor)

    assert quarantined


def test_the_offices_word_about_a_card_outlives_a_snapshot(tmp_path: Path) -> None:
    """A snapshot is another file: what the card was told goes with it."""
    path = tmp_path / "replica.db"
    copy = Replica(path)
    copy.stands("rejected")
    spooled(path, offer(0, 0)).close()
    build(path.with_name("snapshot.spool"), copy.next_file())

    copy.switch_to(copy.next_file())
    copy.close()

    again = Replica(path)
    standing = again.standing()
    again.close()
    assert standing == "rejected"


# Own spending


@contextmanager
def folding(place: Place, own: OwnFacts) -> Iterator[tuple[Folding, Replica]]:
    """The journal's reader and the copy, as the exchange's thread has them."""
    copy, reader = Replica(place.state / "replica.db"), JournalReader(place.state / "journal.db")
    try:
        yield Folding(reader, copy, own), copy
    finally:
        reader.close()
        copy.close()


def spoil(place: Place, n: int, body: str = "{") -> str:
    """A body on the card becomes what it never was; what it was before."""
    with closing(sqlite3.connect(place.state / "journal.db")) as connection, connection:
        (before,) = connection.execute("SELECT body FROM fact WHERE n = ?", (n,)).fetchone()
        connection.execute("UPDATE fact SET body = ? WHERE n = ?", (body, n))
    return str(before)


def many() -> list[Fact]:
    """More facts than a start checks, the first of them a use of 50 cents."""
    return [journal_kit.ended(1), *(journal_kit.witnessed(number) for number in range(1, TAIL_CHECKED + 5))]


def test_spending_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    """Rule 6: until the journal was read no balance is trusted; it is tried again, and then all of it counts."""
    place, own = Place(tmp_path), OwnFacts()
    wrote(place, *many())
    before = spoil(place, 2)
    balance = directory_kit.maker(1)[3]

    with folding(place, own) as (fold, _):
        fold.begin(0)
        unread = credit_of(balance, None, own, directory_kit.HERE, member=MemberId("m-1"), age=0)  # type: ignore[arg-type]
        spoil(place, 2, before)
        fold.begin(AGAIN_MS - 1)
        too_soon = own.complete()
        fold.begin(AGAIN_MS)

    assert (unread.spending_known, unread.available_cents) == (False, None)
    assert (too_soon, own.complete(), own.spent_cents(PAYER)) == (False, True, 50)


def test_at_no_instant_of_a_switch_is_less_counted_than_was_spent(tmp_path: Path) -> None:
    """An office restored from an older backup knows less: what it forgot counts before its copy is in force."""
    place, own = Place(tmp_path), OwnFacts()
    branch, n = wrote(place, journal_kit.ended(1))
    told(place, contained=(branch, n))

    with folding(place, own) as (fold, _):
        fold.begin(0)
        contained = own.spent_cents(PAYER)
        fold.prepare(())
        prepared = own.spent_cents(PAYER)
        fold.settle()
        older = own.spent_cents(PAYER)
        fold.prepare((Contained(branch=branch, n=n),))
        still = own.spent_cents(PAYER)
        fold.settle()

    assert (contained, prepared, older, still, own.spent_cents(PAYER)) == (0, 50, 50, 50, 0)


def test_a_switch_that_does_not_come_changes_nothing(tmp_path: Path) -> None:
    """The disk refused: what counts is what the copy in force does not contain."""
    place, own = Place(tmp_path), OwnFacts()
    branch, n = wrote(place, journal_kit.ended(1))
    told(place, contained=(branch, n))

    with folding(place, own) as (fold, _):
        fold.begin(0)
        fold.prepare(())
        fold.give_up()

    assert (own.spent_cents(PAYER), own.complete()) == (0, True)


# The running program


def test_the_program_reads_the_journal_again_until_it_can(tmp_path: Path) -> None:
    """The exchange's thread outlives what it cannot read, and the fault behind it is known all along."""
    place, clock = Place(tmp_path), HandClock()
    wrote(place, *many(), WELDED)
    before = spoil(place, 2)
    floor, _ = place.starts_here(clock, MockRelayFactory())

    with running(floor):
        unread = floor.own.complete()
        shown = floor.engine.workshop.word(LASER.machine)
        spoil(place, 2, before)
        clock.passes(AGAIN_MS)
        wait_until(floor.own.complete, DEADLINE_S, "the journal to be read")
        spent = floor.own.spent_cents(PAYER)

    assert (unread, shown, spent) == (False, "fault", 50)


def test_a_thread_that_dies_ends_the_program_with_its_name(tmp_path: Path) -> None:
    """A reader's thread gone unseen is a machine that nobody can stop by badge; the service manager starts anew."""
    floor, _ = Place(tmp_path).starts_here(HandClock(), MockRelayFactory())

    with running(floor) as ended:
        floor.readers.stop()
        wait_until(lambda: ended, DEADLINE_S, "the end")

    (error,) = ended
    assert isinstance(error, ProgrammerError)
    assert "'readers'" in error.sentence("en")


@pytest.mark.parametrize("taken_away", [True, False])
def test_the_program_opens_the_relay_of_a_machine_that_leaves_its_channel(tmp_path: Path, *, taken_away: bool) -> None:
    """The old channel opens and the use ends with its reason, on the real journal."""
    place, clock, pins = Place(tmp_path, KILN), HandClock(), MockRelayFactory()
    place.leaves_a_use_open(clock, proven_s=90)
    pins.pin(17).output_with_state(state=True)
    floor, _ = place.starts_here(clock, pins)
    powered = bool(pins.pin(17).state)
    moved = (
        directory_kit.gone(KILN, 2)
        if taken_away
        else directory_kit.put(replace(KILN, channel="relay-9"), revision=2)[0]
    )

    with running(floor):
        floor._replica.apply_changes(incarnation="office-1", to_revision=2, entries=(moved,), vector=())  # noqa: SLF001
        floor._adopt_directory()  # noqa: SLF001 - what the exchange's thread does after a change
        wait_until(lambda: place.facts("session_ended"), DEADLINE_S, "the end")
        after = bool(pins.pin(17).state)

    assert (powered, after) == (True, False)
    assert [fact["reason"] for fact in place.facts("session_ended")] == ["machine_moved"]


LESSON = LessonMarked(
    group=GroupId("pottery"),
    phase="begun",
    machine=LASER.machine,
    member=MemberId("m-ada"),
    token=BadgeToken("0" * 64),
    account=AccountId("a-school"),
    machines=(LASER.machine,),
    headcount=12,
    from_ms=journal_kit.NOON,
    until_ms=journal_kit.NOON + 5_400_000,
    rules=RULES_VERSION,
    at=journal_kit.stamp(60),
)


def test_a_lesson_under_way_and_who_came_outlive_the_program(tmp_path: Path) -> None:
    """From the journal on disk, as the uses are; a lesson that is over, or a booking of somebody else, is not there."""
    place = Place(tmp_path)
    over = replace(LESSON, group=GroupId("weaving"))
    wrote(place, over, LESSON, journal_kit.opened(1, 90), journal_kit.ended(1, 120), replace(over, phase="over"))
    booked = tuple(
        Booked(member=MemberId(who), from_ms=journal_kit.NOON, until_ms=journal_kit.NOON + 3_600_000)
        for who in ("m-1", "m-2")
    )
    told(place, BookingsEntry(machine=LASER.machine, windows=booked), contained=None)

    clock = HandClock(wall_ms=journal_kit.NOON)
    clock.passes(600_000)
    floor, _ = place.starts_here(clock, MockRelayFactory())
    workshop = floor.engine.workshop
    settled(floor)

    assert {name: lesson.ends_at_ms for name, lesson in workshop.lessons.items()} == {"pottery": 5_400_000}
    assert workshop.came == {(LASER.machine, MemberId("m-1"), journal_kit.NOON)}


def test_that_nobody_has_looked_since_the_power_was_lost_outlives_the_program(tmp_path: Path) -> None:
    """The second start after the cut knows it as the first one did; a tap that looked is known as well."""
    machine = replace(LASER, after_power_loss="acknowledge")
    place = Place(tmp_path, machine)
    wrote(place, journal_kit.opened(1), journal_kit.ended(1))
    cold = []
    for looked in (False, False, True):
        if looked:
            at = replace(journal_kit.stamp(60), boot_id="boot-2")
            wrote(place, replace(journal_kit.refused(), machine=LASER.machine, reason=Refusal.POWER_WAS_LOST, at=at))
        floor, _ = place.starts_here(HandClock(boot_id="boot-2"), MockRelayFactory())
        cold.append(floor.engine.workshop.cold(LASER.machine))
        settled(floor)

    assert cold == [True, True, False]
