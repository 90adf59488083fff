"""`indivis meter`: electricity meters by hand. Watch a PZEM-004T; simulate one, or a smart plug of the settings.

House rules: each action imports only what it needs; what is simulated speaks real bytes, or on the real broker.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from controller.commands import add_config
from controller.errors import Message, UserError
from controller.reader_errors import for_person
from firmware_bridge.pzem.registers import ADDRESS_ANY, Reading
from firmware_bridge.transport import LineState, Lost


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare watch and simulate."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    watch = actions.add_parser("watch", help=Message("montre ce que lit un PZEM", "shows what a PZEM reads").text())
    watch.add_argument(
        "path",
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("le port du compteur", "the meter's port").text(),
    )
    _add_address(watch, ADDRESS_ANY)

    simulate = actions.add_parser(
        "simulate",
        help=Message(
            "un PZEM ou une prise simulés, watts tapés au clavier", "a simulated PZEM or plug, watts typed in"
        ).text(),
    )
    simulate.add_argument(
        "--link",
        type=Path,
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("où mettre le lien vers le port", "where to put the link to the port").text(),
    )
    _add_address(simulate, 1)
    simulate.add_argument(
        "--plug",
        metavar=Message("NOM", "NAME").text(),
        help=Message(
            "être cette prise des réglages, sur leur broker", "be that plug of the settings, on their broker"
        ).text(),
    )
    add_config(simulate)


def run(args: argparse.Namespace) -> int:
    """Do the action until the input ends or Ctrl-C."""
    if args.action == "watch":
        _watch(args.path, args.address)
    elif args.plug is not None:
        _simulate_plug(args.plug, args.config)
    else:
        _simulate(args.link, args.address)
    return 0


def _add_address(parser: argparse.ArgumentParser, default: int) -> None:
    parser.add_argument(
        "--address",
        type=int,
        default=default,
        metavar="N",
        help=Message("son adresse Modbus", "its Modbus address").text(),
    )


def _watch(path: str, address: int) -> None:
    from firmware_bridge.pzem.meter import PzemMeter

    def on_state(state: LineState) -> None:
        if isinstance(state, Lost):
            print(for_person(state.error).sentence(), file=sys.stderr, flush=True)

    PzemMeter(path, on_reading=_show, on_state=on_state, address=address).run()


def _show(reading: Reading) -> None:
    volts, amperes, watts = reading.millivolts / 1000, reading.milliamperes / 1000, reading.milliwatts / 1000
    print(f"{volts:.1f} V  {amperes:.3f} A  {watts:.1f} W  {reading.milliwatt_hours // 1000} Wh", flush=True)


def _simulate(link: Path | None, address: int) -> None:
    from firmware_bridge.pzem.simulator import SimulatedPzem

    volts = 230
    with SimulatedPzem(link, address=address) as meter:
        print(meter.path, flush=True)
        for watts in _typed_watts():
            meter.reading = Reading(
                millivolts=volts * 1000,
                milliamperes=watts * 1000 // volts,
                milliwatts=watts * 1000,
                milliwatt_hours=meter.reading.milliwatt_hours + watts * 1000,
            )


def _simulate_plug(name: str, config: Path) -> None:
    from controller import logs, settings
    from controller.bootstrap import broker_from
    from controller.floor.plug_simulator import SimulatedPlug

    logs.configure("warning", sys.stderr)
    read = settings.load(config)
    meant = next((plug for plug in read.plug if plug.name == name), None)
    if meant is None:
        listed = ", ".join(plug.name for plug in read.plug) or "-"
        raise UserError(
            Message(f"aucune prise « {name} » dans {config}", f"no plug '{name}' in {config}"),
            cure=Message(f"choisissez parmi : {listed}", f"choose from: {listed}"),
        )
    broker = broker_from(
        read.plugs,
        username=read.plugs.username,
        password_file=read.plugs.password_file,
        client_id=f"indivis-simulated-{name}",
    )

    def switched(on: bool) -> None:  # noqa: FBT001 (as the plug says it)
        print((Message("fermée", "closed") if on else Message("ouverte", "open")).text(), flush=True)

    with SimulatedPlug(meant.kind, meant.topic, broker, on_switched=switched) as plug:
        print(meant.topic, flush=True)
        for watts in _typed_watts():
            plug.draw(watts)


def _typed_watts() -> Iterator[int]:
    for line in filter(str.strip, sys.stdin):
        if line.strip().isdecimal():
            yield int(line)
        else:
            said = Message("tapez un nombre entier de watts", "type a whole number of watts")
            print(said.text(), file=sys.stderr, flush=True)
