"""The office's end of the exchange over a real database: nothing acknowledged early, nothing lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from controller.domain.chain import SealedFact
from controller.domain.directory import BalanceEntry
from controller.domain.ids import AccountId, BooksId, BranchId, ControllerId
from controller.exchange.controller_side import ControllerSide
from controller.exchange.fakes import MemoryJournal, MemoryReplica
from controller.exchange.messages import Ack, Answer, Command, Down, Facts, Hello, Link, ReplicaState, Sender
from controller.exchange.outputs import Apply, ApplySnapshot, BeginSnapshot, ControllerOutput, Do, KeepChunk, Send
from controller.exchange.topics import down_topic, up_topic
from controller.exchange.wire import RUN_BYTES_MAX, chunk_of, down_from_json, entries_of, to_json
from controller.office.commands import FloorCommand, ask_stop
from controller.office.directory import machines
from controller.office.directory.entries import put
from controller.office.directory.places import controllers, create_controller
from controller.office.directory.tables import alarm, command
from controller.office.downlink import COMMAND_TTL_MS, OfficeExchange
from controller.office.downlink_store import ControllerStore, standings
from controller.office.inbox import Inbox, Judged
from controller.office.intake import set_quarantine, stored_up_to
from controller.office.journal_tables import journal_fact
from controller.office.last_backup import NAME
from controller.office.ledger.signing import last_head
from controller.office.ledger.tables import ledger_entry
from controller.office.office import Office
from controller.office.overview import backup_at
from controller.office.snapshots import Snapshots
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


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The office of the fictional workshop."""
    desk = Desk(Workshop.founded(tmp_path))
    yield desk
    desk.closes()


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


def test_what_is_acknowledged_is_in_the_database(desk: Desk) -> None:
    """The number that goes down is that of the commit, and it is said as soon as it is committed."""
    journal = Journal(desk.shop)
    journal.used()

    desk.hears(hello(journal), told(journal))

    assert desk.acknowledged() == [0, 3]
    with desk.shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1") == (3, journal.facts[-1].hash)


def test_facts_told_twice_are_posted_once(desk: Desk) -> None:
    """A repeated message is acknowledged again and changes nothing: one use, one entry, one payment."""
    journal = Journal(desk.shop)
    journal.used(seconds=600)
    desk.hears(hello(journal), told(journal))
    desk.turn()

    desk.hears(told(journal), hello(journal))
    desk.turn()

    assert (desk.stored(), desk.entries(), desk.shop.credit_cents()) == (3, 1, 4_400)
    assert desk.acknowledged()[-1] == 3


def test_a_kill_between_storing_and_reading_loses_nothing(desk: Desk) -> None:
    """Facts that were acknowledged and not yet read are read by the next process, without being sent again."""
    journal = Journal(desk.shop)
    journal.used(seconds=600)
    desk.hears(hello(journal), told(journal))
    before = desk.entries()
    desk.is_killed_and_starts_again()

    desk.turn()
    desk.turn()

    assert (before, desk.entries(), desk.shop.credit_cents()) == (0, 1, 4_400)


def test_a_commit_that_failed_is_not_acknowledged(desk: Desk) -> None:
    """When the file cannot be written nothing is acknowledged, and the same facts are taken when they come again."""
    journal = Journal(desk.shop)
    journal.used()
    desk.hears(hello(journal))
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON journal_fact BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    desk.hears(told(journal))
    while_full = (desk.stored(), desk.acknowledged())
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql("DROP TRIGGER full")

    desk.hears(hello(journal), told(journal))

    assert while_full == (0, [0])
    assert (desk.stored(), desk.acknowledged()[-1]) == (3, 3)


def test_an_unknown_controller_is_refused(desk: Desk) -> None:
    """What a controller says that the directory does not have is neither stored nor answered."""
    journal = Journal(desk.shop, controller="stranger")

    desk.hears(hello(journal), told(journal))
    desk.turn()

    assert (desk.stored(), desk.sent) == (0, [])


