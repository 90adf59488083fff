"""`indivis mqtt watch`: the public tree as it comes, a line per message, until Ctrl-C. `indivis mqtt contract`: what it
consists of, as an AsyncAPI document.

House rules: it sees what any dashboard sees. A broker that is not there, or refuses the account, is one sentence and
exit code 69; one that goes away later is told on standard error, and comes back by itself.
"""

import argparse
import json
import queue
import secrets
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from controller import logs
from controller.errors import Message, UserError

if TYPE_CHECKING:
    from controller.exchange.dialogue import Broker
    from controller.exchange.mqtt import Status

PORT = 1883
PORT_TLS = 8883
PORT_LIMIT = 1 << 16  # TCP has no port from here on, so the option is refused

SHOWN_LATE_MAX = 10_000
"""Messages that may wait for a slow terminal. What comes beyond is not shown, and that is said."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare watch and how to reach the broker."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    watch = actions.add_parser("watch", help=Message("montre ce qui est publié", "shows what is published").text())
    actions.add_parser("contract", help=Message("le contrat, en AsyncAPI", "the contract, as AsyncAPI").text())
    path = Message("FICHIER", "FILE").text()
    watch.add_argument(
        "--config",
        type=Path,
        metavar=path,
        help=Message("réglages, table [mqtt] ; au lieu de --host…", "settings, table [mqtt]; not with --host…").text(),
    )
    watch.add_argument("--host", help=Message("le broker (cet ordinateur)", "the broker (this computer)").text())
    watch.add_argument(
        "--port", type=int, help=Message("1883, ou 8883 avec --ca-file", "1883, or 8883 with --ca-file").text()
    )
    watch.add_argument("--username", help=Message("le compte", "the account").text())
    watch.add_argument(
        "--password-file",
        type=Path,
        metavar=path,
        help=Message("une ligne : le mot de passe", "one line: the password").text(),
    )
    watch.add_argument(
        "--ca-file", type=Path, metavar=path, help=Message("l'autorité TLS, en PEM", "the TLS authority, in PEM").text()
    )
    watch.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())


def run(args: argparse.Namespace) -> int:
    """Watch until Ctrl-C, or print the contract; raise `UserError` or `OperatingError` with a sentence for a person."""
    if args.action == "contract":
        from importlib import metadata

        from controller.exchange import asyncapi

        print(asyncapi.as_text(metadata.version("indivis")), end="")
        return 0
    logs.configure("warning", sys.stderr)
    _watch(_broker_of(args), as_json=args.json)
    return 0


def _watch(broker: "Broker", *, as_json: bool) -> None:
    from controller.exchange.contract import ALL_PUBLIC
    from controller.exchange.mqtt import Connection, Status

    news: queue.SimpleQueue[Status | tuple[str, bytes, bool]] = queue.SimpleQueue()
    unshown = 0

    def heard(topic: str, payload: bytes, retained: bool) -> None:  # noqa: FBT001 (as MQTT says it)
        nonlocal unshown
        if news.qsize() < SHOWN_LATE_MAX:
            news.put((topic, payload, retained))
        else:
            unshown += 1

    been_connected = False
    with Connection(broker, subscriptions=(ALL_PUBLIC,), on_message=heard, on_status=news.put):
        while True:
            match news.get():
                case Status() as status:
                    _tell(status, been_connected=been_connected)
                    been_connected = True
                case topic, payload, retained:
                    print(_line(topic, payload, retained=retained, as_json=as_json), flush=True)
            if unshown:
                said = Message(f"{unshown} messages non montrés", f"{unshown} messages not shown")
                print(said.text(), file=sys.stderr, flush=True)
                unshown = 0


def _tell(status: "Status", *, been_connected: bool) -> None:
    if status.trouble is None:
        said = Message("à l'écoute (Ctrl-C pour finir)", "listening (Ctrl-C to end)").text()
    elif been_connected:
        said = status.trouble.sentence()
    else:
        raise status.trouble
    print(said, file=sys.stderr, flush=True)


def _line(topic: str, payload: bytes, *, retained: bool, as_json: bool) -> str:
    text = payload.decode("utf-8", errors="backslashreplace")
    if not as_json:
        return f"{topic} {text}"
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return json.dumps({"topic": topic, "retained": retained, "payload": value}, ensure_ascii=False)


def _broker_of(args: argparse.Namespace) -> "Broker":
    by_hand = ("host", "port", "username", "password_file", "ca_file")
    given = [f"--{name.replace('_', '-')}" for name in by_hand if getattr(args, name) is not None]
    if args.config is not None and given:
        said = ", ".join(given)
        raise UserError(
            Message(f"--config ne va pas avec {said}", f"--config does not go with {said}"),
            cure=Message("donnez l'un ou l'autre", "give one or the other"),
        )
    if args.config is not None:
        from controller.settings import load

        args = argparse.Namespace(**asdict(load(args.config).mqtt))
    return _broker(args)


def _broker(wanted: argparse.Namespace) -> "Broker":
    from controller.exchange.dialogue import Broker, read_password

    if wanted.port is not None and not 0 < wanted.port < PORT_LIMIT:
        raise UserError(
            Message(f"le port {wanted.port} est impossible", f"the port {wanted.port} is impossible"),
            cure=Message("donnez un nombre de 1 à 65535", "give a number from 1 to 65535"),
        )
    return Broker(
        host=wanted.host or "127.0.0.1",
        port=wanted.port or (PORT_TLS if wanted.ca_file else PORT),
        client_id=f"indivis-watch-{secrets.token_hex(4)}",
        username=wanted.username or None,
        password=read_password(wanted.password_file) if wanted.password_file else None,
        ca_file=wanted.ca_file,
    )
