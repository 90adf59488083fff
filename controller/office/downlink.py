"""The office's end of the exchange: takes the floor's facts, reads them, and sends down what changed.

House rules: one thread owns every conversation. Nothing is acknowledged before its commit; facts are read in a later
transaction, and again at start if that one was lost. A conversation that fails is dropped alone and made anew from the
database: what was not acknowledged comes again, and no other controller waits for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, assert_never

from sqlalchemy.exc import SQLAlchemyError

from controller import logs
from controller.domain.ids import ControllerId, SessionId
from controller.errors import IndivisError
from controller.exchange.office_side import OfficeSide
from controller.exchange.outputs import Alarm, Answered, Decided, Gap, Heard, OfficeOutput, Send, Store
from controller.exchange.topics import controller_in, down_topic
from controller.exchange.wire import RefusedMessageError, to_json, up_from_json
from controller.office.directory.entries import revision
from controller.office.directory.places import note_heard
from controller.office.downlink_store import (
    ControllerStore,
    commands_since,
    is_known,
    keep_alarm,
    keep_facts,
    keep_gap,
    keep_standings,
    note_outcome,
    standings,
)
from controller.office.inbox import Arrived, Asked, DropConfirmed, Inbox, Item, Judged
from controller.office.interpreting import FACTS_LIMIT
from controller.office.snapshots import Snapshots
from controller.office.upkeep import DAY_WAIT_MS, Upkeep

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from controller.domain.ids import BranchId
    from controller.office.commands import FloorCommand
    from controller.office.office import Office
    from controller.office.store import Change

ITEMS_A_TURN = 50
"""Messages handled before the next batch of stored facts is read, so that neither waits long for the other."""

WAKE_S = 1.0
"""The thread looks around at least this often: another process (`indivis admin`) may have changed the directory."""

HEARD_EVERY_MS = 10_000
"""How often it is written down that a controller was heard when nothing else is new, which spares the card."""

COMMAND_TTL_MS = 30_000
"""A stop that has not reached the machine after half a minute is void: the person sees it and walks there."""

READ_PAUSE_S = 10.0
"""After stored facts could not be read they are tried again this much later; what comes meanwhile is stored."""

TROUBLE_PAUSE_S = 1.0
"""After a failure nobody expected the thread goes on this much later; the disk may be full or the file busy."""

STRANGERS_MAX = 100
"""Unknown controllers that are named once in the log; further ones are refused unnamed."""

_log = logs.get("exchange")


class OfficeExchange:
    """Every controller's conversation. `publish` takes topic and payload and never waits; `folder` is the office's."""

    def __init__(
        self,
        office: Office,
        inbox: Inbox,
        *,
        publish: Callable[[str, bytes], object],
        chain_key: Ed25519PrivateKey,
        folder: Path | None = None,
        day_wait_ms: int = DAY_WAIT_MS,
    ) -> None:
        self._office, self._inbox, self._publish = office, inbox, publish
        self._snapshots = Snapshots(office.store, folder)
        self._upkeep = Upkeep(office, chain_key, folder, day_wait_ms)
        self._sides: dict[ControllerId, OfficeSide] = {}
        self._standings: dict[ControllerId, dict[BranchId, str]] = {}
        self._heard: dict[ControllerId, tuple[int, int]] = {}
        self._incarnation = office.store.incarnation()
        with office.store.read() as tx:
            self._waiting = commands_since(tx, office.now_ms() - COMMAND_TTL_MS)
        self._strangers: set[str] = set()
        self._revision = -1
        self._unread = True
        self._read_again_at_s = 0.0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="exchange", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """End after the turn under way; what is stored and not read yet is read at the next start."""
        self._closing.set()
        self._inbox.changed()
        if self._thread.ident is not None:
            self._thread.join()
        self._snapshots.close()

    def take_in(self) -> None:
        """Handle what waits in the inbox: store and acknowledge."""
        for _ in range(ITEMS_A_TURN):
            item = self._inbox.take()
            if item is None:
                return
            with self._alone(_speaks_of(item)):
                self._handle(item)

    def read_on(self) -> None:
        """Read one batch of stored facts, then tell the controllers what is new in the directory."""
        changed = self._inbox.take_changed()
        read = self._read_batch()
        if changed:
            self._follow_people()
        self._upkeep.look()
        with self._office.store.read() as tx:
            newest = revision(tx)
        if changed or read or newest != self._revision:
            self._revision = newest
            for controller, side in list(self._sides.items()):
                with self._alone(controller):
                    self._perform(controller, side.directory_changed(self._office.now_ms()))
        self._send_waiting()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._inbox.wait(0 if self._may_read else WAKE_S)
                self.take_in()
                self.read_on()
            except Exception:  # noqa: BLE001 (whatever it is, the floor goes on and needs an answer)
                _log.exception("the exchange stumbled; it goes on")
                self._sides.clear()
                self._unread = True
                self._closing.wait(TROUBLE_PAUSE_S)

    @contextmanager
    def _alone(self, controller: ControllerId | None) -> Iterator[None]:
        """End this controller's conversation, and no other's, if anything goes wrong in it; it says hello again."""
        try:
            yield
        except Exception:  # noqa: BLE001 (a damaged row or message of one controller must not silence the others)
            _log.exception("a conversation stumbled; it begins anew", controller=controller)
            if controller is not None:
                self._sides.pop(controller, None)

    @property
    def _may_read(self) -> bool:
        return self._unread and time.monotonic() >= self._read_again_at_s

    def _read_batch(self) -> bool:
        """Read a batch if any waits, and tell whether there were facts; what fails is tried again, storing goes on."""
        if not self._may_read:
            return False
        try:
            done = self._office.interpret_stored()
        except (IndivisError, SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError):
            _log.exception("stored facts could not be read; they wait")
            self._read_again_at_s = time.monotonic() + READ_PAUSE_S
            return False
        self._unread = done.facts >= FACTS_LIMIT
        return done.facts > 0

    def _handle(self, item: Item) -> None:
        now_ms = self._office.now_ms()
        match item:
            case Arrived():
                self._arrived(item, now_ms)
            case Asked(command):
                self._waiting.append(command)  # sent, or given up, at the end of this turn
            case Judged(controller=controller, branch=branch, verdict=verdict):
                self._perform(controller, self._side(controller).decide_quarantine(branch, verdict, now_ms))
                self._unread = True
            case DropConfirmed(controller):
                self._side(controller).confirm_size_drop()
            case _:
                assert_never(item)

    def _arrived(self, item: Arrived, now_ms: int) -> None:
        controller = controller_in(item.topic)
        if controller is None:
            return
        if controller not in self._sides and not self._admitted(controller):
            return
        try:
            message = up_from_json(item.payload)
        except RefusedMessageError as error:
            _log.warning("a message is refused", controller=controller, why=str(error))
            return
        if message.sender.controller != controller:
            _log.warning("a message is refused", controller=controller, why="it names another controller")
            return
        self._perform(controller, self._side(controller).received(message, now_ms))

    def _admitted(self, controller: ControllerId) -> bool:
        with self._office.store.read() as tx:
            known = is_known(tx, controller)
        if not known and controller not in self._strangers and len(self._strangers) < STRANGERS_MAX:
            self._strangers.add(controller)
            _log.warning("an unknown controller is refused; make it known on the page", controller=controller)
        return known

    def _side(self, controller: ControllerId) -> OfficeSide:
        side = self._sides.get(controller)
        if side is None:
            view = ControllerStore(self._office.store, controller, self._snapshots, self._office.now_ms)
            side = self._sides[controller] = OfficeSide(view)
            self._standings[controller] = {record.branch: record.standing for record in view.branches()}
        return side

    def _perform(self, controller: ControllerId, outputs: Sequence[OfficeOutput]) -> None:
        """Commit what is to be kept, then send; a commit that failed ends the conversation as it stands."""
        sent = [output.message for output in outputs if isinstance(output, Send)]
        kept = [output for output in outputs if not isinstance(output, Send) and self._is_news(controller, output)]
        stored: list[tuple[BranchId, int]] = []
        try:
            if kept:
                with self._office.store.changing("exchange", self._office.now_ms()) as change:
                    for output in kept:
                        stored += self._keep(change, controller, output)
        except (IndivisError, SQLAlchemyError):
            _log.exception("what came could not be stored; it will be sent again", controller=controller)
            self._sides.pop(controller, None)
            return
        self._after(controller, kept)
        for message in sent:
            self._publish(down_topic(controller), to_json(message))
        for branch, n in stored:
            self._unread = True
            self._perform(controller, self._sides[controller].stored(branch, n, self._office.now_ms()))

    def _keep(self, change: Change, controller: ControllerId, output: OfficeOutput) -> list[tuple[BranchId, int]]:
        match output:
            case Store():
                return keep_facts(change, controller, output)
            case Decided(branches=records):
                keep_standings(change, controller, records)
            case Gap():
                keep_gap(change, controller, output)
            case Alarm():
                keep_alarm(change, controller, output)
            case Heard(replica=replica):
                same = replica.incarnation == self._incarnation
                note_heard(change.tx, controller, change.now_ms, replica.revision if same else 0)
            case Answered(command=key, outcome=outcome):
                note_outcome(change, key, outcome)
            case Send():
                pass
            case _:
                assert_never(output)
        return []

    def _after(self, controller: ControllerId, kept: Sequence[OfficeOutput]) -> None:
        """Remember what is committed now, and tell the pages what they show of it."""
        for output in kept:
            match output:
                case Heard(replica=replica):
                    self._heard[controller] = (self._office.now_ms(), replica.revision)
                    self._office.live.publish("controller", {"controller": controller, "revision": replica.revision})
                case Store(branches=records):
                    known = self._standings[controller]
                    self._standings[controller] = {record.branch: record.standing for record in records} | known
                case Decided(branches=records):
                    self._standings[controller] |= {record.branch: record.standing for record in records}
                    self._office.live.publish("alarm", {"controller": controller})
                case Alarm(code=code):
                    _log.warning("alarm", code=code.value, controller=controller, detail=output.detail)
                    self._office.live.publish("alarm", {"controller": controller})
                case _:
                    pass

    def _is_news(self, controller: ControllerId, output: OfficeOutput) -> bool:
        if not isinstance(output, Heard):
            return True
        at_ms, applied = self._heard.get(controller, (None, None))
        fresh = at_ms is not None and 0 <= self._office.now_ms() - at_ms < HEARD_EVERY_MS
        return not fresh or applied != output.replica.revision

    def _follow_people(self) -> None:
        """Carry out what a person has decided about branches in the database itself."""
        for controller in list(self._sides):
            with self._office.store.read() as tx:
                stored = standings(tx, controller)
            known = self._standings[controller]
            for branch, standing in stored.items():
                held = known.get(branch, standing)
                if held in ("quarantined", "rejected") and standing == "open":
                    outputs = self._sides[controller].decide_quarantine(branch, "accept", self._office.now_ms())
                    self._perform(controller, outputs)
                    self._unread = True
                elif held != standing:
                    self._sides.pop(controller, None)
                    break

    def _send_waiting(self) -> None:
        """Send each command as soon as its controller is heard; write down that one came to nothing in its time."""
        unsent = []
        for command in self._waiting:
            dealt_with = False
            with self._alone(ControllerId(command.controller)):
                dealt_with = self._send_or_void(command)
            if not dealt_with:
                unsent.append(command)
        self._waiting = unsent

    def _send_or_void(self, command: FloorCommand) -> bool:
        now_ms = self._office.now_ms()
        left_ms = command.asked_at + COMMAND_TTL_MS - now_ms
        controller = ControllerId(command.controller)
        if left_ms <= 0:
            with self._office.store.changing("exchange", now_ms) as change:
                note_outcome(change, command.id, "expired")
            self._office.live.publish("command_answered", {"command": command.id, "outcome": "expired"})
            return True
        outputs = self._side(controller).command(
            key=command.id,
            kind=command.kind,
            session=SessionId(command.session),
            now_ms=now_ms,
            ttl_ms=min(left_ms, COMMAND_TTL_MS),
        )
        self._perform(controller, outputs)
        return bool(outputs)


def _speaks_of(item: Item) -> ControllerId | None:
    match item:
        case Arrived(topic=topic):
            return controller_in(topic)
        case Asked(command):
            return ControllerId(command.controller)
        case Judged(controller=controller) | DropConfirmed(controller):
            return controller
        case _:
            assert_never(item)