def test_a_controller_made_known_is_heard_at_once(desk: Desk) -> None:
    """Once a fabmanager has added a controller, the office listens to it without a restart."""
    journal = Journal(desk.shop, controller="pi-2")
    desk.hears(hello(journal), told(journal))
    with desk.office.changing("tester") as change:
        create_controller(change, "pi-2", "crest", "Deuxième Pi")

    desk.hears(hello(journal), told(journal))

    assert (desk.stored(), desk.acknowledged()[-1]) == (1, 1)


def test_a_message_on_anothers_topic_is_refused(desk: Desk) -> None:
    """A controller speaks for itself only: the name in the message must be the topic's, which the broker guards."""
    journal = Journal(desk.shop)
    with desk.office.changing("tester") as change:
        create_controller(change, "pi-2", "crest", "Deuxième Pi")

    desk.hears(hello(journal), told(journal), topic=up_topic(ControllerId("pi-2")))

    assert (desk.stored(), desk.sent) == (0, [])


def test_a_retained_or_broken_message_is_nobodys_word(desk: Desk) -> None:
    """Neither what a broker kept nor bytes that are no message reach the database."""
    journal = Journal(desk.shop)
    desk.inbox.arrived(up_topic(PI), to_json(hello(journal)), True)  # noqa: FBT003
    desk.inbox.arrived(up_topic(PI), b"{", False)  # noqa: FBT003

    desk.turn()

    assert (desk.stored(), desk.sent) == (0, [])


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


def test_a_new_controller_gets_the_whole_directory(desk: Desk) -> None:
    """A card that was never here pulls a snapshot and then holds exactly the office's living entries."""
    floor = Floor(desk)

    floor.connects()

    assert ("machine", "kiln") in floor.replica.rows
    assert floor.replica.rows["balance", desk.shop.account] == desk.shop.entry("balance", desk.shop.account)
    with desk.shop.store.read() as tx:
        assert controllers(tx)[0]["applied_revision"] == floor.replica.revision()


def test_a_large_directory_comes_down_in_canonical_chunks(desk: Desk) -> None:
    """Every chunk is the canonical form of its entries, within the limit of a message, and together they are all."""
    entries = [
        BalanceEntry(account=AccountId(f"a{number}"), balance_cents=number, floor_cents=0, holds=())
        for number in range(1_500)
    ]
    with desk.shop.changing() as change:
        put(change.tx, entries)
    snapshots = Snapshots(desk.shop.store, desk.shop.folder)
    view = ControllerStore(desk.shop.store, PI, snapshots, lambda: desk.shop.now_ms)

    offer = view.snapshot_offer()
    chunks = [view.snapshot_chunk(offer.revision, number) or "" for number in range(offer.chunks)]

    assert len(chunks) > 1
    assert max(map(len, chunks)) <= RUN_BYTES_MAX + len("[]")
    assert [chunk_of(entries_of(chunk)) for chunk in chunks] == chunks
    assert sum(len(entries_of(chunk)) for chunk in chunks) == offer.total == 1_500 + 7
    assert view.snapshot_chunk(offer.revision, offer.chunks) is None
    snapshots.close()


def test_what_a_person_changes_reaches_the_controller_unasked(desk: Desk) -> None:
    """A lock set on the page goes down in the office's next turn, and the page learns that it has arrived."""
    floor = Floor(desk)
    floor.connects()
    with desk.office.changing("tester") as change:
        lock = machines.set_lock(change, "kiln", "porte ouverte")

    floor.talks()

    assert floor.replica.rows["lock", lock]["machine"] == "kiln"
    with desk.shop.store.read() as tx:
        assert controllers(tx)[0]["applied_revision"] == floor.replica.revision()


