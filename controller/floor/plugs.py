"""The smart plugs of one controller: one connection of their own to their broker, off the path of every tap.

House rules: `Connection` queues and never waits, and keeps nothing for a broker that is away; a plug that is not heard
of for a while is lost, whatever the broker says; a word that has run out is not renewed, for with a plug a renewal
closes again. Everything here may stop: then the plugs open by themselves.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller import logs
from controller.domain.metering import Sample
from controller.exchange.mqtt import Connection, Status
from controller.floor.plug_words import LEASE_S, Here, Level, Words, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from controller.exchange.dialogue import Broker
    from controller.exchange.outgoing import Outbound
    from controller.floor.leased_switch import LeasedSwitch
    from controller.floor.meters import Meters
    from controller.settings import Plug

RENEW_S = 5.0
"""A quarter of the plug's lease: three renewals may be lost."""

ASK_EVERY_S = 5.0
"""How often a plug is asked what it reads: it answers with its relay and its meter."""

SILENT_MAX_S = 16.0
"""Three questions without an answer. Then it is out of reach; its lease has all but run out by itself."""

WORD_MAX_S = LEASE_S - 2.0
"""A closing whose last word is older may have ended on the way: it is not renewed."""

TURN_S = 1.0

_log = logs.get("plugs")


class PlugLine:
    """Carries a switch's words to its plug, each renewal once in `RENEW_S`."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self.words: Words | None = None
        self.publish: Callable[[Outbound], bool] = lambda _message: False
        self._monotonic_s = monotonic_s
        self._said_s: float | None = None

    def hold(self, *, renews: bool) -> None:
        """Close for the plug's lease; a renewal only while the last word still holds."""
        now_s = self._monotonic_s()
        if renews and (self._said_s is None or not RENEW_S <= now_s - self._said_s <= WORD_MAX_S):
            return
        self._said_s = now_s
        if self.words is not None:
            self._say(self.words.close())

    def let_go(self) -> None:
        """Open now."""
        self._said_s = None
        if self.words is not None:
            self._say((*self.words.open(), *self.words.ask()))

    def _say(self, messages: Iterable[Outbound]) -> None:
        for message in messages:
            self.publish(message)


@dataclass(slots=True)
class _Known:
    """One plug: its language, its switch where it is one, and when it was last heard and asked."""

    name: str
    channel: str
    words: Words
    switch: LeasedSwitch | None
    heard_s: float
    asked_s: float = field(default=float("-inf"))
    here: bool = False


class Plugs:
    """Starts and stops the connection; without a plug in the settings there is none."""

    def __init__(
        self,
        plugs: Iterable[Plug],
        broker: Broker,
        *,
        controller: str,
        lines: dict[str, tuple[PlugLine, LeasedSwitch]],
        meters: Meters,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meters, self._monotonic_s = meters, monotonic_s
        self._lock = threading.Lock()
        self._known: list[_Known] = []
        for plug in plugs:
            words = words_of(plug.kind, plug.topic, f"indivis-plugs/{controller}/{plug.name}")
            switch = None
            if plug.name in lines:
                line, switch = lines[plug.name]
                line.words, line.publish = words, self._publish
            self._known.append(_Known(plug.name, plug.channel, words, switch, monotonic_s()))
        self._by_topic = {topic: known for known in self._known for topic in known.words.subscriptions}
        self._connection: Connection | None = None
        if self._known:
            self._connection = Connection(
                broker,
                subscriptions=tuple(self._by_topic),
                on_message=self._heard,
                on_status=self._on_status,
                keep_while_lost=False,
            )
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="plugs", daemon=True)

    def start(self) -> None:
        """Begin, where there is a plug."""
        if self._connection is not None:
            self._connection.start()
            self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether both threads are there, or none is needed."""
        return self._connection is None or (self._thread.is_alive() and self._connection.alive)

    def stop(self) -> None:
        """Say what waits, then leave."""
        self._ending.set()
        if self._connection is not None:
            self._connection.close()
        if self._thread.ident is not None:
            self._thread.join(TURN_S)

    def turn(self) -> None:
        """Ask whom it is time to ask; give up who was silent for too long."""
        now_s = self._monotonic_s()
        with self._lock:
            for known in self._known:
                if known.here and now_s - known.heard_s > SILENT_MAX_S:
                    self._gone(known, "silent")
                if now_s - known.asked_s >= ASK_EVERY_S:
                    known.asked_s = now_s
                    for message in known.words.ask():
                        self._publish(message)

    def _run(self) -> None:
        while not self._ending.wait(TURN_S):
            self.turn()

    def _publish(self, message: Outbound) -> bool:
        return self._connection is not None and self._connection.publish(message.topic, message.payload)

    def _on_status(self, status: Status) -> None:
        with self._lock:
            for known in self._known:
                if status.word == "connected":
                    known.asked_s = float("-inf")
                else:
                    self._gone(known, "broker lost")

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        known = self._by_topic.get(topic)
        if known is None:
            return
        with self._lock:
            for heard in known.words.hear(topic, payload, retained=retained):
                match heard:
                    case Here(online=True):
                        known.asked_s = float("-inf")
                    case Here():
                        self._gone(known, "offline")
                    case Level(on=on):
                        self._present(known)
                        if known.switch is not None:
                            known.switch.reported(on=on)
                    case Sample():
                        self._present(known)
                        self._meters.take(known.channel, heard)

    def _present(self, known: _Known) -> None:
        known.heard_s = self._monotonic_s()
        if not known.here:
            known.here = True
            _log.info("plug found", plug=known.name)

    def _gone(self, known: _Known, why: str) -> None:
        if known.here:
            known.here = False
            _log.warning("plug lost", plug=known.name, why=why)
        if known.switch is not None:
            known.switch.lost()
