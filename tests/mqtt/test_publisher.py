"""From the engine's steps to a dashboard, over a real mosquitto."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import pytest

from controller.domain import events as ev
from controller.domain.ids import BranchId
from controller.domain.stamp import Stamp
from controller.domain.workshop import Workshop
from controller.exchange.announcing import JITTER_MS
from controller.exchange.broker import BIRTH, LocalBroker
from controller.exchange.contract import MACHINE_STATES
from controller.exchange.fakes import MemoryJournal
from controller.exchange.mqtt import Connection
from controller.exchange.public import About, last_will
from controller.exchange.public_memory import PublicMemory
from controller.exchange.publisher import Publisher
from tests.mqtt.workshop_broker import Ear, account, workshop_broker
from tests.mqtt.workshop_kit import LASER, MINUTE_MS, PLACE, at, holder, step, tap, workshop
from tests.waiting import wait_until

MACHINE = "indivis/crest/machine/laser"
STATUS = last_will(PLACE).topic
DEVICE = "homeassistant/device/crest/laser/config"

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    """A mosquitto of this test's own."""
    with workshop_broker(tmp_path / "broker") as running:
        yield running


def card() -> MemoryJournal:
    """The journal of a controller that has just started for the first time."""
    journal = MemoryJournal(PLACE.controller)
    journal.open_branch(BranchId("b1"), Stamp.of(at(0)))
    return journal


class Floor:
    """A workshop whose steps a publisher watches; the relay reads as the state says."""

    def __init__(
        self, broker: LocalBroker, journal: MemoryJournal | None = None, memory: PublicMemory | None = None
    ) -> None:
        self.workshop = workshop()
        self.now_ms = MINUTE_MS
        self.journal = journal or card()
        self.publisher = Publisher(
            PLACE,
            about=About(version="1.2.3", revenue=True, home_assistant="homeassistant"),
            first_seq=1,
            read_relay=lambda machine: self.workshop.word(machine) == "in_use",
            now=lambda: at(self.now_ms),
            open_journal=lambda: nullcontext(self.journal),
            memory=memory,
        )
        self.line = Connection(
            account(broker, "crest-1"),
            subscriptions=(BIRTH,),
            will=last_will(PLACE),
            on_message=self.publisher.heard,
            on_status=self.publisher.on_status,
            on_taken=self.publisher.taken,
            keep_while_lost=False,
        )

    def __enter__(self) -> Self:
        self.line.start()
        self.publisher.start(self.line, self.workshop)
        return self

    def __exit__(self, *_: object) -> None:
        self.publisher.stop()
        self.line.close()
        self.publisher.remember()

    def take(self, event: ev.Event, boot_ms: int = 0) -> None:
        """One step, as the engine tells its watchers."""
        self.workshop, effects = step(self.workshop, event, at(boot_ms))
        self.publisher.after_step(self.workshop, effects, at(boot_ms))
        for effect in effects:
            if isinstance(effect, ev.Record):
                self.journal.append(effect.fact)
                self.publisher.committed()

    def wait(self, ms: int) -> None:
        """Time passes."""
        self.now_ms += ms
        self.publisher.committed()

    def start_a_use(self) -> None:
        """A tap, and the use on disk."""
        self.take(tap(holder()))
        situation: Any = self.workshop.machines[LASER].situation
        self.take(ev.SessionStored(machine=LASER, session=situation.opened.session))


def last_state(board: Ear) -> dict[str, Any]:
    """The newest state heard, or nothing."""
    payloads = board.payloads(f"{MACHINE}/state")
    return json.loads(payloads[-1]) if payloads and payloads[-1] else {}


def test_a_use_is_seen_from_its_start_to_its_end(broker: LocalBroker) -> None:
    """A dashboard hears power given and taken, the relay as read, and the price at the end."""
    with Ear(account(broker, "board"), "indivis/#") as board, Floor(broker) as floor:
        wait_until(lambda: last_state(board).get("state") == "idle", what="the first state")
        floor.start_a_use()
        wait_until(lambda: last_state(board).get("state") == "in_use", what="the use")
        floor.take(tap(holder()), MINUTE_MS)
        wait_until(lambda: last_state(board).get("state") == "idle", what="the end")
        wait_until(lambda: board.payloads(f"{MACHINE}/relay")[-1] == b"OFF", what="the relay")

    events = [json.loads(payload) for payload in board.payloads(f"{MACHINE}/event")]
    assert [(event["event_type"], event["amount_cents"]) for event in events] == [("granted", None), ("ended", 30)]
    assert {event["replayed"] for event in events} == {False}
    relays = board.payloads(f"{MACHINE}/relay")
    assert [relay for index, relay in enumerate(relays) if relays[index - 1 : index] != [relay]] == [
        b"OFF",
        b"ON",
        b"OFF",
    ]


def test_numbers_only_grow(broker: LocalBroker) -> None:
    """`seq` orders states and events of one machine, so that a late message is known as old."""
    with Ear(account(broker, "board"), "indivis/#") as board, Floor(broker) as floor:
        floor.start_a_use()
        wait_until(lambda: last_state(board).get("state") == "in_use", what="the use")

    said = [json.loads(payload) for topic, payload, _ in board.heard if topic.endswith(("/state", "/event"))]
    numbers = [body["seq"] for body in said]
    assert numbers == sorted(set(numbers))


