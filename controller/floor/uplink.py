"""The exchange at the controller: one thread that sends what happened here and takes in what the office changed.

House rules: it is the only writer of the replica; nothing waits for it; whatever goes wrong with a network, a broker
or an
office is a log line and another attempt. The conversation itself is `exchange.controller_side`, which decides
everything.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from typing import TYPE_CHECKING, assert_never

from controller import logs
from controller.domain import events as ev
from controller.domain.codec import MalformedFactError, UnknownFactError, fact_from
from controller.domain.facts import ClockAnchored, HeadWitnessed, Stamp
from controller.exchange import outputs as out
from controller.exchange import topics, wire
from controller.exchange.controller_side import ControllerSide
from controller.exchange.messages import Contained
from controller.exchange.mqtt import Connection
from controller.floor.journal_reading import JournalReader
from controller.floor.replica_build import Build, Built, SnapshotSpool
from controller.floor.replica_view import Contact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from controller.domain.chain import SealedFact
    from controller.domain.facts import Fact
    from controller.domain.ids import BranchId, ControllerId
    from controller.exchange.dialogue import Broker
    from controller.exchange.messages import Command
    from controller.exchange.mqtt import Status
    from controller.floor.engine import Engine
    from controller.floor.journal import Journal
    from controller.floor.own_facts import OwnFacts
    from controller.floor.ports import Clock
    from controller.floor.replica import Replica

INBOX_MAX = 500
"""Messages and wake-ups that may wait; the office sends at most a window at a time. Beyond it they are dropped: the
conversation asks again for whatever it did not get."""

WAIT_MAX_S = 1.0
"""The longest sleep without news: a deadline that moved meanwhile is met at most this late."""

READ_AT_ONCE = 500

READY_WITHIN_S = 30.0
"""Folding a month of a busy workshop takes a second or two; longer means a disk that would refuse every start
anyway."""

BUILD_LOOK_S = 0.1
"""How often a snapshot being built by the child process is looked at."""

_log = logs.get("exchange")


class Uplink:
    """Runs one `ControllerSide` over an MQTT connection."""

    def __init__(  # noqa: PLR0913 - it joins the stores, the engine and the network
        self,
        controller: ControllerId,
        *,
        clock: Clock,
        speed: int,
        journal: Journal,
        journal_path: Path,
        replica: Replica,
        own: OwnFacts,
        engine: Engine,
        on_replica: Callable[[], None],
        give_way: Callable[[], None],
    ) -> None:
        self._controller, self._clock, self._speed = controller, clock, speed
        self._journal, self._journal_path, self._replica = journal, journal_path, replica
        self._own, self._engine, self._on_replica = own, engine, on_replica
        self._give_way = give_way
        self._inbox: queue.Queue[bytes | str | None] = queue.Queue(INBOX_MAX)
        self._spool = SnapshotSpool(journal_path.with_name("snapshot.spool"))
        self._build: Build | None = None
        self._folded_n = 0
        self._anchored = False
        self._connection: Connection | None = None
        self._ready = threading.Event()
        self._grown = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)

    def start(self, broker: Broker) -> None:
        """Take in what the journal holds above the replica, then begin to talk."""
        self._connection = Connection(
            broker,
            subscriptions=(topics.down_topic(self._controller),),
            on_message=lambda _topic, payload, _retained: self._wake(payload),
            on_status=self._on_status,
            keep_while_lost=False,
            give_way=self._give_way,
        )
        self._thread.start()
        self._ready.wait(READY_WITHIN_S)
        self._connection.start()

    def stop(self) -> None:
        """End the conversation; what was not said is said at the next start."""
        self._wake(None)
        if self._thread.ident is not None:
            self._thread.join(5)
        if self._connection is not None:
            self._connection.close()

    def committed(self) -> None:
        """The journal has grown; from any thread. Many commits before the next look are one."""
        if not self._grown.is_set():
            self._grown.set()
            self._wake("committed")

    def answered(self, command: str, outcome: str) -> None:
        """A command was carried out or refused; from any thread."""
        self._wake(f"answered {command} {outcome}")

    def _on_status(self, status: Status) -> None:
        _log.info(
            "exchange broker", status=status.word, trouble=None if status.trouble is None else str(status.trouble)
        )
        if status.word == "connected":
            self._wake("connected")

    def _wake(self, what: bytes | str | None) -> None:
        try:
            self._inbox.put_nowait(what)
        except queue.Full:
            _log.warning("the exchange is behind; a message is dropped and will be asked for again")

    def _run(self) -> None:
        # SQLite readers belong to the thread that looks.
        self._reader = JournalReader(self._journal_path)
        self._fold_anew()
        now = self._clock.now()
        self._side = ControllerSide(
            controller=self._controller,
            boot_id=now.boot_id,
            journal=self._reader,
            replica=self._replica,
            now_ms=now.boot_ms,
        )
        self._ready.set()
        while True:
            try:
                what = self._inbox.get(timeout=self._wait_s())
            except queue.Empty:
                what = "timer"
            if what is None:
                self._end()
                return
            self._give_way()
            try:
                self._take(what)
            except Exception:  # noqa: BLE001 - a bug here must not take the machines with it
                _log.exception("the exchange stumbled and goes on")

    def _end(self) -> None:
        if self._build is not None:
            self._build.end()
        self._spool.close()
        self._reader.close()

    def _wait_s(self) -> float:
        left_ms = self._side.next_timer_ms() - self._clock.now().boot_ms
        longest_s = WAIT_MAX_S if self._build is None else BUILD_LOOK_S
        return min(longest_s, max(0.005, left_ms / 1000 / self._speed))

    def _take(self, what: bytes | str) -> None:
        now = self._clock.now()
        now_ms = now.boot_ms
        match what:
            case bytes():
                try:
                    message = wire.down_from_json(what)
                except ValueError as error:
                    _log.warning("a message of the office cannot be read", why=str(error)[:200])
                    return
                self._perform(self._side.received(message, now_ms))
            case "connected":
                self._perform(self._side.connected(now_ms))
            case "committed":
                self._grown.clear()
                self._fold_new()
                self._perform(self._side.fact_committed(now_ms))
            case "timer":
                pass
            case _:
                _, command, outcome = what.split(" ", 2)
                self._perform(self._side.command_answered(command, outcome, now_ms))
        if self._side.next_timer_ms() <= now_ms:
            self._perform(self._side.timer(now_ms, now.wall_ms))
        self._look_at_build()
        self._anchor()

    def _perform(self, outputs: tuple[out.ControllerOutput, ...]) -> None:
        for output in outputs:
            self._give_way()
            self._do(output)

    def _do(self, output: out.ControllerOutput) -> None:  # noqa: C901, PLR0912 - one case per output
        now = self._clock.now()
        match output:
            case out.Send(message=message):
                if self._connection is not None:
                    self._connection.publish(topics.up_topic(self._controller), wire.to_json(message))
            case out.Apply():
                self._apply(output)
            case out.BeginSnapshot(offer=offer):
                self._spool.begin(offer)
            case out.KeepChunk(data=data):
                self._spool.keep(data)
            case out.ApplySnapshot():
                self._build = self._spool.build(self._replica.next_file())
            case out.TrimUpTo(n=n):
                self._journal.trim(n)
            case out.Witness(head=head):
                witnessed = HeadWitnessed(books=head.books, entry=head.entry, hash=head.hash, at=Stamp.of(now))
                self._journal.append(witnessed, lambda _begin_ns, _end_ns: self.committed())
            case out.Fresh():
                self._replica.heard(Contact(boot_id=now.boot_id, boot_ms=output.as_of_ms, wall_ms=now.wall_ms))
                self._own.contact(output.stored_n)
            case out.Do(command=command):
                self._carry_out(command)
            case out.Standing(state=state):
                self._engine.submit(ev.QuarantineSet(quarantined=state in ("quarantined", "rejected")))
            case out.Alarm(code=code, detail=detail):
                if code is out.AlarmCode.NEEDS_UPGRADE:
                    self._replica.stop_at(detail)
                _log.error("alarm", code=code.value, detail=detail, said=out.SENTENCES[code].en)
            case _:
                assert_never(output)

    def _apply(self, changes: out.Apply) -> None:
        now_ms = self._clock.now().boot_ms
        try:
            self._replica.apply_changes(
                incarnation=changes.incarnation,
                to_revision=changes.to_revision,
                entries=changes.entries,
                vector=changes.vector,
            )
        except sqlite3.Error as error:
            _log.warning("the replica could not be written", why=str(error))
            self._perform(self._side.apply_failed(now_ms))
            return
        self._own.trim(changes.vector)
        self._perform(self._side.applied(now_ms))
        self._on_replica()

    def _look_at_build(self) -> None:
        """Switch to a snapshot's file when the child process has built it; the conversation went on meanwhile."""
        built = None if self._build is None else self._build.result()
        if self._build is None or built is None:
            return
        build, self._build = self._build, None
        now_ms = self._clock.now().boot_ms
        match built:
            case Built(outcome="built"):
                self._replica.switch_to(build.target)
                self._fold_anew()
                self._perform(self._side.applied(now_ms))
                self._on_replica()
            case Built(outcome="needs_upgrade", detail=detail):
                self._perform(self._side.snapshot_refused(out.AlarmCode.NEEDS_UPGRADE, detail, now_ms))
            case Built(outcome="damaged", detail=detail):
                self._perform(self._side.snapshot_refused(out.AlarmCode.SNAPSHOT_DAMAGED, detail, now_ms))
            case _:
                self._perform(self._side.apply_failed(now_ms))

    def _carry_out(self, command: Command) -> None:
        if command.kind != "stop" or command.session is None:
            self.answered(command.id, "not_supported")
            return
        self._engine.submit(
            ev.StopAsked(
                command=command.id,
                session=command.session,
                boot_id=command.boot_id,
                expires_boot_ms=command.expires_boot_ms,
            )
        )

    def _fold_anew(self) -> None:
        reader = self._replica.reader()
        with reader.view() as view:
            branches = [link.branch for link in self._reader.lineage()]
            vector = [Contained(branch=branch, n=view.contained(branch)) for branch in branches]
        reader.close()
        self._folded_n = self._reader.oldest_n() - 1
        self._own.start_anew(vector, self._unfolded())

    def _fold_new(self) -> None:
        for n, branch, fact in self._unfolded():
            self._give_way()
            self._own.fold(n, branch, fact)

    def _unfolded(self) -> Iterator[tuple[int, BranchId, Fact]]:
        """Give the committed facts that were not folded yet, in order."""
        while sealed := self._reader.read(self._folded_n + 1, READ_AT_ONCE):
            for one in sealed:
                fact = _readable(one)
                if fact is not None:
                    yield one.n, one.branch, fact
            self._folded_n = sealed[-1].n

    def _anchor(self) -> None:
        """When the date becomes known, one fact dates the whole boot."""
        now = self._clock.now()
        if not self._anchored and now.clock == "synced" and now.wall_ms is not None:
            self._anchored = True
            at_boot_ms = now.wall_ms - now.boot_ms
            self._journal.append(ClockAnchored(boot_id=now.boot_id, wall_at_boot_ms=at_boot_ms, at=Stamp.of(now)))


def _readable(sealed: SealedFact) -> Fact | None:
    if sealed.body is None:
        return None
    try:
        return fact_from(sealed.kind, sealed.schema, sealed.body)
    except (UnknownFactError, MalformedFactError):
        return None  # written by a newer version before a downgrade; the office will read it
