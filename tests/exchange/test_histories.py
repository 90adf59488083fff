"""Random histories: every order of uses, losses, doublings, delays, crashes, backups, restores and copies that
hypothesis finds.

`quick` draws some hundreds; `make soak` draws thousands from a printed seed. A failing history shrinks to a few
steps, each of which can be read aloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from controller.domain.chain import broken_because
from controller.domain.ids import MachineId
from controller.domain.split import Wheel
from controller.exchange.outputs import AlarmCode
from tests.exchange.floor_model import Floor
from tests.exchange.history import CALM, CARDS, HOSTILE, JUDGED, OFFICE, History, Step, steps
from tests.exchange.office_model import CREDIT_CENTS
from tests.exchange.world import ACCOUNTS, World

if TYPE_CHECKING:
    from controller.domain.chain import SealedFact

WEIGHTS = (4, 1, 1, 1, 1)


def without_quarantine(world: World) -> None:
    """A fabmanager accepts every copy, so that all that is stored is posted too."""
    for name, records in list(world.office.disk.records.items()):
        for record in list(records.values()):
            if record.standing == "quarantined":
                verdict = world.office.side(name).decide_quarantine(record.branch, "accept", world.wall_ms)
                world.office.take(name, verdict)
    world.settle()


def ended_sessions(facts: list[SealedFact]) -> dict[str, set[int]]:
    """Which prices were announced for each use."""
    found: dict[str, set[int]] = {}
    for fact in facts:
        if fact.kind == "session_ended" and fact.body is not None:
            cents = fact.body["announced_cents"]
            assert isinstance(cents, int)
            found.setdefault(str(fact.body["session"]), set()).add(cents)
    return found


def check_one_line(world: World, floor: Floor) -> None:
    """The office holds what the card holds, byte for byte and in order, and the chain stands."""
    stored = world.stored(floor)
    held = floor.card.journal.facts
    assert stored[-len(held) :] == held
    assert [fact.n for fact in stored] == list(range(1, stored[-1].n + 1))
    previous = "0" * 64
    for fact in stored:
        assert broken_because(fact, previous) is None
        previous = fact.hash


def check_money(world: World) -> None:
    """Each ended use is posted once; balances and the owners' cumulative parts follow from that."""
    posted = world.office.ledger
    announced = ended_sessions(list(world.office.disk.facts.values()))
    assert posted.keys() == announced.keys()
    assert all(cents in announced[session] for session, (_, cents, _) in posted.items())
    parts = [0] * len(WEIGHTS)
    for _, cents, position in posted.values():
        parts = [part + more for part, more in zip(parts, Wheel.of(WEIGHTS).parts(position, cents), strict=True)]
    assert tuple(parts) == Wheel.of(WEIGHTS).position(world.office.earned_cents())
    spent = sum(CREDIT_CENTS - world.office.balance(account) for account in ACCOUNTS)
    assert spent == world.office.earned_cents()


def check_one_controller(history: list[Step]) -> None:
    """One controller on one card: the office ends with its journal, and its own view of credit was never too high."""
    play = History("pi")
    floor = play.world.floors[0]
    spent = dict.fromkeys(ACCOUNTS, 0)
    counted_n = 0
    for step in history:
        play.play([step])
        for fact in floor.card.journal.read(counted_n + 1, 1_000):
            counted_n = fact.n
            if fact.kind == "session_ended" and fact.body is not None:
                spent[str(fact.body["account"])] += int(str(fact.body["announced_cents"]))
        for account in ACCOUNTS:
            view = floor.view_cents(account)
            assert view is None or view <= CREDIT_CENTS - spent[account]

    play.end()

    check_one_line(play.world, floor)
    check_money(play.world)
    for account in ACCOUNTS:
        assert floor.view_cents(account) == play.world.office.balance(account)
    assert play.world.office.alarms == []
    assert set(floor.alarms) <= {AlarmCode.SIZE_DROP}
    assert play.world.office.heard[floor.name].replica.revision == play.world.office.disk.revision


