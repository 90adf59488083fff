"""`indivis mqtt watch` as a person meets it: a real process, a real mosquitto, one sentence when it cannot be."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from controller.exchange.broker import LocalBroker
from tests.mqtt.workshop_broker import PASSWORDS, Ear, account, workshop_broker
from tests.waiting import wait_until

STATE = "indivis/crest/machine/laser/state"
INTERRUPTED = 130

pytestmark = pytest.mark.broker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[LocalBroker]:
    """A mosquitto of this test's own."""
    with workshop_broker(tmp_path / "broker") as running:
        yield running


@contextmanager
def watching(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command, with what it says in `out` and `err`."""
    command = [sys.executable, "-m", "controller", "mqtt", "watch", *arguments]
    with (tmp_path / "out").open("w") as out, (tmp_path / "err").open("w") as err:
        process = subprocess.Popen(command, stdout=out, stderr=err, text=True, env={**os.environ, "INDIVIS_LANG": "en"})
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def as_dashboard(broker: LocalBroker, tmp_path: Path, password: str = PASSWORDS["board"]) -> tuple[str, ...]:
    """The arguments by which a dashboard's account watches."""
    (tmp_path / "password").write_text(password)
    return ("--port", str(broker.port), "--username", "board", "--password-file", str(tmp_path / "password"))


def test_what_is_published_is_shown_until_ctrl_c(broker: LocalBroker, tmp_path: Path) -> None:
    """States that were there before and news are lines of JSON; Ctrl-C ends it as a shell expects."""
    with (
        Ear(account(broker, "crest-1")) as controller,
        watching(tmp_path, "--json", *as_dashboard(broker, tmp_path)) as process,
    ):
        controller.connection.publish(STATE, b'{"state":"idle"}', retain=True)
        wait_until(lambda: STATE in (tmp_path / "out").read_text(), what="the state")
        process.send_signal(signal.SIGINT)
        code = process.wait(20)

    shown = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert {(line["topic"], line["payload"]["state"]) for line in shown} == {(STATE, "idle")}
    assert code == INTERRUPTED
    assert (tmp_path / "err").read_text() == "listening (Ctrl-C to end)\n"


def test_the_broker_may_come_from_the_settings(broker: LocalBroker, tmp_path: Path) -> None:
    """`--config` takes broker and account of the public tree from the table [mqtt]."""
    (tmp_path / "password").write_text(PASSWORDS["crest-1"])
    settings = tmp_path / "indivis.toml"
    settings.write_text(
        '[site]\nid = "crest"\nbooks = "crest"\n[controller]\nid = "crest-1"\n'
        f'[mqtt]\nport = {broker.port}\nusername = "crest-1"\npassword_file = "{tmp_path / "password"}"\n'
    )
    with (
        Ear(account(broker, "crest-1")) as controller,
        watching(tmp_path, "--config", str(settings)),
    ):
        controller.connection.publish(STATE, b"{}", retain=True)
        wait_until((tmp_path / "out").read_text, what="the state")

    assert f"{STATE} {{}}\n" in (tmp_path / "out").read_text()


def ended(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and what was said, of a watch that cannot be."""
    with watching(tmp_path, *arguments) as process:
        code = process.wait(60)
    return code, (tmp_path / "err").read_text()


def test_a_refused_password_is_one_sentence(broker: LocalBroker, tmp_path: Path) -> None:
    """Exit code 69 and one line that says what to do."""
    code, said = ended(tmp_path, *as_dashboard(broker, tmp_path, password="faux"))

    assert (code, said.count("\n")) == (69, 1)
    assert "wrong password, or unknown account 'board'" in said


def test_a_broker_that_is_not_there_is_one_sentence(broker: LocalBroker, tmp_path: Path) -> None:
    """Exit code 69 and one line with the address that was tried."""
    broker.stop()

    code, said = ended(tmp_path, *as_dashboard(broker, tmp_path))

    assert (code, said.count("\n")) == (69, 1)
    assert f"127.0.0.1:{broker.port} cannot be reached" in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--port", "70000"), "70000"),
        (("--password-file", "missing.txt"), "missing.txt"),
        (("--ca-file", "missing.pem"), "missing.pem"),
        (("--config", "missing.toml"), "missing.toml"),
        (("--config", "any.toml", "--host", "broker.example"), "--host"),
    ],
)
def test_a_wrong_argument_is_one_sentence_that_names_it(tmp_path: Path, arguments: tuple[str, ...], named: str) -> None:
    """What was asked and cannot be done ends with exit code 2."""
    code, said = ended(tmp_path, *arguments)

    assert (code, said.count("\n")) == (2, 1)
    assert named in said
