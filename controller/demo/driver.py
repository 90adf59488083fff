"""Carries out what the conductor decides: badges on simulated readers, money at the desk, a line per event.

House rules: one thread turns it all; others only put news into its queue. Badges go through a reader's bytes; what came
of them is learnt from the public tree, as a dashboard learns it.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from controller.demo.actions import LockOut, PayIn, Seen, Tap
from controller.demo.conductor import Conductor
from controller.demo.control import PlugAsked, TapAsked
from controller.demo.desk import Desk
from controller.demo.floor_watch import Happened
from controller.demo.plugs import Plug, Plugs
from controller.demo.programs import Program
from controller.demo.readers import Readers
from controller.demo.ticker import Ticker
from controller.demo.workshop import machine_by_id, person_by_id
from controller.errors import Message

ASKED_MAX = 32
"""Taps by hand that wait for a verdict; the oldest gives way, its terminal is told that nothing was heard."""


LOOK_S = 1.0
"""Of real time, between two looks at the relays of boards; the end of a use is told sooner than that."""

UNASKED = frozenset({"warning", "locked", "unlocked"})
"""Events that no badge has caused: they are no verdict on one."""

UNPLUGGED = Message(
    "le lecteur est débranché : rebranchez-le (demo plug)", "the reader is unplugged: plug it in (demo plug)"
)


@dataclass(frozen=True, slots=True)
class PaidIn:
    """What came of paying in at the desk."""

    person: str
    cents: int
    paid: bool


News = Happened | TapAsked | PlugAsked | PaidIn | Program
"""An event, a tap or a plug by hand, a payment, or a program that has ended."""


class Driver:
    """Turns the demonstration until its time is over or a program ends. `now_ms` is the demonstration's clock."""

    def __init__(
        self,
        conductor: Conductor,
        plugs: Plugs,
        readers: Readers,
        news: queue.SimpleQueue[News],
        *,
        now_ms: Callable[[], int],
        speed: int,
        ticker: Ticker,
    ) -> None:
        self._conductor, self._plugs = conductor, plugs
        self._readers, self._news, self._ticker = readers, news, ticker
        self._now_ms, self._speed = now_ms, speed
        self._last_tap: dict[str, tuple[str, bool]] = {}
        self._using: dict[str, str] = {}
        self._asked: list[TapAsked] = []
        self._open_since_s: dict[str, float] = {}

    def turn(self, desk: Desk, duration_s: float | None) -> None:
        """Run for `duration_s` of real time, or until interrupted; raise the error of a program that ended."""
        end_at_s = None if duration_s is None else time.monotonic() + duration_s
        while end_at_s is None or time.monotonic() < end_at_s:
            now_ms = self._now_ms()
            for plug in self._plugs.due(now_ms):
                self._plug(plug)
            for action in self._conductor.due(now_ms):
                match action:
                    case Tap(person=person, machine=machine, copied=copied, told=told):
                        if told is not None:
                            self._ticker.scene(now_ms, machine_by_id(machine).name, told)
                        self._tap(person, machine, copied=copied)
                    case PayIn(person=person, cents=cents):
                        desk.pay_in(person, cents)
                    case LockOut(machine=machine, lifted=lifted):
                        desk.lock_out(machine, lifted=lifted)
                    case _:
                        assert_never(action)
            self._look_at_relays()
            try:
                self._note(self._news.get(timeout=self._wait_s(end_at_s)))
            except queue.Empty:
                continue

    def _wait_s(self, end_at_s: float | None) -> float:
        """Return how long nothing is due, a second at most: relays are looked at, and a sleeping computer's clocks may
        disagree.
        """
        waits = [LOOK_S]
        dues = [due_ms for due_ms in (self._conductor.next_at_ms(), self._plugs.next_at_ms()) if due_ms is not None]
        waits.append((min(dues) - self._now_ms()) / 1_000 / self._speed)
        if end_at_s is not None:
            waits.append(end_at_s - time.monotonic())
        return max(0.0, min(waits))

    def _note(self, news: News) -> None:
        match news:
            case Happened():
                self._happened(news)
            case TapAsked(person=person, machine=machine, copied=copied):
                if not self._readers.plugged(machine):
                    news.verdict.put(("unheard", UNPLUGGED))
                    return
                self._asked = [*self._asked[1 - ASKED_MAX :], news]
                self._tap(person, machine, copied=copied)
            case PlugAsked(machine=machine, plugged=plugged):
                self._plug(Plug(at_ms=self._now_ms(), machine=machine, plugged=plugged))
                news.done.put(None)
            case PaidIn(person=person, cents=cents, paid=paid):
                self._ticker.paid_in(self._now_ms(), person_by_id(person).name, cents, paid=paid)
            case Program():
                raise news.died()
            case _:
                assert_never(news)

    def _tap(self, person: str, machine: str, *, copied: bool) -> None:
        self._last_tap[machine] = (person, copied)
        self._readers.present(person, machine, copied=copied)

    def _plug(self, plug: Plug) -> None:
        if self._readers.plugged(plug.machine) != plug.plugged:
            self._readers.plug(plug.machine, plugged=plug.plugged)
            self._ticker.plugged(self._now_ms(), machine_by_id(plug.machine).name, plugged=plug.plugged)

    def _look_at_relays(self) -> None:
        """Tell of a relay that let go of a use and of which nobody tells: its controller has fallen silent."""
        now_s = time.monotonic()
        for machine, closed in self._readers.relays().items():
            if closed or machine not in self._using:
                self._open_since_s.pop(machine, None)
            elif now_s - self._open_since_s.setdefault(machine, now_s) > LOOK_S:
                self._open_since_s[machine] = math.inf
                self._ticker.let_go(self._now_ms(), machine_by_id(machine).name)

    def _happened(self, event: Happened) -> None:
        now_ms = self._now_ms()
        person, copied = self._last_tap.get(event.machine, ("", False))
        seen: Seen | None
        match event.word:
            case "granted":
                self._using[event.machine] = person
                seen = Seen(at_ms=now_ms, machine=event.machine, word="granted")
            case "denied":
                seen = Seen(at_ms=now_ms, machine=event.machine, word="denied", reason=event.reason)
            case "ended":
                person, copied = self._using.pop(event.machine, ""), False
                seen = Seen(at_ms=now_ms, machine=event.machine, word="ended", reason=event.reason)
            case "warning":
                seen = Seen(at_ms=now_ms, machine=event.machine, word="warning", reason=event.reason)
                person = self._using.get(event.machine, "")
            case "extended" | "trained" | "supervised" | "handing_over" | "confirm_stop" | "locked" | "unlocked":
                seen = None
                person = "" if event.word.endswith("locked") else person
            case _:
                return
        if seen is not None:
            self._conductor.saw(seen)
        by_hand = [] if event.word in UNASKED else [each for each in self._asked if each.machine == event.machine]
        for asked in by_hand:
            asked.verdict.put((event.word, event.said))
            self._asked.remove(asked)
        name = person_by_id(person).name if person else ""
        if name and copied:
            name = Message(f"une copie du badge de {name}", f"a copy of the badge of {name}").text()
        self._ticker.happened(now_ms, event, machine_by_id(event.machine).name, name)
