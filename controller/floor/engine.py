"""The one loop that feeds the rules and does what they ask.

House rules: one thread owns the workshop; it reads the clock once a step and never waits for a disk, a network or a
person;
whatever goes wrong inside a step opens every relay and ends the program, which starts again with everything off.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, assert_never

from controller.domain import events as ev
from controller.domain.decide import decide, next_deadline
from controller.domain.evolve import evolve
from controller.domain.extracting import relay_of
from controller.domain.facts import Fact, SessionOpened
from controller.domain.workshop import InUse, Starting, Workshop, invariants_broken
from controller.errors import Message, ProgrammerError
from controller.floor.ports import LATER

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.ids import BadgeToken, MachineId, SessionId
    from controller.domain.now import Now
    from controller.floor.ports import Answer, Clock, Relays

INBOX_LIMIT = 1_000
"""Events that may wait: a floor of a hundred readers tapped ten times at once. Beyond it starts are dropped and
counted, never a stop; everything else is few by construction and always let in.
"""

UNHEARD_MAX = 100
"""Taps that nobody had time for, told beyond that limit: every reader of the largest floor three times. More of them
say nothing new, and are counted only.
"""

TAP_KEPT_NS = 2_000_000_000
"""Two seconds: so long a maker waits with the badge in hand. A start that was looked up later, by a disk that hung, is
refused: its machine would come on when nobody stands there any more.
"""

IDLE_WAKE_S = 1.0
"""The loop turns at least this often, so that the watchdog sees it alive."""

PENDING_WAKE_S = 0.05
"""While facts wait for the disk the loop looks this often whether the disk has become too slow to start anything."""


@dataclass(frozen=True, slots=True)
class TapTimes:
    """When the parts of one authorised tap happened, in nanoseconds of the process clock, for the benchmark."""

    received_ns: int
    decided_ns: int
    commit_begin_ns: int
    commit_end_ns: int
    pin_ns: int


class JournalPort(Protocol):
    """Where facts are written; `append` never waits and calls back from the writer's thread after the commit."""

    def append(self, fact: Fact, on_stored: Callable[[int, int], None] | None = None) -> None:
        """Queue a fact; `on_stored(commit_begin_ns, commit_end_ns)` follows when it is on disk."""

    @property
    def full(self) -> bool:
        """Whether starts must be refused for lack of space."""

    @property
    def pending(self) -> int:
        """How many facts are not on disk yet."""

    def pending_ms(self) -> int:
        """How long the oldest of them has waited, in real milliseconds."""


class TickPort(Protocol):
    """Where the proof of open uses goes; never waits."""

    def write(self, uses: tuple[tuple[SessionId, int], ...], now: Now) -> None:
        """Keep the newest record and write it from another thread."""


class Watcher(Protocol):
    """Somebody who wants to know, and must not be waited for: public state, exchange, benchmark, display."""

    def after_step(self, workshop: Workshop, effects: tuple[ev.Effect, ...], now: Now) -> None:
        """Take note of a step; called on the engine's thread, so only hand over."""


