"""What waits to be sent to a broker: bounded, in order, and never two states of one topic.

House rules: nothing here waits for anything; what is dropped is counted. A retained topic holds a state, so only its
newest message waits; everything else is an event and waits in order.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from threading import Lock

Mark = int | str | None
"""By what its sender knows a message again when the broker has taken it."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message as it goes out: `retain` marks a state that a later subscriber finds, an empty one removes it."""

    topic: str
    payload: bytes
    retain: bool = False
    mark: Mark = None


class Outgoing:
    """At most `limit` messages. When it is full the oldest event goes, be it the one that comes, else the oldest state.

    That is safe: the exchange sends again what is not acknowledged, and states are published anew at each connection.
    """

    def __init__(self, limit: int) -> None:
        self.dropped = 0
        self._limit = limit
        self._lock = Lock()
        self._serial = count()
        self._waiting: OrderedDict[str | int, Outbound] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Outbound) -> bool:
        """Queue a message; false when an older one had to go for it."""
        with self._lock:
            key = self._key(message)
            self._waiting.pop(key, None)
            full = len(self._waiting) >= self._limit
            self._waiting[key] = message
            if full:
                self._drop_oldest()
            return not full

    def take(self) -> Outbound | None:
        """Return the next message, or `None`."""
        with self._lock:
            return self._waiting.popitem(last=False)[1] if self._waiting else None

    def put_back(self, unanswered: Iterable[Outbound]) -> None:
        """Put what was taken and not acknowledged before everything else, in its order; a newer state wins."""
        with self._lock:
            newer = self._waiting
            self._waiting = OrderedDict((self._key(message), message) for message in unanswered)
            for message in newer.values():
                key = self._key(message)
                self._waiting.pop(key, None)
                self._waiting[key] = message
            while len(self._waiting) > self._limit:
                self._drop_oldest()

    def clear(self) -> None:
        """Forget everything, uncounted: whoever asks will say it again."""
        with self._lock:
            self._waiting.clear()

    def _key(self, message: Outbound) -> str | int:
        return message.topic if message.retain else next(self._serial)

    def _drop_oldest(self) -> None:
        events = (key for key, message in self._waiting.items() if not message.retain)
        del self._waiting[next(events, next(iter(self._waiting)))]
        self.dropped += 1
