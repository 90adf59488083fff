"""The office as a program: opens what it needs, serves until it is told to stop, and leaves nothing half done.

House rules: everything that can be wrong with the settings is said before anything is served. The web door runs in the
main thread, the exchange and each broker's connection in one thread each. A secret is read from its file when needed.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from sqlalchemy import select

from controller import logs
from controller.domain.ids import SiteId
from controller.errors import DataError, Message, OperatingError, reason_of
from controller.exchange.dialogue import Broker
from controller.exchange.mqtt import Connection
from controller.exchange.topics import UP_FILTER
from controller.metrics_door import open_door
from controller.office.accounts import create_setup_code
from controller.office.booking_reader import BookingReader
from controller.office.demo_panel import panel_from_environment
from controller.office.directory import places, tables
from controller.office.downlink import OfficeExchange
from controller.office.inbox import Inbox
from controller.office.ledger.signing import create_key, load_key
from controller.office.messages.postman import Postman, open_channels
from controller.office.office import Office
from controller.office.office_metrics import OfficeMetrics
from controller.office.public_ear import board_topics, to_board
from controller.office.store import OfficeStore
from controller.office.vault import open_vault
from controller.office.web.app import create_app
from controller.service import ServiceManager, beat_every_s

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from fastapi import FastAPI
    from sqlalchemy import Table

    from controller.office.store import Change
    from controller.settings import BrokerSettings, ClockSettings, Settings

LEAVE_WITHIN_S = 3
"""Open pages never end by themselves: at a stop they are given this long, then their streams are cut."""

BACKLOG = 128
"""Connections that may wait to be accepted; further ones are refused by the system and tried again by browsers."""

PASSWORD_BYTES_MAX = 4_096
"""A password is a line; a larger file is another one given by mistake."""

_log = logs.get("office")


@dataclass(frozen=True, slots=True)
class Serving:
    """Where the office answers, and the one-time code that makes its first account (`None` when there are accounts)."""

    address: str
    setup_code: str | None


def run_office(settings: Settings, *, ready: Callable[[Serving], None]) -> int:
    """Serve until SIGTERM or SIGINT and return the exit code; `ready` is called once when everything answers.

    Call it in the main thread. Raises `IndivisError` when something in the settings cannot be used as it is.
    """
    manager = ServiceManager(os.environ.get("NOTIFY_SOCKET"))
    with ExitStack() as stack:
        door = stack.enter_context(_listening(settings.office.host, settings.office.port))
        inbox = Inbox()
        store = _open_store(settings)
        stack.callback(store.close)
        now_ms = clock_of(settings.clock)
        office = Office(
            store=store,
            vault=open_vault(settings.office.vault_key_file, store),
            now_ms=now_ms,
            send_command=inbox.send_command,
            changed=inbox.changed,
            title=settings.site.name or "Indivis",
            speed=settings.clock.speed,
            demo=panel_from_environment(),
            chart_file=settings.office.chart_file,
            channels=tuple(channel.name for channel in settings.channel),
            chain_key=chain_key_in(settings.office.chain_key_file),
            message_channels=open_channels(settings.messages),
        )
        with store.changing("system", now_ms()) as change:
            make_known(change, settings)
            code = create_setup_code(change)
        exchange = _start_exchange(stack, settings, office, inbox)
        calendars = BookingReader(office, settings.booking_feed, password_in)
        stack.callback(calendars.close)
        calendars.start()
        postman = Postman(office, settings.messages, password_in)
        stack.callback(postman.close)
        postman.start()
        stack.enter_context(
            Connection(
                office_broker(settings, settings.mqtt, "board"),
                subscriptions=board_topics(SiteId(settings.site.id)),
                on_message=to_board(office.board),
            )
        )
        metrics = open_door(
            settings.metrics.host, settings.metrics.office_port, OfficeMetrics(store, metadata.version("indivis"))
        )
        if metrics is not None:
            stack.callback(metrics.close)
        address = _address(settings.office.host, door)

        def serving() -> None:
            stack.enter_context(_watched(manager, exchange))
            manager.ready(address)
            ready(Serving(address, code))

        _serve(create_app(office), door, serving)
        manager.stopping()
    return 0


def clock_of(clock: ClockSettings) -> Callable[[], int]:
    """Return the office's Unix time in ms: the system's, or a demonstration's that both programs share."""
    if clock.speed == 1:
        return lambda: time.time_ns() // 1_000_000

    def faster() -> int:
        boot_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
        return clock.origin_wall_ms + (boot_ms - clock.origin_boot_ms) * clock.speed

    return faster


def make_known(change: Change, settings: Settings) -> None:
    """Add the books, the site and the controllers that the settings name and the directory does not have yet."""
    site, office = settings.site, settings.office
    if _is_missing(change, tables.books, site.books):
        places.create_books(change, site.books, site.name or site.books)
    if _is_missing(change, tables.site, site.id):
        places.create_site(change, site.id, site.books, site.name or site.id)
    for key in dict.fromkeys((*office.controllers, settings.controller.id)):
        if _is_missing(change, tables.controller, key):
            places.create_controller(change, key, site.id, key)


