"""The office as it is really run: the installed command, a real broker, a real file, real signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import pytest

from controller.domain.ids import ControllerId
from controller.exchange.broker import Account, LocalBroker, free_port, start_broker
from controller.exchange.dialogue import Broker
from controller.exchange.messages import Ack
from controller.exchange.mqtt import Connection
from controller.exchange.topics import down_topic, up_topic
from controller.exchange.wire import down_from_json, to_json
from tests.office.downlink_kit import hello, told
from tests.office.workshop import Journal, Workshop
from tests.waiting import wait_until

pytestmark = pytest.mark.broker

INDIVIS = Path(sys.executable).with_name("indivis")
PI = ControllerId("pi-1")
ACCOUNTS = (
    Account(username="office", role="office", password="bureau-fictif"),
    Account(username="pi-1", role="controller", password="boitier-fictif", site="crest"),
)


@dataclass
class Premises:
    """A folder with settings and secrets, and a broker."""

    folder: Path
    broker: LocalBroker
    metrics_port: int = field(default_factory=free_port)

    def settings(self, port: int = 0) -> Path:
        """Write the settings' file and return its path."""
        (self.folder / "office.password").write_text("bureau-fictif\n")
        path = self.folder / "indivis.toml"
        path.write_text(
            f"""
[site]
id = "crest"
books = "lab"
name = "Atelier fictif"

[controller]
id = "pi-1"

[exchange]
port = {self.broker.port}

[mqtt]
port = {self.broker.port}

[metrics]
office_port = {self.metrics_port}

[office]
port = {port}
state_dir = "{self.folder / "office"}"
vault_key_file = "{self.folder / "vault.key"}"
chain_key_file = "{self.folder / "chain.key"}"
exchange_password_file = "{self.folder / "office.password"}"
"""
        )
        return path

    @contextmanager
    def office(self) -> Iterator[Running]:
        """The program, serving."""
        out = self.folder / "out"
        environ = {**os.environ, "INDIVIS_LANG": "fr"}
        with out.open("wb") as file:
            command = [str(INDIVIS), "office", "--config", str(self.settings())]
            process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, env=environ)
        running = Running(process, out)
        try:
            wait_until(lambda: running.lines("ready"), deadline_s=60, what="the office")
            yield running
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def controller(self) -> Iterator[tuple[Connection, list[Ack]]]:
        """A controller's connection and the acknowledgements it hears."""
        acks: list[Ack] = []

        def hear(_topic: str, payload: bytes, _retained: bool) -> None:  # noqa: FBT001
            message = down_from_json(payload)
            if isinstance(message, Ack):
                acks.append(message)

        broker = Broker(
            host=self.broker.host, port=self.broker.port, client_id="pi-1", username="pi-1", password="boitier-fictif"
        )
        with Connection(broker, subscriptions=(down_topic(PI),), on_message=hear) as connection:
            wait_until(lambda: connection.status.word == "connected", what="the controller's connection")
            yield connection, acks


@dataclass
class Running:
    """The program under way and what it has printed."""

    process: subprocess.Popen[bytes]
    out: Path

    def lines(self, event: str) -> list[dict[str, str]]:
        """The log's lines of one event."""
        said = [json.loads(line) for line in self.printed() if line.startswith("{")]
        return [line for line in said if line["event"] == event]

    def printed(self) -> list[str]:
        """All whole lines so far."""
        return [line for line in self.out.read_text().splitlines(keepends=True) if line.endswith("\n")]

    @property
    def address(self) -> str:
        """Where it answers."""
        return self.lines("ready")[0]["address"]

    def ends(self, number: int) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture
def premises(tmp_path: Path) -> Iterator[Premises]:
    """Settings, secrets and a running broker."""
    with ExitStack() as stack:
        yield Premises(tmp_path, stack.enter_context(start_broker(tmp_path / "broker", ACCOUNTS)))


def acknowledged(premises: Premises, journal: Journal) -> Ack:
    """Tell the office the whole journal, again and again as a controller does, until it has all of it."""
    with premises.controller() as (connection, acks):

        def ask() -> bool:
            connection.publish(up_topic(PI), to_json(hello(journal)))
            connection.publish(up_topic(PI), to_json(told(journal)))
            return any(ack.stored_up_to == journal.facts[-1].n for ack in acks)

        wait_until(ask, deadline_s=60, what="the acknowledgement")
        return acks[-1]


def test_a_fact_sent_to_the_program_survives_its_death(premises: Premises, tmp_path: Path) -> None:
    """What was acknowledged over a real broker is there after `kill -9`: the next process knows it unasked."""
    journal = Journal(Workshop.founded(folder_in(tmp_path)))
    journal.used()
    with premises.office() as office:
        first = acknowledged(premises, journal)
        office.ends(signal.SIGKILL)

    with premises.office(), premises.controller() as (connection, acks):
        wait_until(
            lambda: connection.publish(up_topic(PI), to_json(hello(journal))) and acks,
            deadline_s=60,
            what="the next process",
        )

    assert (acks[0].stored_up_to, acks[0].hash) == (first.stored_up_to, journal.facts[-1].hash)
    assert acks[0].incarnation == first.incarnation
    journal.shop.store.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_a_regular_end(premises: Premises, number: int) -> None:
    """Stopping by the service manager or by Ctrl-C ends with exit code 0 and without a trace."""
    with premises.office() as office:
        with urlopen(f"{office.address}/api/openapi.json") as answer:  # noqa: S310 - our own address
            served = answer.status
        with urlopen(f"http://127.0.0.1:{premises.metrics_port}/metrics") as answer:
            figures = answer.read().decode()

        code = office.ends(number)

    assert (served, code) == (200, 0)
    assert "indivis_office_tray_facts 0.0" in figures
    assert not any("Traceback" in line for line in office.printed())


def test_a_first_start_prints_a_code_and_makes_private_keys(premises: Premises) -> None:
    """Without any account a one-time code is printed beside the log, with the address of the form that takes it; both
    keys are for the office alone.
    """
    with premises.office() as office:
        printed = wait_until(lambda: [line for line in office.printed() if "code" in line], what="the code")
        address = next(word for word in printed[0].split() if word.startswith("http://"))
        with urlopen(address) as answer:  # noqa: S310 - our own loopback address
            page = answer.read().decode()
        modes = [(premises.folder / name).stat().st_mode & 0o777 for name in ("vault.key", "chain.key")]

    assert len(printed) == 1
    assert not printed[0].startswith("{")
    assert 'action="/set-up"' in page
    assert modes == [0o600, 0o600]


def test_a_taken_port_is_one_sentence(premises: Premises) -> None:
    """When another program holds the port, the office says which one it is and what to do, with exit code 69."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [str(INDIVIS), "office", "--config", str(premises.settings(port))]

        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert ended.returncode == 69
    assert f"127.0.0.1:{port}" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def folder_in(place: Path) -> Path:
    """A folder for the workshop that only writes the controller's journal."""
    folder = place / "journal"
    folder.mkdir()
    return folder
