"""`indivis pins-off`: drive every relay of the pin map off, without the rest of the program.

The service's stop hook, and a hand's last resort. House rules: imports the standard library and `gpiod` only;
tries every pin even when one fails; leaves a machine on only if the map proves that it may be, and writes down
since when.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.errors import DataError, Message, OperatingError
from controller.floor.adapters.lines import Lines
from controller.floor.adapters.pin_map import (
    MOCK_CHIP,
    MappedPin,
    PinMap,
    held_since_file,
    read_boot_id,
    read_file,
    replace_file,
)

EXIT_ALL_OFF = 0
EXIT_PIN_FAILED = OperatingError.exit_code
EXIT_NO_MAP = DataError.exit_code

_DEFAULT_STATE = "/var/lib/indivis"


@dataclass(frozen=True, slots=True)
class Instant:
    """This boot and the time since it began: all that a hold is measured by."""

    boot_id: str
    boot_ms: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare FILE and `--all`."""
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar=Message("FICHIER", "FILE").text(),
        help=Message(
            "plan des broches (défaut : $STATE_DIRECTORY/pins.json)",
            "pin map (default: $STATE_DIRECTORY/pins.json)",
        ).text(),
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help=Message("coupe aussi les machines maintenues", "cuts held machines too").text(),
    )


def run(args: argparse.Namespace) -> int:
    """Drive the pins off; 0 when every pin that had to be is off, 69 when one is not, 65 without a usable map."""
    path = args.file or Path(os.environ.get("STATE_DIRECTORY", _DEFAULT_STATE)) / "pins.json"
    now = Instant(read_boot_id(), time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000)
    return pins_off(path, now=now, even_held=args.all, open_lines=_open_lines)


def pins_off(path: Path, *, now: Instant, even_held: bool, open_lines: Callable[[str], Lines]) -> int:
    """Do the work of `run` with the instant and the chips given; `open_lines` gets a chip's label."""
    try:
        pin_map = read_file(path)
    except OSError as error:
        return _no_map(path, error.strerror or str(error))
    except ValueError as error:
        return _no_map(path, str(error))
    left_on = () if even_held else _may_stay_on(path, pin_map, now)
    for pin in left_on:
        _say(pin, Message("laissée en marche (maintien)", "left on (hold)"))
    off = [_drive_off(pin, open_lines) for pin in pin_map.pins if pin not in left_on]
    if not left_on:
        _forget_mark(path)
    return EXIT_ALL_OFF if all(off) else EXIT_PIN_FAILED


def _open_lines(label: str) -> Lines:
    from controller.floor.adapters.gpiod_lines import GpiodLines

    return GpiodLines((label,))


def _drive_off(pin: MappedPin, open_lines: Callable[[str], Lines]) -> bool:
    if pin.chip == MOCK_CHIP:
        _say(pin, Message("simulée, rien à couper", "mock, nothing to cut"))
        return True
    try:
        lines = open_lines(pin.chip)
        lines.claim_output(pin.line, level=pin.off_level)
        proven = lines.get(pin.line) == pin.off_level
        lines.release(pin.line)
    except (OperatingError, OSError, ImportError) as error:
        _complain(pin, str(error))
        return False
    if not proven:
        _complain(pin, Message("la ligne ne suit pas l'ordre", "the line does not follow the order").text())
        return False
    _say(pin, Message("coupée", "off"))
    return True


def _may_stay_on(path: Path, pin_map: PinMap, now: Instant) -> tuple[MappedPin, ...]:
    """The machines whose hold is valid: same boot, and the controller away no longer than each allows."""
    if not now.boot_id or pin_map.boot_id != now.boot_id:
        return ()
    held = [pin for pin in pin_map.pins if _claims_hold(pin)]
    since_ms = _away_since_ms(path, now) if held else None
    if since_ms is None:
        return ()
    return tuple(pin for pin in held if now.boot_ms - since_ms <= pin.hold_max_gap_ms)


def _claims_hold(pin: MappedPin) -> bool:
    return pin.chip != MOCK_CHIP and pin.on_process_exit == "hold" and pin.held


def _away_since_ms(path: Path, now: Instant) -> int | None:
    """When the controller was first found away, marked now if nobody did; `None` when it cannot be marked."""
    mark = held_since_file(path)
    try:
        found = json.loads(mark.read_text("utf-8"))
        if found["boot_id"] == now.boot_id:
            return int(found["boot_ms"])
    except FileNotFoundError:
        pass
    except (OSError, ValueError, KeyError, TypeError):
        # A mark that cannot be read proves nothing, and unproven means off.
        return None
    try:
        replace_file(mark, json.dumps({"boot_id": now.boot_id, "boot_ms": now.boot_ms}) + "\n")
    except OSError:
        return None
    return now.boot_ms


def _forget_mark(path: Path) -> None:
    mark = held_since_file(path)
    try:
        mark.unlink(missing_ok=True)
    except OSError as error:
        print(f"pins-off: {mark}: {error.strerror}", file=sys.stderr)


def _no_map(path: Path, reason: str) -> int:
    said = Message(
        f"pins-off : plan des broches {path} inutilisable ({reason}) : rien n'est coupé ; "
        "coupez les machines à la main.",
        f"pins-off: pin map {path} cannot be used ({reason}): nothing is switched off; "
        "switch the machines off by hand.",
    )
    print(said.text(), file=sys.stderr)
    return EXIT_NO_MAP


def _say(pin: MappedPin, what: Message) -> None:
    print(f"{pin.machine_id} (GPIO{pin.line}): {what.text()}")


def _complain(pin: MappedPin, why: str) -> None:
    said = Message(f"PAS COUPÉE : {why}", f"NOT OFF: {why}")
    print(f"{pin.machine_id} (GPIO{pin.line}): {said.text()}", file=sys.stderr)
