"""A small world for the exchange: controllers with cards, an office with backups, and a network that does its worst.

Nothing moves by itself: a story or a random history says what happens next. Every message crosses as bytes. The
office's ledger is a model, keyed by session; what cannot be posted goes to its tray.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.domain.chain import SealedFact
from controller.domain.codec import UnknownFactError, encode, fact_from
from controller.domain.directory import BalanceEntry, MemberEntry
from controller.domain.facts import Fact, FaultRaised, HeadWitnessed, SessionEnded, SessionOpened
from controller.domain.ids import AccountId, BranchId, ControllerId, LockId, MemberId
from controller.domain.sessions import SessionKind
from controller.exchange.controller_side import ControllerSide
from controller.exchange.fakes import (
    MemoryJournal,
    MemoryOffice,
    MemoryReplica,
    backed_up_by,
    restored_from,
)
from controller.exchange.messages import Command, Facts, LedgerHead
from controller.exchange.office_side import OfficeSide
from controller.exchange.outputs import (
    Alarm,
    AlarmCode,
    Answered,
    Apply,
    ApplySnapshot,
    BeginSnapshot,
    ControllerOutput,
    Decided,
    Do,
    Fresh,
    Gap,
    Heard,
    KeepChunk,
    OfficeOutput,
    Send,
    Standing,
    Store,
    TrimUpTo,
    Witness,
)
from controller.exchange.overlay import Overlay
from controller.exchange.topics import controller_in, down_topic, up_topic
from controller.exchange.wire import down_from_json, to_json, up_from_json
from tests.exchange.samples import BOOKS, ended, lock, opened, restored_fact, stamp

if TYPE_CHECKING:
    from controller.domain.canonical import Json
    from controller.domain.ids import SessionId

CREDIT_CENTS = 10_000
ACCOUNTS = ("acc-ada", "acc-bob")
START_WALL_MS = 1_800_000_000_000


@dataclass(slots=True)
class Card:
    """What lies on a controller's disk."""

    journal: MemoryJournal
    replica: MemoryReplica

    def copy(self) -> Card:
        """An image of the card as it is now."""
        return Card(self.journal.copy(), self.replica.copy())


