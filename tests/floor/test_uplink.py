"""The exchange at a running controller, with a real broker and an office whose words are chosen by hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

import pytest

from controller.domain.ids import BranchId, ControllerId, LockId
from controller.exchange import topics, wire
from controller.exchange.broker import Account, LocalBroker, start_broker
from controller.exchange.dialogue import Broker
from controller.exchange.messages import Ack, BranchStanding, Changes, Down, Entry, Hello
from controller.exchange.mqtt import Connection
from controller.floor.adapters.clock import HandClock
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.daemon import VERSION, Floor
from controller.floor.replica import Replica
from tests.floor import directory_kit
from tests.floor.running_floor import running
from tests.floor.test_daemon import DEADLINE_S, LASER, Place
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

HERE = ControllerId("pi-east")
CURFEW = Entry(kind="curfew", key="laser", body={"from": 22}, revision=2)


class Office:
    """Hears the controller, and says what it is told to."""

    def __init__(self, broker: LocalBroker) -> None:
        self.hellos: list[Hello] = []
        self._line = Connection(
            account(broker, "office"), subscriptions=(topics.UP_FILTER,), on_message=self._hear, keep_while_lost=True
        )

    def __enter__(self) -> Self:
        self._line.start()
        wait_until(lambda: self._line.status.word == "connected", DEADLINE_S, "the office's line")
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()

    def hello(self) -> Hello:
        """The newest word of a process that has just started."""
        return wait_until(lambda: self.hellos, DEADLINE_S, "a hello")[-1]

    def says(self, message: Down) -> None:
        """Send it down."""
        self._line.publish(topics.down_topic(HERE), wire.to_json(message))

    def acknowledges(self, *, revision: int = 1, standing: BranchStanding = "open") -> None:
        """Everything the newest hello named is stored here."""
        hello = self.hello()
        self.says(
            Ack(
                to=hello.sender.branch, incarnation="office-1", branch=hello.sender.branch, stored_up_to=hello.head_n,
                hash=hello.head_hash, backed_up_to=0, ledger_heads=(), revision=revision, office_ms=1,
                echo_ms=hello.sender.at_ms, standing=standing,
            )
        )  # fmt: skip

    def changes(self, *entries: Entry) -> None:
        """Revision 2 of the directory."""
        self.says(Changes(incarnation="office-1", from_revision=1, to_revision=2, entries=entries, vector=()))

    def _hear(self, _topic: str, payload: bytes, _retained: bool) -> None:  # noqa: FBT001 - as MQTT says it
        message = wire.up_from_json(payload)
        if isinstance(message, Hello):
            self.hellos.append(message)


def account(broker: LocalBroker, username: str) -> Broker:
    """How somebody connects."""
    return Broker(host=broker.host, port=broker.port, client_id=username, username=username, password="fictif")


class Evening:
    """A broker, an office, and a controller that is started as often as one likes."""

    def __init__(self, root: Path, stack: ExitStack) -> None:
        accounts = (
            Account(username="office", role="office", password="fictif"),
            Account(username=HERE, role="controller", password="fictif", site="crest"),
        )
        self.broker = stack.enter_context(start_broker(root / "broker", accounts))
        self.office = stack.enter_context(Office(self.broker))
        self.place = Place(root)

    def starts(self) -> Floor:
        """The program, not running yet; the office has heard nothing of it."""
        self.office.hellos.clear()
        floor, _ = self.place.starts_here(HandClock(), MockRelayFactory(), account(self.broker, HERE))
        return floor

    def copy(self) -> Replica:
        """The directory's copy, while no program has it."""
        return Replica(self.place.state / "replica.db")


@pytest.fixture
def evening(tmp_path: Path) -> Iterator[Evening]:
    """All of it."""
    with ExitStack() as stack:
        yield Evening(tmp_path, stack)


def test_a_lock_that_comes_down_reaches_the_machine(evening: Evening) -> None:
    """From the office's word to the engine's state."""
    floor, lock = evening.starts(), directory_kit.lock()

    with running(floor):
        evening.office.acknowledges(revision=2)
        evening.office.changes(*directory_kit.put(lock, revision=2))
        wait_until(lambda: LockId("lock-1") in floor.engine.workshop.locks, DEADLINE_S, "the lock")
        word = floor.engine.workshop.word(LASER.machine)

    assert word == "locked_out"


def test_a_controller_that_stopped_says_so_at_once_after_a_restart(evening: Evening) -> None:
    """It met a kind of entry from tomorrow: nobody starts, and the next start asks for no changes again."""
    floor = evening.starts()
    with running(floor):
        first = evening.office.hello().replica.standing
        evening.office.acknowledges(revision=2)
        evening.office.changes(CURFEW)
        wait_until(lambda: _stopped(evening), DEADLINE_S, "the stop on disk")

    with running(evening.starts()):
        second = evening.office.hello().replica.standing

    assert (first, second) == ("ok", "needs_upgrade")


@pytest.mark.parametrize(("version", "standing"), [(VERSION, "needs_upgrade"), ("0.0.0", "ok")])
def test_another_version_asks_again_for_what_the_last_one_did_not_understand(
    evening: Evening, version: str, standing: str
) -> None:
    """The upgrade has come; what is known here stays refused until the changes were understood."""
    copy = evening.copy()
    copy.stop_at("entries of kind 'curfew' are not known here", version)
    copy.close()

    floor = evening.starts()
    with running(floor):
        said = evening.office.hello().replica.standing
        understood = floor.engine.workshop.understood

    assert (said, understood) == (standing, False)


def test_the_office_word_about_a_card_reaches_engine_and_disk(evening: Evening) -> None:
    """Nothing starts from then on, after a restart without the office either."""
    floor = evening.starts()

    with running(floor):
        evening.office.acknowledges(standing="quarantined")
        wait_until(lambda: floor.engine.workshop.quarantined, DEADLINE_S, "the engine to know")
    copy = evening.copy()
    standing = copy.standing()
    copy.close()

    assert standing == "quarantined"


def test_what_nobody_can_read_ends_no_conversation(evening: Evening) -> None:
    """Noise, a message too long to be one, and one for somebody else: the next word is heard."""
    floor = evening.starts()

    with running(floor):
        hello = evening.office.hello()
        line = evening.office._line  # noqa: SLF001 - the office's own hand
        for noise in (b"{", b"\xff", b" " * (wire.MESSAGE_BYTES_MAX + 1)):
            line.publish(topics.down_topic(HERE), noise)
        evening.office.says(
            Ack(
                to=BranchId("another"), incarnation="office-1", branch=BranchId("another"), stored_up_to=0,
                hash=hello.head_hash, backed_up_to=0, ledger_heads=(), revision=1, office_ms=1, echo_ms=0,
                standing="rejected",
            )
        )  # fmt: skip
        evening.office.acknowledges(revision=2)
        evening.office.changes(*directory_kit.put(directory_kit.lock(), revision=2))
        wait_until(lambda: LockId("lock-1") in floor.engine.workshop.locks, DEADLINE_S, "the lock")
        quarantined = floor.engine.workshop.quarantined

    assert not quarantined


def _stopped(evening: Evening) -> bool:
    with closing(sqlite3.connect(f"file:{(evening.place.state / 'replica.db').resolve()}?mode=ro", uri=True)) as look:
        return look.execute("SELECT needs_upgrade FROM replica_state").fetchone()[0] is not None
