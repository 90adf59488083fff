"""The demonstration as a person starts it: real programs, real broker, real pseudo-terminals, and a visitor's ear."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from controller.demo.workshop import AGREEMENT, PEOPLE, able, machine_by_id
from controller.exchange.dialogue import Broker
from controller.office import money
from controller.office.ledger.tables import ledger_posting
from controller.office.store import OfficeStore
from tests.mqtt.workshop_broker import Ear
from tests.waiting import wait_until

UP_WITHIN_S = 120.0
ENDED_WITHIN_S = 180.0

pytestmark = [pytest.mark.broker, pytest.mark.pty]


class Started:
    """A running `indivis demo` and what it has written so far."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder / "state"
        self.environ = {**os.environ, "INDIVIS_LANG": "en", "XDG_RUNTIME_DIR": str(folder)}
        self._out = folder / "out.txt"
        with self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "controller", "demo", "--state", str(self.folder), *options],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self.environ,
            )

    @property
    def said(self) -> str:
        """All it wrote."""
        return self._out.read_text(encoding="utf-8")

    def wait_for(self, words: str) -> str:
        """Wait until it has written `words`, and return all it wrote; an early end is an error."""

        def written() -> bool:
            return words in self.said or self.process.poll() is not None

        wait_until(written, UP_WITHIN_S, f"{words!r}")
        assert words in self.said, self.said
        return self.said

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        wait_until(lambda: self.process.poll() is not None, ENDED_WITHIN_S, "the end")
        assert self.process.returncode is not None
        return self.process.returncode

    def children(self) -> dict[int, str]:
        """Its own child processes: their ids and command lines."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii")
        found = {}
        for pid in map(int, listed.split()):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            found[pid] = b" ".join(words).decode()
        return found


@contextmanager
def demonstration(folder: Path, *options: str) -> Iterator[Started]:
    """A demonstration that is over when the block is."""
    started = Started(folder, *options)
    try:
        yield started
    finally:
        if started.process.poll() is None:
            started.process.terminate()
        started.process.wait()


def dashboard(said: str) -> Broker:
    """The account that the demonstration offers to a visitor's dashboard."""
    found = re.search(r"-h (\S+) -p (\d+) -u (\S+) -P (\S+)", said)
    assert found is not None
    host, port, username, password = found.groups()
    return Broker(host=host, port=int(port), client_id="visitor", username=username, password=password)


def posted(database: Path) -> list[str]:
    """The machine of each use in the ledger so far, as a reader of the running office's file sees it."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [str(row[0]) for row in connection.execute("SELECT machine FROM session WHERE entry IS NOT NULL")]


def happened(visitor: Ear, word: str, machine: str) -> bool:
    """Whether the dashboard saw that event."""
    return any(topic.endswith(f"/{machine}/event") and word.encode() in payload for topic, payload, _ in visitor.heard)


def ends_by_hand(demo: Started, visitor: Ear, machine: str) -> None:
    """Whoever may use the machine holds a badge to it, from a second terminal, until it was the one whose use it is."""
    for person in able(machine_by_id(machine)):
        if happened(visitor, "ended", machine):
            return
        subprocess.run(
            [sys.executable, "-m", "controller", "demo", "tap", person.id, machine],
            env=demo.environ,
            capture_output=True,
            check=False,
        )


def alive(pids: Iterator[int] | list[int]) -> list[int]:
    """Those of `pids` that still run; one that ended and that nobody has asked about yet does not."""
    return [pid for pid in pids if _state(pid) not in {"", "Z"}]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][:1]
    except OSError:
        return ""


def test_a_day_goes_from_badges_to_the_owners_cents(tmp_path: Path) -> None:
    """Uses reach the ledger, the owners' parts add up to what their machines earned, and a dashboard sees no person."""
    with demonstration(tmp_path, "--speed", "200", "--port", "0", "--quiet") as demo:
        database = demo.folder / "office" / "office.db"
        with Ear(dashboard(demo.wait_for("Ctrl-C stops everything")), "#") as visitor:
            wait_until(lambda: happened(visitor, "granted", "ceramique"), UP_WITHIN_S, "the owners' machine to be used")
            # Meanwhile the hand that began there is gone: a card that still lies on a reader is no second tap.
            wait_until(lambda: "laser" in posted(database), UP_WITHIN_S, "the script's own use in the ledger")
            ends_by_hand(demo, visitor, "ceramique")
            wait_until(lambda: "ceramique" in posted(database), UP_WITHIN_S, "the owners' use in the ledger")
            demo.process.terminate()
            code = demo.ended()
        heard = visitor.heard

    assert code == 0, demo.said
    store = OfficeStore(database)
    with store.read() as tx:
        (split,) = money.running_split(tx, AGREEMENT)
        pool_legs = select(func.sum(ledger_posting.c.amount)).where(ledger_posting.c.account.startswith("pool:"))
        pooled = tx.execute(pool_legs).scalar_one()
    store.close()
    assert split.income_cents > 0
    assert sum(cents for _, cents in split.lines) == split.income_cents == -pooled
    verified = subprocess.run(
        [sys.executable, "-m", "controller", "verify", database, "--public-key", demo.folder / "keys" / "chain.pem"],
        capture_output=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout
    assert b'"denied"' in b"".join(payload for _, payload, _ in heard)
    assert {topic.split("/")[0] for topic, _, _ in heard} == {"indivis", "homeassistant"}
    everything = b"\n".join(topic.encode() + b" " + payload for topic, payload, _ in heard)
    told = [word for person in PEOPLE for word in (person.badge, person.name) if word.encode() in everything]
    assert told == []


@pytest.mark.soak
def test_a_program_that_dies_ends_the_demonstration_and_leaves_nothing(tmp_path: Path) -> None:
    """When one of the two programs is gone, one sentence names it, all else is stopped, the exit code is 69."""
    with demonstration(tmp_path, "--port", "0", "--quiet") as demo:
        demo.wait_for("Ctrl-C stops everything")
        children = demo.children()
        (office,) = [pid for pid, words in children.items() if " office " in words]

        os.kill(office, signal.SIGKILL)

        assert demo.ended() == 69
    assert "the program 'office' ended" in demo.said.splitlines()[-1]
    assert len(children) == 3
    assert alive(list(children)) == []


def test_a_start_that_is_interrupted_leaves_nothing(tmp_path: Path) -> None:
    """SIGTERM in the middle of the start stops what has been started, and is no error."""
    with demonstration(tmp_path, "--port", "0") as demo:
        demo.wait_for("The office")
        wait_until(lambda: len(demo.children()) >= 2, what="broker and office")
        children = list(demo.children())

        demo.process.terminate()

        assert demo.ended() == 0
    assert "All is stopped." in demo.said
    assert alive(children) == []


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    """The port asked for being another program's is one sentence and exit code 69; nothing is started."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with demonstration(tmp_path, "--port", str(port)) as demo:
            code = demo.ended()

    assert code == 69
    assert f"the port {port} is taken" in demo.said
    assert not demo.folder.exists()


def test_a_demonstration_that_is_killed_leaves_no_program_behind(tmp_path: Path) -> None:
    """Even `kill -9`, after which it can do nothing more, ends broker, office and controller and frees their ports."""
    with demonstration(tmp_path, "--port", "0", "--quiet") as demo:
        demo.wait_for("Ctrl-C stops everything")
        children = list(demo.children())

        demo.process.kill()
        demo.ended()

        assert len(children) == 3
        wait_until(lambda: not alive(children), ENDED_WITHIN_S, "the end of all programs")
