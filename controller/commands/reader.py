"""`indivis reader`: badge readers by hand. Decode a capture, watch a port, simulate a reader, find what is plugged in.

House rules: these are for a person's own terminal, the only place where a badge's number is shown; the daemon
shares `firmware_bridge` with them and nothing else. Each action imports only what it needs.
"""

import argparse
from pathlib import Path

from controller.errors import Message, UserError
from controller.reader_errors import for_person
from firmware_bridge.decode import DECODERS
from firmware_bridge.drivers import DRIVERS, Options, models_of
from firmware_bridge.errors import BridgeError

PROTOCOLS = sorted({protocol for protocol, _ in DRIVERS})
MODELS = sorted({model for _, model in DRIVERS})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare decode, watch, test, pair, enrol, simulate and detect."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def action(name: str, fr: str, en: str) -> argparse.ArgumentParser:
        return actions.add_parser(name, help=Message(fr, en).text())

    decode = action("decode", "décode une capture, une ligne par trame", "decodes a capture, a line per frame")
    _add_protocol(decode, sorted(DECODERS))
    decode.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())
    decode.add_argument(
        "file",
        nargs="?",
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("la capture ; sinon l'entrée standard", "the capture; else standard input").text(),
    )

    watch = action("watch", "montre ce que dit un lecteur", "shows what a reader says")
    _add_path(watch)
    _add_device(watch)
    _add_identity(watch, "l'appareil attendu ; un autre n'est pas utilisé", "the device expected; no other is used")

    test = action("test", "fait tout montrer à un lecteur", "has a reader show everything")
    _add_path(test)
    _add_device(test)
    _add_identity(test, "l'appareil attendu ; un autre n'est pas utilisé", "the device expected; no other is used")

    pair = action("pair", "donne sa clé à un lecteur OSDP, à l'établi", "gives an OSDP reader its key, on the bench")
    _add_path(pair)
    _add_key(pair, required=True)

    enrol = action("enrol", "donne leur clé aux cartes neuves", "gives blank cards their key")
    _add_path(enrol)
    enrol.add_argument(
        "--key-file",
        type=Path,
        required=True,
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("la clé maîtresse des cartes", "the cards' master key").text(),
    )

    simulate = action("simulate", "un lecteur simulé, badges tapés au clavier", "a simulated reader, badges typed in")
    _add_device(simulate)
    simulate.add_argument(
        "--link",
        type=Path,
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("où mettre le lien vers le port", "where to put the link to the port").text(),
    )
    _add_identity(simulate, "l'identité que donne la carte simulée", "the identity that a simulated board tells")
    simulate.add_argument(
        "--fault",
        default="",
        metavar=Message("DEFAUT", "FAULT").text(),
        help=Message("le défaut à simuler", "the fault to simulate").text(),
    )

    detect = action("detect", "trouve les lecteurs branchés (10 s)", "finds the readers plugged in (10 s)")
    detect.add_argument(
        "paths",
        nargs="*",
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("seulement ces ports", "only these ports").text(),
    )
    detect.add_argument(
        "--list", action="store_true", help=Message("liste sans rien demander", "lists and asks nothing").text()
    )
    detect.add_argument("--json", action="store_true", help=Message("en JSON", "as JSON").text())


def run(args: argparse.Namespace) -> int:
    """Do the action; raise `UserError` or `OperatingError` with a sentence for a person."""
    try:
        match args.action:
            case "decode":
                from controller.commands import reader_decode

                reader_decode.run(args.file, args.protocol, as_json=args.json)
            case "watch" | "test":
                from controller.commands import reader_talk

                talk = reader_talk.watch if args.action == "watch" else reader_talk.test
                talk(args.path, args.protocol, _model(args), _options(args), args.identity)
            case "pair":
                from controller.commands import reader_talk

                reader_talk.pair(args.path, args.address, args.key_file)
            case "enrol":
                from controller.commands import reader_enrol

                reader_enrol.run(args.path, args.key_file)
            case "simulate":
                from controller.commands import reader_simulate

                reader_simulate.run(args.protocol, _model(args), args.link, _options(args), args.fault)
            case _:
                from controller.commands import reader_detect

                reader_detect.run(args.paths, ask=not args.list, as_json=args.json)
    except BridgeError as error:
        raise for_person(error) from error
    return 0


def _add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path",
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("port série, ou socket://hôte:port", "serial port, or socket://host:port").text(),
    )


def _add_protocol(parser: argparse.ArgumentParser, known: list[str]) -> None:
    parser.add_argument(
        "--protocol",
        choices=known,
        default="em4100",
        help=Message("ce que parle le lecteur", "what the reader speaks").text(),
    )


def _add_device(parser: argparse.ArgumentParser) -> None:
    _add_protocol(parser, PROTOCOLS)
    parser.add_argument("--model", choices=MODELS, help=Message("le modèle", "the model").text())
    _add_key(parser, required=False)


def _add_identity(parser: argparse.ArgumentParser, fr: str, en: str) -> None:
    name = Message("IDENTITE", "IDENTITY").text()
    parser.add_argument("--identity", default="", metavar=name, help=Message(fr, en).text())


def _add_key(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--key-file",
        type=Path,
        required=required,
        metavar=Message("FICHIER", "FILE").text(),
        help=Message("la clé du lecteur ou des cartes", "the reader's or the cards' key").text(),
    )
    parser.add_argument(
        "--address",
        type=int,
        choices=range(127),
        default=0,
        metavar="N",
        help=Message("l'adresse OSDP, 0 à 126", "the OSDP address, 0 to 126").text(),
    )


def _model(args: argparse.Namespace) -> str:
    """Return the model that was named, or the only one that the protocol has."""
    known = models_of(args.protocol)
    if args.model is None and len(known) == 1:
        return known[0]
    if args.model not in known:
        said = ", ".join(known)
        raise UserError(
            Message(f"quel modèle de lecteur {args.protocol} ?", f"which model of {args.protocol} reader?"),
            cure=Message(f"ajoutez --model, parmi : {said}", f"add --model, one of: {said}"),
        )
    return str(args.model)


def _options(args: argparse.Namespace) -> Options:
    return Options(address=args.address, key_file=args.key_file, identity=getattr(args, "identity", ""))
