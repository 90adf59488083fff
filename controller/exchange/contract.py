"""The public tree's contract: one table of every topic, from which all else is made.

The schemas (`json_schema`), the AsyncAPI document (`indivis mqtt contract`, and the office's /api/asyncapi.json), the
reference docs/reference/mqtt.md (`make rules`) and every message itself come from here.

A new message: give its payload a frozen dataclass in `payloads` (or `Words`, `Number` for a bare value), put a `Topic`
with its examples into TREE below, build it with `outbound`, run `make rules`. A retained topic of a machine is removed
with its machine by itself, and the tests hold every message that anything builds to its schema.

House rules: what is published under `indivis/`, and for Home Assistant, is built by `outbound` alone. Topics are added;
none is renamed, and none switches anything on.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from typing import Literal

from controller.domain.canonical import canonical
from controller.domain.codec import encode
from controller.exchange import examples
from controller.exchange.discovery_payloads import Discovery
from controller.exchange.outgoing import Mark, Outbound
from controller.exchange.payloads import Event, Info, State

ROOT = "indivis"

ALL_PUBLIC = f"{ROOT}/#"
"""What a dashboard subscribes to."""

AUDIT = "indivis.public"
"""The audit event (`sys.audit`) of each public message, with topic, payload and whether it is retained: by it a test
holds whatever is published, anywhere in a process, to the contract, and Indivis carries no validator."""

QOS = 1
"""At least once, everywhere: a message may come twice, never half."""


@dataclass(frozen=True, slots=True)
class Words:
    """A bare text, one of a closed list."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Number:
    """A bare number as text, never negative, with so many decimals."""

    decimals: int = 0


Payload = type | Words | Number


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One line of the contract. `out` goes from Indivis to the world, `in` is asked of it; `examples` are payloads."""

    name: str
    template: str
    direction: Literal["out", "in"] = "out"
    retain: bool
    payload: Payload
    what: str
    when: str
    examples: tuple[object, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return the names in braces, in order."""
        return tuple(re.findall(r"\{(\w+)\}", self.template))

    def everywhere(self, **ids: str) -> str:
        """Return a subscription: `+` for every name that is not given."""
        return self.template.format(**{name: ids.get(name, "+") for name in self.parameters})


_CONTROLLER = f"{ROOT}/{{site}}/controller/{{controller}}"
_MACHINE = f"{ROOT}/{{site}}/machine/{{machine}}"

STATUS = Topic(
    name="status",
    template=f"{_CONTROLLER}/status",
    retain=True,
    payload=Words(("online", "offline")),
    what="whether a controller speaks; `offline` is also its last will",
    when="at each connection, and at the end",
    examples=("online", "offline"),
)
INFO = Topic(
    name="info",
    template=f"{_CONTROLLER}/info",
    retain=True,
    payload=Info,
    what="what a controller is and which machines it speaks for",
    when="at each connection, and when a machine comes, goes or is called otherwise",
    examples=(examples.INFO,),
)
AVAILABILITY = Topic(
    name="availability",
    template=f"{_MACHINE}/availability",
    retain=True,
    payload=Words(("online", "offline")),
    what="whether the machine's relay can be read; the controller's `status` counts too",
    when="with each state",
    examples=("online", "offline"),
)
STATE = Topic(
    name="state",
    template=f"{_MACHINE}/state",
    retain=True,
    payload=State,
    what="the machine as it is",
    when="at each change, every 30 s of a use, at each connection, and when nothing happened for 30 s",
    examples=(examples.IN_USE, examples.LOCKED_OUT),
)
RELAY = Topic(
    name="relay",
    template=f"{_MACHINE}/relay",
    retain=True,
    payload=Words(("ON", "OFF", "UNKNOWN")),
    what="the output as read back, never as wished",
    when="with each state",
    examples=("ON", "OFF"),
)
IN_USE = Topic(
    name="in_use",
    template=f"{_MACHINE}/in_use",
    retain=True,
    payload=Number(),
    what="`1` while a use is open, else `0`",
    when="with each state",
    examples=("1", "0"),
)
HOURS_TOTAL = Topic(
    name="hours_total",
    template=f"{_MACHINE}/hours_total",
    retain=True,
    payload=Number(decimals=3),
    what="hours with power, over all uses that this controller remembers; it only grows",
    when="with each state that changed it",
    examples=("1204.250",),
)
SESSIONS_TOTAL = Topic(
    name="sessions_total",
    template=f"{_MACHINE}/sessions_total",
    retain=True,
    payload=Number(),
    what="ended uses, likewise",
    when="with each state that changed it",
    examples=("817",),
)
ENERGY_KWH = Topic(
    name="energy_kwh",
    template=f"{_MACHINE}/energy_kwh",
    retain=True,
    payload=Number(decimals=3),
    what="energy drawn in uses, likewise; of machines with a meter only",
    when="with each state that changed it",
    examples=("412.907",),
)
EVENT = Topic(
    name="event",
    template=f"{_MACHINE}/event",
    retain=False,
    payload=Event,
    what="what happened at the machine",
    when="as it happens, or after an outage (`replayed`)",
    examples=(examples.GRANTED, examples.DENIED, examples.ENDED),
)
DISCOVERY = Topic(
    name="discovery",
    template="{prefix}/device/{site}/{device}/config",
    retain=True,
    payload=Discovery,
    what="a machine (`device` is its id) or a controller (`controller-` and its id), for Home Assistant's discovery",
    when="at each connection, when it changed, every ten minutes, and after Home Assistant said that it is there; "
    "unless `mqtt.home_assistant = false`",
    examples=(examples.MACHINE_DEVICE, examples.CONTROLLER_DEVICE),
)

TREE: tuple[Topic, ...] = (
    STATUS,
    INFO,
    AVAILABILITY,
    STATE,
    RELAY,
    IN_USE,
    HOURS_TOTAL,
    SESSIONS_TOTAL,
    ENERGY_KWH,
    EVENT,
    DISCOVERY,
)
"""The whole contract."""

MACHINE_STATES = tuple(topic for topic in TREE if topic.retain and "machine" in topic.parameters)
"""The retained topics of one machine: what goes when it goes."""

ONLINE, OFFLINE = b"online", b"offline"


def outbound(topic: Topic, payload: object, *, mark: Mark = None, **ids: str) -> Outbound:
    """Build a message of the contract: a dataclass becomes canonical JSON, a text stays as it is."""
    data = payload.encode() if isinstance(payload, str) else canonical(encode(payload))
    return _told(topic.template.format(**ids), data, retain=topic.retain, mark=mark)


def removal(topic: Topic, *, mark: Mark = None, **ids: str) -> Outbound:
    """Build what takes a retained message away again."""
    return _told(topic.template.format(**ids), b"", retain=True, mark=mark)


def topic_of(text: str) -> Topic | None:
    """Return the line of the contract that a real topic is of; `None` for none of ours."""
    return next((topic for topic in TREE if _pattern(topic).fullmatch(text)), None)


def _pattern(topic: Topic) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "[a-z0-9_-]+", topic.template))


def _told(topic: str, payload: bytes, *, retain: bool, mark: Mark) -> Outbound:
    sys.audit(AUDIT, topic, payload, retain)
    return Outbound(topic, payload, retain=retain, mark=mark)
