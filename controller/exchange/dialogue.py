"""One conversation with a broker, from the connection to its end, on the caller's thread (paho-mqtt underneath).

House rules: a paho client lives exactly as long as its connection. paho would keep unanswered messages across
connections and send them after newer ones, which leaves yesterday's state retained; here our own queue decides.
"""

import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from controller.errors import Message, OperatingError, UserError, reason_of
from controller.exchange import trouble
from controller.exchange.outgoing import Outbound

Protocol = Literal["5", "3.1.1"]
PROTOCOLS: tuple[Protocol, ...] = ("5", "3.1.1")
"""In the order in which they are tried."""

OnMessage = Callable[[str, bytes, bool], None]
"""Takes topic, payload, and whether it is a state that the broker had kept rather than news."""

_PAHO_PROTOCOL = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}

CONNECT_WITHIN_S = 5
"""A TCP connection and a TLS handshake each take at most this long; beyond, the broker counts as unreachable."""

IN_FLIGHT_MAX = 20
"""Messages on their way without an answer: what mosquitto takes at once by default, or fewer if the broker says so. The
others wait their turn.
"""

WAKE_BYTES_MAX = 4_096
"""What the wake-up socket may hold is read away at once."""

PACKET_BYTES_MAX = 1 << 20
"""One mebibyte: four times the exchange's largest message. A larger one is refused before it is queued, and by the
configurations of the broker in config/mosquitto and in broker.py.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where a broker is and who we are there. `client_id` is unique: the broker drops the older of two equals."""

    host: str
    client_id: str
    port: int = 1883
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    keep_alive_s: int = 30
    answer_within_s: int = 10

    @property
    def address(self) -> str:
        """`host:port`, for people."""
        return f"{self.host}:{self.port}"


