"""A whole lab on this computer: mosquitto, the office, a controller, readers on pseudo-terminals; and hands to break
it.

House rules: every part is the real one, in a process of its own; the clock runs twenty times faster so that a minute
of hung
disk is three seconds here; nothing is waited for but what can be seen from outside.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

from controller.demo.driver import Readers
from controller.demo.founding import found, settings_text
from controller.exchange.broker import HOST, start_broker
from controller.exchange.dialogue import Broker
from controller.exchange.mqtt import Connection
from tests.waiting import wait_until

SPEED = 20
SHIM = Path(__file__).with_name("hung_disk.c")


class Lab:
    """The lab; use it in a `with` block. Every name of a person or machine is the demonstration's."""

    def __init__(self, root: Path, *, hung_disk: bool = False) -> None:
        self.founded = found(root / "lab", now_ms=time.time_ns() // 1_000_000, speed=SPEED)
        self.root = self.founded.folder.root
        self.hang = root / "hang"
        self._environ = dict(os.environ)
        if hung_disk:
            library = root / "hung_disk.so"
            subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SHIM], check=True)
            self._environ |= {"LD_PRELOAD": str(library), "INDIVIS_HANG_FILE": str(self.hang)}
        self._stack = ExitStack()
        self._programs: dict[str, subprocess.Popen[bytes]] = {}
        self.seen: dict[str, str] = {}
        self._seen_lock = threading.Lock()

    def __enter__(self) -> Self:
        """Open it all and wait until a badge may be tapped."""
        accounts = self.founded.broker_accounts
        self.broker = self._stack.enter_context(start_broker(self.root / "broker", accounts))
        clock = (SPEED, time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)
        text = settings_text(self.founded, broker_port=self.broker.port, office_port=_free_port(), clock=clock)
        self.founded.folder.settings.write_text(text)
        self.readers = self._stack.enter_context(Readers(self.founded.folder))
        self._stack.callback(self._stop_all)
        dashboard = next(account for account in accounts if account.role == "dashboard")
        watcher = Broker(
            host=HOST,
            port=self.broker.port,
            client_id="watcher",
            username=dashboard.username,
            password=dashboard.password,
        )
        self._stack.enter_context(Connection(watcher, subscriptions=("indivis/#",), on_message=self._saw))
        self.start("office")
        self.start("controller")
        self.wait_for("laser", "idle")
        return self

    def __exit__(self, *_: object) -> None:
        """Close it all."""
        self.hang.unlink(missing_ok=True)
        self._stack.close()

    def start(self, name: str) -> None:
        """Start a program; its log grows across starts."""
        log = self._stack.enter_context((self.root / f"{name}.log").open("ab"))
        self._programs[name] = subprocess.Popen(
            [sys.executable, "-m", "controller", name, "--config", str(self.founded.folder.settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=self._environ,
        )

    def kill(self, name: str) -> None:
        """Kill -9."""
        self._programs[name].kill()
        self._programs[name].wait()

    def running(self, name: str) -> bool:
        """Whether the process that was started last is still the one that lives."""
        return self._programs[name].poll() is None

    def tap(self, person: str, machine: str) -> None:
        """Hold a badge to a reader."""
        self.readers.present(person, machine)

    def state(self, machine: str) -> str:
        """Return the machine's public state word."""
        for topic, payload in self._snapshot().items():
            if topic.endswith(f"/machine/{machine}/state") and payload:
                return str(json.loads(payload)["state"])
        return "unseen"

    def relay(self, machine: str) -> str:
        """Return what the relay's own topic says."""
        return next((p for t, p in self._snapshot().items() if t.endswith(f"/machine/{machine}/relay")), "unseen")

    def wait_for(self, machine: str, word: str) -> None:
        """Wait until a dashboard sees the machine in that state."""
        try:
            wait_until(lambda: self.state(machine) == word, 40, f"{machine} to be {word}")
        except AssertionError as late:
            raise AssertionError(f"{late}; {self.last_words()}") from late

    def use(self, person: str, machine: str) -> None:
        """A whole use: tap, work, tap."""
        self.tap(person, machine)
        self.wait_for(machine, "in_use")
        self.past_debounce()
        self.tap(person, machine)
        self.wait_for(machine, "idle")

    def past_debounce(self) -> None:
        """Let the hand go away: a badge is held 300 ms, gone 300 ms later, and a tap within 3 s is the same one."""
        threading.Event().wait(0.9)

    def journal(self, kind: str) -> list[dict[str, object]]:
        """Return the bodies of the journal's facts of a kind, in order."""
        with closing(sqlite3.connect(f"file:{self.root}/controller/journal.db?mode=ro", uri=True)) as connection:
            rows = connection.execute("SELECT body FROM fact WHERE kind = ? ORDER BY n", (kind,)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def posted(self) -> list[str]:
        """Return the sessions in the ledger, one for each entry that posts one."""
        return [str(row[0]) for row in self.office("SELECT key FROM ledger_entry WHERE kind = 'session' ORDER BY seq")]

    def office(self, query: str) -> list[tuple[object, ...]]:
        """Ask the office's database, as a reader."""
        with closing(sqlite3.connect(f"file:{self.founded.folder.database}?mode=ro", uri=True)) as connection:
            return connection.execute(query).fetchall()

    def wait_until_told(self) -> None:
        """Wait until the office has every fact of the journal and has read it."""
        wait_until(self._all_told, 60, f"the office to know everything; {self.last_words()}")

    def verify(self) -> dict[str, object]:
        """Run `indivis verify` on the office's database."""
        database, key = self.founded.folder.database, self.founded.folder.keys / "chain.pem"
        said = subprocess.run(
            [sys.executable, "-m", "controller", "verify", str(database), "--public-key", str(key), "--json"],
            capture_output=True,
            check=False,
        )
        verdict: dict[str, object] = json.loads(said.stdout) | {"exit": said.returncode}
        return verdict

    def last_words(self) -> str:
        """Return what was refused and the ends of the logs, for a failure's message."""
        kinds = ("tap_refused", "start_abandoned") if (self.root / "controller" / "journal.db").exists() else ()
        refused = [fact["reason"] for kind in kinds for fact in self.journal(kind)]
        logs = [f"{name}: {(self.root / f'{name}.log').read_text()[-600:]}" for name in self._programs]
        return " | ".join((f"refused: {refused}", *logs))

    def _all_told(self) -> bool:
        with closing(sqlite3.connect(f"file:{self.root}/controller/journal.db?mode=ro", uri=True)) as connection:
            own = connection.execute("SELECT branch, max(n) FROM fact GROUP BY branch").fetchall()
        known = {
            row[0]: (row[1], row[2])
            for row in self.office("SELECT branch, stored_n, interpreted_n FROM journal_branch")
        }
        return all(known.get(branch) == (n, n) for branch, n in own)

    def _saw(self, topic: str, payload: bytes, _retained: bool) -> None:  # noqa: FBT001 - as MQTT says it
        with self._seen_lock:
            self.seen[topic] = payload.decode()

    def _snapshot(self) -> dict[str, str]:
        with self._seen_lock:
            return dict(self.seen)

    def _stop_all(self) -> None:
        for process in self._programs.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._programs.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def has_gcc() -> bool:
    """Whether a hung disk can be made here: it is a small C library put before the programs' own."""
    return shutil.which("gcc") is not None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
