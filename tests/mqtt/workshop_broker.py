"""A real mosquitto with a workshop's accounts, and an ear that keeps what it hears."""

from pathlib import Path
from threading import Lock
from typing import Self

from controller.exchange.broker import Account, LocalBroker, start_broker
from controller.exchange.dialogue import Broker
from controller.exchange.mqtt import Connection, Status
from controller.exchange.outgoing import Outbound
from tests.waiting import wait_until

ACCOUNTS = (
    Account(username="office", role="office", password="bureau-fictif"),
    Account(username="crest-1", role="controller", password="boitier-un", site="crest"),
    Account(username="die-1", role="controller", password="boitier-deux", site="die"),
    Account(username="board", role="dashboard", password="tableau-fictif"),
)
PASSWORDS = {account.username: account.password for account in ACCOUNTS}


def workshop_broker(directory: Path) -> LocalBroker:
    """A mosquitto with ACCOUNTS on a free loopback port."""
    return start_broker(directory, ACCOUNTS)


def account(broker: LocalBroker, username: str, client_id: str | None = None) -> Broker:
    """The settings by which `username` connects to `broker`."""
    return Broker(
        host=broker.host,
        port=broker.port,
        client_id=client_id or username,
        username=username,
        password=PASSWORDS[username],
    )


class Ear:
    """A connection that keeps what it hears and how it stood; a `with` block waits until it is connected."""

    def __init__(
        self,
        broker: Broker,
        *subscriptions: str,
        will: Outbound | None = None,
        on_connect: tuple[Outbound, ...] = (),
        keep_while_lost: bool = True,
    ) -> None:
        self._lock = Lock()
        self._heard: list[tuple[str, bytes, bool]] = []
        self._on_connect = on_connect
        self.statuses: list[Status] = []
        self.connection = Connection(
            broker,
            subscriptions=subscriptions,
            will=will,
            on_message=self._hear,
            on_status=self._note,
            keep_while_lost=keep_while_lost,
        )

    def __enter__(self) -> Self:
        self.connection.start()
        wait_until(lambda: self.word == "connected", what="the connection")
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    @property
    def word(self) -> str:
        """How it stands now."""
        return self.connection.status.word

    @property
    def heard(self) -> list[tuple[str, bytes, bool]]:
        """All of (topic, payload, retained) so far."""
        with self._lock:
            return list(self._heard)

    def payloads(self, topic: str) -> list[bytes]:
        """What came on one topic so far."""
        return [payload for heard_topic, payload, _ in self.heard if heard_topic == topic]

    def _hear(self, topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        with self._lock:
            self._heard.append((topic, payload, retained))

    def _note(self, status: Status) -> None:
        self.statuses.append(status)
        if status.word == "connected":
            for message in self._on_connect:
                self.connection.publish(message.topic, message.payload, retain=message.retain)
