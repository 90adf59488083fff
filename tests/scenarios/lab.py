"""A whole lab on this computer: mosquitto, the office, a controller, readers on pseudo-terminals; and hands to break
it.

House rules: every part is the real one, in a process of its own; the clock runs twenty times faster so that a minute
of hung disk is three seconds here; nothing is waited for but what can be seen from outside: the public tree, the logs,
the files. Whoever is refused without having expected it fails the test at once, with the refusal's code.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from controller.demo.founding import found, settings_text
from controller.demo.readers import Readers
from controller.demo.workshop import MACHINES
from controller.exchange.broker import HOST, free_port, start_broker
from controller.exchange.dialogue import Broker
from controller.exchange.mqtt import Connection
from controller.office.directory.machines import machine_views, set_policy
from controller.office.store import OfficeStore
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

SPEED = 20
SHIM = Path(__file__).with_name("hung_disk.c")
READY = {
    "office": ('"event": "ready"',),
    "controller": (
        '"event": "ready"',
        *(
            f'"reader": "{one.id}", ' + ('"event": "reader connected"' if one.protocol == "em4100" else '"identity": ')
            for one in MACHINES
        ),
    ),
}
"""What a program's log says when it can be used: of the controller, that every reader has answered too, if it can."""
READY["run"] = ('"part": "office", "address"', '"part": "controller", "event": "ready"', *READY["controller"])

HOUR_S = 3_600
HAND_S = 1.0
"""From tap to tap at one reader: a badge is held 400 ms and gone 300 ms later, and a computer at work reads late."""

REFUSED = ("tap_refused", "start_abandoned")
UNWRITTEN = ("storage_slow", "storage_full")
"""Refusals that are told and not written, because the disk does not take everything just then."""


