"""`indivis meter`: electricity meters by hand. Watch a PZEM-004T, or simulate one.

House rules: the daemon shares `firmware_bridge` with these and nothing else; each action imports only what it needs.
"""

import argparse
import sys
from pathlib import Path

from controller.errors import Message
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
        "simulate", help=Message("un PZEM simulé, watts tapés au clavier", "a simulated PZEM, watts typed in").text()
    )
    simulate.add_argument(
        "--link",
        type=Path,
        metavar=Message("CHEMIN", "PATH").text(),
        help=Message("où mettre le lien vers le port", "where to put the link to the port").text(),
    )
    _add_address(simulate, 1)


def run(args: argparse.Namespace) -> int:
    """Do the action until the input ends or Ctrl-C."""
    if args.action == "watch":
        _watch(args.path, args.address)
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
        for line in filter(str.strip, sys.stdin):
            if not line.strip().isdecimal():
                said = Message("tapez un nombre entier de watts", "type a whole number of watts")
                print(said.text(), file=sys.stderr, flush=True)
                continue
            watts = int(line)
            meter.reading = Reading(
                millivolts=volts * 1000,
                milliamperes=watts * 1000 // volts,
                milliwatts=watts * 1000,
                milliwatt_hours=meter.reading.milliwatt_hours + watts * 1000,
            )
