"""A lasting connection to an MQTT broker that nobody ever waits for.

House rules: one thread per connection does everything; `publish` only queues. Exchange and public tree are two
`Connection`s, perhaps to two brokers. What the broker acknowledges means "it was taken", never "it is safe": only the
office's own word lets a controller forget a fact.
"""

import random
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Self

from controller import logs
from controller.errors import IndivisError, Message, ProgrammerError, UserError
from controller.exchange.dialogue import PACKET_BYTES_MAX, Broker, Dialogue, OnMessage, Protocol, open_dialogue
from controller.exchange.outgoing import Mark, Outbound, Outgoing
from controller.exchange.trouble import BrokerRefusedError

QUEUE_MAX = 1_000
"""Messages that wait for the broker: an hour of a busy floor's events. Beyond it the oldest goes (see outgoing.py)."""

WAKE_S = 1.0
"""The connection looks after its keep-alive at least this often."""

BACK_OFF_FIRST_S = 1.0
BACK_OFF_CAP_S = 60.0
"""The longest wait before the next attempt: a broker that comes back is found within a minute."""

GOODBYE_S = 2.0
"""How long `close` goes on sending what still waits; then it leaves, for a stop must not hang on a broker."""

CLOSE_WITHIN_S = 12.0
"""Beyond what cannot be interrupted, a connection and a handshake; a slow look-up of a name is left to its thread."""

PUBACK_FAILURE = 0x80
"""MQTT 5, 2.4: reason codes from here on are failures."""

_log = logs.get("mqtt")


@dataclass(frozen=True, slots=True)
class Status:
    """How it stands: `lost` mends itself, `refused` needs a person; `trouble` says why and what to do."""

    word: Literal["connecting", "connected", "lost", "refused"]
    trouble: IndivisError | None = None
    protocol: Protocol | None = None


class BackOff:
    """How long to wait before the next attempt: doubling up to a cap, each cut by chance to spread many controllers."""

    def __init__(self, chance: Callable[[], float] | None = None) -> None:
        self._chance = chance or random.SystemRandom().random
        self._failures = 0

    def next_s(self, lasted_s: float) -> float:
        """Return the next wait. Only a connection that lasted starts anew, so that two equals never race for a name."""
        self._failures = 0 if lasted_s >= BACK_OFF_CAP_S else self._failures + 1
        wait_s = min(BACK_OFF_CAP_S, BACK_OFF_FIRST_S * 2.0 ** min(self._failures - 1, 10))
        return wait_s * (1 + self._chance()) / 2


