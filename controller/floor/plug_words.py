"""What smart plugs say and are told over MQTT: Shelly of the second generation on, and Tasmota.

House rules: pure, from a message to what it means and from a wish to messages; a command is never retained, and a state
that a broker had kept is not taken for news; what is not understood says nothing, whoever sent it. Sources: Shelly's
Gen2 API (Switch.Set, Switch.GetStatus, NotifyStatus, MQTT), Tasmota's commands (Power, PulseTime, Status 10) and its
`ExecuteCommandPower`, which restarts the pulse at each Power ON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from controller.domain.metering import Sample
from controller.exchange.outgoing import Outbound

Kind = Literal["shelly", "tasmota"]

LEASE_S = 20
"""How long a plug stays closed after the last word: three renewals over a bad Wi-Fi may be lost."""

PAYLOAD_MAX = 16_384
"""Bytes of a message that are looked at: eight times a plug's longest. A longer one is no plug's and says nothing."""

PULSE_OFFSET_S = 100
"""Tasmota's PulseTime counts whole seconds from 112 on, with 100 added."""

VALUE_MAX = 10**9
"""A reading beyond a megawatt or a gigawatt-hour is no plug's; it counts as not measured."""


@dataclass(frozen=True, slots=True)
class Here:
    """The plug is connected to its broker, or has gone."""

    online: bool


@dataclass(frozen=True, slots=True)
class Level:
    """The plug's relay, as it reads it."""

    on: bool


Heard = Here | Level | Sample


class Words(Protocol):
    """One plug's language."""

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The topics that it speaks on."""

    def close(self) -> tuple[Outbound, ...]:
        """Close, for `LEASE_S` and no longer."""

    def open(self) -> tuple[Outbound, ...]:
        """Open now."""

    def ask(self) -> tuple[Outbound, ...]:
        """Have it say what it reads."""

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> tuple[Heard, ...]:
        """Return what a message on its topics means."""


def words_of(kind: Kind, topic: str, reply_to: str) -> Words:
    """Return a plug's language. `topic` is its own prefix; `reply_to` a prefix of ours for its answers."""
    return Shelly(topic, reply_to) if kind == "shelly" else Tasmota(topic)


class Shelly:
    """Gen2+ over RPC. Its `toggle_after` opens it again by itself."""

    def __init__(self, topic: str, reply_to: str) -> None:
        self._topic, self._reply_to = topic, reply_to

    @property
    def subscriptions(self) -> tuple[str, ...]:
        own = (f"{self._topic}/online", f"{self._topic}/events/rpc", f"{self._topic}/status/switch:0")
        return (*own, f"{self._reply_to}/rpc")

    def close(self) -> tuple[Outbound, ...]:
        return (self._call("Switch.Set", on=True, toggle_after=LEASE_S), *self.ask())

    def open(self) -> tuple[Outbound, ...]:
        return (self._call("Switch.Set", on=False), *self.ask())

    def ask(self) -> tuple[Outbound, ...]:
        return (self._call("Switch.GetStatus"),)

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> tuple[Heard, ...]:
        if topic == f"{self._topic}/online":
            return _here(payload, yes=b"true", no=b"false", retained=retained)
        said = {} if retained else _object(payload)
        if topic == f"{self._topic}/status/switch:0":
            return _shelly_status(said)
        if topic == f"{self._reply_to}/rpc":
            return _shelly_status(_within(said, "result"))
        if topic == f"{self._topic}/events/rpc":
            return _shelly_status(_within(_within(said, "params"), "switch:0"))
        return ()

    def _call(self, method: str, **params: object) -> Outbound:
        # The answer is told by its content, so one number does for all calls.
        call = {"id": 1, "src": self._reply_to, "method": method, "params": {"id": 0, **params}}
        return Outbound(f"{self._topic}/rpc", json.dumps(call).encode())


class Tasmota:
    """Its `PulseTime` opens it again by itself."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    @property
    def subscriptions(self) -> tuple[str, ...]:
        tele = (f"tele/{self._topic}/LWT", f"tele/{self._topic}/SENSOR")
        return (*tele, f"stat/{self._topic}/POWER", f"stat/{self._topic}/STATUS10")

    def close(self) -> tuple[Outbound, ...]:
        return (self._command("PulseTime", str(PULSE_OFFSET_S + LEASE_S)), self._command("POWER", "ON"))

    def open(self) -> tuple[Outbound, ...]:
        return (self._command("POWER", "OFF"),)

    def ask(self) -> tuple[Outbound, ...]:
        return (self._command("POWER", ""), self._command("STATUS", "10"))

    def hear(self, topic: str, payload: bytes, *, retained: bool) -> tuple[Heard, ...]:
        if topic == f"tele/{self._topic}/LWT":
            return _here(payload, yes=b"Online", no=b"Offline", retained=retained)
        if retained:
            return ()
        if topic == f"stat/{self._topic}/POWER":
            return (Level(payload == b"ON"),) if payload in (b"ON", b"OFF") else ()
        if topic == f"tele/{self._topic}/SENSOR":
            return _tasmota_energy(_object(payload))
        if topic == f"stat/{self._topic}/STATUS10":
            return _tasmota_energy(_within(_object(payload), "StatusSNS"))
        return ()

    def _command(self, name: str, payload: str) -> Outbound:
        return Outbound(f"cmnd/{self._topic}/{name}", payload.encode())


def _here(payload: bytes, *, yes: bytes, no: bytes, retained: bool) -> tuple[Heard, ...]:
    """A last will that the broker kept says that the plug is not there; a kept greeting proves nothing."""
    if payload == no:
        return (Here(online=False),)
    return (Here(online=True),) if payload == yes and not retained else ()


def _shelly_status(status: dict[str, Any]) -> tuple[Heard, ...]:
    heard: list[Heard] = []
    if isinstance(status.get("output"), bool):
        heard.append(Level(status["output"]))
    if "apower" in status or "aenergy" in status:
        energy = _thousandths(_within(status, "aenergy").get("total"))
        heard.append(
            Sample(
                power_mw=_thousandths(status.get("apower")),
                current_ma=_thousandths(status.get("current")),
                energy_mwh=energy,
            )
        )
    return tuple(heard)


def _tasmota_energy(sensor: dict[str, Any]) -> tuple[Heard, ...]:
    energy = _within(sensor, "ENERGY")
    if not energy:
        return ()
    total_wh = _thousandths(energy.get("Total"))  # kilowatt-hours
    return (
        Sample(
            power_mw=_thousandths(energy.get("Power")),
            current_ma=_thousandths(energy.get("Current")),
            energy_mwh=None if total_wh is None else total_wh * 1000,
        ),
    )


def _thousandths(value: object) -> int | None:
    """A reading in thousandths; `None` for what is no number or cannot be true. A motor that feeds back draws none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= VALUE_MAX:
        return None
    return max(0, round(value * 1000))


def _object(payload: bytes) -> dict[str, Any]:
    if len(payload) > PAYLOAD_MAX:
        return {}
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def _within(said: dict[str, Any], key: str) -> dict[str, Any]:
    inner = said.get(key)
    return inner if isinstance(inner, dict) else {}