@dataclass(slots=True)
class Floor:
    """A controller: a card, and the process that runs on it (none while it is off)."""

    world: World
    name: ControllerId
    card: Card
    side: ControllerSide | None = None
    overlay: Overlay = field(default_factory=Overlay)
    alarms: list[AlarmCode] = field(default_factory=list)
    standing: str = "open"
    done: list[Command] = field(default_factory=list)
    fresh: list[Fresh] = field(default_factory=list)
    boots: int = 0
    uses: list[SessionOpened] = field(default_factory=list)
    apply_ok: bool = True

    def start(self, *, restored: bool = False) -> None:
        """Start a process: a new branch on the card, an overlay from its journal."""
        self.boots += 1
        self.world.branches += 1
        at = stamp(self.world.wall_ms)
        journal = self.card.journal
        end = journal.facts[-1] if journal.facts else None
        journal.open_branch(BranchId(f"b{self.world.branches:03d}"), at)
        if restored and end is not None:
            journal.append(restored_fact(end.branch, end.n, at))
        self.uses = []
        self.standing = "open"
        self.side = ControllerSide(
            controller=self.name,
            boot_id=f"boot-{self.world.branches}",
            journal=journal,
            replica=self.card.replica,
            now_ms=self.world.boot_ms,
        )
        self.fold_anew()
        self.take(self.side.connected(self.world.boot_ms))

    def stop(self) -> None:
        """Pull the plug."""
        self.side = None

    def fold_anew(self) -> None:
        """Build the overlay from what the journal holds."""
        self.overlay = Overlay(self.card.replica.vector)
        for fact in self.card.journal.facts:
            if fact.body is not None and fact.kind != "from_tomorrow":
                self.overlay.fold(fact.n, fact.branch, fact_from(fact.kind, fact.schema, fact.body))

    def write(self, fact: Fact) -> None:
        """Commit a fact and let the exchange know."""
        sealed = self.card.journal.append(fact)
        self.overlay.fold(sealed.n, sealed.branch, fact)
        self.tell()

    def tell(self) -> None:
        """The journal has grown."""
        if self.side is not None:
            self.take(self.side.fact_committed(self.world.boot_ms))

    def open_use(self, account: str = "acc-ada") -> None:
        """A maker taps and the machine starts."""
        self.world.serial += 1
        use = opened(f"{self.card.journal.head().branch}-{self.world.serial}", account, self.world.wall_ms)
        self.uses.append(use)
        self.write(use)

    def end_use(self, cents: int = 37) -> SessionId:
        """The maker taps again."""
        use = self.uses.pop()
        self.write(ended(use, cents, self.world.wall_ms))
        return use.session

    def use(self, account: str = "acc-ada", cents: int = 37) -> SessionId:
        """A whole use."""
        self.open_use(account)
        return self.end_use(cents)

    def unknown_fact(self) -> None:
        """A later version of the software writes something that the office does not know yet."""
        self.card.journal.append_raw("from_tomorrow", 1, {"at": encode(stamp(self.world.wall_ms))})
        self.tell()

    def fault(self, machine: str = "laser") -> LockId:
        """A relay does not answer: the machine is locked."""
        self.world.serial += 1
        fact = lock(f"lock-{self.world.serial}", machine, self.world.wall_ms)
        self.write(fact)
        return fact.lock

    def hear(self, data: bytes) -> None:
        """A message arrives from the broker."""
        if self.side is not None:
            self.take(self.side.received(down_from_json(data), self.world.boot_ms))

    def wake(self) -> None:
        """The exchange's timer is due."""
        if self.side is not None and self.world.boot_ms >= self.side.next_timer_ms():
            self.take(self.side.timer(self.world.boot_ms, self.world.wall_ms))

    def view_cents(self, account: str = "acc-ada") -> int | None:
        """What the controller believes the account may spend; `None` before a directory has come."""
        body = self.card.replica.rows.get(("balance", account))
        if body is None:
            return None
        entry = BalanceEntry(
            account=AccountId(account),
            balance_cents=int(str(body["balance_cents"])),
            floor_cents=0,
            holds=(),
        )
        return self.overlay.available_cents(entry, self.name)

    def take(self, outputs: tuple[ControllerOutput, ...]) -> None:  # noqa: C901, PLR0912 - one line per output
        """Do what the exchange asks, as the real shell does."""
        for output in outputs:
            match output:
                case Send(message):
                    self.world.bag.append((up_topic(self.name), to_json(message), self))
                case Apply():
                    self._apply(output)
                case BeginSnapshot():
                    self.card.replica.staged = []
                case KeepChunk(data=data):
                    self.card.replica.staged.append(data)
                case ApplySnapshot(offer):
                    self.card.replica.apply_snapshot(offer)
                    self.fold_anew()
                    self._applied()
                case TrimUpTo(n):
                    self.world.check_trim(self, n)
                    self.card.journal.trim(n)
                case Witness(head):
                    at = stamp(self.world.wall_ms)
                    self.write(HeadWitnessed(books=head.books, entry=head.entry, hash=head.hash, at=at))
                case Fresh():
                    self.fresh.append(output)
                    self.overlay.contact(output.stored_n)
                case Do(command):
                    self.done.append(command)
                    if self.side is not None:
                        self.take(self.side.command_answered(command.id, "done", self.world.boot_ms))
                case Standing(state):
                    self.standing = state
                case Alarm(code=code):
                    self.alarms.append(code)

    def _apply(self, output: Apply) -> None:
        if not self.apply_ok:
            assert self.side is not None
            self.take(self.side.apply_failed(self.world.boot_ms))
            return
        self.card.replica.apply(output)
        self.overlay.trim(output.vector)
        self._applied()

    def _applied(self) -> None:
        assert self.side is not None
        self.take(self.side.applied(self.world.boot_ms))


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

    def hear(self, topic: str, data: bytes) -> None:
        """A message arrives from the broker; strangers are not listened to."""
        name = controller_in(topic)
        if name in self.known and name is not None:
            message = up_from_json(data)
            assert message.sender.controller == name
            self.take(name, self.side(name).received(message, self.world.wall_ms))

    def take(self, name: ControllerId, outputs: tuple[OfficeOutput, ...]) -> None:
        """Do what the exchange asks, as the real shell does."""
        for output in outputs:
            match output:
                case Send(message):
                    self.world.send_down(name, to_json(message))
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
            if fact is not None:
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