class Lab:
    """The lab; use it in a `with` block. Every name of a person or machine is the demonstration's."""

    def __init__(
        self, root: Path, *, hung_disk: bool = False, programs: tuple[str, ...] = ("office", "controller")
    ) -> None:
        self.founded = found(root / "lab", now_ms=time.time_ns() // 1_000_000, speed=SPEED)
        self.root = self.founded.folder.root
        self._set_plain_rules()
        self.hang = root / "hang"
        self._environ = dict(os.environ)
        if hung_disk:
            library = root / "hung_disk.so"
            subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, SHIM], check=True)
            self._environ |= {"LD_PRELOAD": str(library), "INDIVIS_HANG_FILE": str(self.hang)}
        self._stack = ExitStack()
        self._wanted = programs
        self.programs: dict[str, subprocess.Popen[bytes]] = {}
        self._logs_from: dict[str, int] = {}
        self.seen: dict[str, str] = {}
        self._denied: list[tuple[str, str]] = []
        self._expected = 0
        self._hands: dict[str, float] = {}
        self._seen_lock = threading.Lock()

    def __enter__(self) -> Self:
        """Open it all and wait until a badge may be tapped; leave nothing running when that does not come."""
        try:
            self._open()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _open(self) -> None:
        accounts = self.founded.broker_accounts
        self.broker = self._stack.enter_context(start_broker(self.root / "broker", accounts))
        clock = (SPEED, time.time_ns() // 1_000_000, time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)
        text = settings_text(self.founded, broker_port=self.broker.port, office_port=free_port(), clock=clock)
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
        for name in self._wanted:
            self.start(name)
        self.wait_until_ready(*self._wanted)
        self.wait_for("laser", "idle")

    def __exit__(self, *_: object) -> None:
        """Close it all."""
        self.hang.unlink(missing_ok=True)
        self._stack.close()

    def start(self, name: str) -> None:
        """Start a program; its log grows across starts."""
        log = self._stack.enter_context((self.root / f"{name}.log").open("ab"))
        self._logs_from[name] = log.tell()
        self.programs[name] = subprocess.Popen(
            [sys.executable, "-m", "controller", name, "--config", str(self.founded.folder.settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=self._environ,
        )

    def kill(self, name: str) -> None:
        """Kill -9; the broker too."""
        if name == "broker":
            self.broker.kill()
            return
        self.programs[name].kill()
        self.programs[name].wait()

    def bring_back(self, name: str) -> None:
        """Start again what was killed, and wait until it can be used."""
        if name == "broker":
            self.broker.restart()
            return
        self.start(name)
        self.wait_until_ready(name)

    def wait_until_ready(self, *names: str) -> None:
        """Wait until the programs that were started last say that they can be used."""
        for name in names:
            self.wait(lambda name=name: self._is_ready(name), 60, f"the {name} to be ready")  # type: ignore[misc]

    def _set_plain_rules(self) -> None:
        """Programs die around taps here; a stop of two taps would die between them, and mean something else. No use
        reaches its limit while a disk hangs for a minute.
        """
        store = OfficeStore(self.founded.folder.database)
        with store.changing("system", time.time_ns() // 1_000_000) as change:
            for view in machine_views(change.tx):
                longest_s = max(view.policy.max_duration_s, HOUR_S)
                plain = replace(view.policy, stop_tap="immediate", hand_over="no", max_duration_s=longest_s)
                set_policy(change, view.id, plain)
        store.close()

    def running(self, name: str) -> bool:
        """Whether the process that was started last is still the one that lives."""
        return self.programs[name].poll() is None

    def tap(self, person: str, machine: str, *, copied: bool = False) -> None:
        """Hold a badge, or a copy of it, to a reader, once the last hand there is well gone (see `HAND_S`)."""
        threading.Event().wait(max(0.0, self._hands.get(machine, 0.0) - time.monotonic()))
        assert self.readers.present(person, machine, copied=copied)
        self._hands[machine] = time.monotonic() + HAND_S

    def is_refused(self, person: str, machine: str, *, copied: bool = False) -> str:
        """Hold a badge to a reader that is to refuse it; return the refusal's code."""
        before = len(self.refusals())
        self._expected = before + 1
        self.tap(person, machine, copied=copied)
        wait_until(lambda: len(self.refusals()) > before, 40, f"{person} to be refused; {self.last_words()}")
        return self.refusals()[-1][1]

    def refusals(self) -> list[tuple[str, str]]:
        """Return machine and code of every start that was refused, or given up once it was named."""
        written = [(str(fact["machine"]), str(fact["reason"])) for fact in self.journal(*REFUSED)]
        with self._seen_lock:
            return [*written, *self._denied]

    def wait(self, condition: Callable[[], object], deadline_s: float, what: str) -> None:
        """Wait for what can be seen from outside; a refusal that nobody expected ends the wait."""

        def held() -> object:
            if len(refusals := self.refusals()) > self._expected:
                raise AssertionError(f"waited for {what}; refused at {refusals[-1]}")
            return condition()

        try:
            wait_until(held, deadline_s, what)
        except AssertionError as error:
            raise AssertionError(f"{error} | {self.last_words()}") from None

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
        self.wait(lambda: self.state(machine) == word, 40, f"{machine} to be {word}")

    def use(self, person: str, machine: str) -> None:
        """A whole use: tap, work, tap."""
        self.tap(person, machine)
        self.wait_for(machine, "in_use")
        self.tap(person, machine)
        self.wait_for(machine, "idle")

    def journal(self, *kinds: str) -> list[dict[str, object]]:
        """Return the bodies of the journal's facts of these kinds, in order; none before there is a journal."""
        marks = ", ".join("?" * len(kinds))
        try:
            with closing(sqlite3.connect(f"file:{self.root}/controller/journal.db?mode=ro", uri=True)) as connection:
                rows = connection.execute(f"SELECT body FROM fact WHERE kind IN ({marks}) ORDER BY n", kinds).fetchall()  # noqa: S608
        except sqlite3.OperationalError:  # not made yet, or being taken up again by a program that starts
            return []
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
        self.wait(self._all_told, 60, "the office to know everything")

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

    def replay(self) -> list[dict[str, object]]:
        """Run `indivis replay` on the journal of the controller at work; no decision of it comes out differently."""
        said = subprocess.run(
            [sys.executable, "-m", "controller", "replay", str(self.root / "controller" / "journal.db"), "--json"],
            capture_output=True,
            check=True,
        )
        steps: list[dict[str, object]] = json.loads(said.stdout)
        return steps

    def last_words(self) -> str:
        """Return the newest facts and the ends of the logs, for a failure's message."""
        facts = [f"{fact}" for fact in self.journal(*REFUSED, "session_opened", "session_ended")[-3:]]
        ends = [f"{name}: {(self.root / f'{name}.log').read_text()[-600:]}" for name in self.programs]
        return " | ".join((*facts, *ends))

    def said(self, name: str) -> str:
        """Return what a program has written since it was started last."""
        with (self.root / f"{name}.log").open() as log:
            log.seek(self._logs_from[name])
            return log.read()

    def _is_ready(self, name: str) -> bool:
        if not self.running(name):
            raise AssertionError(f"the {name} ended; {self.last_words()}")
        said = self.said(name)
        return all(words in said for words in READY[name])

    def _all_told(self) -> bool:
        with closing(sqlite3.connect(f"file:{self.root}/controller/journal.db?mode=ro", uri=True)) as connection:
            own = connection.execute("SELECT branch, max(n) FROM fact GROUP BY branch").fetchall()
        known = {
            row[0]: (row[1], row[2])
            for row in self.office("SELECT branch, stored_n, interpreted_n FROM journal_branch")
        }
        return all(known.get(branch) == (n, n) for branch, n in own)

    def _saw(self, topic: str, payload: bytes, _retained: bool) -> None:  # noqa: FBT001 - as MQTT says it
        text = payload.decode()
        with self._seen_lock:
            self.seen[topic] = text
            if topic.endswith("/event") and (event := json.loads(text))["reason"] in UNWRITTEN:
                self._denied.append((event["machine"], event["reason"]))

    def _snapshot(self) -> dict[str, str]:
        with self._seen_lock:
            return dict(self.seen)

    def _stop_all(self) -> None:
        for process in self.programs.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.programs.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def has_gcc() -> bool:
    """Whether a hung disk can be made here: it is a small C library put before the programs' own."""
    return shutil.which("gcc") is not None
