"""A use from tap to end with a plug for a switch, or a PZEM for a meter: the whole program, real broker, real lines."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from controller.exchange.broker import Account, LocalBroker, start_broker
from controller.exchange.dialogue import Broker
from controller.exchange.mqtt import Connection
from controller.floor.plug_simulator import SimulatedPlug
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.pzem.registers import Reading
from firmware_bridge.pzem.simulator import SimulatedPzem
from firmware_bridge.simulator import Presenter
from tests.floor.test_daemon import BADGE, DEADLINE_S, Place
from tests.waiting import wait_until

pytestmark = pytest.mark.pty

PASSWORD = "prises-fictives"


class PlugPlace(Place):
    """A laser that is switched and measured by a plug."""

    def hangs_on_a_plug(self, broker: LocalBroker) -> None:
        """Write the plug into the settings."""
        text = self.settings.read_text()
        pin = text[text.index("pin = ") : text.index("[[reader]]")]
        (self.root / "plugs.password").write_text(PASSWORD)
        self.settings.write_text(
            text.replace(pin, 'switch = "plug:saw"\n\n')
            + f"""
[plugs]
port = {broker.port}
username = "plugs"
password_file = "{self.root / "plugs.password"}"

[[plug]]
name = "saw"
channel = "laser"
kind = "shelly"
topic = "shelly/saw"
"""
        )

    def ends(self) -> list[object]:
        """Why each use ended."""
        return [fact["reason"] for fact in self.facts("session_ended")]


@contextmanager
def plugs(tmp_path: Path) -> Iterator[tuple[PlugPlace, SimulatedPlug, LocalBroker]]:
    """The laser's plug, on a broker of its own."""
    broker = start_broker(tmp_path / "broker", [Account(username="plugs", role="plugs", password=PASSWORD)])
    place = PlugPlace(tmp_path)
    place.hangs_on_a_plug(broker)
    here = Broker(host=broker.host, port=broker.port, client_id="plug", username="plugs", password=PASSWORD)
    try:
        with SimulatedPlug("shelly", "shelly/saw", here) as plug:
            yield place, plug, broker
    finally:
        broker.stop()


def starts(place: Place, hand: Presenter, plug: SimulatedPlug) -> None:
    """A use with power that the program has read back."""
    wait_until(lambda: b"switch within reach" in place.log.read_bytes(), DEADLINE_S, "the plug")

    def powered() -> bool:
        if not plug.on:
            hand.present(BADGE, 300)
            hand.finish()
        return b"switch closed" in place.log.read_bytes()

    wait_until(powered, DEADLINE_S, "power")


def test_a_plug_gives_power_for_a_use_and_none_after_it(tmp_path: Path) -> None:
    """Rules 1 and 3 over Wi-Fi: on with the tap, off with the program's clean end."""
    with plugs(tmp_path) as (place, plug, _broker), SimulatedReader("rdm6300", tmp_path / "reader") as reader:
        hand = Presenter(reader)
        with place.runs() as program:
            starts(place, hand, plug)
            program.terminate()
            code = program.wait(DEADLINE_S)
        wait_until(lambda: not plug.on, DEADLINE_S, "the plug to open")
        hand.close()

    assert (code, place.ends()) == (0, ["shutdown"])
    assert place.facts("fault_raised") == []


def test_a_dead_broker_ends_the_use_and_is_no_fault(tmp_path: Path) -> None:
    """Nobody reaches the plug: the use is over and billed no further, whatever the plug's timer still has."""
    with plugs(tmp_path) as (place, plug, broker), SimulatedReader("rdm6300", tmp_path / "reader") as reader:
        hand = Presenter(reader)
        with place.runs():
            starts(place, hand, plug)
            broker.kill()
            wait_until(place.ends, DEADLINE_S, "the end")
        hand.close()

    assert place.ends() == ["switch_lost"]
    assert place.facts("fault_raised") == []


def test_what_a_use_has_drawn_is_kept_with_its_end(tmp_path: Path) -> None:
    """A PZEM on a real line counts on during the use."""
    place = Place(tmp_path)
    with (
        SimulatedReader("rdm6300", tmp_path / "reader") as reader,
        SimulatedPzem(tmp_path / "meter") as pzem,
    ):
        text = place.settings.read_text()
        meter = f'[[meter]]\nname = "pzem"\npath = "{pzem.path}"\nchannel = "laser"\n'
        place.settings.write_text(text + meter)
        hand = Presenter(reader)
        pzem.reading = counted(7_000)
        with place.runs() as program:
            wait_until(lambda: b"meter connected" in place.log.read_bytes(), DEADLINE_S, "the meter")
            wait_until(lambda: b"reader connected" in place.log.read_bytes(), DEADLINE_S, "the reader")
            asked = pzem.questions
            wait_until(lambda: pzem.questions > asked, DEADLINE_S, "a reading before the use")
            hand.present(BADGE, 300)
            hand.finish()
            wait_until(lambda: place.facts("session_opened"), DEADLINE_S, "the use")
            pzem.reading = counted(49_000, milliwatts=900_000)
            asked = pzem.questions
            wait_until(lambda: pzem.questions > asked + 1, DEADLINE_S, "a reading after it")
            program.terminate()
            program.wait(DEADLINE_S)
        hand.close()

    ended = place.facts("session_ended")
    assert [(fact["reason"], fact.get("energy_wh")) for fact in ended] == [("shutdown", 42)]


def counted(milliwatt_hours: int, milliwatts: int = 0) -> Reading:
    """A meter that has counted so much."""
    return Reading(millivolts=230_000, milliamperes=0, milliwatts=milliwatts, milliwatt_hours=milliwatt_hours)


def test_a_plug_is_simulated_from_the_command_line(tmp_path: Path) -> None:
    """It closes when it is told, says so, and opens by its own timer when nobody tells it again."""
    broker = start_broker(tmp_path / "broker", [Account(username="plugs", role="plugs", password=PASSWORD)])
    place = PlugPlace(tmp_path)
    place.hangs_on_a_plug(broker)
    command = [sys.executable, "-m", "controller", "meter", "simulate", "--config", str(place.settings), "--plug"]
    environ = {**os.environ, "INDIVIS_LANG": "en"}
    here = Broker(host=broker.host, port=broker.port, client_id="floor", username="plugs", password=PASSWORD)
    call = {
        "id": 1,
        "src": "shelly/floor",
        "method": "Switch.Set",
        "params": {"id": 0, "on": True, "toggle_after": 0.5},
    }
    online = threading.Event()
    watch = Connection(here, subscriptions=("shelly/saw/online",), on_message=lambda *_: online.set())
    unknown = subprocess.run([*command, "drill"], env=environ, capture_output=True, text=True, check=False)
    with (
        subprocess.Popen(
            [*command, "saw"], env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as plug,
        closing(watch),
    ):
        watch.start()
        assert online.wait(DEADLINE_S)
        watch.publish("shelly/saw/rpc", json.dumps(call).encode())
        assert plug.stdout is not None
        said = [plug.stdout.readline().strip() for _ in range(3)]
        plug.communicate()
    broker.stop()

    assert said == ["shelly/saw", "closed", "open"]
    assert plug.returncode == 0
    assert (unknown.returncode, "choose from: saw" in unknown.stderr) == (2, True)
