"""What the board shows and sounds at a moment: one colour in one of the rhythms, and one of six patterns.

House rules: the newest order wins; a colour for some seconds is over the one that stands, which shows again by itself;
rhythms differ without their colour, patterns in number, pitch and direction of their tones, so that they are told apart
without looking; nothing flashes more than three times a second.
"""

RHYTHMS = {
    "steady": (),
    "slow": (1000, 1000),
    "fast": (250, 250),
    "flashes": (170, 170) * 3,
    "pairs": (150, 150, 150, 550),
    "breath": (2000, 2000),
    "once": (150, 2850),
    "twice": (150, 250, 150, 2450),
    "thrice": (150, 250, 150, 250, 150, 2050),
    "four": (150, 250, 150, 250, 150, 250, 150, 1650),
    "long": (1000, 2000),
    "long_long": (1000, 500, 1000, 1500),
    "long_short": (1000, 400, 150, 1450),
    "long_two": (1000, 400, 150, 250, 150, 1050),
    "short_long": (150, 400, 1000, 1450),
    "gap": (2800, 200),
    "gaps": (2400, 200, 200, 200),
    "three_gaps": (2000, 200, 200, 200, 200, 200),
}
"""Milliseconds on, off, on, off and so on, again and again; nothing: on all the time."""
ENDS = "flashes"
"""The rhythm that goes by once and leaves the dark."""
COLOURS = {
    "off": (0, 0, 0),
    "red": (255, 0, 0),
    "amber": (255, 96, 0),
    "green": (0, 255, 0),
    "blue": (0, 0, 255),
    "white": (255, 255, 255),
}
"""Parts of full brightness, of red, green and blue."""
PATTERNS = {
    "read": ((2500, 40),),
    "accept": ((1400, 100), (2100, 150)),
    "refuse": ((900, 150), (450, 250)),
    "warn": ((1200, 150), (0, 150), (1200, 150)),
    "end": ((500, 600),),
    "alarm": ((2400, 120), (0, 120)) * 6,
}
"""(hertz, milliseconds), one after the other; 0 hertz is silence."""


def lit(rhythm: str, passed_ms: int) -> bool:
    """Whether a light in this rhythm is on so long after it began."""
    parts = RHYTHMS[rhythm]
    whole_ms = sum(parts)
    if rhythm == ENDS and passed_ms >= whole_ms:
        return False
    left_ms = passed_ms % whole_ms if whole_ms else 0
    on = True
    for part_ms in parts:
        if left_ms < part_ms:
            return on
        left_ms -= part_ms
        on = not on
    return True


class Light:
    """The colour that shows: one for some seconds, else the one that stands."""

    def __init__(self) -> None:
        self._standing = ("off", "steady", 0)
        self._over: tuple[str, str, int] | None = None
        self._until_ms = 0

    def show(self, colour: str, rhythm: str, seconds: int, now_ms: int) -> None:
        """Show a colour for `seconds`; 0: have it stand from now on, under one that still has its seconds."""
        if seconds:
            self._over, self._until_ms = (colour, rhythm, now_ms), now_ms + seconds * 1000
        else:
            self._standing = (colour, rhythm, now_ms)

    def go_dark(self) -> None:
        """Forget what stands and what is over it."""
        self._standing, self._over = ("off", "steady", 0), None

    @property
    def moves(self) -> bool:
        """Whether it changes by itself: it blinks, or it has an end."""
        return self._over is not None or (self._standing[0] != "off" and self._standing[1] != "steady")

    def at(self, now_ms: int) -> "tuple[int, int, int]":
        """The parts of red, green and blue at this moment."""
        if self._over is not None and now_ms >= self._until_ms:
            self._over = None
        colour, rhythm, from_ms = self._standing if self._over is None else self._over
        return COLOURS[colour] if lit(rhythm, now_ms - from_ms) else COLOURS["off"]


class Sound:
    """The pattern that sounds."""

    def __init__(self) -> None:
        self._tones: tuple[tuple[int, int], ...] = ()
        self._from_ms = 0

    def play(self, pattern: str, now_ms: int) -> None:
        """Begin a pattern; one under way is cut."""
        self._tones, self._from_ms = PATTERNS[pattern], now_ms

    @property
    def moves(self) -> bool:
        """Whether a pattern is under way."""
        return len(self._tones) > 0

    def at(self, now_ms: int) -> int:
        """The tone at this moment, in hertz; 0: silence."""
        passed_ms = now_ms - self._from_ms
        for hertz, length_ms in self._tones:
            if passed_ms < length_ms:
                return hertz
            passed_ms -= length_ms
        self._tones = ()
        return 0
