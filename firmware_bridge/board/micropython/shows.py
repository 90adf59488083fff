"""What the board shows and sounds at a moment: one colour in one of four rhythms, and one of six patterns.

House rules: the newest order wins; a colour for some seconds goes out by itself; rhythms differ without their colour,
patterns in number, pitch and direction of their tones, so that they are told apart without looking; nothing flashes
more than three times a second.
"""

RHYTHMS = {"steady": 0, "slow": 1000, "fast": 250, "flashes": 170}
"""Milliseconds on, and as many off; 0: on all the time."""
FLASHES = 3
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


class Light:
    """The colour that shows."""

    def __init__(self) -> None:
        self._colour = "off"
        self._rhythm = "steady"
        self._from_ms = 0
        self._until_ms: int | None = None

    def show(self, colour: str, rhythm: str, seconds: int, now_ms: int) -> None:
        """Show a colour, for `seconds` (0: until the next)."""
        self._colour, self._rhythm, self._from_ms = colour, rhythm, now_ms
        self._until_ms = now_ms + seconds * 1000 if seconds else None

    @property
    def moves(self) -> bool:
        """Whether it changes by itself: it blinks, or it has an end."""
        return self._until_ms is not None or (self._colour != "off" and self._rhythm != "steady")

    def at(self, now_ms: int) -> "tuple[int, int, int]":
        """The parts of red, green and blue at this moment."""
        if self._until_ms is not None and now_ms >= self._until_ms:
            self._colour, self._until_ms = "off", None
        half_ms = RHYTHMS[self._rhythm]
        halves = (now_ms - self._from_ms) // half_ms if half_ms else 0
        if halves % 2 or (self._rhythm == "flashes" and halves >= 2 * FLASHES):
            return COLOURS["off"]
        return COLOURS[self._colour]


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
