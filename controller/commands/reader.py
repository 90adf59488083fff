"""`indivis reader`: badge readers by hand. Decode a capture, watch a port, simulate a reader, list the ports.

House rules: these are for a person's own terminal, the only place where a badge's number is shown; the daemon
shares `firmware_bridge` with them and nothing else. Each action imports only what it needs.
"""

import argparse
import json
import sys
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from controller.errors import IndivisError, Message, OperatingError, UserError, reason_of
from firmware_bridge.decode import DECODERS, ByteStream, decode_capture
from firmware_bridge.em4100.frames import Model
from firmware_bridge.em4100.presence import PROFILES
from firmware_bridge.errors import BadBadgeNumberError, BridgeError, Said, SetupError

if TYPE_CHECKING:
    from firmware_bridge.simulator import Presenter

HOLD_MS = 400
"""How long `simulate` holds a badge to the reader: several frames, as a quick tap gives."""

FAULTS = {
    "checksum": Message("somme de contrôle fausse", "wrong checksum"),
    "incomplete": Message("trame coupée", "frame cut short"),
    "length": Message("mauvais nombre de chiffres", "wrong number of digits"),
    "not_hex": Message("caractère qui n'est pas un chiffre hexadécimal", "a character that is no hex digit"),
    "no_stx": Message("octets sans début de trame (STX)", "bytes without a start of frame (STX)"),
    "no_etx": Message("fin de trame absente (ETX)", "no end of frame (ETX)"),
    "phantom": Message("badge fantôme, inventé par le lecteur", "phantom badge, invented by the reader"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare decode, watch, simulate and detect."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    decode = actions.add_parser(
        "decode",
        help=Message("décode une capture, une ligne par trame", "decodes a capture, a line per frame").text(),
    )
    _add_protocol(decode)
    decode.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())
    decode.add_argument(
        "file",
        nargs="?",
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("la capture ; sinon l'entrée standard", "the capture; else standard input").text(),
    )

    watch = actions.add_parser(
        "watch",
        help=Message("montre les badges présentés à un lecteur", "shows the badges put to a reader").text(),
    )
    watch.add_argument(
        "path",
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("port série, ou socket://hôte:port", "serial port, or socket://host:port").text(),
    )
    _add_protocol(watch)
    _add_model(watch)

    simulate = actions.add_parser(
        "simulate",
        help=Message("un lecteur simulé, badges tapés au clavier", "a simulated reader, badges typed in").text(),
    )
    _add_model(simulate)
    simulate.add_argument(
        "--link",
        type=Path,
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("où mettre le lien vers le port", "where to put the link to the port").text(),
    )

    detect = actions.add_parser("detect", help=Message("liste les ports série", "lists the serial ports").text())
    detect.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())


def run(args: argparse.Namespace) -> int:
    """Do the action; raise `UserError` or `OperatingError` with a sentence for a person."""
    try:
        match args.action:
            case "decode":
                _decode(args.file, args.protocol, as_json=args.json)
            case "watch":
                _watch(args.path, args.protocol, args.model)
            case "simulate":
                _simulate(args.model, args.link)
            case _:
                _detect(as_json=args.json)
    except BridgeError as error:
        raise _for_person(error) from error
    return 0


def _add_protocol(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--protocol",
        choices=sorted(DECODERS),
        default="em4100",
        help=Message("ce que parle le lecteur", "what the reader speaks").text(),
    )


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model", choices=sorted(PROFILES), required=True, help=Message("le modèle", "the model").text()
    )


def _for_person(error: BridgeError) -> IndivisError:
    kind = UserError if isinstance(error, SetupError) else OperatingError
    return kind(_message(error.what), why=_message(error.why), cure=_message(error.cure))


def _message(said: Said) -> Message:
    return Message(said.fr, said.en)