def test_what_happens_while_the_broker_is_away_is_told_late_and_says_so(broker: LocalBroker) -> None:
    """Events of an outage are kept and marked, and the states are there again although the broker forgot them."""
    with Floor(broker) as floor:
        wait_until(lambda: floor.line.status.word == "connected", what="the connection")
        broker.kill()
        wait_until(lambda: floor.line.status.word == "lost", what="the loss")
        floor.start_a_use()
        broker.restart()
        with Ear(account(broker, "board"), "indivis/#") as board:
            wait_until(lambda: last_state(board).get("state") == "in_use", what="the use")
            wait_until(lambda: board.payloads(STATUS), what="the hello")
            wait_until(lambda: board.payloads(f"{MACHINE}/event"), what="the event of the outage")

    late = [json.loads(payload) for payload in board.payloads(f"{MACHINE}/event")]
    assert {(event["event_type"], event["id"], event["replayed"]) for event in late} == {("granted", "b1-2", True)}
    assert set(board.payloads(STATUS)) == {b"online"}


def test_a_machine_that_is_wired_here_no_more_disappears(broker: LocalBroker) -> None:
    """Nothing retained is left behind of a machine that went to another controller."""
    with Ear(account(broker, "board"), "indivis/#") as board, Floor(broker) as floor:
        wait_until(lambda: last_state(board), what="the first state")
        gone = Workshop(branch=floor.workshop.branch, limits=floor.workshop.limits, machines=MappingProxyType({}))
        floor.publisher.after_step(gone, (), at(0))
        wait_until(lambda: board.payloads(f"{MACHINE}/in_use")[-1:] == [b""], what="the removal")

    with Ear(account(broker, "board", "late"), "indivis/#") as late:
        wait_until(lambda: late.payloads(STATUS), what="what is retained")
        assert [topic for topic, _, _ in late.heard if topic.startswith(MACHINE)] == []
    assert {topic for topic, payload, _ in board.heard if not payload} == {
        topic.template.format(site="crest", machine="laser") for topic in MACHINE_STATES
    }


def test_the_end_is_told_as_offline(broker: LocalBroker) -> None:
    """After a clean stop a dashboard reads `offline`, as after a lost connection."""
    with Ear(account(broker, "board"), STATUS) as board:
        with Floor(broker):
            wait_until(lambda: board.payloads(STATUS), what="the hello")
        wait_until(lambda: board.payloads(STATUS)[-1] == b"offline", what="the goodbye")

    assert set(board.payloads(STATUS)[:-1]) == {b"online"}


def test_what_happened_while_the_program_was_down_is_told_when_it_is_back(broker: LocalBroker, tmp_path: Path) -> None:
    """How far events are told outlives the program; none is told twice, and none is left out."""
    journal, path = card(), tmp_path / "public.json"
    with Ear(account(broker, "board"), f"{MACHINE}/+") as board:
        with Floor(broker, journal, PublicMemory.read(path)) as floor:
            wait_until(lambda: last_state(board), what="the first state")
            floor.start_a_use()
            wait_until(lambda: board.payloads(f"{MACHINE}/event"), what="the start")
        floor.take(tap(holder()), MINUTE_MS)
        with Floor(broker, journal, PublicMemory.read(path)):
            wait_until(lambda: len(board.payloads(f"{MACHINE}/event")) > 1, what="the end")

    said = [json.loads(payload) for payload in board.payloads(f"{MACHINE}/event")]
    assert [(event["event_type"], event["id"], event["replayed"]) for event in said] == [
        ("granted", "b1-2", False),
        ("ended", "b1-3", True),
    ]


def test_a_machine_that_went_while_the_program_was_down_disappears_too(broker: LocalBroker, tmp_path: Path) -> None:
    """What the broker keeps of a machine that was renamed or unwired meanwhile is taken away at the next start."""
    memory = PublicMemory(tmp_path / "public.json", machines={("crest", "mill")})
    with Ear(account(broker, "crest-1", "before")) as before:
        before.connection.publish("indivis/crest/machine/mill/state", b"{}", retain=True)
    with Ear(account(broker, "board"), "indivis/crest/machine/mill/state") as board, Floor(broker, memory=memory):
        wait_until(lambda: board.payloads("indivis/crest/machine/mill/state")[-1:] == [b""], what="the removal")


def test_home_assistant_finds_the_machine_and_is_answered_when_it_starts(broker: LocalBroker) -> None:
    """With a dashboard's account: the device is kept for whoever comes later, and said again at each birth."""

    def is_answered() -> bool:
        floor.wait(JITTER_MS)
        return len(board.payloads(DEVICE)) > before

    with Floor(broker) as floor, Ear(account(broker, "board"), "homeassistant/device/#") as board:
        wait_until(lambda: board.payloads(DEVICE), what="the device")
        before = len(board.payloads(DEVICE))
        board.connection.publish(BIRTH, b"online")
        wait_until(is_answered, what="the answer")

    assert len(set(board.payloads(DEVICE))) == 1
    assert json.loads(board.payloads(DEVICE)[0])["device"]["name"] == "Découpe laser"


def test_hours_and_uses_are_kept_for_whoever_comes_later(broker: LocalBroker) -> None:
    """A use that ended is in the totals, as bare numbers."""
    with Floor(broker) as floor, Ear(account(broker, "board"), f"{MACHINE}/+") as board:
        floor.start_a_use()
        floor.take(tap(holder()), 30 * MINUTE_MS)
        wait_until(lambda: board.payloads(f"{MACHINE}/sessions_total")[-1:] == [b"1"], what="the use")

    with Ear(account(broker, "board", "late"), f"{MACHINE}/+") as late:
        wait_until(lambda: late.payloads(f"{MACHINE}/hours_total"), what="the hours")
        assert late.payloads(f"{MACHINE}/hours_total") == [b"0.500"]
    assert board.payloads(f"{MACHINE}/energy_kwh") == []