def test_the_vector_names_what_the_figures_contain(desk: Desk) -> None:
    """After a use was read, the balance that comes down and the number up to which it counts arrive together."""
    floor = Floor(desk)
    floor.connects()
    journal = Journal(desk.shop)
    journal.used(seconds=600)
    for sealed in journal.facts[1:]:
        floor.journal.append_raw(sealed.kind, sealed.schema, sealed.body or {})

    floor.perform(floor.side.fact_committed(floor.at_ms))
    floor.talks()

    assert floor.replica.rows["balance", desk.shop.account]["balance_cents"] == 4_400
    assert [(each.branch, each.n) for each in floor.replica.vector] == [("b1", 3)]


def opened(desk: Desk) -> tuple[Journal, FloorCommand]:
    """A use under way that a person wants stopped; the stop is written down and not handed over yet."""
    journal = Journal(desk.shop)
    journal.opened()
    desk.hears(hello(journal), told(journal))
    desk.turn()
    with desk.office.changing("tester") as change:
        return journal, ask_stop(change, "s-1")


def test_a_stop_goes_to_the_boot_that_runs_the_use(desk: Desk) -> None:
    """A command names its session and dies by the boot clock of the process that was heard last."""
    _, asked = opened(desk)

    desk.office.send_command(asked)
    desk.turn()

    [sent] = desk.commands()
    assert (sent.id, sent.kind, sent.session, sent.boot_id) == (asked.id, "stop", "s-1", "boot-1")
    assert sent.expires_boot_ms == 1_000 + COMMAND_TTL_MS


def test_a_stop_that_a_kill_kept_from_being_sent_is_sent_by_the_next_process(desk: Desk) -> None:
    """The database remembers what was asked; it is sent when the controller is heard again, within its time."""
    journal, _ = opened(desk)
    desk.is_killed_and_starts_again()
    desk.turn()
    silent = desk.commands()

    desk.hears(hello(journal))
    desk.turn()

    assert silent == []
    assert [sent.session for sent in desk.commands()] == ["s-1"]


def test_a_stop_that_nobody_could_hear_is_said_to_have_expired(desk: Desk) -> None:
    """A command whose time is over is never sent, and the page is told."""
    journal, asked = opened(desk)
    desk.is_killed_and_starts_again()
    desk.office.send_command(asked)
    desk.shop.now_ms += COMMAND_TTL_MS

    desk.turn()
    desk.hears(hello(journal))
    desk.turn()

    with desk.shop.store.read() as tx:
        assert set(tx.execute(select(command.c.outcome)).scalars()) == {"expired"}
    assert desk.commands() == []


def test_the_answer_to_a_command_is_written_down(desk: Desk) -> None:
    """What became of a stop is kept; the first answer holds."""
    journal, asked = opened(desk)

    for outcome in ("done", "expired"):
        desk.hears(Answer(sender=sender(journal), command=asked.id, outcome=outcome))

    with desk.shop.store.read() as tx:
        assert tx.execute(select(command.c.outcome)).scalar_one() == "done"


def test_heads_that_moved_are_signed_once(desk: Desk) -> None:
    """After a posting the chain's end is signed within the minute, and not again while it stands."""
    journal = Journal(desk.shop)
    journal.used()
    desk.hears(hello(journal), told(journal))
    desk.turn()

    desk.shop.now_ms += 60_000
    desk.turn()
    desk.shop.now_ms += 60_000
    desk.turn()

    with desk.shop.store.read() as tx:
        head = last_head(tx, BooksId("lab"))
        newest = tx.execute(select(func.max(ledger_entry.c.seq))).scalar_one()
    assert head is not None
    assert (head.n, head.seq) == (1, newest)


def test_an_acknowledgement_says_how_far_the_backup_reaches(desk: Desk) -> None:
    """Only what a verified copy holds may be trimmed, so that number is told apart from what is stored."""
    journal = Journal(desk.shop)
    journal.used()
    desk.hears(hello(journal), told(journal))
    backup = {"at": "2027-01-15T03:00:00+01:00", "reached": [{"controller": "pi-1", "branch": "b1", "n": 2}]}
    (desk.shop.folder / NAME).write_text(json.dumps(backup))
    desk.turn()

    desk.hears(hello(journal))

    [*_, ack] = [message for _, message in desk.sent if isinstance(message, Ack)]
    assert (ack.stored_up_to, ack.backed_up_to) == (3, 2)
    with desk.shop.store.read() as tx:
        assert backup_at(tx) == 1_799_978_400_000


