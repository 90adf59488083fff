"""What a dashboard sees of the workshop, for the conductor and for the lines on the terminal.

House rules: it listens by a dashboard's account to the public tree, as anybody's screen would, and knows no more.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from controller.demo.workshop import CONTROLLER, MACHINES, SITE
from controller.errors import Message
from controller.exchange.contract import ALL_PUBLIC, AVAILABILITY, OFFLINE, ONLINE, STATUS
from controller.exchange.dialogue import Broker
from controller.exchange.mqtt import Connection

CONTROLLER_STATUS = STATUS.template.format(site=SITE, controller=CONTROLLER)
MACHINE_AVAILABILITY = frozenset(AVAILABILITY.template.format(site=SITE, machine=machine.id) for machine in MACHINES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event at a machine as it was published; `cents` with an end."""

    machine: str
    word: str
    reason: str | None
    said: Message
    cents: int | None


class FloorWatch:
    """Calls `on_event` for each event, on the connection's thread. A context manager."""

    def __init__(self, broker: Broker, on_event: Callable[[Happened], None]) -> None:
        self._on_event = on_event
        self._online = False
        self._available: set[str] = set()
        self._connection = Connection(broker, subscriptions=(ALL_PUBLIC,), on_message=self._heard)

    def is_up(self) -> bool:
        """Whether the controller is there, knows its machines and has read each of their relays."""
        return self._online and self._available >= MACHINE_AVAILABILITY

    def __enter__(self) -> Self:
        """Begin to listen."""
        self._connection.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._connection.close()

    def _heard(self, topic: str, payload: bytes, _retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        if topic == CONTROLLER_STATUS:
            if payload == ONLINE:
                self._online = True
            elif payload == OFFLINE:
                self._online = False
        elif topic in MACHINE_AVAILABILITY and payload == ONLINE:
            self._available.add(topic)
        elif topic.endswith("/event") and (happened := _read(payload)) is not None:
            self._on_event(happened)


def _read(payload: bytes) -> Happened | None:
    """Read an event; `None` for one that is not of this contract, which a broker may hold from elsewhere."""
    try:
        body: dict[str, Any] = json.loads(payload)
        return Happened(
            machine=str(body["machine"]),
            word=str(body["event_type"]),
            reason=body["reason"],
            said=Message(str(body["message_fr"]), str(body["message_en"])),
            cents=body["amount_cents"],
        )
    except (ValueError, KeyError, TypeError):
        return None
