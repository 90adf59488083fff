"""Turns what the engine does into the public tree, on a thread of its own, so that a tap never waits for a message.

House rules: it only looks. States are said anew at each connection and whenever nothing happened for REFRESH_S. What
the journal keeps is told from the journal, as soon as it is on disk or after an outage (`replayed`), and again until
the broker has taken it; a passing event (a warning) that finds no broker is forgotten.
"""

from __future__ import annotations

import queue
import threading
from contextlib import AbstractContextManager, ExitStack, suppress
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Protocol

from controller import logs
from controller.domain.ids import MachineId
from controller.exchange import public
from controller.exchange.announcing import Announcing, birth_topic
from controller.exchange.public_events import events_of, touched
from controller.exchange.public_journal import JournalEvents
from controller.exchange.public_memory import PublicMemory
from controller.exchange.told_totals import ToldTotals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from controller.domain import events as ev
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.mqtt import Status
    from controller.exchange.outgoing import Mark, Outbound
    from controller.exchange.ports import Journal
    from controller.exchange.totals import Totals

    Step = tuple[Workshop, tuple[ev.Effect, ...], Now]

STEPS_MAX = 1_000
"""Steps of the engine that may wait to be told. Beyond it a step's passing events go untold; all else follows."""

REFRESH_S = 30.0
"""After so long without news all states are said again: what was lost on the way heals."""

REMEMBER_MS = 60_000
"""How often it is kept how far events are told: what a crash forgets is told again, under the same ids."""

STOP_WITHIN_S = 5.0
"""How long a stop waits for what is still to be told: a relay that does not answer must not keep the end from coming.
"""

BORN = b"online"
"""Home Assistant's birth message, where nobody gave it another."""

_log = logs.get("public")


