"""The engine with a disk moved by hand, a clock moved by hand and real relays on mock pins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.domain.facts import FaultRaised, SessionEnded, SessionOpened, StartAbandoned
from controller.domain.ids import BadgeToken
from controller.domain.reasons import Refusal, StopReason
from tests.floor.hand_floor import CNC, HERE, LASER_PIN, MILL, MILL_PIN, Floor
from tests.story import LASER


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    """The laser and the mill, free."""
    opened = Floor(tmp_path)
    yield opened
    opened.relays.close()


def kinds(floor: Floor) -> list[str]:
    """What is on disk and then what waits for it."""
    return [fact.KIND for fact in (*floor.journal.on_disk, *floor.journal.waiting)]


def test_a_relay_stays_open_until_its_use_is_on_disk(floor: Floor) -> None:
    """Rule 1: named before powered, also when the loop has taken everything that its own steps brought."""
    floor.taps()
    floor.turn()
    while_hung = (floor.powered(), kinds(floor))

    floor.stored()

    assert while_hung == (False, ["session_opened"])
    assert floor.powered()


def test_a_start_that_the_disk_takes_too_late_is_refused_and_never_powered(floor: Floor) -> None:
    """Rule 1: beyond the budget the start is refused; that it reaches the disk afterwards changes nothing."""
    floor.taps()
    floor.clock.passes(251)
    floor.turn()
    refused = floor.watch.refusals()

    floor.stored()

    assert refused == [Refusal.STORAGE_SLOW]
    assert not floor.powered()
    assert [type(fact) for fact in floor.journal.on_disk] == [SessionOpened, StartAbandoned]


def test_a_receipt_that_is_seen_too_late_powers_nothing(floor: Floor) -> None:
    """Rule 1: the commit may have been in time; the engine that saw it late still abandons the start."""
    floor.taps()
    floor.clock.passes(251)

    floor.stored()

    assert not floor.powered()
    assert kinds(floor) == ["session_opened", "start_abandoned"]


def test_a_relay_opens_though_the_journal_hangs(floor: Floor) -> None:
    """Rule 2: off before written."""
    floor.uses()
    before = floor.powered()

    floor.taps()

    assert (before, floor.powered()) == (True, False)
    assert [type(fact) for fact in floor.journal.waiting] == [SessionEnded]


def test_a_relay_is_open_before_the_end_is_handed_to_the_journal(floor: Floor) -> None:
    """Rule 2: the order inside the step, seen by the journal itself."""
    floor.uses()

    floor.taps()

    assert floor.journal.handed_over == [("session_opened", False), ("session_ended", False)]


def test_a_long_wait_for_the_disk_ends_no_use(floor: Floor) -> None:
    """Rule 2: a hung disk refuses starts and lets who has power go on."""
    floor.uses()
    floor.taps("ben", MILL)
    floor.clock.passes(10_000)
    floor.turn()

    floor.taps("ben", MILL)

    assert floor.powered()
    assert not floor.powered(MILL_PIN)
    assert floor.watch.refusals() == [Refusal.STORAGE_SLOW, Refusal.STORAGE_SLOW]


def test_a_disk_that_takes_facts_again_lets_makers_start_again(floor: Floor) -> None:
    """Slow storage is a report that is taken back."""
    floor.taps()
    floor.clock.passes(251)
    floor.turn()
    floor.stored()

    floor.taps()
    floor.stored()

    assert floor.powered()


def test_a_full_journal_refuses_starts_and_takes_ends(floor: Floor) -> None:
    """Journal full: starts are refused, stops are written."""
    floor.uses()
    floor.journal.full = True

    floor.taps("ben", MILL)
    floor.taps()
    floor.stored()

    assert floor.watch.refusals() == [Refusal.STORAGE_FULL]
    assert not floor.powered()
    assert kinds(floor)[-1] == "session_ended"


def test_a_relay_that_does_not_close_is_a_fault_that_locks_the_machine(floor: Floor) -> None:
    """Rule 6: read back, reported once, never tried again; the use is over at once."""
    floor.taps()
    floor.factory.pin(LASER_PIN).stuck = True
    floor.stored()
    floor.stored()

    floor.taps("ben")

    assert kinds(floor) == ["session_opened", "session_ended", "fault_raised", "tap_refused"]
    assert [fact.reason for fact in floor.journal.on_disk if isinstance(fact, SessionEnded)] == [StopReason.FAULT]
    assert floor.watch.refusals() == [Refusal.MACHINE_FAULT]


def test_a_relay_that_does_not_open_is_a_fault_that_locks_the_machine(floor: Floor) -> None:
    """Rule 6: welded contacts are told apart from off."""
    floor.uses()
    floor.factory.pin(LASER_PIN).stuck = True

    floor.taps()
    floor.stored()

    faults = [fact for fact in floor.journal.on_disk if isinstance(fact, FaultRaised)]
    assert [(fact.wanted_on, fact.read_on) for fact in faults] == [(False, True)]
    assert floor.engine.workshop.word(LASER) == "fault"


def test_two_machines_on_one_channel_do_not_share_its_power(tmp_path: Path) -> None:
    """A mistake in the directory ends in a fault, never in a use that powers the neighbour's machine."""
    floor = Floor(tmp_path, HERE, replace(CNC, channel="relay-1"))

    floor.uses()
    floor.uses("ben", MILL)
    mill = floor.engine.workshop.word(MILL)
    floor.relays.close()

    assert mill == "fault"


