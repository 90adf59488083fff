"""A display of two lines of sixteen (HD44780) behind an I2C expander (PCF8574): texts become bytes for the bus.

House rules: one sign a turn, so that the loop never waits for the bus; nothing is written while nothing changes; signs
that the display's ROM lacks are written plain; a word in big signs, two rows high, comes before its lines and not in
their place. Waits and commands: Hitachi HD44780U data sheet, table 6 and figure 24.
Wires of the expander: P0 RS, P1 R/W, P2 E, P3 light, P4 to P7 the upper four data lines.
"""

from firmware_bridge.board.catalogue import LARGE_MAX, TEXT_MAX

_LIGHT, _ENABLE, _DATA = 0x08, 0x04, 0x01
_FAR = "éèêëàâäçîïôöùûüÿœæÉÈÊÀÂÇÎÔÙÛ€’«»°…–"
_NEAR = 'eeeeaaaciioouuuyoaEEEAACIOUUE\'""o.-'
_START = ((0x30, 5), (0x30, 1), (0x30, 1), (0x20, 1))
"""The upper half alone, four times, each with its wait in milliseconds: whatever it was doing, four lines from here."""
_SET_UP = (0x28, 0x0C, 0x06, 0x01)
"""Two lines; shown, without a cursor; to the right; cleared (which takes 1.52 ms)."""
_FIRST, _SECOND = 0x80, 0xC0
_GLYPHS = 0x40
_BEFORE_MS = 50
_CLEAR_MS = 2
LARGE_MS = 2500
"""How long the big word stands before its lines: it is one glance."""
_BARS = (0, 0, 0, 0, 0, 0, 31, 31), (31, 31, 0, 0, 0, 0, 0, 0), (31, 31, 0, 0, 0, 0, 31, 31)
"""The display's own three signs, eight rows of five dots each: a bar below, one above, both."""
_PARTS = {"_": 0, "^": 1, "=": 2, "#": 255, " ": 32}
"""A full block is in the ROM."""
_BIG = {
    "0": ("#^#", "#_#"),
    "1": ("^# ", "_#_"),
    "2": ("^^#", "#=="),
    "3": ("^^#", "==#"),
    "4": ("#_#", "  #"),
    "5": ("#^^", "==#"),
    "6": ("#^^", "#=#"),
    "7": ("^^#", "  #"),
    "8": ("#^#", "#=#"),
    "9": ("#^#", "==#"),
    "E": ("#^^", "#=="),
    "F": ("#^^", "#^ "),
    "I": ("^#^", "_#_"),
    "N": ("#^#", "# #"),
    "O": ("#^#", "#_#"),
    "P": ("#^#", "#^ "),
    "S": ("#^^", "==#"),
    "T": ("^#^", " # "),
    "U": ("# #", "#_#"),
    "Y": ("#_#", " # "),
}
"""The signs that the words of the host are made of, upper and lower half; another is a gap."""


def plain(text: str) -> str:
    """The text in signs that every such display has, cut or filled to one line."""
    signs = []
    for sign in text[:TEXT_MAX]:
        place = _FAR.find(sign)
        near = _NEAR[place] if place >= 0 else sign
        signs.append(near if " " <= near <= "}" and near != "\\" else "?")
    return "".join(signs) + " " * (TEXT_MAX - len(signs))


def large(word: str) -> str:
    """Both rows of a word in big signs, in the display's own codes."""
    signs = [_BIG.get(sign, ("   ", "   ")) for sign in word[:LARGE_MAX]]
    rows = [" ".join([sign[row] for sign in signs]) for row in (0, 1)]
    rows = [row + " " * (TEXT_MAX - len(row)) for row in rows]
    return "".join([chr(_PARTS[part]) for part in rows[0] + rows[1]])


class Display:
    """What is to be read, and what is written already."""

    def __init__(self) -> None:
        self._wanted = self._lines = plain("") + plain("")
        self._large_until_ms: int | None = None
        self._written = ""
        self._step = 0
        self._due_ms: int | None = None

    def show(self, first: str, second: str, word: str = "") -> None:
        """Have two lines written as the turns come, after a word in big signs where there is one."""
        self._wanted = self._lines = plain(first) + plain(second)
        self._large_until_ms = None
        if word:
            self._wanted = large(word)

    def restart(self) -> None:
        """Begin again: the bus failed, or the display lost its power."""
        self._step, self._written, self._due_ms = 0, "", None

    def next(self, now_ms: int) -> bytes:
        """The bytes for the bus in this turn, or none."""
        if self._due_ms is None:
            self._due_ms = now_ms + _BEFORE_MS
        if self._wanted != self._lines:
            if self._large_until_ms is None:
                self._large_until_ms = now_ms + LARGE_MS
            elif now_ms >= self._large_until_ms:
                self._wanted = self._lines
        if now_ms < self._due_ms:
            return b""
        if self._step < len(_START):
            half, wait_ms = _START[self._step]
            self._step += 1
            self._due_ms = now_ms + wait_ms
            return _half(half)
        if self._step < len(_START) + len(_SET_UP):
            command = _SET_UP[self._step - len(_START)]
            self._step += 1
            self._due_ms = now_ms + _CLEAR_MS
            return _byte(command, 0)
        if self._step < len(_START) + len(_SET_UP) + len(_BARS):
            number = self._step - len(_START) - len(_SET_UP)
            self._step += 1
            data = _byte(_GLYPHS + 8 * number, 0)
            for row in _BARS[number]:
                data += _byte(row, _DATA)
            return data
        return self._sign()

    def _sign(self) -> bytes:
        """The next sign that differs, with its place when it does not follow the last one."""
        done = len(self._written)
        if self._written == self._wanted:
            return b""
        if done == len(self._wanted) or self._written != self._wanted[:done]:
            done = 0
        self._written = self._wanted[: done + 1]
        place = b""
        if done == 0:
            place = _byte(_FIRST, 0)
        elif done == TEXT_MAX:
            place = _byte(_SECOND, 0)
        return place + _byte(ord(self._wanted[done]), _DATA)


def _byte(value: int, register: int) -> bytes:
    return _half(value & 0xF0 | register) + _half((value << 4) & 0xF0 | register)


def _half(bits: int) -> bytes:
    """Four data lines taken at the falling edge of E."""
    return bytes((bits | _LIGHT | _ENABLE, bits | _LIGHT))
