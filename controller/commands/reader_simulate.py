"""`indivis reader simulate`: a device without hardware, badges typed in, a fault on request."""

import sys
from pathlib import Path

from controller.errors import Message, UserError
from controller.reader_errors import for_person
from firmware_bridge.board.catalogue import TEXT_MAX
from firmware_bridge.drivers import Options
from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.simulator import Presenter
from firmware_bridge.simulators import FAULTS, simulated

HOLD_MS = 400
"""How long a badge is held there: several frames, as a quick tap gives."""
LEAVE_MS = 1_500
"""How long a blank card is left there, typed in with its kind: `reader enrol` talks to one in forty exchanges."""


def run(protocol: str, model: str, link: Path | None, options: Options, fault: str) -> None:
    """Present what is typed until the input ends; the path to open is the first line printed."""
    if fault and fault not in FAULTS[protocol]:
        known = ", ".join(FAULTS[protocol])
        raise UserError(
            Message(f"{protocol} n'a pas le défaut {fault}", f"{protocol} has no fault {fault}"),
            cure=Message(f"choisissez parmi : {known}", f"choose one of: {known}"),
        )
    if options.identity and (protocol != "board" or len(options.identity) > TEXT_MAX):
        raise UserError(
            Message(f"un lecteur {protocol} ne peut pas se nommer ainsi", f"a {protocol} reader cannot call itself so"),
            cure=Message(
                f"prenez --protocol board, et {TEXT_MAX} signes au plus",
                f"take --protocol board, and {TEXT_MAX} characters at most",
            ),
        )
    made = simulated(protocol, model, link, options)
    with made.device as device:
        if fault:
            made.faults[fault]()
        print(device.path, flush=True)
        presenter = Presenter(device)
        try:
            for line in filter(str.strip, sys.stdin):
                _present(presenter, line)
        finally:
            presenter.close()


def _present(presenter: Presenter, typed: str) -> None:
    """Present one badge, or say what is wrong with its number and go on."""
    try:
        presenter.present(typed, LEAVE_MS if " " in typed.strip() else HOLD_MS)
    except BadBadgeNumberError as error:
        print(for_person(error).sentence(), file=sys.stderr, flush=True)
    presenter.finish()