class World:
    """Controllers, an office, and the messages between them."""

    def __init__(self, *names: str, accounts: tuple[str, ...] = ACCOUNTS) -> None:
        self.boot_ms = 1_000
        self.wall_ms = START_WALL_MS
        self.branches = 0
        self.serial = 0
        self.restores = 0
        self.bag: list[tuple[str, bytes, Floor | None]] = []
        self.backups: list[Image] = []
        self.office = Office(self)
        for account in accounts:
            self.office.put_balance(account)
        self.floors: list[Floor] = [self.new_floor(name) for name in names]

    def new_floor(self, name: str, card: Card | None = None) -> Floor:
        """A controller that is off, on an empty card or on a copy."""
        controller = ControllerId(name)
        self.office.known.add(controller)
        return Floor(self, controller, card or Card(MemoryJournal(controller), MemoryReplica()))

    def send_down(self, name: ControllerId, data: bytes) -> None:
        """Publish to a controller's topic: every copy of it that listens gets the message."""
        self.bag.extend((down_topic(name), data, floor) for floor in self.floors if floor.name == name)

    def deliver(self, place: int = 0) -> None:
        """Let one of the messages under way arrive."""
        if self.bag:
            topic, data, floor = self.bag.pop(place % len(self.bag))
            if topic.endswith("/up"):
                self.office.hear(topic, data)
            elif floor is not None:
                floor.hear(data)

    def lose(self, place: int) -> None:
        """One of the messages under way never arrives."""
        if self.bag:
            self.bag.pop(place % len(self.bag))

    def double(self, place: int) -> None:
        """One of the messages under way will arrive twice."""
        if self.bag:
            self.bag.append(self.bag[place % len(self.bag)])

    def flow(self, limit: int = 5_000) -> None:
        """Let everything arrive in order, answers and their answers too."""
        for _ in range(limit):
            if not self.bag:
                return
            self.deliver()
        raise AssertionError("the conversation does not end")

    def later(self, seconds: int) -> None:
        """Time passes; every exchange's timer is called."""
        self.boot_ms += seconds * 1000
        self.wall_ms += seconds * 1000
        for floor in self.floors:
            floor.wake()

    def settle(self) -> None:
        """Give everything time enough on a good network."""
        self.office.auto_commit = True
        self.office.commit()
        for _ in range(8):
            self.flow()
            self.office.post()
            self.flow()
            self.later(61)
        self.flow()

    def back_up(self) -> Image:
        """The office makes a backup, verifies it and puts it on another medium."""
        office = self.office
        image = Image(office.disk.copy(), dict(office.ledger), dict(office.interpreted), list(office.tray))
        backed_up_by(image.disk, office.disk)
        self.backups.append(image)
        return image

    def restore_office(self, image: Image, incarnation: str | None = None) -> None:
        """The office is put back from a backup; everything since is lost."""
        self.restores += 1
        office = self.office
        office.crash()
        office.disk = restored_from(image.disk, incarnation or f"inc-{self.restores}")
        office.ledger, office.tray = dict(image.ledger), list(image.tray)
        office.interpreted = dict(image.interpreted)

    def check_trim(self, floor: Floor, n: int) -> None:
        """Whatever a card lets go lies in a backup, and is old."""
        gone = [fact for fact in floor.card.journal.facts if fact.n <= n]
        for fact in gone:
            name = (fact.controller, fact.branch, fact.n)
            assert any(image.disk.facts.get(name) == fact for image in self.backups), f"{name} is in no backup"
            at = fact.body["at"] if fact.body is not None else None
            assert isinstance(at, dict)
            assert int(str(at["wall_ms"])) < self.wall_ms - 35 * 24 * 3_600_000, f"{name} is too young"

    def stored(self, floor: Floor) -> list[SealedFact]:
        """What the office holds of the line that this card is on, in order."""
        line = {link.branch: link for link in floor.card.journal.links}
        ends: dict[BranchId, int] = {
            link.parent_branch: link.parent_n for link in line.values() if link.parent_branch is not None
        }
        found = [
            fact
            for (name, branch, n), fact in self.office.disk.facts.items()
            if name == floor.name and branch in line and n <= ends.get(branch, n)
        ]
        return sorted(found, key=lambda fact: fact.n)

    def facts_under_way(self) -> list[int]:
        """The numbers of all facts now on their way up."""
        messages = [up_from_json(data) for topic, data, _ in self.bag if topic.endswith("/up")]
        return [fact.n for message in messages if isinstance(message, Facts) for fact in message.facts]
