"""Sets the stage: folder, broker, readers, the two programs, in the order in which each can find the one before it.

House rules: what is opened is closed in the reverse order, the controller before the office and the broker last, so
that the last uses still reach the books. What cannot start is one sentence, and nothing is left running.
"""

from __future__ import annotations

import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from controller.children import die_with_us
from controller.demo import founding
from controller.demo.conductor import Conductor
from controller.demo.control import ControlSocket
from controller.demo.desk import Desk
from controller.demo.driver import Driver, News, PaidIn
from controller.demo.floor_watch import FloorWatch
from controller.demo.kinds import osdp_is_here
from controller.demo.plugs import Plugs
from controller.demo.programs import Program
from controller.demo.readers import Readers
from controller.demo.ticker import Ticker
from controller.errors import Message, OperatingError
from controller.exchange.broker import HOST, LocalBroker, start_broker
from controller.exchange.broker import free_port as quiet_port
from controller.exchange.dialogue import Broker
from controller.floor.adapters.clock import ScaledClock, boot_ms, wall_ms
from controller.office.demo_panel import SOCKET_VARIABLE

SUBSCRIBED = "-t 'indivis/#' -t 'homeassistant/#'"
PORT = 8080
PORTS_TRIED = 20
"""From 8080 on; a computer on which all of these are taken is asked to name a port."""

READY_WITHIN_S = 60.0
"""Both programs are up within seconds; an old card on its first start takes longer."""

POLL_S = 0.1
PATIENCE_S = 6
"""Of real time: a tap whose outcome was not seen after this is lost."""

NO_OSDP = Message(
    "La bibliothèque OSDP n'est pas installée (pip install 'indivis[osdp]') : un lecteur EM4100 le remplace.",
    "The OSDP library is not installed (pip install 'indivis[osdp]'): an EM4100 reader stands in for it.",
)

