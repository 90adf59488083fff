"""A mosquitto of our own, for `make run` and the tests, with the same accounts and rights as in a workshop.

House rules: it listens on the loopback only and its accounts live in the folder it is given; nobody is anonymous. The
rights are written here once; config/mosquitto/indivis.acl is what `acl_text` makes of three sample accounts.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

from controller.domain.ids import ControllerId, is_id
from controller.errors import Message, OperatingError, ProgrammerError
from controller.exchange.dialogue import PACKET_BYTES_MAX
from controller.exchange.topics import UP_FILTER, down_topic, up_topic

HOST = "127.0.0.1"
READY_WITHIN_S = 15.0
"""mosquitto listens within a fraction of a second; a card under load may take some."""

RUNNING = b" running"
"""What mosquitto writes when its listeners are open: `mosquitto version 2.0.11 running`."""

STOP_WITHIN_S = 5.0
POLL_S = 0.02
PORT_ATTEMPTS = 5
"""Between finding a free port and listening on it another program may take it; five times in a row it is no chance."""

PORTS = range(20_000, 32_768)
"""Below the ports that Linux gives to outgoing connections (ip_local_port_range, 32768 on): a client that looks for a
broker just killed could otherwise be given the broker's own port, and keep it from coming back.
"""
PORTS_TRIED = 100
"""A hundred of twelve thousand, drawn by chance: when all of them are taken something is wrong with the computer."""

ANY = ControllerId("+")
"""Any controller, in a topic filter."""

BIRTH = "homeassistant/status"
"""Where Home Assistant, a dashboard, says that it has started: all that a dashboard writes."""

Role = Literal["office", "controller", "dashboard", "plugs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may connect. A controller's name is its id; `site` is the one whose public tree it writes."""

    username: str
    role: Role
    password: str = field(repr=False)
    site: str | None = None


def acl_text(accounts: Iterable[Account]) -> str:
    """Return mosquitto's access list: each account with what it may read and write; everything else is closed."""
    return "\n".join("\n".join((f"user {account.username}", *_rights(account), "")) for account in accounts)


def _rights(account: Account) -> tuple[str, ...]:
    if not is_id(account.username) or (account.site is not None and not is_id(account.site)):
        said = f"{account.username!r} / {account.site!r}"
        raise ProgrammerError(Message(f"nom de compte impossible : {said}", f"impossible account name: {said}"))
    match account.role:
        case "office":
            return (f"topic read {UP_FILTER}", f"topic write {down_topic(ANY)}", "topic read indivis/#")
        case "plugs":
            return tuple(f"topic readwrite {tree}/#" for tree in ("shelly", "cmnd", "stat", "tele", "indivis-plugs"))
        case "dashboard":
            return ("topic read indivis/#", "topic read homeassistant/#", f"topic write {BIRTH}")
        case "controller":
            public = () if account.site is None else _public_rights(account.site)
            name = ControllerId(account.username)
            return (f"topic write {up_topic(name)}", f"topic read {down_topic(name)}", *public)


def _public_rights(site: str) -> tuple[str, ...]:
    devices = f"topic write homeassistant/device/{site}/+/config"
    return (f"topic readwrite indivis/{site}/#", devices, f"topic read {BIRTH}")


class LocalBroker:
    """A running mosquitto. `stop` and `kill` end it; `restart` starts it again on the same port."""

    def __init__(self, command: Sequence[str], directory: Path, port: int) -> None:
        self.host, self.port = HOST, port
        self._command = command
        self.directory = directory
        self._log = directory / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def restart(self) -> None:
        """Start the program and return when it listens; raise `OperatingError` with its own last words."""
        with self._log.open("ab") as log:
            begins_at = log.tell()
            self._process = subprocess.Popen(  # noqa: S603 (our own arguments)
                [*self._command, "-c", str(self.directory / "mosquitto.conf")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,  # a terminal's Ctrl-C is for who started us: the broker goes when its users have gone
            )
        give_up_at = time.monotonic() + READY_WITHIN_S
        pause = threading.Event()
        # Its own word, not an open port: that may be another program's, whom ours is about to complain of.
        while RUNNING not in self._log.read_bytes()[begins_at:]:
            if not self.running or time.monotonic() > give_up_at:
                self.kill()
                raise self._failed()
            pause.wait(POLL_S)

    def stop(self) -> None:
        """End it politely, or not; twice is once."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _failed(self) -> OperatingError:
        said = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        last = said[-1] if said else "?"
        return OperatingError(
            Message("le broker mosquitto ne démarre pas", "the broker mosquitto does not start"),
            why=Message(last, last),
            cure=Message(f"voir {self._log}", f"see {self._log}"),
        )


def start_broker(
    directory: Path,
    accounts: Sequence[Account],
    port: int = 0,
    search_path: str | None = None,
    started_by: Sequence[str] = (),
) -> LocalBroker:
    """Start a mosquitto with these accounts on a loopback port (0: any free one) and return when it listens.

    `started_by` is a program, with its arguments, that becomes the broker. Raises `OperatingError` when it is not
    installed (looked for on `search_path`) or does not start.
    """
    program, hasher = (_program(name, search_path) for name in ("mosquitto", "mosquitto_passwd"))
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(directory / "acl", acl_text(accounts))
    if not accounts or not all(account.password.isprintable() and account.password for account in accounts):
        said = "mot de passe vide ou sur plusieurs lignes", "a password that is empty or not on one line"
        raise ProgrammerError(Message(*said))
    _write_private(directory / "passwords", "".join(f"{account.username}:{account.password}\n" for account in accounts))
    # In place and from a file: an argument would show each password to everybody on this computer.
    subprocess.run([hasher, "-U", str(directory / "passwords")], check=True, capture_output=True)  # noqa: S603
    for attempt in range(1, PORT_ATTEMPTS + 1):
        broker = LocalBroker([*started_by, program], directory, port or free_port())
        _write_private(directory / "mosquitto.conf", _configuration(directory, broker.port))
        try:
            broker.restart()
        except OperatingError:
            if port or attempt == PORT_ATTEMPTS:
                raise
        else:
            return broker
    raise AssertionError("the last attempt returns or raises")


def _configuration(directory: Path, port: int) -> str:
    # As root mosquitto would become another user and could not read its own files here.
    me = pwd.getpwuid(os.getuid()).pw_name
    return f"""\
listener {port} {HOST}
user {me}
allow_anonymous false
password_file {directory / "passwords"}
acl_file {directory / "acl"}
persistence false
max_packet_size {PACKET_BYTES_MAX}
set_tcp_nodelay true
log_dest stderr
log_type error
log_type warning
log_type notice
log_type information
connection_messages false
"""


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def free_port() -> int:
    """Return a loopback port on which nobody listens now, and which no outgoing connection is given."""
    for _ in range(PORTS_TRIED):
        port = secrets.choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port
    raise OperatingError(
        Message("aucun port n'est libre sur cet ordinateur", "no port is free on this computer"),
        cure=Message("arrêtez ce qui les occupe", "stop what holds them"),
    )


def _program(name: str, search_path: str | None) -> str:
    # Debian keeps mosquitto in /usr/sbin, which is not on everybody's path.
    found = shutil.which(name, path=search_path or f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin:/usr/local/sbin")
    if found is None:
        raise OperatingError(
            Message(f"le programme {name} manque", f"the program {name} is missing"),
            why=Message("le broker MQTT n'est pas installé", "the MQTT broker is not installed"),
            cure=Message("installez-le : apt install mosquitto", "install it: apt install mosquitto"),
        )
    return found
