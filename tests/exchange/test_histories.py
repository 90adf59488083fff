"""Random histories: every order of uses, losses, doublings, delays, crashes, backups, restores and copies that
hypothesis finds.

`quick` draws some hundreds; `make soak` draws thousands from a printed seed. A failing history shrinks to a few
steps, each of which can be read aloud.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.domain.chain import broken_because
from controller.domain.split import Wheel
from controller.exchange.outputs import AlarmCode
from tests.exchange.floor_model import Card, Floor
from tests.exchange.office_model import CREDIT_CENTS
from tests.exchange.world import ACCOUNTS, World

if TYPE_CHECKING:
    from controller.domain.chain import SealedFact

WEIGHTS = (4, 1, 1, 1, 1)
CALM = ("use", "use", "open", "end", "deliver", "deliver", "deliver", "deliver", "many", "many", "later", "post")
HOSTILE = ("commit", "lose", "double", "delay", "restart", "crash", "strange", "apply_fails", "directory")
OFFICE = ("back_up", "restore_office", "month")
CARDS = ("image", "old_card", "declared_card", "clone")

Step = tuple[str, int, int]


def steps(names: tuple[str, ...], most: int) -> st.SearchStrategy[list[Step]]:
    """A history: what happens, to which controller, and a number that the step may use.

    Short histories meet nothing, so there is a least length; a failing one shrinks by steps in which nothing happens.
    """
    step = st.tuples(st.sampled_from(("nothing", *names)), st.integers(0, 3), st.integers(0, 40))
    return st.lists(step, min_size=most // 2, max_size=most)


class History:
    """Plays steps on a world and keeps what must be true at its end."""

    def __init__(self, *names: str) -> None:
        self.world = World(*names, as_bytes=False)
        self.world.office.auto_commit = False
        self.world.office.disk.slice_entries = 3
        self.images: list[tuple[str, Card]] = []
        for floor in self.world.floors:
            floor.start()

    def play(self, history: list[Step]) -> None:
        """Play a history, checking after every step."""
        for name, who, number in history:
            floor = self.world.floors[who % len(self.world.floors)]
            self.step(name, floor, number)

    def step(self, name: str, floor: Floor, number: int) -> None:
        """Let one thing happen; a step that finds nothing to happen to is passed over."""
        _ = (
            self._on_the_floor(name, floor, number)
            or self._on_the_way(name, number)
            or self._at_the_office(name, number)
        )

    def _on_the_floor(self, name: str, floor: Floor, number: int) -> bool:
        match name:
            case "use":
                floor.use(ACCOUNTS[number % 2], number)
            case "open":
                floor.open_use(ACCOUNTS[number % 2])
            case "end" if floor.uses:
                floor.end_use(number)
            case "restart":
                floor.start()
            case "strange":
                floor.unknown_fact()
            case "apply_fails":
                floor.apply_ok = not floor.apply_ok
            case "image":
                self.images.append((floor.name, floor.card.copy()))
            case "old_card" | "declared_card" if (image := self._image(floor)) is not None:
                floor.card = image
                floor.start(restored=name == "declared_card")
            case "clone" if len(self.world.floors) < 6:
                twin = self.world.new_floor(floor.name, floor.card.copy())
                self.world.floors.append(twin)
                twin.start()
            case _:
                return False
        return True

    def _on_the_way(self, name: str, number: int) -> bool:
        world = self.world
        match name:
            case "deliver":
                world.deliver()
            case "many":
                for _ in range(number):
                    world.deliver()
                world.office.commit()
            case "delay":
                world.deliver(number)
            case "lose":
                world.lose(number)
            case "double":
                world.double(number)
            case "later":
                world.later(number)
            case "month":
                world.wall_ms += 40 * 24 * 3_600_000
                world.later(3_601)
            case _:
                return False
        return True

    def _at_the_office(self, name: str, number: int) -> bool:
        office = self.world.office
        match name:
            case "commit":
                office.commit()
            case "post":
                office.post()
            case "crash":
                office.crash()
            case "directory":
                office.put_member(number)
            case "back_up":
                self.world.back_up()
            case "restore_office" if self.world.backups:
                self.world.restore_office(self.world.backups[-1])
            case _:
                return False
        return True

    def end(self) -> None:
        """Close what is open, repair what is broken, and give everything time."""
        for floor in self.world.floors:
            floor.apply_ok = True
            while floor.uses:
                floor.end_use(5)
        self.world.settle()
        for name, heard in sorted(self.world.office.heard.items()):
            if heard.replica.standing == "size_drop":
                self.world.office.side(name).confirm_size_drop()
        self.world.office.empty_tray()
        self.world.settle()

    def _image(self, floor: Floor) -> Card | None:
        own = [card for name, card in self.images if name == floor.name]
        return own[-1].copy() if own else None


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