def office_broker(settings: Settings, broker: BrokerSettings, what: str) -> Broker:
    """Return how the office connects to a broker; on both of them it has the same account."""
    office = settings.office
    return Broker(
        host=broker.host,
        port=broker.port,
        # One office per site and account; a second one by the same name would be told so by the broker.
        client_id=f"indivis-office-{settings.site.id}-{what}",
        username=office.exchange_username or None,
        password=None if office.exchange_password_file is None else password_in(office.exchange_password_file),
        ca_file=broker.ca_file,
    )


def password_in(path: Path) -> str:
    """Return the one line in a password's file; raise `OperatingError` when it cannot be read or is no line."""
    try:
        with path.open("rb") as file:
            said = file.read(PASSWORD_BYTES_MAX + 1).decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OperatingError(
            Message(f"le mot de passe dans {path} ne se lit pas", f"the password in {path} cannot be read"),
            why=reason_of(error),
            cure=Message("vérifiez le chemin et les droits", "check the path and its permissions"),
        ) from error
    if not said or "\n" in said or len(said) > PASSWORD_BYTES_MAX:
        raise OperatingError(
            Message(f"{path} ne contient pas un mot de passe", f"{path} does not hold a password"),
            cure=Message("une seule ligne y suffit", "it takes one line"),
        )
    return said


def chain_key_in(path: Path) -> Ed25519PrivateKey:
    """Return the key that signs heads, which is made at the first start; raise `DataError` or `OperatingError`."""
    try:
        return load_key(path) if path.exists() else create_key(path)
    except ValueError as error:
        raise DataError(
            Message(f"{path} n'est pas une clé de signature", f"{path} is not a signing key"),
            cure=Message("remettez-la depuis la sauvegarde des clés", "put it back from the backup of keys"),
        ) from error
    except OSError as error:
        raise _unusable(path, error) from error


def _open_store(settings: Settings) -> OfficeStore:
    folder = settings.office.state_dir
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise _unusable(folder, error) from error
    return OfficeStore(settings.office.database or folder / "office.db")


def _start_exchange(stack: ExitStack, settings: Settings, office: Office, inbox: Inbox) -> OfficeExchange:
    connection = Connection(
        office_broker(settings, settings.exchange, "exchange"),
        subscriptions=(UP_FILTER,),
        on_message=inbox.arrived,
    )
    exchange = OfficeExchange(
        office,
        inbox,
        publish=connection.publish,
        chain_key=chain_key_in(settings.office.chain_key_file),
        folder=settings.office.state_dir,
        day_wait_ms=settings.office.close_day_wait_h * 3_600_000,
    )
    stack.callback(connection.close)  # after the exchange, whose last words it still sends
    stack.callback(exchange.close)
    exchange.start()
    connection.start()
    return exchange


def _serve(app: FastAPI, door: socket.socket, serving: Callable[[], None]) -> None:
    """Serve in this thread until SIGTERM or SIGINT; both are a regular end."""

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                serving()

    server = Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=LEAVE_WITHIN_S,
            lifespan="off",
        )
    )
    # uvicorn raises the signal again when it has ended, for whoever held it before: here nobody who would kill us then.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        server.run(sockets=[door])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _watched(manager: ServiceManager, exchange: OfficeExchange) -> Iterator[None]:
    """Feed the watchdog while the exchange's thread lives; nothing is done where no watchdog is set."""
    every_s = beat_every_s(os.environ, os.getpid())
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(every_s):
            if exchange.alive:
                manager.alive()

    if every_s is not None:
        threading.Thread(target=beat, name="watchdog", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        door = socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise OperatingError(
            Message(f"le bureau ne peut pas répondre sur {host}:{port}", f"the office cannot answer on {host}:{port}"),
            why=reason_of(error),
            cure=Message(
                "arrêtez ce qui tient cette adresse, ou changez host et port de la table [office]",
                "stop what holds that address, or change host and port of the table [office]",
            ),
        ) from error
    with door:
        yield door


def _address(host: str, door: socket.socket) -> str:
    port = door.getsockname()[1]
    shown = socket.gethostname() if host in ("0.0.0.0", "::", "") else host  # noqa: S104 - compared, not bound
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"


def _is_missing(change: Change, table: Table, key: str) -> bool:
    return change.tx.execute(select(table.c.id).where(table.c.id == key)).first() is None


def _unusable(path: Path, error: OSError) -> OperatingError:
    return OperatingError(
        Message(f"{path} ne peut pas être utilisé", f"{path} cannot be used"),
        why=reason_of(error),
        cure=Message("vérifiez le chemin et les droits", "check the path and its permissions"),
    )
