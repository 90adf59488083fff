"""What an OSDP reader shows and sounds: our commands as libosdp's. Pure.

House rules: a reader is asked only for what it says it has, for one that refuses a command is taken off line by
libosdp; times are in tenths of a second and one byte, and a longer one would wrap round without a word.
"""

import unicodedata
from typing import Any

from firmware_bridge.commands import Light, Pattern, Rhythm, Sound, Text
from firmware_bridge.osdp import frames
from firmware_bridge.osdp.library import Event

TIMED_S_MAX = 25
"""The longest that a reader times by itself; a longer light is set for good, and the link ends it."""

_COLOURS = {"off": 0, "red": 1, "green": 2, "amber": 3, "blue": 4, "white": 4}
"""White came late into the norm: every reader has blue."""
_RHYTHMS: dict[Rhythm, tuple[int, int]] = {
    "steady": (1, 0),
    "slow": (10, 10),
    "fast": (3, 2),
    "flashes": (2, 2),
    "pairs": (2, 4),
    "breath": (20, 20),
    "once": (2, 28),
    "twice": (2, 18),
    "thrice": (2, 12),
    "four": (2, 8),
    "long": (10, 20),
    "long_long": (10, 5),
    "long_short": (10, 15),
    "long_two": (10, 30),
    "short_long": (5, 15),
    "gap": (28, 2),
    "gaps": (18, 2),
    "three_gaps": (12, 2),
}
"""Tenths on and off; a reader counts no flashes, so each rhythm has lengths of its own."""
_SET, _SET_TIMED, _END_TIMED = 1, 2, 1
_SOUNDS: dict[Pattern, tuple[int, int, int]] = {
    "read": (1, 0, 1),
    "accept": (1, 1, 2),
    "refuse": (1, 1, 3),
    "warn": (6, 3, 2),
    "end": (10, 0, 1),
    "alarm": (3, 2, 6),
}
"""Tenths on, tenths off, how often: a reader has one pitch, so these differ in number and length."""
_DEFAULT_TONE, _SHOWN_FOR_GOOD = 2, 1
_SIZES = {1: (1, 16), 2: (2, 16), 3: (4, 20), 4: (4, 20)}
"""Rows and columns by the compliance of "text output" (SIA OSDP 2.2, annex B)."""


def lights(library: Any, command: Light) -> list[Event]:  # noqa: ANN401 - no types
    """Return the commands for a light: one that stands is the reader's permanent one, which a timed one is over."""
    on, off = _RHYTHMS[command.rhythm]
    colour = _COLOURS[command.colour]
    event = {
        "command": library.CMD_LED,
        "reader": 0,
        "led_number": 0,
        "control_code": _SET,
        "on_count": on,
        "off_count": off,
        "on_color": colour,
        "off_color": 0 if off else colour,
    }
    timed = {"temporary": True, "timer_count": min(command.seconds, TIMED_S_MAX) * 10, "control_code": _SET_TIMED}
    if 0 < command.seconds <= TIMED_S_MAX:
        return [event | timed]
    ending = [event | timed | {"control_code": _END_TIMED}] if command.seconds else []  # what is timed would hide it
    return [*ending, event | {"temporary": False}]


def sounds(library: Any, command: Sound) -> list[Event]:  # noqa: ANN401 - no types
    """Return the command for a sound; never the count 0, which is for ever."""
    on, off, times = _SOUNDS[command.pattern]
    beeps = {"on_count": on, "off_count": off, "rep_count": times}
    return [{"command": library.CMD_BUZZER, "reader": 0, "control_code": _DEFAULT_TONE, **beeps}]


def texts(library: Any, command: Text, compliance: int) -> list[Event]:  # noqa: ANN401 - no types
    """Return a command per row of the display; rows without text are blanked."""
    rows, columns = _SIZES.get(compliance, (1, 16))
    lines = [_printable(line)[:columns].ljust(columns) for line in command.lines[:rows]]
    lines += [" " * columns] * (rows - len(lines))
    place = {"reader": 0, "control_code": _SHOWN_FOR_GOOD, "temp_time": 0, "offset_col": 1}
    return [
        {"command": library.CMD_TEXT, **place, "offset_row": row, "data": line} for row, line in enumerate(lines, 1)
    ]


def _printable(line: str) -> str:
    """Write with the letters that the norm has (0x20 to 0x7E): é as e, anything else as ?."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", line) if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in plain)


CODES: dict[type[Light | Sound | Text], int] = {Light: frames.LED, Sound: frames.BUZ, Text: frames.TEXT}
"""The command on the wire, to know which one a reader refused."""
