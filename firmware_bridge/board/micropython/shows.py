"""What the board shows and sounds at a moment: one colour, steady or blinking, and one of three patterns.

House rules: the newest order wins; a colour for some seconds goes out by itself; patterns differ in number and pitch
of their tones, so that they are told apart without looking.
"""

BLINK_MS = 250
COLOURS = {"off": (0, 0, 0), "red": (255, 0, 0), "amber": (255, 96, 0), "green": (0, 255, 0), "blue": (0, 0, 255)}
"""Parts of full brightness, of red, green and blue."""
PATTERNS = {
    "accept": ((2000, 120),),
    "refuse": ((400, 150), (0, 80), (400, 150), (0, 80), (400, 150)),
    "warn": ((1000, 200), (0, 100), (1500, 200)),
}
"""(hertz, milliseconds), one after the other; 0 hertz is silence."""


class Light:
    """The colour that shows."""

    def __init__(self) -> None:
        self._colour = "off"
        self._blink = False
        self._from_ms = 0
        self._until_ms: int | None = None

    def show(self, colour: str, blink: bool, seconds: int, now_ms: int) -> None:
        """Show a colour, for `seconds` (0: until the next)."""
        self._colour, self._blink, self._from_ms = colour, blink, now_ms
        self._until_ms = now_ms + seconds * 1000 if seconds else None

    def at(self, now_ms: int) -> "tuple[int, int, int]":
        """The parts of red, green and blue at this moment."""
        if self._until_ms is not None and now_ms >= self._until_ms:
            self._colour, self._until_ms = "off", None
        if self._blink and (now_ms - self._from_ms) // BLINK_MS % 2:
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

    def at(self, now_ms: int) -> int:
        """The tone at this moment, in hertz; 0: silence."""
        passed_ms = now_ms - self._from_ms
        for hertz, length_ms in self._tones:
            if passed_ms < length_ms:
                return hertz
            passed_ms -= length_ms
        self._tones = ()
        return 0