@pytest.mark.parametrize("said", ["", "[]", '{"at": "2027-01-15", "reached": [{"n": "3"}]}', '{"reached": []}'])
def test_a_note_of_a_backup_that_is_not_understood_lets_nothing_be_trimmed(desk: Desk, said: str) -> None:
    """A damaged note counts as no backup, and the exchange goes on."""
    journal = Journal(desk.shop)
    journal.used()
    (desk.shop.folder / NAME).write_text(said)
    desk.turn()

    desk.hears(hello(journal), told(journal))

    [*_, ack] = [message for _, message in desk.sent if isinstance(message, Ack)]
    assert (ack.stored_up_to, ack.backed_up_to) == (3, 0)


def test_facts_that_are_gone_for_good_leave_a_gap_that_is_told(desk: Desk) -> None:
    """A card that trimmed what this office never saw is taken from where it begins, and a person hears of the gap."""
    journal = Journal(desk.shop)
    journal.used()
    journal.used(2)

    desk.hears(hello(journal), told(journal, journal.facts[3:], oldest_n=4))

    assert (desk.stored(), desk.acknowledged()[-1]) == (2, 5)
    assert desk.alarms() == ["journal_gap"]


def copies(desk: Desk) -> tuple[Journal, Journal]:
    """Two children of one branch that both speak and have both heard the office: a card was copied."""
    parent = Journal(desk.shop)
    elder, younger = parent.child("b2"), parent.child("b3")
    desk.hears(told(parent), hello(elder, parent), told(elder), hello(younger, parent), told(younger))
    desk.shop.now_ms += 1_000
    heard_ms = desk.shop.now_ms
    desk.hears(
        hello(elder, parent, at_ms=2_000, heard_ms=heard_ms), hello(younger, parent, at_ms=2_000, heard_ms=heard_ms)
    )
    return elder, younger


def test_of_two_cards_that_speak_at_once_the_younger_is_stored_and_not_posted(desk: Desk) -> None:
    """A copy's uses are kept and wait for a person; the elder card goes on."""
    elder, younger = copies(desk)
    elder.used(1)
    younger.used(2)

    desk.hears(told(elder), told(younger))
    desk.turn()

    assert (desk.stored(), desk.entries()) == (7, 1)
    assert "quarantined" in desk.alarms()
    with desk.shop.store.read() as tx:
        assert standings(tx, "pi-1") == {"b1": "open", "b2": "open", "b3": "quarantined"}


@pytest.mark.parametrize("by", ["exchange", "database"])
def test_a_card_that_a_person_accepts_is_posted(desk: Desk, by: str) -> None:
    """What was held back is posted once a person has decided, through the exchange or in the database."""
    _, younger = copies(desk)
    younger.used(2)
    desk.hears(told(younger))
    desk.turn()
    before = desk.entries()

    if by == "exchange":
        desk.inbox.ask(Judged(controller=PI, branch=BranchId("b3"), verdict="accept"))
    else:
        with desk.office.changing("tester") as change:
            set_quarantine(change, "pi-1", "b3", quarantined=False)
    desk.turn()
    desk.turn()

    with desk.shop.store.read() as tx:
        assert standings(tx, "pi-1")[BranchId("b3")] == "accepted"
    assert (before, desk.entries()) == (0, 1)


def test_an_alarm_that_is_open_is_not_raised_again(desk: Desk) -> None:
    """A forgery that comes again every minute is one thing to look at, not a flood."""
    journal, forged = Journal(desk.shop), Journal(desk.shop)
    journal.used(1)
    forged.used(2)
    desk.hears(hello(journal), told(journal))

    desk.hears(told(forged), told(forged))

    assert desk.alarms() == ["forgery"]
    assert desk.stored() == 3
