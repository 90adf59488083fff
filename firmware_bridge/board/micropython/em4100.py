"""EM4100 badges from a serial reader on the board's UART: RDM6300, RDM630, ID-12LA, ID-20LA, at 9600 8N1.

A frame is STX, ten hex digits, two of checksum (the XOR of the five bytes), perhaps CR LF, ETX. House rules: an STX
always starts a frame; a damaged one is dropped without a word, for a badge that stays sends again.
"""

from firmware_bridge.board.micropython.presence import Presence

BAUD = 9600
_STX, _ETX = 2, 3
_FRAME_MAX = 14
"""Digits, CR and LF: a longer frame is dropped, so that noise cannot grow it."""


class Em4100:
    """A reader that only speaks; `model` is "rdm6300" (repeats, and invents numbers) or "id12" (says each once)."""

    def __init__(self, model: str) -> None:
        self.presence = Presence(2, True) if model == "rdm6300" else Presence(1, False)
        self._frame: bytearray | None = None

    def receive(self, data: bytes, now_ms: int) -> "list[tuple[str, str]]":
        """Take what the UART gave; return what was read: ("badge", number) for each presentation."""
        found = []
        for byte in data:
            if byte == _STX:
                self._frame = bytearray()
            elif self._frame is None:
                continue
            elif byte == _ETX:
                number = _judge(self._frame)
                self._frame = None
                if number and self.presence.see(number, now_ms):
                    found.append(("badge", number))
            elif len(self._frame) < _FRAME_MAX:
                self._frame.append(byte)
            else:
                self._frame = None
        return found

    def to_send(self, now_ms: int) -> bytes:
        """Nothing: it hears nothing."""
        return b""


def _judge(frame: bytearray) -> str:
    """The number in a whole frame; "" when it is damaged, or all zero as some modules invent."""
    try:
        number = str(frame[:10], "ascii").upper()
        total = int(str(frame[10:12], "ascii"), 16)
        for place in range(0, 10, 2):
            total ^= int(number[place : place + 2], 16)
    except ValueError:
        return ""
    whole = len(frame) in (12, 14) and all(digit in "0123456789ABCDEF" for digit in number)
    return number if whole and total == 0 and number != "0000000000" else ""
