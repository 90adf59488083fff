"""The office's end of the exchange around a real database; a controller in memory to speak with."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from controller.domain.chain import SealedFact
from controller.domain.ids import BranchId, ControllerId
from controller.exchange.controller_side import ControllerSide
from controller.exchange.fakes import MemoryJournal, MemoryReplica
from controller.exchange.messages import Ack, Answer, Command, Down, Facts, Hello, Link, ReplicaState, Sender
from controller.exchange.outputs import Apply, ApplySnapshot, BeginSnapshot, ControllerOutput, Do, KeepChunk, Send
from controller.exchange.topics import down_topic, up_topic
from controller.exchange.wire import down_from_json, to_json
from controller.office.directory.tables import alarm
from controller.office.downlink import OfficeExchange
from controller.office.inbox import Inbox
from controller.office.journal_tables import journal_fact
from controller.office.ledger.tables import ledger_entry
from controller.office.office import Office
from controller.office.store import OfficeStore
from controller.office.vault import open_vault
from tests.office.workshop import Journal, Workshop

PI = ControllerId("pi-1")


@dataclass
class Desk:
    """The office's end of the exchange around the workshop's database."""

    shop: Workshop
    sent: list[tuple[str, Down]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin as a process does."""
        self.inbox = Inbox()
        self.office = Office(
            store=self.shop.store,
            vault=self.shop.vault,
            now_ms=lambda: self.shop.now_ms,
            send_command=self.inbox.send_command,
            changed=self.inbox.changed,
        )
        self.exchange = OfficeExchange(
            self.office,
            self.inbox,
            publish=lambda topic, payload: self.sent.append((topic, down_from_json(payload))),
            chain_key=Ed25519PrivateKey.generate(),
            folder=self.shop.folder,
        )

    def is_killed_and_starts_again(self) -> None:
        """Lose everything but the file."""
        self.closes()
        self.shop.store = OfficeStore(self.shop.folder / "office.db")
        self.shop.vault = open_vault(self.shop.folder / "vault.key", self.shop.store)
        self.__post_init__()

    def closes(self) -> None:
        """Let the files go; nothing is written."""
        self.exchange.close()
        self.shop.store.close()

    def hears(self, *messages: Hello | Facts | Answer, topic: str | None = None) -> None:
        """Take messages in, as far as storing and acknowledging them."""
        for message in messages:
            self.inbox.arrived(topic or up_topic(message.sender.controller), to_json(message), False)  # noqa: FBT003
        self.exchange.take_in()

    def turn(self) -> None:
        """Do all that one turn of the thread does."""
        self.exchange.take_in()
        self.exchange.read_on()

    def acknowledged(self) -> list[int]:
        """Up to which number each acknowledgement spoke, in order."""
        return [message.stored_up_to for _, message in self.sent if isinstance(message, Ack)]

    def commands(self) -> list[Command]:
        """What was sent to the floor to be done."""
        return [message for _, message in self.sent if isinstance(message, Command)]

    def entries(self) -> int:
        """How many uses the ledger holds."""
        with self.shop.store.read() as tx:
            query = select(func.count()).where(ledger_entry.c.kind == "session")
            return tx.execute(query).scalar_one()

    def stored(self) -> int:
        """How many facts the database holds."""
        with self.shop.store.read() as tx:
            return tx.execute(select(func.count()).select_from(journal_fact)).scalar_one()

    def alarms(self) -> list[str]:
        """The kinds of open alarms."""
        with self.shop.store.read() as tx:
            return list(tx.execute(select(alarm.c.kind).order_by(alarm.c.kind)).scalars())


def sender(journal: Journal, at_ms: int = 1_000, heard_ms: int | None = None) -> Sender:
    """The process that writes `journal`."""
    return Sender(
        controller=ControllerId(journal.controller),
        branch=BranchId(journal.branch),
        boot_id=journal.boot_id,
        at_ms=at_ms,
        heard_ms=heard_ms,
    )


def link(journal: Journal) -> Link:
    """Where the journal's branch begins."""
    parent, n, digest = journal.parent
    return Link(
        branch=BranchId(journal.branch),
        parent_branch=None if parent is None else BranchId(parent),
        parent_n=n,
        parent_hash=digest,
    )


def hello(journal: Journal, *older: Journal, at_ms: int = 1_000, heard_ms: int | None = None) -> Hello:
    """The process says where it stands; `older` are its line's earlier branches, youngest first."""
    head = journal.facts[-1]
    return Hello(
        sender=sender(journal, at_ms, heard_ms),
        lineage=tuple(link(each) for each in (journal, *older)),
        oldest_n=1,
        head_n=head.n,
        head_hash=head.hash,
        replica=ReplicaState(incarnation=None, revision=0, standing="ok"),
    )


def told(journal: Journal, facts: list[SealedFact] | None = None, *, oldest_n: int = 1) -> Facts:
    """The process tells its facts, or those given."""
    return Facts(sender=sender(journal), link=link(journal), oldest_n=oldest_n, facts=tuple(facts or journal.facts))


@dataclass
class Floor:
    """A whole controller in memory that speaks with the desk through bytes."""

    desk: Desk
    at_ms: int = 1_000
    heard: int = 0
    done: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start it with an empty replica and one branch."""
        told_by = Journal(self.desk.shop)
        self.journal, self.replica = MemoryJournal(PI), MemoryReplica()
        self.journal.open_branch(BranchId("b1"), told_by.stamp(0))
        self.side = ControllerSide(controller=PI, boot_id="boot-1", journal=self.journal, replica=self.replica)

    def connects(self) -> None:
        """Say hello and talk until both have nothing to say."""
        self.perform(self.side.connected(self.at_ms))
        self.talks()

    def talks(self) -> None:
        """Exchange all that waits on both sides."""
        self.desk.turn()
        while self.heard < len(self.desk.sent):
            topic, message = self.desk.sent[self.heard]
            self.heard += 1
            assert topic == down_topic(PI)
            self.at_ms += 10
            self.perform(self.side.received(message, self.at_ms))
            self.desk.turn()

    def perform(self, outputs: tuple[ControllerOutput, ...]) -> None:
        """Do what the controller's side asks for."""
        for output in outputs:
            match output:
                case Send(message):
                    payload = to_json(message)
                    self.desk.inbox.arrived(up_topic(PI), payload, False)  # noqa: FBT003
                case Apply():
                    self.replica.apply(output)
                    self.perform(self.side.applied(self.at_ms))
                case BeginSnapshot():
                    self.replica.staged = []
                case KeepChunk(data=data):
                    self.replica.staged.append(data)
                case ApplySnapshot(offer):
                    self.replica.apply_snapshot(offer)
                    self.perform(self.side.applied(self.at_ms))
                case Do(asked):
                    self.done.append(asked)
                    self.perform(self.side.command_answered(asked.id, "done", self.at_ms))
                case _:
                    pass