def check_several(history: list[Step]) -> None:
    """Several controllers, copies and old cards: nothing that still exists is missing, nothing counts twice."""
    play = History("pi-east", "pi-north", "pi-west")
    play.play(history)

    play.end()
    without_quarantine(play.world)

    for floor in play.world.floors:
        if floor.side is not None:
            check_one_line(play.world, floor)
    check_money(play.world)
    assert AlarmCode.FORGERY not in play.world.office.alarms
    assert AlarmCode.BROKEN_CHAIN not in play.world.office.alarms


def locks_on(floor: Floor) -> set[str]:
    """The locks that this card's own journal tells of, as far as it still holds it."""
    faults = [fact.body for fact in floor.card.journal.facts if fact.kind == "fault_raised" and fact.body is not None]
    return {str(body["lock"]) for body in faults}


def locks_seen(floor: Floor) -> set[str]:
    """The locks that hold at this controller's machines: its replica's and its own."""
    own = {lock for machine in ("laser", "kiln") for lock in floor.overlay.locks(MachineId(machine))}
    return own | {key for kind, key in floor.card.replica.rows if kind == "lock"}


def check_judged(history: list[Step]) -> None:
    """Whatever a person decides about copies, no lock is forgotten for a moment, and no use counts twice."""
    play = History("pi-east", "pi-north")
    for step in history:
        play.play([step])
        for floor in play.world.floors:
            assert locks_on(floor) <= locks_seen(floor)
    play.end()
    world = play.world
    standings = {
        (name, record.branch): record.standing
        for name, records in world.office.disk.records.items()
        for record in records.values()
    }
    facts = world.office.disk.facts
    read = [fact for name, fact in facts.items() if standings[name[:2]] in ("open", "accepted")]
    assert ended_sessions(read).keys() <= world.office.ledger.keys() <= ended_sessions(list(facts.values())).keys()
    for floor in world.floors:
        check_one_line(world, floor)
        assert locks_on(floor) <= locks_seen(floor)
        if floor.standing == "open":
            told = {str(fact.body["lock"]) for fact in read if fact.kind == "fault_raised" and fact.body is not None}
            assert told <= locks_seen(floor)
    without_quarantine(world)
    spent = sum(CREDIT_CENTS - world.office.balance(account) for account in ACCOUNTS)
    assert spent == world.office.earned_cents()


@given(steps(CALM + HOSTILE + OFFICE + CARDS + JUDGED, 50))
def test_no_verdict_on_a_copy_loses_a_lock_or_doubles_a_use(history: list[Step]) -> None:
    """A fabmanager accepts and rejects copies while everything goes on."""
    check_judged(history)


@pytest.mark.soak
@settings(max_examples=3_000)
@given(steps(CALM + HOSTILE + OFFICE + CARDS + JUDGED, 200))
def test_verdicts_in_long_histories(history: list[Step]) -> None:
    """The same as the quick test of verdicts, longer and more often."""
    check_judged(history)


@given(steps(CALM + HOSTILE + OFFICE, 50))
def test_one_controllers_journal_reaches_the_office_byte_for_byte(history: list[Step]) -> None:
    """Whatever network, crashes and restores do, the office's facts end equal to the journal, in the same order."""
    check_one_controller(history)


@given(steps(CALM + HOSTILE, 40))
def test_three_controllers_meet_in_one_ledger(history: list[Step]) -> None:
    """Three controllers over a hostile network: the same facts, the same balances, the same parts of every owner."""
    check_several(history)


@given(steps(CALM + HOSTILE + OFFICE + CARDS + CARDS, 50))
def test_copied_and_old_cards_lose_nothing_and_double_nothing(history: list[Step]) -> None:
    """Cloned cards, old cards and restored offices: every fact on a living card is stored, every use counts once."""
    check_several(history)


@pytest.mark.soak
@settings(max_examples=3_000)
@given(steps(CALM + HOSTILE + OFFICE, 200))
def test_one_controllers_long_histories(history: list[Step]) -> None:
    """The same as the quick test of one controller, longer and more often."""
    check_one_controller(history)


@pytest.mark.soak
@settings(max_examples=3_000)
@given(steps(CALM + HOSTILE + OFFICE + CARDS + CARDS, 200))
def test_copied_and_old_cards_in_long_histories(history: list[Step]) -> None:
    """The same as the quick test of copies, longer and more often."""
    check_several(history)
