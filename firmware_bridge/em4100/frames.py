"""EM4100 badges as ASCII frames: ID-12LA, ID-20LA, RDM6300 and RDM630 at 9600 8N1.

A frame is STX, 10 hex digits, 2 hex digits of checksum (the XOR of the 5 bytes), then ETX; the ID-12 family
puts CR LF before ETX (ID-12LA datasheet v1.0, section 4). House rules of this decoder:

- an STX always starts a frame, wherever it comes: so nothing that came before can swallow a good frame;
- what goes wrong is said once, at the ETX or STX that ends it, and the bytes until there are not kept;
- CR and LF are tolerated, missing or present, before ETX and between frames; lower-case digits are accepted.
"""

import re
from typing import Literal

from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.frames import Frame, FrameError, Reject

Model = Literal["id12", "rdm6300"]

BAUD = 9600
STX, ETX = 0x02, 0x03
NUMBER_DIGITS = 10
FRAME_DIGITS = 12
FRAME_BYTES_MAX = FRAME_DIGITS + 2
"""Digits, CR and LF: one byte more is a fault, so that a stream without ETX cannot grow the buffer."""

ALL_ZERO = "0" * NUMBER_DIGITS
_HEX = frozenset(b"0123456789ABCDEFabcdef")
_LINE_ENDS = frozenset(b"\r\n")
_EDGE = re.compile(rb"[\x02\x03]")
_WHOLE = re.compile(rb"\x02([0-9A-Fa-f]{12})(?:\r\n)?\x03")
"""A frame that came in one piece, as most do: taken at one look, with the same outcome as byte by byte."""


class Em4100Decoder:
    """A `FrameDecoder` for the frames above; holds at most `FRAME_BYTES_MAX` bytes."""

    def __init__(self) -> None:
        self._frame: bytearray | None = None
        self._fault: FrameError | None = None
        self._discarded = 0

    def feed(self, data: bytes) -> list[Frame | Reject]:
        """Take the next bytes; return the frames and rejects that they complete."""
        found: list[Frame | Reject] = []
        position = 0
        while position < len(data):
            if self._frame is None:
                position = self._hunt(data, position, found)
            else:
                self._take(self._frame, data[position], found)
                position += 1
        return found

    def finish(self) -> list[Frame | Reject]:
        """End the stream: what was under way is `incomplete`, or what was already wrong with it."""
        found: list[Frame | Reject] = []
        if self._frame is not None:
            self._spoil("incomplete")
        self._report(found)
        self._discarded = 0
        return found

    @property
    def buffered(self) -> int:
        """How many bytes it holds at the moment."""
        return len(self._frame or b"")

    def _hunt(self, data: bytes, position: int, found: list[Frame | Reject]) -> int:
        """Skip to the next STX or ETX; return the position after it."""
        edge = _EDGE.search(data, position)
        end = edge.start() if edge else len(data)
        if self._fault is None and data[position:end].strip(b"\r\n"):
            self._fault = "no_stx"
        if edge is None:
            return end
        if data[end] == STX:
            self._report(found)
            if whole := _WHOLE.match(data, end):
                found.append(_judge(whole[1].decode("ascii"), 0))
                return whole.end()
            self._frame = bytearray()
        else:
            self._fault = self._fault or "no_stx"
            self._report(found)
        return end + 1

    def _take(self, frame: bytearray, byte: int, found: list[Frame | Reject]) -> None:
        """Take one byte inside a frame."""
        whole = len(frame) >= FRAME_DIGITS
        if byte == STX:
            self._restart(frame, found)
        elif byte == ETX:
            self._close(frame, found)
        elif byte in _HEX:
            if not whole:
                frame.append(byte)
            else:
                self._spoil("length" if len(frame) == FRAME_DIGITS else "no_etx")
        elif byte in _LINE_ENDS:
            if whole and len(frame) < FRAME_BYTES_MAX:
                frame.append(byte)
            else:
                self._spoil("no_etx" if whole else "length")
        else:
            self._spoil("no_etx" if whole else "not_hex")

    def _restart(self, frame: bytearray, found: list[Frame | Reject]) -> None:
        """An STX inside a frame: a full one lacks its ETX, a cut one is thrown away and counted."""
        if len(frame) >= FRAME_DIGITS:
            found.append(Reject("no_etx"))
            self._discarded = 0
        else:
            self._discarded += 1 + len(frame)
        self._frame = bytearray()

    def _close(self, frame: bytearray, found: list[Frame | Reject]) -> None:
        """An ETX: judge the frame."""
        if len(frame) < FRAME_DIGITS:
            found.append(Reject("length"))
        else:
            found.append(_judge(frame[:FRAME_DIGITS].decode("ascii"), self._discarded))
        self._frame = None
        self._discarded = 0

    def _spoil(self, error: FrameError) -> None:
        """Give the frame up; the fault is reported where the damaged frame ends."""
        self._frame = None
        self._fault = error
        self._discarded = 0

    def _report(self, found: list[Frame | Reject]) -> None:
        if self._fault is not None:
            found.append(Reject(self._fault))
            self._fault = None


def _judge(digits: str, discarded: int) -> Frame | Reject:
    number_hex = digits[:NUMBER_DIGITS].upper()
    if checksum(number_hex) != int(digits[NUMBER_DIGITS:], 16):
        return Reject("checksum")
    if number_hex == ALL_ZERO:
        return Reject("phantom")
    return Frame(number_hex, discarded)


def checksum(number_hex: str) -> int:
    """The XOR of the number's bytes."""
    total = 0
    for byte in bytes.fromhex(number_hex):
        total ^= byte
    return total


def badge_number(text: str) -> str:
    """A number typed by a person (10 hex digits, either case) as a badge's; raise `BadBadgeNumberError`."""
    number_hex = text.strip().upper()
    if len(number_hex) != NUMBER_DIGITS or not set(number_hex) <= set("0123456789ABCDEF"):
        raise BadBadgeNumberError("")
    return number_hex


def encode(number_hex: str, model: Model) -> bytes:
    """The bytes that a reader of that model sends for a badge."""
    line_end = b"\r\n" if model == "id12" else b""
    digits = f"{number_hex}{checksum(number_hex):02X}".encode("ascii")
    return bytes([STX]) + digits + line_end + bytes([ETX])