class Line(Protocol):
    """Where messages go, at once or later; never waits (`mqtt.Connection`)."""

    @property
    def status(self) -> Status:
        """How the connection stands."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, mark: Mark = None) -> bool:
        """Queue a message."""


class Publisher:
    """A watcher of the engine. `read_relay` gives the level read (`None`: unknown) and `now` the time, on our thread,
    where `open_journal` is called too. `memory` is what an earlier start knew.

    `first_seq` must be above every number used before: the Unix time in milliseconds at start does.
    """

    def __init__(
        self,
        place: public.Place,
        *,
        about: public.About,
        first_seq: int,
        read_relay: Callable[[MachineId], bool | None],
        now: Callable[[], Now],
        open_journal: Callable[[], AbstractContextManager[Journal]],
        memory: PublicMemory | None = None,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        self._place, self._about, self._give_way = place, about, give_way
        self._read_relay, self._now = read_relay, now
        self._open_journal, self._memory = open_journal, memory or PublicMemory()
        self._events: JournalEvents | None = None
        self._journal: Journal | None = None
        beside = self._memory.path
        self._totals = ToldTotals(place, None if beside is None else beside.with_name("totals.json"))
        self._announcing = Announcing(
            place, self._memory, version=about.version, prefix=about.home_assistant, lang=about.lang
        )
        self._born = threading.Event()
        self._connected_anew = threading.Event()
        self._taken_away: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._written_ms = 0
        self._seq = count(first_seq)
        self._steps: queue.Queue[Step | None] = queue.Queue(STEPS_MAX)
        self._all_anew = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="public tree", daemon=True)

    def start(self, line: Line, workshop: Workshop) -> None:
        """Begin to tell, with the workshop as it is before the first step; `line` tells `on_status` how it stands."""
        self._line, self._workshop = line, workshop
        self._keep_in_mind()
        self._all_anew.set()
        self._thread.start()
        self._nudge()

    def stop(self) -> None:
        """Tell what waits, then end."""
        self._ending.set()
        self._nudge()
        self._thread.join(STOP_WITHIN_S)

    @property
    def alive(self) -> bool:
        """Whether the thread that tells is there."""
        return self._thread.is_alive()

    def after_step(self, workshop: Workshop, effects: tuple[ev.Effect, ...], now: Now) -> None:
        """Take note of a step of the engine; returns at once."""
        try:
            self._steps.put_nowait((workshop, effects, now))
        except queue.Full:
            self._all_anew.set()

    def on_status(self, status: Status) -> None:
        """Say everything anew when the broker is there again: it may have forgotten all it kept."""
        if status.word == "connected":
            self._connected_anew.set()
            self._all_anew.set()
            self._nudge()

    def committed(self) -> None:
        """The journal has grown; from any thread, returns at once."""
        self._totals.grown()
        self._nudge()

    def heard(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        """Home Assistant says that it has started; from the connection's thread. A kept word is old news."""
        if topic == birth_topic(self._about.home_assistant) and payload == BORN and not retained:
            self._born.set()
            self._nudge()

    def totals(self) -> Mapping[str, Totals]:
        """Return what is counted of each machine; from any thread."""
        return self._totals.counting.snapshot()

    def taken(self, mark: Mark) -> None:
        """The broker has answered for what is marked so; from the connection's thread."""
        if mark is None:
            return
        if isinstance(mark, int) and self._events is not None:
            self._events.taken(mark)
        elif isinstance(mark, str):
            self._taken_away.put(mark)
        self._nudge()

    def remember(self) -> None:
        """Keep how far everything is told, when nothing more will be."""
        if self._events is not None:
            self._events.remember()
        self._memory.write()
        self._totals.counting.write()

    def _nudge(self) -> None:
        if self._steps.empty():  # else it is awake, and looks after everything when it has told that
            with suppress(queue.Full):
                self._steps.put_nowait(None)

    def _run(self) -> None:
        with ExitStack() as stack:
            self._tell_all(stack)

    def _tell_all(self, stack: ExitStack) -> None:
        while not self._ending.is_set() or not self._steps.empty():
            try:
                step = self._steps.get(timeout=self._wait_s())
            except queue.Empty:
                self._all_anew.set()
                step = None
            for work in (
                partial(self._look_back, stack),
                self._notice_birth,
                partial(self._tell, step),
                self._tell_from_journal,
                self._count,
            ):
                try:
                    work()
                except Exception:  # noqa: BLE001 (a dashboard's loss must not become the machines')
                    _log.exception("a step could not be published")

    def _wait_s(self) -> float:
        wait_ms = self._announcing.wait_ms(self._now())
        return REFRESH_S if wait_ms is None else min(REFRESH_S, wait_ms / 1000)

    def _notice_birth(self) -> None:
        now = self._now()
        if self._born.is_set():
            self._born.clear()
            self._announcing.born(now)
        if self._announcing.answers_birth(now):
            self._all_anew.set()

    def _count(self) -> None:
        if self._journal is None:
            return
        self._give_way()
        now = self._now()
        for machine in sorted(self._totals.count(self._journal, now)):
            if machine in self._workshop.machines:
                self._send(self._totals.messages(self._workshop, MachineId(machine), now))
        if self._totals.behind():
            self._nudge()

    def _look_back(self, stack: ExitStack) -> None:
        """Know where the journal stands before anything is said over a new connection: that much is late."""
        if self._events is None:
            self._journal = stack.enter_context(self._open_journal())
            self._events = JournalEvents(self._journal, self._memory)
            self._events.remember()
        if self._connected_anew.is_set():
            self._connected_anew.clear()
            self._events.connected()
            self._announcing.connected()

    def _tell_from_journal(self) -> None:
        events = self._events
        if events is None or self._line.status.word != "connected":
            return
        self._give_way()
        now = self._now()
        for told in events.look(self._workshop, now):
            self._send([self._event(told.event, told.wall_ms, mark=told.n, replayed=told.replayed)])
        if now.boot_ms - self._written_ms >= REMEMBER_MS:
            self._written_ms = now.boot_ms
            self.remember()
        if events.more():
            self._nudge()

    def _tell(self, step: Step | None) -> None:
        changed: frozenset[MachineId] = frozenset()
        if step is not None:
            before, (self._workshop, effects, now) = self._workshop, step
            if _devices(before) != _devices(self._workshop):
                self._keep_in_mind()
                self._all_anew.set()
            self._send(self._event(event, now.wall_ms) for event in events_of(before, self._workshop, effects))
            changed = touched(before, self._workshop, effects)
        if self._all_anew.is_set():
            self._all_anew.clear()
            self._say_farewells()
            self._totals.forget_told()
            self._send(public.hello_messages(self._place, self._workshop, self._about, self._now()))
            changed = frozenset(self._workshop.machines)
            self._announce()
        elif self._announcing.due(self._now()):
            self._announce()
        for machine in sorted(changed):
            self._send(self._states(machine))
            self._send(self._totals.messages(self._workshop, machine, self._now()))

    def _announce(self) -> None:
        self._send(self._announcing.look(self._workshop, self._totals.counting.of, self._now()))

    def _event(
        self, event: public.PublicEvent, wall_ms: int | None, *, mark: int | None = None, replayed: bool = False
    ) -> Outbound:
        return public.event_message(
            self._place,
            self._workshop,
            event,
            wall_ms,
            seq=next(self._seq),
            mark=mark,
            replayed=replayed,
            revenue=self._about.revenue,
        )

    def _keep_in_mind(self) -> None:
        """Know of which machines something may be at the broker, before it is."""
        here = self._here()
        if not here <= self._memory.machines:
            self._memory.machines |= here
            self._memory.write()

    def _say_farewells(self) -> None:
        """Take away what is still kept of machines that are here no more, whenever it was that they went."""
        while not self._taken_away.empty():
            mark = self._taken_away.get()
            site, _, machine = mark.partition("/")
            self._memory.machines.discard((site, machine))
            self._announcing.taken(mark)
        self._keep_in_mind()
        for site, machine in sorted(self._memory.machines - self._here()):
            self._send(public.farewell_messages(site, machine))

    def _here(self) -> set[tuple[str, str]]:
        return {(str(self._place.site), str(machine)) for machine in self._workshop.machines}

    def _states(self, machine: MachineId) -> tuple[Outbound, ...]:
        return public.state_messages(
            self._place,
            self._workshop,
            machine,
            self._now(),
            seq=next(self._seq),
            relay_on=self._read_relay(machine),
        )

    def _send(self, messages: Iterable[Outbound]) -> None:
        for message in messages:
            if self._connected_anew.is_set():
                return  # all of it is said anew over the connection that has just come, and what is late as late
            self._give_way()
            self._line.publish(message.topic, message.payload, retain=message.retain, mark=message.mark)


def _devices(workshop: Workshop) -> dict[MachineId, tuple[str, bool]]:
    """Return each machine as a board knows it: its name, and whether a meter measures it."""
    return {
        machine: (found.policy.name, found.policy.channel in workshop.meters)
        for machine, found in workshop.machines.items()
    }
