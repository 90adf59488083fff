"""The exchange at the controller: one thread that sends what happened here and takes in what the office changed.

House rules: it is the only writer of the replica; nothing waits for it; whatever goes wrong with a network, a broker,
an office or a disk is a log line and another attempt, and what the engine has to know is told until it was told. The
conversation itself is `exchange.controller_side`, which decides everything.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import TYPE_CHECKING, assert_never

from controller import logs
from controller.domain import events as ev
from controller.domain.facts import ClockAnchored, HeadWitnessed, Stamp
from controller.exchange import outputs as out
from controller.exchange import topics, wire
from controller.exchange.controller_side import HELD_BACK, ControllerSide
from controller.exchange.mqtt import Connection
from controller.floor.folding import Folding
from controller.floor.journal_reading import JournalReader
from controller.floor.replica_build import Built
from controller.floor.replica_view import Contact
from controller.floor.snapshot_intake import SnapshotIntake

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from controller.domain.ids import ControllerId
    from controller.exchange.dialogue import Broker
    from controller.exchange.messages import Command
    from controller.exchange.mqtt import Status
    from controller.floor.engine import Engine
    from controller.floor.journal import Journal
    from controller.floor.own_facts import OwnFacts
    from controller.floor.ports import Clock
    from controller.floor.replica import Replica

INBOX_MAX = 100
"""Messages and wake-ups that may wait, at most 25 MB; the office sends a slice or a chunk at a time. Beyond it they are
dropped: the conversation asks again for whatever it did not get."""

WAIT_MAX_S = 1.0
"""The longest sleep without news: a deadline that moved meanwhile is met at most this late."""

READY_WITHIN_S = 30.0
"""How long a start waits for the journal to be read: a month of a busy workshop takes a second or two. After that
badges are read all the same; what costs something is refused until it is known what was spent (`spending_unknown`)."""

STUMBLE_S = 0.5
"""Pause after something went wrong: what goes wrong again and again keeps neither the processor nor the log busy."""

ANSWERS_MAX = 64
"""Answers to commands that may wait to be given; as many as the conversation remembers."""

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
        software: str,
    ) -> None:
        """`on_replica` tells the engine what holds now; `software` is our version, which may not understand all."""
        self._controller, self._clock, self._speed, self._software = controller, clock, speed, software
        self._journal, self._journal_path, self._replica = journal, journal_path, replica
        self._own, self._engine, self._on_replica = own, engine, on_replica
        self._give_way = give_way
        self._inbox: queue.Queue[bytes | str | None] = queue.Queue(INBOX_MAX)
        self._answers: deque[tuple[str, str]] = deque(maxlen=ANSWERS_MAX)
        self._untold = False
        self._unwritten: dict[str, Callable[[], None]] = {}
        self._anchored = False
        self._reader: JournalReader | None = None
        self._connection: Connection | None = None
        self._ready = threading.Event()
        self._grown = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)

    def start(self, broker: Broker) -> None:
        """Take in what the journal holds above the replica, then begin to talk."""
        self._connection = Connection(
            broker,
            subscriptions=(topics.down_topic(self._controller),),
            on_message=lambda _topic, payload, _retained: self._heard(payload),
            on_status=self._on_status,
            keep_while_lost=False,
            give_way=self._give_way,
        )
        self._thread.start()
        if not self._ready.wait(READY_WITHIN_S):
            _log.warning("the journal is not read yet; starts that cost something are refused until it is")
        self._connection.start()

    def stop(self) -> None:
        """End the conversation; what was not said is said at the next start."""
        self._ending.set()
        self._wake(None)
        if self._thread.ident is not None:
            self._thread.join(5)
        if self._connection is not None:
            self._connection.close()

    def committed(self) -> None:
        """The journal has grown; from any thread. Many commits before the next look are one."""
        if not self._grown.is_set():
            self._grown.set()  # seen at the next turn, even when no place was left for the word
            self._wake("committed")

    def answered(self, command: str, outcome: str) -> None:
        """A command was carried out or refused; from any thread."""
        self._answers.append((command, outcome))
        self._wake("answered")

    @property
    def alive(self) -> bool:
        """Whether both threads are there: the one that decides, and the one that is connected."""
        return self._thread.is_alive() and self._connection is not None and self._connection.alive

    def _on_status(self, status: Status) -> None:
        _log.info(
            "exchange broker", status=status.word, trouble=None if status.trouble is None else str(status.trouble)
        )
        if status.word == "connected":
            self._wake("connected")

    def _heard(self, payload: bytes) -> None:
        if len(payload) > wire.MESSAGE_BYTES_MAX:
            _log.warning("a message of the office is too long and was not read", bytes=len(payload))
        else:
            self._wake(payload)

    def _wake(self, what: bytes | str | None) -> None:
        try:
            self._inbox.put_nowait(what)
        except queue.Full:
            _log.warning("the exchange is behind; a message is dropped and will be asked for again")

    def _run(self) -> None:
        while not self._ending.is_set() and not self._try(self._open):
            self._ready.set()
            self._ending.wait(STUMBLE_S)
        while not self._ending.is_set():
            self._turn()
        self._end()

    def _open(self) -> None:
        # SQLite readers belong to the thread that looks.
        reader = JournalReader(self._journal_path)
        now = self._clock.now()
        try:
            self._side = ControllerSide(
                controller=self._controller,
                boot_id=now.boot_id,
                journal=reader,
                replica=self._replica,
                now_ms=now.boot_ms,
                directory_standing="needs_upgrade" if self._replica.stopped(self._software) else "ok",
                standing=self._replica.standing(),
            )
        except BaseException:
            reader.close()
            raise
        self._reader, self._folding = reader, Folding(reader, self._replica, self._own, self._give_way)
        self._snapshot = SnapshotIntake(self._journal_path.with_name("snapshot.spool"), self._replica, self._folding)
        self._know_what_was_spent()
        self._ready.set()

    def _turn(self) -> None:
        try:
            what = self._inbox.get(timeout=self._wait_s())
        except queue.Empty:
            what = "timer"
        if what is None or self._ending.is_set():
            return
        self._give_way()
        chores = (self._know_what_was_spent, self._take_in, self._keep_time, self._look_at_snapshot, self._tell)
        went_well = [self._try(work) for work in (lambda: self._take(what), *chores)]
        if not all(went_well):
            self._ending.wait(STUMBLE_S)

    def _try(self, work: Callable[[], None]) -> bool:
        """Do one thing; whatever goes wrong with it, the others go on, and it is done again at its time."""
        try:
            work()
        except Exception:  # noqa: BLE001 - a bug here must not take the machines with it
            _log.exception("the exchange stumbled and goes on")
            return False
        return True

    def _end(self) -> None:
        if self._reader is not None:
            self._snapshot.close()
            self._reader.close()

    def _wait_s(self) -> float:
        left_ms = self._side.next_timer_ms() - self._clock.now().boot_ms
        longest_s = BUILD_LOOK_S if self._snapshot.building else WAIT_MAX_S
        return min(longest_s, max(0.005, left_ms / 1000 / self._speed))

    def _take(self, what: bytes | str) -> None:
        now_ms = self._clock.now().boot_ms
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
            case _:
                pass  # there is something to look after

    def _know_what_was_spent(self) -> None:
        if not self._folding.begun:
            self._folding.begin(self._clock.now().boot_ms)
            # Faults that lie further back than a start looks stand from now on.
            self._untold = self._untold or self._folding.begun

    def _take_in(self) -> None:
        """Fold and send what was committed since the last look, and give the answers that wait."""
        now_ms = self._clock.now().boot_ms
        while self._answers:
            self._perform(self._side.command_answered(*self._answers.popleft(), now_ms))
        if not self._grown.is_set():
            return
        self._grown.clear()
        try:
            self._folding.take_in()
        except BaseException:
            self._grown.set()
            raise
        self._perform(self._side.fact_committed(now_ms))

    def _keep_time(self) -> None:
        now = self._clock.now()
        if self._side.next_timer_ms() <= now.boot_ms:
            self._perform(self._side.timer(now.boot_ms, now.wall_ms))
        self._anchor()

    def _tell(self) -> None:
        """Tell the engine what holds now, and the disk what must outlive this process, until both have taken it."""
        if self._untold:
            self._on_replica()
            self._untold = False
        for what, write in list(self._unwritten.items()):
            write()
            del self._unwritten[what]

    def _perform(self, outputs: tuple[out.ControllerOutput, ...]) -> None:
        for output in outputs:
            self._give_way()
            if not self._try(lambda one=output: self._do(one)) and isinstance(output, out.Apply | out.ApplySnapshot):  # type: ignore[misc]
                self._not_applied()

    def _do(self, output: out.ControllerOutput) -> None:  # noqa: C901, PLR0912 - one case per output
        now = self._clock.now()
        match output:
            case out.Send(message=message):
                if self._connection is not None:
                    self._connection.publish(topics.up_topic(self._controller), wire.to_json(message))
            case out.Apply():
                self._apply(output)
            case out.BeginSnapshot(offer=offer):
                self._snapshot.begin(offer)
            case out.KeepChunk(data=data):
                self._snapshot.keep(data)
            case out.ApplySnapshot(offer=offer):
                self._snapshot.build(offer)
            case out.TrimUpTo(n=n):
                self._journal.trim(n)
            case out.Witness(head=head):
                witnessed = HeadWitnessed(books=head.books, entry=head.entry, hash=head.hash, at=Stamp.of(now))
                self._journal.append(witnessed, lambda _begin_ns, _end_ns: self.committed())
            case out.Fresh():
                self._own.contact(output.stored_n)
                self._replica.heard(Contact(boot_id=now.boot_id, boot_ms=output.as_of_ms, wall_ms=now.wall_ms))
            case out.Do(command=command):
                self._carry_out(command)
            case out.Standing(state=state):
                self._engine.submit(ev.QuarantineSet(quarantined=state in HELD_BACK))
                self._unwritten["standing"] = lambda: self._replica.stands(state)
            case out.Alarm(code=code, detail=detail):
                if code is out.AlarmCode.NEEDS_UPGRADE:
                    self._unwritten["stop"] = lambda: self._replica.stop_at(detail, self._software)
                _log.error("alarm", code=code.value, detail=detail, said=out.SENTENCES[code].en)
            case _:
                assert_never(output)

    def _apply(self, changes: out.Apply) -> None:
        self._replica.apply_changes(
            incarnation=changes.incarnation,
            to_revision=changes.to_revision,
            entries=changes.entries,
            vector=changes.vector,
        )
        self._untold = True
        self._own.trim(changes.vector)
        self._perform(self._side.applied(self._clock.now().boot_ms))

    def _not_applied(self) -> None:
        # Whether it was or not, the engine is told what the file holds.
        self._untold = True
        self._perform(self._side.apply_failed(self._clock.now().boot_ms))

    def _look_at_snapshot(self) -> None:
        """Take note of a snapshot that has come into force, or never will; the conversation went on meanwhile."""
        try:
            built = self._snapshot.look()
        except BaseException:
            self._not_applied()
            raise
        now_ms = self._clock.now().boot_ms
        match built:
            case None:
                pass
            case Built(outcome="built"):
                self._untold = True
                self._perform(self._side.applied(now_ms))
            case Built(outcome="needs_upgrade", detail=detail):
                self._perform(self._side.snapshot_refused(out.AlarmCode.NEEDS_UPGRADE, detail, now_ms))
            case Built(outcome="damaged", detail=detail):
                self._perform(self._side.snapshot_refused(out.AlarmCode.SNAPSHOT_DAMAGED, detail, now_ms))
            case _:
                self._not_applied()

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

    def _anchor(self) -> None:
        """When the date becomes known, one fact dates the whole boot."""
        now = self._clock.now()
        if not self._anchored and now.clock == "synced" and now.wall_ms is not None:
            self._anchored = True
            at_boot_ms = now.wall_ms - now.boot_ms
            self._journal.append(ClockAnchored(boot_id=now.boot_id, wall_at_boot_ms=at_boot_ms, at=Stamp.of(now)))