class Connection:
    """Connects, stays connected and comes back by itself. Callbacks run on its thread: hand over, do not wait.

    `on_status` is told each change; when it hears `connected` the subscriptions are made, and what it publishes then
    follows whatever still waited. `on_taken` is told the mark of each marked message that the broker has answered for,
    also by refusing it, for it would refuse it again. With `keep_while_lost` false nothing waits for a broker that is
    not there.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        subscriptions: tuple[str, ...] = (),
        will: Outbound | None = None,
        on_message: OnMessage = lambda _topic, _payload, _retained: None,
        on_status: Callable[[Status], None] = lambda _status: None,
        on_taken: Callable[[Mark], None] = lambda _mark: None,
        keep_while_lost: bool = True,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        self.status = Status("connecting")
        self._broker, self._subscriptions, self._will = broker, subscriptions, will
        self._on_message, self._on_status, self._on_taken = on_message, on_status, on_taken
        self._keep_while_lost, self._give_way = keep_while_lost, give_way
        self._outgoing = Outgoing(QUEUE_MAX)
        self._in_flight: dict[int, Outbound] = {}
        self._closing = threading.Event()
        self._wake_out, self._wake_in = socket.socketpair()
        self._wake_out.settimeout(0)
        self._wake_in.settimeout(0)
        self._thread = threading.Thread(target=self._run, name=f"mqtt {broker.client_id}", daemon=True)

    @property
    def alive(self) -> bool:
        """Whether the thread that connects is there."""
        return self._thread.is_alive()

    @property
    def dropped(self) -> int:
        """How many messages had to go because too many waited."""
        return self._outgoing.dropped

    def start(self) -> Self:
        """Begin to connect, in the background."""
        self._thread.start()
        return self

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, mark: Mark = None) -> bool:
        """Queue a message at QoS 1 and return at once; false when it, or an older one, was dropped."""
        if len(payload) + len(topic) > PACKET_BYTES_MAX - 64:
            raise ProgrammerError(
                Message(f"message trop long pour {topic}", f"message too long for {topic}"),
                why=Message(f"{len(payload)} octets", f"{len(payload)} bytes"),
            )
        if not self._keep_while_lost and self.status.word != "connected":
            return False
        kept_all = self._outgoing.put(Outbound(topic, payload, retain, mark))
        self._wake()
        return kept_all

    def close(self) -> None:
        """Send what waits and the last will (a clean end does not trigger it), then leave; twice is once."""
        self._closing.set()
        self._wake()
        if self._thread.ident is None:
            self._close_wake()
        else:
            self._thread.join(CLOSE_WITHIN_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _wake(self) -> None:
        with suppress(BlockingIOError, OSError):  # full: it is awake; closed: it has ended
            self._wake_out.send(b".")

    def _close_wake(self) -> None:
        self._wake_in.close()
        self._wake_out.close()

    def _run(self) -> None:
        back_off = BackOff()
        while not self._closing.is_set():
            began = time.monotonic()
            try:
                self._converse()
            except IndivisError as error:
                self._tell(Status("refused" if _needs_a_person(error) else "lost", error))
            except Exception as error:  # noqa: BLE001 (whatever it is, the next attempt may go well)
                _log.exception("the connection failed for a reason of ours")
                said = Message("erreur interne, voir le journal", "internal error, see the log")
                self._tell(Status("lost", ProgrammerError(said, why=Message(repr(error), repr(error)))))
            self._closing.wait(back_off.next_s(time.monotonic() - began))
        self._close_wake()

    def _converse(self) -> None:
        dialogue = open_dialogue(
            self._broker,
            will=self._will,
            on_message=self._received,
            wake=self._wake_in,
            abandon=self._closing.is_set,
            give_way=self._give_way,
        )
        try:
            dialogue.subscribe(self._subscriptions)
            if not self._keep_while_lost:
                self._outgoing.clear()
            self._tell(Status("connected", protocol=dialogue.protocol))
            while not self._closing.is_set():
                self._turn(dialogue)
            self._say_goodbye(dialogue)
        finally:
            dialogue.close()
            self._keep_unanswered()

    def _turn(self, dialogue: Dialogue) -> None:
        while len(self._in_flight) < dialogue.window and (message := self._outgoing.take()):
            self._give_way()
            self._in_flight[dialogue.publish(message)] = message
        dialogue.turn(WAKE_S, self._wake_in)
        while dialogue.acknowledged:
            number, code = dialogue.acknowledged.popleft()
            message = self._in_flight.pop(number, None)
            if message is not None and code >= PUBACK_FAILURE:
                _log.warning("the broker took no message", topic=message.topic, code=code)
            if message is not None and message.mark is not None:
                self._on_taken(message.mark)

    def _say_goodbye(self, dialogue: Dialogue) -> None:
        if self._will is not None:
            self._outgoing.put(self._will)
        leave_at = time.monotonic() + GOODBYE_S
        while (self._outgoing or self._in_flight) and time.monotonic() < leave_at:
            self._turn(dialogue)

    def _keep_unanswered(self) -> None:
        if self._keep_while_lost:
            self._outgoing.put_back(self._in_flight.values())
        self._in_flight.clear()

    def _received(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        try:
            self._on_message(topic, payload, retained)
        except Exception:  # noqa: BLE001 (one message must not end the connection for all others)
            _log.exception("a message could not be handled", topic=topic)

    def _tell(self, status: Status) -> None:
        if self._closing.is_set():
            return  # an attempt given up because we leave says nothing about the broker
        before, self.status = self.status, status
        if status.word != before.word or str(status.trouble) != str(before.trouble):
            why = None if status.trouble is None else status.trouble.sentence("en")
            _log.info("connection", state=status.word, broker=self._broker.address, why=why)
        self._on_status(status)


def connect_now(broker: Broker) -> Protocol:
    """Try the connection once, here and now, and return the version of MQTT; raise the sentence that says why not."""
    dialogue = open_dialogue(broker, on_message=lambda _topic, _payload, _retained: None)
    dialogue.close()
    return dialogue.protocol


def _needs_a_person(error: IndivisError) -> bool:
    return isinstance(error, BrokerRefusedError | UserError)