Say = Callable[[Message], object]
Unbroken = Callable[[], AbstractContextManager[None]]
"""A block that an end does not cut: between a program's start and the note of how to stop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line."""

    speed: int
    seed: int
    port: int | None
    folder: Path
    quiet: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A demonstration that is up. `told` is what a person needs to know, by name."""

    driver: Driver
    desk: Desk
    told: dict[str, str]

    def turn(self, duration_s: float | None) -> None:
        """Let the people come and go."""
        self.driver.turn(self.desk, duration_s)


@contextmanager
def staged(wanted: Wanted, say: Say, unbroken: Unbroken) -> Iterator[Stage]:
    """Yield a demonstration that is up, and take it all down; raise one `IndivisError` when it does not come up."""
    speed = wanted.speed
    origin_wall_ms, origin_boot_ms = wall_ms(), boot_ms()
    clock = ScaledClock(origin_wall_ms=origin_wall_ms, origin_boot_ms=origin_boot_ms, speed=speed)
    port = free_port(wanted.port)
    with ExitStack() as stack:
        say(Message("Atelier fictif : personnes, machines, prix…", "Fictional workshop: people, machines, prices…"))
        founded = founding.found(wanted.folder, now_ms=origin_wall_ms, speed=speed)
        folder = founded.folder
        say(Message("Broker MQTT…", "MQTT broker…"))
        with unbroken():
            broker = stack.enter_context(
                start_broker(folder.root / "broker", founded.broker_accounts, started_by=die_with_us())
            )
        text = founding.settings_text(
            founded,
            broker_port=broker.port,
            office_port=port,
            clock=(speed, origin_wall_ms, origin_boot_ms),
        )
        folder.settings.write_text(text, encoding="utf-8")
        if not osdp_is_here():
            say(NO_OSDP)
        readers = stack.enter_context(Readers(folder))
        news: queue.SimpleQueue[News] = queue.SimpleQueue()
        control = stack.enter_context(ControlSocket(folder.root, readers, news.put))
        dashboard = _dashboard(broker, founded)
        watch = stack.enter_context(FloorWatch(dashboard, news.put))
        address = f"http://{HOST}:{port}"
        desk = Desk(
            address,
            founded.api_token,
            founded.payers,
            lambda person, cents, paid: news.put(PaidIn(person, cents, paid)),
        )
        environ = {**os.environ, SOCKET_VARIABLE: str(control.path)}
        say(Message("Le bureau…", "The office…"))
        with unbroken():
            office = _program("office", folder, environ, stack)
        _wait(desk.is_open, office)
        say(Message("Le contrôleur et ses six lecteurs…", "The controller and its six readers…"))
        with unbroken():
            floor = _program("controller", folder, environ, stack)
        _wait(watch.is_up, floor, office)
        for program in (floor, office):
            program.watch(news.put)
        control.open()
        # The day begins when there is somebody to open: at a high speed, hours have passed since the clock's origin.
        started_ms = clock.now().wall_ms or origin_wall_ms
        driver = Driver(
            Conductor(seed=wanted.seed, start_ms=started_ms, patience_ms=PATIENCE_S * 1_000 * speed),
            Plugs(start_ms=started_ms),
            readers,
            news,
            now_ms=lambda: clock.now().wall_ms or origin_wall_ms,
            speed=speed,
            ticker=Ticker(_line, quiet=wanted.quiet),
        )
        yield Stage(driver=driver, desk=desk, told=_told(founded, address, dashboard, floor))


def free_port(asked: int | None) -> int:
    """Return the port asked for (0: any), or the first free one from 8080 on; raise `OperatingError`."""
    if asked == 0:
        return quiet_port()
    if asked is not None:
        if 0 < asked < 1 << 16 and (found := _bound(asked)) is not None:
            return found
        raise OperatingError(
            Message(f"le port {asked} est pris ou interdit", f"the port {asked} is taken or forbidden"),
            cure=Message("donnez-en un autre par --port (0 : n'importe lequel)", "give another by --port (0: any)"),
        )
    for port in range(PORT, PORT + PORTS_TRIED):
        if _bound(port) is not None:
            return port
    raise OperatingError(
        Message(
            f"les ports {PORT} à {PORT + PORTS_TRIED - 1} sont tous pris",
            f"the ports {PORT} to {PORT + PORTS_TRIED - 1} are all taken",
        ),
        cure=Message("donnez --port 0", "give --port 0"),
    )


def _bound(port: int) -> int | None:
    with socket.socket() as probe:
        # As the office will: a port that a program left a moment ago is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return None
        found: int = probe.getsockname()[1]
        return found


def _program(name: str, folder: founding.Folder, environ: dict[str, str], stack: ExitStack) -> Program:
    program = Program(name, folder.settings, folder.logs / f"{name}.log", environ=environ)
    stack.callback(program.stop)
    return program


def _wait(is_up: Callable[[], bool], *programs: Program) -> None:
    """Wait until it is up; raise the error of a program that ended, or of the first when none answers in time."""
    pause = threading.Event()
    give_up_at_s = time.monotonic() + READY_WITHIN_S
    while not is_up():
        ended = [program for program in programs if not program.running]
        if ended:
            raise ended[0].died()
        if time.monotonic() > give_up_at_s:
            raise programs[0].silent()
        pause.wait(POLL_S)


def _dashboard(broker: LocalBroker, founded: founding.Founded) -> Broker:
    account = next(each for each in founded.broker_accounts if each.role == "dashboard")
    return Broker(
        host=broker.host,
        port=broker.port,
        client_id="indivis-demo",
        username=account.username,
        password=account.password,
    )


def _told(founded: founding.Founded, address: str, dashboard: Broker, floor: Program) -> dict[str, str]:
    account = f"-u {dashboard.username} -P {dashboard.password}"
    return {
        "address": f"{address}/",
        "login": founding.LOGIN,
        "maker": founding.MAKER_LOGIN,
        "owner": founding.OWNER_LOGIN,
        "password": founded.password,
        "mqtt": dashboard.address,
        "subscribe": f"mosquitto_sub -h {dashboard.host} -p {dashboard.port} {account} -v {SUBSCRIBED}",
        "folder": str(founded.folder.root),
        "database": str(founded.folder.database),
        "command": _command(),
        "controller": str(floor.pid),
    }


def _command() -> str:
    """Return how this program was called, for a second terminal in the same folder."""
    called = sys.argv[0]
    if called.endswith("__main__.py"):
        return "python -m controller"
    return os.path.relpath(called) if os.sep in called else called


def _line(text: str) -> None:
    print(text, flush=True)  # noqa: T201 (the demonstration's own lines)
