"""What a program asks of a device at a machine. A plain reader can do none of it, a board all.

House rules: frozen; a colour is never the only sign, so whoever asks for a light asks for a sound or a text too.
"""

from dataclasses import dataclass
from typing import Literal

Colour = Literal["off", "red", "amber", "green", "blue", "white"]
Rhythm = Literal["steady", "slow", "fast", "flashes"]
"""All the time; a second on and one off; twice a second; three flashes, then dark."""
Pattern = Literal["read", "accept", "refuse", "warn", "end", "alarm"]
"""A click; two tones that rise; two that fall; two alike; one long low one; six high ones."""


@dataclass(frozen=True, slots=True)
class Light:
    """Show a colour, for `seconds` (0: until the next one)."""

    colour: Colour
    rhythm: Rhythm = "steady"
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Sound:
    """Sound one of six patterns that are told apart without looking."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Text:
    """Show lines of text; a display cuts what it has no room for."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relay:
    """Close the device's own relay, which opens by itself `lease_ms` after the last such word; or open it now.

    `renews`: only prolong a closing that still holds; what has opened meanwhile stays open.
    """

    on: bool
    lease_ms: int
    renews: bool = False


Command = Light | Sound | Text | Relay
