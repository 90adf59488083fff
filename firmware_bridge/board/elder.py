"""How a light and a sound are said to a board, in the words of the catalogue that it knows. Pure.

House rule: a board of catalogue 1 has four colours, one way of blinking and three sounds; what it has not is said by
the nearest that means the same, or not at all.
"""

from firmware_bridge.board.frames import Value
from firmware_bridge.commands import Light, Pattern, Sound

_FIRST = 1
_NEAREST: dict[Pattern, str | None] = {
    "read": None,  # its one short sound means yes
    "accept": "accept",
    "refuse": "refuse",
    "warn": "warn",
    "end": "accept",
    "alarm": "refuse",
}


def light_words(command: Light, catalogue: int) -> dict[str, Value]:
    """Return colour and motion."""
    if catalogue > _FIRST:
        return {"colour": command.colour, "rhythm": command.rhythm}
    colour = "blue" if command.colour == "white" else command.colour
    return {"colour": colour, "blink": command.rhythm != "steady"}


def sound_word(command: Sound, catalogue: int) -> str | None:
    """Return the pattern; `None`: the board has nothing like it."""
    return command.pattern if catalogue > _FIRST else _NEAREST[command.pattern]