class Dialogue:
    """One connection with one paho client. Not thread-safe: one thread opens, turns and closes it."""

    def __init__(
        self,
        broker: Broker,
        protocol: Protocol,
        *,
        on_message: OnMessage,
        will: Outbound | None,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        self.protocol = protocol
        self.connected = False
        self.acknowledged: deque[tuple[int, int]] = deque()
        """(message number, MQTT 5 reason code) of each answer to `publish`, for the caller to take."""
        self.window = IN_FLIGHT_MAX
        self._broker = broker
        self._on_message, self._give_way = on_message, give_way
        self._answered: int | None = None
        self._goodbye = 0
        self._client = self._make_client(will)

    def open(self, wake: socket.socket | None = None, abandon: Callable[[], bool] = lambda: False) -> None:
        """Connect and wait for the broker's word, or until `abandon`; raise an `OperatingError` that says why not."""
        try:
            self._client.connect(self._broker.host, self._broker.port, self._broker.keep_alive_s)
        except OSError as error:
            raise trouble.unreachable(self._broker.address, error) from error
        except ValueError as error:  # a host that no name can be, before anything was looked up
            raise trouble.unreachable(self._broker.address, socket.gaierror()) from error
        give_up_at = time.monotonic() + self._broker.answer_within_s
        while not self.connected:
            left_s = give_up_at - time.monotonic()
            if left_s <= 0 or abandon():
                raise trouble.silent(self._broker.address, self._broker.answer_within_s)
            self.turn(left_s, wake)

    def subscribe(self, filters: Sequence[str]) -> None:
        """Ask for messages, at QoS 1."""
        if filters:
            self._client.subscribe([(text, 1) for text in filters])

    def publish(self, message: Outbound) -> int:
        """Send at QoS 1 and return the number by which the answer will name it."""
        return self._client.publish(message.topic, message.payload, qos=1, retain=message.retain).mid

    def turn(self, wait_s: float, wake: socket.socket | None = None) -> None:
        """Read and write what is due, waiting for it or for a byte on `wake`; raise what ended the connection."""
        line = self._client.socket()
        if line is None:
            raise self._ended()
        poll = select.poll()
        poll.register(line, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
        if wake is not None:
            poll.register(wake, select.POLLIN)
        decrypted = isinstance(line, ssl.SSLSocket) and line.pending() > 0
        ready = dict(poll.poll(0 if decrypted else wait_s * 1000))
        if wake is not None and wake.fileno() in ready:
            wake.recv(WAKE_BYTES_MAX)
        self._give_way()
        events = ready.get(line.fileno(), 0)
        if decrypted or events & ~select.POLLOUT:
            self._client.loop_read()
        if self._client.want_write():
            self._client.loop_write()
        self._client.loop_misc()
        if self._client.socket() is None:
            raise self._ended()

    def close(self) -> None:
        """Say goodbye if there is anybody to say it to, and let the socket go."""
        if self.connected:
            self._client.disconnect()
        self._client.on_disconnect = None
        if (line := self._client.socket()) is not None:
            line.close()
        self.connected = False

    def _make_client(self, will: Outbound | None) -> paho.Client:
        broker = self._broker
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=broker.client_id,
            protocol=_PAHO_PROTOCOL[self.protocol],
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_WITHIN_S
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password)
        if broker.ca_file is not None:
            client.tls_set_context(_tls(broker.ca_file))
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = self._connect_answered
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        client.on_publish = self._published
        return client

    def _connect_answered(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, properties: Properties | None
    ) -> None:
        self._answered = code.value
        self.window = min(IN_FLIGHT_MAX, getattr(properties, "ReceiveMaximum", IN_FLIGHT_MAX))
        self.connected = code.value == 0

    def _disconnected(
        self,
        _client: paho.Client,
        _data: object,
        flags: paho.DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.connected = False
        if flags.is_disconnect_packet_from_server:
            self._goodbye = code.value

    def _arrived(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._on_message(message.topic, bytes(message.payload), message.retain)

    def _published(
        self, _client: paho.Client, _data: object, number: int, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self.acknowledged.append((number, code.value))

    def _ended(self) -> OperatingError:
        address = self._broker.address
        if self._answered is None:
            return trouble.closed_unanswered(address)
        if self._answered:
            return trouble.refused(address, self._answered, self._broker.username)
        return trouble.hung_up(address, self._goodbye)


def open_dialogue(
    broker: Broker,
    *,
    on_message: OnMessage,
    will: Outbound | None = None,
    wake: socket.socket | None = None,
    abandon: Callable[[], bool] = lambda: False,
    give_way: Callable[[], None] = lambda: None,
) -> Dialogue:
    """Open a conversation in the newest version of MQTT that the broker speaks; raise what is in the way."""
    refused: trouble.ProtocolRefusedError | None = None
    for protocol in PROTOCOLS:
        dialogue = Dialogue(broker, protocol, will=will, on_message=on_message, give_way=give_way)
        try:
            dialogue.open(wake, abandon)
        except trouble.ProtocolRefusedError as error:
            dialogue.close()
            refused = error
        except BaseException:
            dialogue.close()
            raise
        else:
            return dialogue
    raise refused or AssertionError("no version of MQTT was tried")


class _TidySocket(ssl.SSLSocket):
    """Closes itself when the handshake fails: paho would leave it open until it is collected."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 (as in the base class)
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def _tls(ca_file: Path) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one of them
        raise UserError(
            Message(f"le fichier « {ca_file} » (ca_file) est illisible", f"the file '{ca_file}' (ca_file) is unusable"),
            why=_tls_reason(error),
            cure=Message("donnez le certificat de l'autorité, au format PEM", "give the authority's PEM certificate"),
        ) from error
    context.sslsocket_class = _TidySocket
    return context


def _tls_reason(error: OSError) -> Message:
    if isinstance(error, ssl.SSLError):
        return Message("il ne contient aucun certificat", "it holds no certificate")
    return reason_of(error)


def read_password(path: Path) -> str:
    """Return the first line of a password file; raise `UserError` naming the file, never what is in it."""
    what = Message(f"le mot de passe dans « {path} » est illisible", f"the password in '{path}' cannot be read")
    cure = Message("ce fichier tient une seule ligne : le mot de passe", "that file holds one line: the password")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(what, why=reason_of(error), cure=cure) from error
    if not lines or not lines[0]:
        raise UserError(what, why=Message("il est vide", "it is empty"), cure=cure)
    return lines[0]