def test_a_channel_that_is_not_wired_here_reads_as_unknown(floor: Floor) -> None:
    """Unknown is a fault and never power."""
    floor.relays.place({LASER: "relay-9"})

    answers = (floor.relays.read(LASER), floor.relays.energise(LASER), floor.relays.de_energise(LASER))

    assert answers == (None, None, None)
    assert not floor.powered()


def test_a_running_use_is_proven_on_disk_within_one_tick(floor: Floor) -> None:
    """Rule 4: the tick says how long each open use has lasted."""
    floor.uses()

    floor.turn()

    assert [lasted_ms for _, lasted_ms in floor.tick.uses] == [60_000]


def test_the_owner_of_the_open_use_is_known_to_the_readers(floor: Floor) -> None:
    """Readers hand an owner's tap to the engine without a look-up; they learn the token from here."""
    before = dict(floor.engine.open_tokens)
    floor.uses()
    during = dict(floor.engine.open_tokens)

    floor.taps()

    assert (before, during, floor.engine.open_tokens) == ({}, {LASER: BadgeToken("token-of-ada")}, {})


def test_an_extractor_turns_on_its_own_pin_with_its_machine_and_for_a_while_after(tmp_path: Path) -> None:
    """The second relay of a laser that smokes, read back like the first."""
    floor = Floor(tmp_path, replace(HERE, extractor="relay-2", cool_down_s=120))
    floor.uses()
    in_use = (floor.powered(), floor.powered(MILL_PIN))
    floor.taps()
    after = (floor.powered(), floor.powered(MILL_PIN))

    floor.clock.passes(120_000)
    floor.turn()

    assert (in_use, after, floor.powered(MILL_PIN)) == ((True, True), (False, True), False)
    floor.relays.close()


def test_an_extractor_that_does_not_turn_is_read_back_and_stops_the_machine(tmp_path: Path) -> None:
    """Its line stays low, whatever it is told."""
    floor = Floor(tmp_path, replace(HERE, extractor="relay-2", cool_down_s=120))
    floor.factory.pin(MILL_PIN).stuck = True

    floor.taps()
    floor.stored()

    assert not floor.powered()
    assert [fact.cause for fact in floor.journal.waiting if isinstance(fact, FaultRaised)] == ["extractor"]
    floor.relays.close()


def test_an_extractor_that_is_wired_nowhere_here_lets_nobody_begin(tmp_path: Path) -> None:
    """Unknown is a fault, never power."""
    floor = Floor(tmp_path, replace(HERE, extractor="relay-7"))

    floor.taps()
    floor.stored()

    assert not floor.powered()
    floor.relays.close()
