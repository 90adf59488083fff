"""What waits for the exchange's thread: messages from the floor, and what people asked for.

House rules: handing in never waits and is done from any thread. Messages from the floor have a limit, for a controller
says again what was not acknowledged; what a person asked for is kept, since each is a request that somebody made.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller import logs

if TYPE_CHECKING:
    from controller.domain.ids import BranchId, ControllerId
    from controller.office.commands import FloorCommand

MESSAGES_MAX = 200
"""Messages that wait: at their largest 50 MB. Further ones are dropped, and come again because nothing answers them."""

_log = logs.get("exchange")


@dataclass(frozen=True, slots=True)
class Arrived:
    """Bytes that came on a topic."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """A person asked the floor for something; it is written down already."""

    command: FloorCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A fabmanager decided about a quarantined branch."""

    controller: ControllerId
    branch: BranchId
    verdict: Literal["accept", "reject"]


@dataclass(frozen=True, slots=True)
class DropConfirmed:
    """A fabmanager has seen that the directory became much smaller."""

    controller: ControllerId


Item = Arrived | Asked | Judged | DropConfirmed


class Inbox:
    """The one way to the exchange's thread."""

    def __init__(self) -> None:
        self._ready = threading.Condition()
        self._items: deque[Item] = deque()
        self._changed = False
        self._dropped = 0

    def arrived(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        """Take a message; a retained one is nobody's word, for nothing of the exchange is ever retained."""
        if retained:
            return
        with self._ready:
            if len(self._items) < MESSAGES_MAX:
                self._items.append(Arrived(topic, payload))
                self._ready.notify()
                return
            self._dropped += 1
            first = self._dropped == 1
        if first:
            _log.warning("messages are dropped, the disk is behind", waiting=MESSAGES_MAX)

    def ask(self, asked: Asked | Judged | DropConfirmed) -> None:
        """Take what a person asked for."""
        with self._ready:
            self._items.append(asked)
            self._ready.notify()

    def send_command(self, command: FloorCommand) -> None:
        """Take a command that was written down."""
        self.ask(Asked(command))

    def changed(self) -> None:
        """Say that the database was changed: controllers are to hear what is new for them."""
        with self._ready:
            self._changed = True
            self._ready.notify()

    def wait(self, wait_s: float) -> None:
        """Return when something waits, at the latest after `wait_s`."""
        with self._ready:
            self._ready.wait_for(lambda: self._items or self._changed, wait_s)

    def take(self) -> Item | None:
        """Return the next item, or `None`."""
        with self._ready:
            if not self._items:
                self._dropped = 0
                return None
            return self._items.popleft()

    def take_changed(self) -> bool:
        """Tell whether anything was changed since this was last asked."""
        with self._ready:
            changed, self._changed = self._changed, False
            return changed