def _decode(file: str | None, protocol: str, *, as_json: bool) -> None:
    with ExitStack() as stack:
        stream: ByteStream = _standard_input() if file is None else stack.enter_context(_open_capture(file))
        try:
            for line in decode_capture(stream, protocol):
                print(json.dumps(line) if as_json else _readable(line), flush=True)
        except BrokenPipeError:  # ours, not the capture's: the command line knows what to do
            raise
        except OSError as error:
            raise _unreadable(file or "stdin", error) from error


def _standard_input() -> BufferedReader:
    return open(sys.stdin.fileno(), "rb", closefd=False)


def _open_capture(file: str) -> BufferedReader:
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: str, error: OSError) -> UserError:
    match error:
        case FileNotFoundError():
            why = Message("ce fichier n'existe pas", "there is no such file")
        case IsADirectoryError():
            why = Message("c'est un dossier", "it is a folder")
        case PermissionError():
            why = Message("ce compte n'en a pas le droit", "this account is not allowed to")
        case _:
            why = reason_of(error)
    return UserError(
        Message(f"la capture {file} ne peut pas être lue", f"the capture {file} cannot be read"),
        why=why,
        cure=Message("vérifiez le chemin et les droits du fichier", "check the file's path and permissions"),
    )


def _readable(line: dict[str, str]) -> str:
    if "badge" in line:
        return f"badge {line['badge']}"
    return f"{Message('erreur', 'error').text()} {line['error']} ({FAULTS[line['error']].text()})"


def _watch(path: str, protocol: str, model: str) -> None:
    import time

    from firmware_bridge.drivers import driver_for
    from firmware_bridge.messages import BadgePresented, BadgeRemoved
    from firmware_bridge.messages import Message as ReaderMessage
    from firmware_bridge.reader import SerialReader
    from firmware_bridge.transport import Connected, LineState, Lost

    connected = False

    def show(message: ReaderMessage) -> None:
        match message:
            case BadgePresented():
                print(f"badge {message.number_hex}", flush=True)
            case BadgeRemoved():
                removed = Message(f"badge {message.number_hex} retiré", f"badge {message.number_hex} removed")
                print(removed.text(), flush=True)
            case _:
                print(message, flush=True)

    def tell(state: LineState) -> None:
        nonlocal connected
        match state:
            case Connected(_, device):
                connected = True
                said = Message(f"à l'écoute de {device} (Ctrl-C pour finir)", f"listening to {device} (Ctrl-C to end)")
                print(said.text(), file=sys.stderr, flush=True)
            case Lost(_, error):
                if not connected:
                    raise error
                print(_for_person(error).sentence(), file=sys.stderr, flush=True)

    reader = SerialReader(path, driver_for(protocol, model), clock_ns=time.monotonic_ns, on_message=show, on_state=tell)
    reader.run()


def _simulate(model: Model, link: Path | None) -> None:
    from firmware_bridge.em4100.simulator import SimulatedReader
    from firmware_bridge.simulator import Presenter

    with SimulatedReader(model, link) as reader:
        print(reader.path, flush=True)
        presenter = Presenter(reader)
        try:
            for line in filter(str.strip, sys.stdin):
                _present(presenter, line)
        finally:
            presenter.close()


def _present(presenter: "Presenter", typed: str) -> None:
    """Present one badge, or say what is wrong with its number and go on."""
    try:
        presenter.present(typed, HOLD_MS)
    except BadBadgeNumberError as error:
        print(_for_person(error).sentence(), file=sys.stderr, flush=True)
    presenter.finish()


def _detect(*, as_json: bool) -> None:
    from firmware_bridge.ports import find_ports

    found = find_ports()
    if as_json:
        print(json.dumps([{"path": port.path, "device": port.device, "about": port.about} for port in found]))
        return
    for port in found:
        print(f"{port.path} -> {port.device}  {port.about}".rstrip())
    if not found:
        print(
            Message(
                "aucun port série : branchez le lecteur, puis recommencez",
                "no serial port: plug the reader in, then try again",
            ).text(),
            file=sys.stderr,
        )
