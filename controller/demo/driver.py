"""Carries out what the conductor decides: badges on simulated readers, money at the desk, a line per event.

House rules: one thread turns it all; others only put news into its queue. Badges go through a reader's bytes; what came
of them is learnt from the public tree, as a dashboard learns it.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self, assert_never

from controller.demo.conductor import Conductor, PayIn, Seen, Tap
from controller.demo.control import TapAsked
from controller.demo.desk import Desk
from controller.demo.floor_watch import Happened
from controller.demo.founding import Folder
from controller.demo.programs import Program
from controller.demo.ticker import Ticker
from controller.demo.workshop import MACHINES, machine_by_id, person_by_id
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.simulator import Presenter

HOLD_MS = 300
"""How long a badge stays at a reader, in real time: five frames of an RDM6300."""

ASKED_MAX = 32
"""Taps by hand that wait for a verdict; the oldest gives way, its terminal is told that nothing was heard."""


@dataclass(frozen=True, slots=True)
class PaidIn:
    """What came of paying in at the desk."""

    person: str
    cents: int
    paid: bool


News = Happened | TapAsked | PaidIn | Program
"""An event, a tap by hand, a payment, or a program that has ended."""


class Readers:
    """A simulated reader per machine, each on a pseudo-terminal with a stable path, and hands that hold badges to them.

    A context manager; a `with` block plugs them in and out.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._hands: dict[str, Presenter] = {}

    def __enter__(self) -> Self:
        """Plug them in."""
        for machine in MACHINES:
            reader = self._stack.enter_context(SimulatedReader(machine.model, self._folder.reader(machine.id)))
            hand = Presenter(reader)
            self._stack.callback(hand.close)
            self._hands[machine.id] = hand
        return self

    def __exit__(self, *_: object) -> None:
        """Pull them out."""
        self._stack.close()

    def present(self, person: str, machine: str) -> bool:
        """Hold somebody's badge to a machine's reader; false when too many badges wait there already."""
        return self._hands[machine].present(person_by_id(person).badge, HOLD_MS)


class Driver:
    """Turns the demonstration until its time is over or a program ends. `now_ms` is the demonstration's clock."""

    def __init__(
        self,
        conductor: Conductor,
        readers: Readers,
        news: queue.SimpleQueue[News],
        *,
        now_ms: Callable[[], int],
        speed: int,
        ticker: Ticker,
    ) -> None:
        self._conductor, self._readers, self._news, self._ticker = conductor, readers, news, ticker
        self._now_ms, self._speed = now_ms, speed
        self._last_tap: dict[str, str] = {}
        self._using: dict[str, str] = {}
        self._asked: list[TapAsked] = []

    def turn(self, desk: Desk, duration_s: float | None) -> None:
        """Run for `duration_s` of real time, or until interrupted; raise the error of a program that ended."""
        end_at_s = None if duration_s is None else time.monotonic() + duration_s
        while end_at_s is None or time.monotonic() < end_at_s:
            for action in self._conductor.due(self._now_ms()):
                match action:
                    case Tap(person=person, machine=machine):
                        self._tap(person, machine)
                    case PayIn(person=person, cents=cents):
                        desk.pay_in(person, cents)
                    case _:
                        assert_never(action)
            try:
                self._note(self._news.get(timeout=self._wait_s(end_at_s)))
            except queue.Empty:
                continue

    def _wait_s(self, end_at_s: float | None) -> float:
        """Return how long nothing is due, a minute at most: a sleeping computer's clocks may disagree."""
        waits = [60.0]
        if (due_ms := self._conductor.next_at_ms()) is not None:
            waits.append((due_ms - self._now_ms()) / 1_000 / self._speed)
        if end_at_s is not None:
            waits.append(end_at_s - time.monotonic())
        return max(0.0, min(waits))

    def _note(self, news: News) -> None:
        match news:
            case Happened():
                self._happened(news)
            case TapAsked(person=person, machine=machine):
                self._asked = [*self._asked[1 - ASKED_MAX :], news]
                self._tap(person, machine)
            case PaidIn(person=person, cents=cents, paid=paid):
                self._ticker.paid_in(self._now_ms(), person_by_id(person).name, cents, paid=paid)
            case Program():
                raise news.died()
            case _:
                assert_never(news)

    def _tap(self, person: str, machine: str) -> None:
        self._last_tap[machine] = person
        self._readers.present(person, machine)

    def _happened(self, event: Happened) -> None:
        now_ms = self._now_ms()
        person = self._last_tap.get(event.machine, "")
        match event.word:
            case "granted":
                self._using[event.machine] = person
                seen = Seen(at_ms=now_ms, machine=event.machine, word="granted")
            case "denied":
                seen = Seen(at_ms=now_ms, machine=event.machine, word="denied", reason=event.reason)
            case "ended":
                person = self._using.pop(event.machine, "")
                seen = Seen(at_ms=now_ms, machine=event.machine, word="ended", reason=event.reason)
            case _:
                return
        self._conductor.saw(seen)
        for asked in [each for each in self._asked if each.machine == event.machine]:
            asked.verdict.put((event.word, event.said))
            self._asked.remove(asked)
        name = person_by_id(person).name if person else ""
        self._ticker.happened(now_ms, event, machine_by_id(event.machine).name, name)