class Engine:
    """Owns the workshop; everything reaches it through `submit`."""

    def __init__(
        self, workshop: Workshop, *, clock: Clock, relays: Relays, journal: JournalPort, tick: TickPort, speed: int = 1
    ) -> None:
        self.workshop = workshop
        self.open_tokens: dict[MachineId, BadgeToken] = {}
        self.dropped_taps = 0
        self.watchers: list[Watcher] = []
        self.on_alive: Callable[[], None] = lambda: None
        self.on_committed: Callable[[], None] = lambda: None
        self.on_directory: Callable[[ev.DirectoryChanged], None] = lambda _changed: None
        self.on_look_up: Callable[[ev.LookUp], object] = lambda _asked: None
        self.on_powered: Callable[[MachineId, TapTimes], None] | None = None
        self.on_opened: Callable[[MachineId, int, int], None] | None = None  # received_ns, pin_ns: for the benchmark
        self._clock, self._relays, self._journal, self._tick = clock, relays, journal, tick
        self._speed = speed
        self._inbox: queue.SimpleQueue[tuple[ev.Event, int] | None] = queue.SimpleQueue()
        self._commits: dict[SessionId, tuple[int, int, int, int]] = {}
        self._received_ns = 0

    def submit(self, event: ev.Event, received_ns: int = 0) -> bool:
        """Hand over an event from any thread; false when a tap was dropped because too much waits.

        Its maker is told all the same, while a place is left for that.
        """
        waiting = self._inbox.qsize()
        if isinstance(event, ev.Tapped) and event.looked_up and waiting >= INBOX_LIMIT:
            self.dropped_taps += 1
            self.submit(ev.TapUnheard(machine=event.machine))
            return False
        if isinstance(event, ev.TapUnheard) and waiting >= INBOX_LIMIT + UNHEARD_MAX:
            return False
        self._inbox.put((event, received_ns))
        return True

    def stop(self) -> None:
        """Ask the loop to end after what is waiting; power is the caller's last word (`ShutdownAsked`)."""
        self._inbox.put(None)

    def run(self) -> None:
        """Turn until `stop`. An error inside a step opens every relay before it goes on up."""
        try:
            while self._turn():
                pass
        except BaseException:
            self._relays.all_off()
            raise

    def step(self, event: ev.Event, received_ns: int = 0) -> None:
        """Feed one event and everything that follows from it at once. For the loop, and for set-up before it."""
        self._received_ns = received_ns
        following: deque[ev.Event] = deque([event])
        while following:
            now = self._clock.now()
            effects = decide(self.workshop, following.popleft(), now)
            for effect in effects:
                self._perform(effect, now, following)
            if broken := invariants_broken(self.workshop):
                what = "; ".join(broken)
                raise ProgrammerError(Message(f"règle interne violée ({what})", f"internal rule broken ({what})"))
            if effects:
                self._publish_tokens()
                for watcher in self.watchers:
                    watcher.after_step(self.workshop, effects, now)

    def _turn(self) -> bool:
        try:
            item = self._inbox.get(timeout=self._wait_s())
        except queue.Empty:
            item = (ev.TimePassed(), 0)
        self.on_alive()
        if item is None:
            return False
        self._report_storage()
        event, received_ns = item
        self.step(self._in_time(event, received_ns), received_ns)
        deadline = next_deadline(self.workshop)
        if deadline is not None and self._clock.now().boot_ms > deadline:
            self.step(ev.TimePassed())
        return True

    def _in_time(self, event: ev.Event, received_ns: int) -> ev.Event:
        """Return the event, or that a start came too late to be one. A stop never does."""
        if not isinstance(event, ev.Tapped) or not event.looked_up or not received_ns:
            return event
        if self.open_tokens.get(event.machine) == event.token:
            return event
        late = time.perf_counter_ns() - received_ns > TAP_KEPT_NS
        return ev.TapUnheard(machine=event.machine) if late else event

    def _wait_s(self) -> float:
        wait_s = PENDING_WAKE_S if self._journal.pending else IDLE_WAKE_S
        deadline = next_deadline(self.workshop)
        if deadline is None:
            return wait_s
        # One millisecond more: `TimePassed` at the very deadline would find a start that may still be in time.
        left_s = (deadline + 1 - self._clock.now().boot_ms) / 1000 / self._speed
        return min(wait_s, max(0.0, left_s))

    def _report_storage(self) -> None:
        slow = self._journal.pending_ms() * self._speed > self.workshop.limits.commit_budget_ms
        full = self._journal.full
        if (slow, full) != (self.workshop.storage_slow, self.workshop.storage_full):
            self.step(ev.StorageReported(full=full, slow=slow))

    def _perform(self, effect: ev.Effect, now: Now, following: deque[ev.Event]) -> None:
        match effect:
            case ev.Record(fact=fact):
                self.workshop = evolve(self.workshop, fact)
                self._record(fact)
            case ev.Note(notice=notice):
                self.workshop = evolve(self.workshop, notice)
                if isinstance(notice, ev.Adopted) and isinstance(notice.event, ev.DirectoryChanged):
                    self.on_directory(notice.event)
            case ev.Energise() | ev.DeEnergise() | ev.Extract():
                self._switch(effect, following)
            case ev.WriteTick(uses=uses):
                self._tick.write(uses, now)
            case ev.LookUp():
                self.on_look_up(effect)
            case ev.Signal():
                pass  # watchers show it; nothing here waits for a light
            case _:
                assert_never(effect)

    def _switch(self, effect: ev.Energise | ev.DeEnergise | ev.Extract, following: deque[ev.Event]) -> None:
        match effect:
            case ev.Energise(machine=machine, session=session):
                answer = self._relays.energise(machine)
                self._powered(machine, session)
                following.append(_answered(machine, answer, wanted_on=True))
            case ev.DeEnergise(machine=machine):
                answer = self._relays.de_energise(machine)
                if self.on_opened is not None:
                    self.on_opened(machine, self._received_ns, time.perf_counter_ns())
                following.append(_answered(machine, answer, wanted_on=False))
            case ev.Extract(channel=channel, on=on):
                name = relay_of(channel)
                answer = self._relays.energise(name) if on else self._relays.de_energise(name)
                if answer is not LATER:  # a switch behind a line is known to be lost, and no more, until it is told
                    following.append(ev.RelayRead(machine=name, wanted_on=on, read_on=answer))
            case _:
                assert_never(effect)

    def _record(self, fact: Fact) -> None:
        if not isinstance(fact, SessionOpened):
            self._journal.append(fact, lambda _begin_ns, _end_ns: self.on_committed())
            return
        received_ns, decided_ns = self._received_ns, time.perf_counter_ns()

        def stored(commit_begin_ns: int, commit_end_ns: int) -> None:
            if self.on_powered is not None and len(self._commits) < INBOX_LIMIT:
                self._commits[fact.session] = (received_ns, decided_ns, commit_begin_ns, commit_end_ns)
            self._inbox.put((ev.SessionStored(machine=fact.machine, session=fact.session), 0))
            self.on_committed()

        self._journal.append(fact, stored)

    def _powered(self, machine: MachineId, session: SessionId) -> None:
        times = self._commits.pop(session, None)
        if times is not None and self.on_powered is not None:
            self.on_powered(machine, TapTimes(*times, pin_ns=time.perf_counter_ns()))

    def _publish_tokens(self) -> None:
        tokens = {
            name: machine.situation.opened.token
            for name, machine in self.workshop.machines.items()
            if isinstance(machine.situation, InUse | Starting)
        }
        if tokens != self.open_tokens:
            self.open_tokens = tokens


def _answered(machine: MachineId, answer: Answer, *, wanted_on: bool) -> ev.RelayRead | ev.ReadAwaited:
    if answer is LATER:
        return ev.ReadAwaited(machine=machine, wanted_on=wanted_on)
    return ev.RelayRead(machine=machine, wanted_on=wanted_on, read_on=answer)
