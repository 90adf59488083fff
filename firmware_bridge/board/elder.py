"""How a light and a sound are said to a board, in the words of the catalogue that it knows. Pure.

House rule: a board of catalogue 1 has four colours, one way of blinking and three sounds, one of 2 four rhythms; what
it has not is said by the nearest that means the same, or not at all. Neither knows a light that stands: it is told the
newest one, and its host says the standing one again after a verdict's (`link`).
"""

from firmware_bridge.board.catalogue import LARGE_MAX
from firmware_bridge.board.frames import Value
from firmware_bridge.commands import Light, Pattern, Rhythm, Sound

_FIRST, _SECOND = 1, 2
STANDS = 3
"""The first catalogue with a light that stands."""
_NEAREST: dict[Pattern, str | None] = {
    "read": None,  # its one short sound means yes
    "accept": "accept",
    "refuse": "refuse",
    "warn": "warn",
    "end": "accept",
    "alarm": "refuse",
}
_OF_TWO: dict[Rhythm, str] = {
    "steady": "steady",
    "slow": "slow",
    "fast": "fast",
    "flashes": "flashes",
    "pairs": "fast",
    "gap": "steady",
    "gaps": "steady",
    "three_gaps": "steady",
}
"""Whatever is not here is dark most of the time, which `slow` is nearest to."""


def light_words(command: Light, catalogue: int) -> dict[str, Value]:
    """Return colour and motion."""
    if catalogue >= STANDS:
        return {"colour": command.colour, "rhythm": command.rhythm}
    if catalogue == _SECOND:
        return {"colour": command.colour, "rhythm": _OF_TWO.get(command.rhythm, "slow")}
    colour = "blue" if command.colour == "white" else command.colour
    return {"colour": colour, "blink": _OF_TWO.get(command.rhythm) != "steady"}


def sound_word(command: Sound, catalogue: int) -> str | None:
    """Return the pattern; `None`: the board has nothing like it."""
    return command.pattern if catalogue > _FIRST else _NEAREST[command.pattern]


def text_words(large: str, catalogue: int) -> dict[str, Value]:
    """Return what is said of a text besides its lines."""
    return {"large": large[:LARGE_MAX]} if catalogue >= STANDS else {}
