"""An office as the exchange's stories need it: a store, a model ledger keyed by session, a tray, commits that wait."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.chain import SealedFact
from controller.domain.codec import UnknownFactError, encode, fact_from
from controller.domain.directory import BalanceEntry, MemberEntry
from controller.domain.facts import FaultRaised, SessionEnded
from controller.domain.ids import AccountId, BranchId, ControllerId, MemberId
from controller.domain.sessions import SessionKind
from controller.exchange.fakes import MemoryOffice
from controller.exchange.messages import DOWN_TYPES, LedgerHead, Up
from controller.exchange.office_side import OfficeSide
from controller.exchange.outputs import (
    Alarm,
    AlarmCode,
    Answered,
    Decided,
    Gap,
    Heard,
    OfficeOutput,
    Send,
    Store,
)
from controller.exchange.topics import controller_in
from tests.exchange.samples import BOOKS

if TYPE_CHECKING:
    from controller.domain.canonical import Json
    from tests.exchange.world import World

CREDIT_CENTS = 10_000
"""What every account has paid in."""


class Office:
    """The office: one disk with store, ledger and tray; a side per controller; commits that wait to be done."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.disk = MemoryOffice("inc-0")
        self.ledger: dict[str, tuple[str, int, int]] = {}
        self.interpreted: dict[tuple[ControllerId, BranchId], int] = {}
        self.tray: list[SealedFact] = []
        self.understands = False
        self.sides: dict[ControllerId, OfficeSide] = {}
        self.waiting: deque[tuple[ControllerId, Store | Decided]] = deque()
        self.alarms: list[AlarmCode] = []
        self.gaps: list[Gap] = []
        self.heard: dict[ControllerId, Heard] = {}
        self.answers: dict[str, str] = {}
        self.known: set[ControllerId] = set()
        self.auto_commit = True

    def side(self, name: ControllerId) -> OfficeSide:
        """The running side for a controller, made from the disk when there is none."""
        if name not in self.sides:
            self.sides[name] = OfficeSide(self.disk.view(name))
        return self.sides[name]

    def hear(self, topic: str, message: Up) -> None:
        """A message arrives from the broker; strangers are not listened to."""
        name = controller_in(topic)
        if name in self.known and name is not None:
            assert message.sender.controller == name
            self.take(name, self.side(name).received(message, self.world.wall_ms))

    def take(self, name: ControllerId, outputs: tuple[OfficeOutput, ...]) -> None:
        """Do what the exchange asks, as the real shell does."""
        for output in outputs:
            match output:
                case Send(message):
                    assert isinstance(message, DOWN_TYPES)
                    self.world.send_down(name, message)
                case Store() | Decided():
                    self.waiting.append((name, output))
                case Alarm(code=code):
                    self.alarms.append(code)
                case Gap():
                    self.gaps.append(output)
                case Heard():
                    self.heard[name] = output
                case Answered(command=command, outcome=outcome):
                    self.answers[command] = outcome
        if self.auto_commit:
            self.commit()

    def commit(self) -> None:
        """The disk has answered: what waited is stored, and may be acknowledged."""
        while self.waiting:
            name, output = self.waiting.popleft()
            if isinstance(output, Decided):
                self.disk.commit((), output.branches, name)
                continue
            for fact in output.facts:
                stored = self.disk.facts.get((fact.controller, fact.branch, fact.n))
                assert stored is None or stored == fact, "a stored fact was overwritten"
            self.disk.commit(output.facts, output.branches, name)
            for record in output.branches:
                self.take(name, self.side(name).stored(record.branch, record.stored_n, self.world.wall_ms))

    def crash(self) -> None:
        """Everything that was not committed is gone."""
        self.waiting.clear()
        self.sides.clear()

    def post(self) -> None:
        """Read what is stored, in order: to the ledger, or to the tray. Then the directory goes down."""
        for name, records in sorted(self.disk.records.items()):
            for record in sorted(records.values(), key=lambda one: one.born):
                if record.standing in ("open", "accepted"):
                    self._post_branch(name, record.branch, record.stored_n, record.first_n)
        for name in sorted(self.sides):
            self.take(name, self.sides[name].directory_changed(self.world.wall_ms))

    def _post_branch(self, name: ControllerId, branch: BranchId, stored_n: int, first_n: int) -> None:
        for n in range(self.interpreted.get((name, branch), first_n - 1) + 1, stored_n + 1):
            fact = self.disk.facts.get((name, branch, n))
            if fact is not None and fact.body is not None:
                self._post(fact)
            self.interpreted[name, branch] = n
        strange = [fact.n for fact in self.tray if fact.controller == name and fact.branch == branch]
        self.disk.contained[name, branch] = min([self.interpreted.get((name, branch), 0), *(n - 1 for n in strange)])

    def empty_tray(self) -> None:
        """A version that understands is installed, and a person lets the tray be posted."""
        self.understands = True
        self.tray = []
        self.post()

    def _post(self, fact: SealedFact) -> None:
        if fact.kind == "from_tomorrow" and self.understands:
            return
        try:
            read = fact_from(fact.kind, fact.schema, fact.body)
        except UnknownFactError:
            self.tray.append(fact)
            return
        match read:
            case SessionEnded(session=session, account=account, announced_cents=cents):
                if session not in self.ledger:
                    self.ledger[session] = (account, cents, sum(part for _, part, _ in self.ledger.values()))
                    self.put_balance(account)
                    self._seal()
            case FaultRaised(lock=name, machine=machine):
                self.disk.put("lock", name, {"lock": name, "machine": machine, "reason": "fault", "emergency": False})
            case _:
                pass

    def _seal(self) -> None:
        entry = len(self.ledger)
        self.disk.heads = (LedgerHead(books=BOOKS, entry=entry, hash=f"{entry:064x}"),)

    def put_balance(self, account: str) -> None:
        """Project an account's balance into the directory."""
        spent = sum(cents for owner, cents, _ in self.ledger.values() if owner == account)
        entry = BalanceEntry(account=AccountId(account), balance_cents=CREDIT_CENTS - spent, floor_cents=0, holds=())
        self._put("balance", account, entry)

    def put_member(self, number: int) -> None:
        """A member who is in the directory for the sake of its size."""
        name = f"m{number}"
        entry = MemberEntry(
            member=MemberId(name),
            account=AccountId("acc-ada"),
            status="active",
            membership_until_ms=None,
            language="fr",
            use_kind=SessionKind.PAID,
        )
        self._put("member", name, entry)

    def _put(self, kind: str, key: str, entry: BalanceEntry | MemberEntry) -> None:
        body = encode(entry)
        assert isinstance(body, dict)
        self.disk.put(kind, key, body)

    def changed(self, kind: str, key: str, body: dict[str, Json] | None) -> None:
        """Change the directory and send it on."""
        self.disk.put(kind, key, body)
        for name in sorted(self.sides):
            self.take(name, self.sides[name].directory_changed(self.world.wall_ms))

    def balance(self, account: str) -> int:
        """The account's balance in the ledger."""
        return CREDIT_CENTS - sum(cents for owner, cents, _ in self.ledger.values() if owner == account)

    def earned_cents(self) -> int:
        """What the machines earned: the wheel's position."""
        return sum(cents for _, cents, _ in self.ledger.values())


@dataclass(slots=True)
class Image:
    """A backup of the office."""

    disk: MemoryOffice
    ledger: dict[str, tuple[str, int, int]]
    interpreted: dict[tuple[ControllerId, BranchId], int]
    tray: list[SealedFact]
