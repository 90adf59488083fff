"""What a program asks of a device at a machine. A plain reader can do none of it, a board all.

House rules: frozen; a colour is never the only sign, so whoever asks for a light asks for a sound or a text too.
"""

from dataclasses import dataclass
from typing import Literal

Colour = Literal["off", "red", "amber", "green", "blue", "white"]
Rhythm = Literal[
    "steady",
    "slow",
    "fast",
    "flashes",
    "pairs",
    "breath",
    "once",
    "twice",
    "thrice",
    "four",
    "long",
    "long_long",
    "long_short",
    "long_two",
    "short_long",
    "gap",
    "gaps",
    "three_gaps",
]
"""All the time; a second on and one off; twice a second; three flashes, then dark; two quick ones each second; two
seconds on and two off. Then, every three seconds: so many short flashes, long and short ones in their order, or lit
with so many short gaps.
"""
Pattern = Literal["read", "accept", "refuse", "warn", "end", "alarm"]
"""A click; two tones that rise; two that fall; two alike; one long low one; six high ones."""


@dataclass(frozen=True, slots=True)
class Light:
    """Show a colour: for `seconds` over what stands there, or (0) as what stands there from now on, whenever no other
    light is over it.
    """

    colour: Colour
    rhythm: Rhythm = "steady"
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound one of six patterns that are told apart without looking."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Text:
    """Show lines of text; a display cuts what it has no room for. `large`: a word of at most four capitals or digits
    that a display which can shows in big signs first, or "".
    """

    lines: tuple[str, ...]
    large: str = ""


@dataclass(frozen=True, slots=True)
class Relay:
    """Close the device's own relay, which opens by itself `lease_ms` after the last such word; or open it now.

    `renews`: only prolong a closing that still holds; what has opened meanwhile stays open.
    """

    on: bool
    lease_ms: int
    renews: bool = False


Command = Light | Sound | Text | Relay
