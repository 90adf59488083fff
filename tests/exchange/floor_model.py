"""A controller as the exchange's stories need it: a card, a process on it, and a shell that does as asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.domain.codec import encode, fact_from
from controller.domain.directory import BalanceEntry
from controller.domain.facts import Fact, HeadWitnessed, SessionOpened
from controller.domain.ids import AccountId, BranchId, ControllerId, LockId
from controller.exchange.controller_side import ControllerSide
from controller.exchange.fakes import MemoryJournal, MemoryReplica
from controller.exchange.messages import UP_TYPES, BranchStanding, Command, Down
from controller.exchange.outputs import (
    Alarm,
    AlarmCode,
    Apply,
    ApplySnapshot,
    BeginSnapshot,
    ControllerOutput,
    Do,
    Fresh,
    KeepChunk,
    Send,
    Standing,
    TrimUpTo,
    Witness,
)
from controller.exchange.overlay import Overlay
from tests.exchange.samples import ended, lock, opened, restored_fact, stamp

if TYPE_CHECKING:
    from controller.domain.ids import SessionId
    from tests.exchange.world import World


RECOVERED_CENTS = 5
"""What a use costs that is found open at a start and closed at its last proven instant."""


def open_uses(journal: MemoryJournal) -> list[SessionOpened]:
    """The uses that a journal leaves open, in order."""
    found: dict[str, SessionOpened] = {}
    for fact in journal.facts:
        if fact.body is not None and fact.kind == SessionOpened.KIND:
            read = fact_from(fact.kind, fact.schema, fact.body)
            assert isinstance(read, SessionOpened)
            found[read.session] = read
        elif fact.body is not None and fact.kind == "session_ended":
            found.pop(str(fact.body["session"]), None)
    return list(found.values())


@dataclass(slots=True)
class Card:
    """What lies on a controller's disk."""

    journal: MemoryJournal
    replica: MemoryReplica
    standing: BranchStanding = "open"
    stopped: bool = False

    def copy(self) -> Card:
        """An image of the card as it is now."""
        return Card(self.journal.copy(), self.replica.copy(), self.standing, self.stopped)


@dataclass(slots=True)
class Floor:
    """A controller: a card, and the process that runs on it (none while it is off)."""

    world: World
    name: ControllerId
    card: Card
    side: ControllerSide | None = None
    overlay: Overlay = field(default_factory=Overlay)
    alarms: list[AlarmCode] = field(default_factory=list)
    standing: BranchStanding = "open"
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
        for use in open_uses(journal):
            journal.append(ended(use, RECOVERED_CENTS, self.world.wall_ms))
        self.uses = []
        self.standing = self.card.standing
        self.side = ControllerSide(
            controller=self.name,
            boot_id=f"boot-{self.world.branches}",
            journal=journal,
            replica=self.card.replica,
            now_ms=self.world.boot_ms,
            directory_standing="needs_upgrade" if self.card.stopped else "ok",
            standing=self.card.standing,
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

    def hear(self, message: Down) -> None:
        """A message arrives from the broker."""
        if self.side is not None:
            self.take(self.side.received(message, self.world.boot_ms))

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
                    assert isinstance(message, UP_TYPES)
                    self.world.send_up(self, message)
                case Apply():
                    self._apply(output)
                case BeginSnapshot():
                    self.card.replica.staged = []
                case KeepChunk(data=data):
                    self.card.replica.staged.append(data)
                case ApplySnapshot(offer):
                    self.card.replica.apply_snapshot(offer)
                    self.card.stopped = False
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
                    self.standing = self.card.standing = state
                case Alarm(code=code):
                    self.alarms.append(code)
                    self.card.stopped = self.card.stopped or code is AlarmCode.NEEDS_UPGRADE

    def _apply(self, output: Apply) -> None:
        if not self.apply_ok:
            assert self.side is not None
            self.take(self.side.apply_failed(self.world.boot_ms))
            return
        self.card.replica.apply(output)
        self.card.stopped = False
        self.overlay.trim(output.vector)
        self._applied()

    def _applied(self) -> None:
        assert self.side is not None
        self.take(self.side.applied(self.world.boot_ms))
