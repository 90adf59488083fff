"""A smart plug without hardware: speaks a Shelly's or a Tasmota's words on a real broker, and opens by itself.

House rules: it does what its maker's documents say and no more; its clock may be moved by hand; a hand may press its
button, and pull it out of the wall.
"""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any, Self

from controller.exchange.mqtt import Connection
from controller.exchange.outgoing import Outbound
from controller.floor.plug_words import PULSE_OFFSET_S, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.exchange.dialogue import Broker

VOLTS = 230
TURN_S = 0.1


class SimulatedPlug:
    """A plug at `topic` on a broker; a context manager. `on_switched` hears of each change of its contact."""

    def __init__(
        self,
        kind: Kind,
        topic: str,
        broker: Broker,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        on_switched: Callable[[bool], object] = lambda _on: None,
    ) -> None:
        self.on = False
        self.closings = self.commands = 0
        self.deaf = False
        """Whether it does not do what it is told, as a plug whose contact is welded or whose radio is bad."""
        self._kind, self._topic, self._monotonic_s = kind, topic, monotonic_s
        self._on_switched = on_switched
        self._lock = threading.RLock()
        self._until_s: float | None = None
        self._pulse_s = 0.0
        self._watts = 0
        self._counted_wh, self._counted_at_s = 0.0, monotonic_s()
        commands = f"{topic}/rpc" if kind == "shelly" else f"cmnd/{topic}/+"
        gone = f"{topic}/online" if kind == "shelly" else f"tele/{topic}/LWT"
        self._greeting = Outbound(gone, b"true" if kind == "shelly" else b"Online", retain=True)
        self._connection = Connection(
            broker,
            subscriptions=(commands,),
            will=Outbound(gone, b"false" if kind == "shelly" else b"Offline", retain=True),
            on_message=self._told,
            on_status=self._on_status,
            keep_while_lost=False,
        )
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="simulated plug", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether its broker has it."""
        return self._connection.status.word == "connected"

    def draw(self, watts: int) -> None:
        """Have the machine behind it draw so much while it is closed."""
        with self._lock:
            self._count()
            self._watts = watts

    def press(self) -> None:
        """Press its button: it closes, or opens, and says so."""
        with self._lock:
            self._switch(on=not self.on, for_s=0.0)

    def pass_time(self) -> None:
        """Look at the clock: a closing whose time is over ends."""
        with self._lock:
            self._count()
            if self._until_s is not None and self._monotonic_s() >= self._until_s:
                self._switch(on=False, for_s=0.0)

    def unplug(self) -> None:
        """Pull it out of the wall; its last will says so."""
        with self._lock:
            self.on, self._until_s = False, None
        self.__exit__()

    def __enter__(self) -> Self:
        self._connection.start()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._connection.close()

    def _run(self) -> None:
        while not self._ending.wait(TURN_S):
            self.pass_time()

    def _on_status(self, _status: object) -> None:
        if self.connected:
            self._connection.publish(self._greeting.topic, self._greeting.payload, retain=True)

    def _told(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        if self.deaf or retained:
            return
        with self._lock:
            self._count()
            self.commands += 1
            if self._kind == "shelly":
                self._shelly_told(json.loads(payload))
            else:
                self._tasmota_told(topic.rpartition("/")[2], payload.decode())

    def _shelly_told(self, call: dict[str, Any]) -> None:
        answer: dict[str, object] = self._shelly_status()
        if call["method"] == "Switch.Set":
            answer = {"was_on": self.on}
            self._switch(on=call["params"]["on"], for_s=call["params"].get("toggle_after", 0))
        frame = {"id": call["id"], "src": self._topic, "dst": call["src"], "result": answer}
        self._say(f"{call['src']}/rpc", json.dumps(frame))

    def _shelly_status(self) -> dict[str, object]:
        watts = self._watts if self.on else 0
        return {
            "id": 0,
            "source": "MQTT",
            "output": self.on,
            "apower": float(watts),
            "voltage": float(VOLTS),
            "current": round(watts / VOLTS, 3),
            "aenergy": {"total": round(self._counted_wh, 3)},
        }

    def _tasmota_told(self, command: str, said: str) -> None:
        if command == "PulseTime":
            self._pulse_s = max(0, int(said) - PULSE_OFFSET_S)
        elif command == "POWER":
            if said:
                self._switch(on=said == "ON", for_s=self._pulse_s)
            else:
                self._say(f"stat/{self._topic}/POWER", "ON" if self.on else "OFF")
        elif command == "STATUS":
            watts = self._watts if self.on else 0
            energy = {"Total": round(self._counted_wh / 1000, 3), "Power": watts, "Voltage": VOLTS}
            energy["Current"] = round(watts / VOLTS, 3)
            self._say(f"stat/{self._topic}/STATUS10", json.dumps({"StatusSNS": {"ENERGY": energy}}))

    def _switch(self, *, on: bool, for_s: float) -> None:
        self._count()
        changed, self.on = on is not self.on, on
        self.closings += changed and on
        if changed:
            self._on_switched(on)
        self._until_s = self._monotonic_s() + for_s if on and for_s else None
        if self._kind == "tasmota":
            self._say(f"stat/{self._topic}/POWER", "ON" if on else "OFF")
        elif changed:
            news = {"method": "NotifyStatus", "params": {"ts": 0, "switch:0": {"id": 0, "output": on}}}
            self._say(f"{self._topic}/events/rpc", json.dumps(news))

    def _count(self) -> None:
        now_s = self._monotonic_s()
        if self.on:
            self._counted_wh += self._watts * (now_s - self._counted_at_s) / 3600
        self._counted_at_s = now_s

    def _say(self, topic: str, text: str) -> None:
        self._connection.publish(topic, text.encode())
