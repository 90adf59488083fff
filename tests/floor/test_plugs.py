"""Smart plugs over a real mosquitto: as a machine's switch, and as its meter."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from controller.domain import events as ev
from controller.domain.metering import Sample
from controller.exchange.broker import Account, LocalBroker, start_broker
from controller.exchange.dialogue import Broker
from controller.exchange.outgoing import Outbound
from controller.floor.leased_switch import LeasedSwitch
from controller.floor.meters import Meters
from controller.floor.plug_simulator import SimulatedPlug
from controller.floor.plug_words import LEASE_S, Kind, words_of
from controller.floor.plugs import RENEW_S, SILENT_MAX_S, WORD_MAX_S, PlugLine, Plugs
from controller.floor.ports import LATER
from controller.settings import Plug
from tests.mqtt.workshop_broker import Ear
from tests.story import LASER
from tests.waiting import wait_until

DEADLINE_S = 30.0
PASSWORD = "prises-fictives"
LOST = ev.SwitchSeen(channel="laser", reached=False)
FOUND = ev.SwitchSeen(channel="laser", reached=True)
CLOSED = ev.RelayRead(machine=LASER, wanted_on=True, read_on=True)
OPENED = ev.RelayRead(machine=LASER, wanted_on=False, read_on=False)
POWER_UNASKED = ev.RelayRead(machine=LASER, wanted_on=False, read_on=True)


class Bench:
    """A plug, its switch and its meter, and one clock for both ends that a hand moves."""

    def __init__(self, kind: Kind, broker: LocalBroker) -> None:
        self.broker = broker
        self.now_s = 1_000.0
        self.events: queue.SimpleQueue[ev.Event] = queue.SimpleQueue()
        self.heard: list[ev.Event] = []
        self.line = PlugLine(self.clock)
        self.switch = LeasedSwitch("laser", self.line, tell=self.events.put, machine_on=lambda _channel: LASER)
        topic = "shelly/saw" if kind == "shelly" else "saw"
        self.plug = SimulatedPlug(kind, topic, self.at(f"plug-{kind}"), monotonic_s=self.clock)
        self.plugs = Plugs(
            [Plug(name="saw-plug", channel="laser", kind=kind, topic=topic)],
            self.at("indivis"),
            controller="pi-1",
            lines={"saw-plug": (self.line, self.switch)},
            meters=Meters(self.events.put, count(0, 100).__next__),  # every sample is told
            monotonic_s=self.clock,
        )

    def at(self, client_id: str) -> Broker:
        """Where the broker is."""
        return Broker(
            host=self.broker.host, port=self.broker.port, client_id=client_id, username="plugs", password=PASSWORD
        )

    def clock(self) -> float:
        """The one clock."""
        return self.now_s

    def passes(self, seconds: float) -> None:
        """Time passes for both ends."""
        self.now_s += seconds

    def hears(self, wanted: ev.Event) -> None:
        """Wait until the engine was told so."""

        def told() -> bool:
            while not self.events.empty():
                self.heard.append(self.events.get())
            return wanted in self.heard

        wait_until(told, DEADLINE_S, str(wanted))
        self.heard.remove(wanted)

    def obeyed_since(self, before: int) -> bool:
        """Whether the plug has done something since so many commands."""
        return self.plug.commands > before

    def holds(self) -> None:
        """The plug is closed for a use, and has said so."""
        self.hears(FOUND)
        self.switch.energise()
        self.hears(CLOSED)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    """A mosquitto for plugs."""
    made = start_broker(tmp_path / "broker", [Account(username="plugs", role="plugs", password=PASSWORD)])
    yield made
    made.stop()


@pytest.fixture(params=["shelly", "tasmota"])
def bench(request: pytest.FixtureRequest, broker: LocalBroker) -> Iterator[Bench]:
    """A plug that is there, and found."""
    made = Bench(request.param, broker)
    with made.plug:
        wait_until(lambda: made.plug.connected, DEADLINE_S, "the plug")
        made.plugs.start()
        yield made
        made.plugs.stop()


def test_a_plug_is_closed_and_opened_and_reads_back(bench: Bench) -> None:
    """Both answers come later, from the plug itself."""
    bench.hears(FOUND)

    answer = bench.switch.energise()
    bench.hears(CLOSED)
    closed = bench.plug.on
    bench.switch.de_energise()
    bench.hears(OPENED)

    assert (answer, closed, bench.plug.on) == (LATER, True, False)


def test_a_plug_that_nobody_renews_opens_by_itself_and_says_so(bench: Bench) -> None:
    """Its own timer, after our last word."""
    bench.holds()

    bench.passes(LEASE_S - 0.1)
    bench.plug.pass_time()
    still = bench.plug.on
    bench.passes(0.2)
    bench.plug.pass_time()
    bench.hears(LOST)
    bench.hears(FOUND)

    assert (still, bench.plug.on) == (True, False)


def test_a_plug_that_is_renewed_stays_closed(bench: Bench) -> None:
    """Ten leases long, and closed once."""
    bench.holds()

    for _ in range(int(10 * LEASE_S / RENEW_S)):
        bench.passes(RENEW_S)
        before = bench.plug.commands
        bench.switch.renew()
        wait_until(partial(bench.obeyed_since, before), DEADLINE_S, "the renewal")
        bench.plug.pass_time()

    assert (bench.plug.on, bench.plug.closings) == (True, 1)


def held_line(clock: Callable[[], float]) -> tuple[PlugLine, list[Outbound]]:
    """A line that has just said "closed", and what it says from now on."""
    sent: list[Outbound] = []
    line = PlugLine(clock)
    line.words = words_of("tasmota", "saw", "")
    line.hold(renews=False)

    def publish(message: Outbound) -> bool:
        sent.append(message)
        return True

    line.publish = publish
    return line, sent


@pytest.mark.parametrize(
    ("after_s", "said"), [(RENEW_S - 0.1, 0), (RENEW_S, 2), (WORD_MAX_S, 2), (WORD_MAX_S + 0.1, 0)]
)
def test_a_word_that_may_have_run_out_is_not_renewed(after_s: float, said: int) -> None:
    """With a plug a renewal closes again: a program that stood still must not. Neither does it renew each second."""
    now = [100.0]
    line, sent = held_line(lambda: now[0])

    now[0] += after_s
    line.hold(renews=True)

    assert len(sent) == said


def test_a_plug_that_was_told_to_open_is_not_renewed() -> None:
    """The last word was another one."""
    now = [100.0]
    line, sent = held_line(lambda: now[0])
    line.let_go()
    sent.clear()

    now[0] += RENEW_S
    line.hold(renews=True)

    assert sent == []


def test_a_hand_on_the_plugs_button_is_power_without_a_name(bench: Bench) -> None:
    """It is told, and opened again."""
    bench.hears(FOUND)

    bench.plug.press()
    bench.hears(POWER_UNASKED)

    wait_until(lambda: not bench.plug.on, DEADLINE_S, "the plug to open")


def test_a_hand_that_opens_the_plug_ends_the_use(bench: Bench) -> None:
    """It is not closed again by a renewal."""
    bench.holds()

    bench.plug.press()
    bench.hears(LOST)
    bench.passes(RENEW_S)
    bench.switch.renew()

    assert (bench.plug.on, bench.plug.closings) == (False, 1)


def test_a_plug_that_leaves_the_wall_is_lost(bench: Bench) -> None:
    """By its last will."""
    bench.holds()

    bench.plug.unplug()
    bench.hears(LOST)

    assert bench.switch.read() is None


def test_a_plug_that_falls_silent_is_lost(bench: Bench) -> None:
    """A bad radio, of which the broker hears late."""
    bench.holds()
    bench.plug.deaf = True

    bench.passes(SILENT_MAX_S + 0.1)
    bench.plugs.turn()
    bench.hears(LOST)

    assert bench.switch.read() is None


def test_a_broker_that_dies_is_a_lost_switch_and_comes_back_as_one_that_is_found(bench: Bench) -> None:
    """The use ends at once; the plug opens when its lease is over."""
    bench.holds()

    bench.broker.kill()
    bench.hears(LOST)
    bench.passes(LEASE_S + 1)
    bench.plug.pass_time()
    opened = not bench.plug.on
    bench.broker.restart()
    bench.hears(FOUND)

    assert opened


def test_a_plug_is_a_meter(bench: Bench) -> None:
    """Power, current and energy, from the plug's own counter."""
    bench.holds()
    bench.plug.draw(3_000)
    bench.passes(12)
    bench.plugs.turn()

    bench.hears(ev.MeterRead(channel="laser", sample=Sample(power_mw=3_000_000, current_ma=13_043, energy_mwh=10_000)))

    assert bench.plug.on


def test_what_somebody_left_retained_is_not_believed(broker: LocalBroker) -> None:
    """A kept state of another day is no power without a name; the plug's own word is."""
    bench = Bench("tasmota", broker)
    with Ear(bench.at("hand"), "stat/#") as hand:
        hand.connection.publish("stat/saw/POWER", b"ON", retain=True)
        wait_until(lambda: hand.heard, what="the kept state to be with the broker")
        bench.plugs.start()
        with bench.plug:
            bench.hears(FOUND)
        bench.plugs.stop()

    assert POWER_UNASKED not in bench.heard
