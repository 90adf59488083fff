"""Turns what the engine does into the public tree, on a thread of its own, so that a tap never waits for a message.

House rules: it only looks. What it cannot publish it forgets, because all states are said anew at each connection and
whenever nothing happened for REFRESH_S. Events of an outage wait in the connection's queue and say so (`replayed`).
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Protocol

from controller import logs
from controller.exchange import public
from controller.exchange.public_events import events_of, touched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.domain import events as ev
    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.mqtt import Status
    from controller.exchange.outgoing import Outbound

    Step = tuple[Workshop, tuple[ev.Effect, ...], Now]

STEPS_MAX = 1_000
"""Steps of the engine that may wait to be told. Beyond it a step's events go untold; its states follow all the same."""

REFRESH_S = 30.0
"""After so long without news all states are said again: what was lost on the way heals."""

STOP_WITHIN_S = 5.0
"""How long a stop waits for what is still to be told: a relay that does not answer must not keep the end from coming.
"""

_log = logs.get("public")


class Line(Protocol):
    """Where messages go, at once or later; never waits (`mqtt.Connection`)."""

    @property
    def status(self) -> Status:
        """How the connection stands."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Queue a message."""


class Publisher:
    """A watcher of the engine. `read_relay` gives the level read (`None`: unknown) and `now` the time, on our thread.

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
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        self._place, self._about, self._give_way = place, about, give_way
        self._read_relay, self._now = read_relay, now
        self._seq = count(first_seq)
        self._steps: queue.Queue[Step | None] = queue.Queue(STEPS_MAX)
        self._all_anew = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="public tree", daemon=True)

    def start(self, line: Line, workshop: Workshop) -> None:
        """Begin to tell, with the workshop as it is before the first step; `line` tells `on_status` how it stands."""
        self._line, self._workshop = line, workshop
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
            self._all_anew.set()
            self._nudge()

    def _nudge(self) -> None:
        with suppress(queue.Full):  # it is awake
            self._steps.put_nowait(None)

    def _run(self) -> None:
        while not self._ending.is_set() or not self._steps.empty():
            try:
                step = self._steps.get(timeout=REFRESH_S)
            except queue.Empty:
                self._all_anew.set()
                step = None
            try:
                self._tell(step)
            except Exception:  # noqa: BLE001 (a dashboard's loss must not become the machines')
                _log.exception("a step could not be published")

    def _tell(self, step: Step | None) -> None:
        changed: frozenset[MachineId] = frozenset()
        if step is not None:
            before, (self._workshop, effects, now) = self._workshop, step
            for gone in before.machines.keys() - self._workshop.machines.keys():
                self._send(public.farewell_messages(self._place, gone))
            if _names(before) != _names(self._workshop):
                self._all_anew.set()
            self._tell_events(before, effects, now)
            changed = touched(before, self._workshop, effects)
        if self._all_anew.is_set():
            self._all_anew.clear()
            self._send(public.hello_messages(self._place, self._workshop, self._about, self._now()))
            changed = frozenset(self._workshop.machines)
        for machine in sorted(changed):
            self._send(self._states(machine))

    def _tell_events(self, before: Workshop, effects: tuple[ev.Effect, ...], now: Now) -> None:
        replayed = self._line.status.word != "connected"
        self._send(
            public.event_message(
                self._place,
                self._workshop,
                event,
                now,
                seq=next(self._seq),
                replayed=replayed,
                revenue=self._about.revenue,
            )
            for event in events_of(before, self._workshop, effects)
        )

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
            self._give_way()
            self._line.publish(message.topic, message.payload, retain=message.retain)


def _names(workshop: Workshop) -> dict[MachineId, str]:
    return {machine: found.policy.name for machine, found in workshop.machines.items()}
