"""Frames of the PN532 on its UART: normal, extended, ACK, NACK and the application error (UM0701-02, section 6.2.1).

    00 00 FF LEN LCS TFI PD0 .. PDn DCS 00            LEN + LCS and TFI + .. + DCS are 0 modulo 256; LEN counts TFI
    00 00 FF FF FF LENM LENL LCS TFI .. DCS 00        extended, for more than 255 bytes

House rules: a decoder never raises, holds at most one frame, and gives the same answer however the bytes are chunked.
A frame that proves damaged is searched again from its second byte on, so that a good frame which it seemed to contain
is not swallowed. The first preamble byte may be missing. The postamble may not: a lost byte that was 00 leaves the sum
right, with the postamble in the checksum's place, and only the missing postamble tells.
"""

from dataclasses import dataclass, field

from firmware_bridge.frames import FrameError, Reject

LENGTH_MAX = 265
"""TFI and 264 bytes: the most that the chip's buffer takes; a longer length is refused as soon as it is read."""
BUFFERED_MAX = LENGTH_MAX + 9
"""Start code, extended length, checksums and postamble beside the data: judged before one byte more is kept."""

TO_CHIP, TO_HOST = 0xD4, 0xD5
_START = b"\x00\xff"
_ACK_HEAD, _NACK_HEAD, _EXTENDED_HEAD = b"\x00\xff\x00\xff", b"\x00\xff\xff\x00", b"\x00\xff\xff\xff"
_HEAD_BYTES, _EXTENDED_HEAD_BYTES = 4, 7
"""Start code, length and its checksum; the extended head says FF FF first, then two bytes of length."""
_QUIET = b"\x00\x55"
"""Preambles, postambles and the wake-up call: no noise."""
_ERROR_LENGTH = 1
_NORMAL_LENGTH_MAX = 0xFE
"""A length of FF is written the extended way: in the normal one it would look like other frames' heads."""


@dataclass(frozen=True, slots=True)
class Ack:
    """The far end has understood the frame; from the host while a command runs: stop it."""


@dataclass(frozen=True, slots=True)
class Nack:
    """The far end asks for the last frame again."""


@dataclass(frozen=True, slots=True)
class ChipError:
    """The chip could not do what the frame said; `code` is 7F in every published case."""

    code: int


@dataclass(frozen=True, slots=True)
class Packet:
    """A command (`to_chip`) or an answer, whose code is the command's plus one.

    `data` may hold a badge's number, and is no part of the `repr`.
    """

    to_chip: bool
    code: int
    data: bytes = field(repr=False)


Frame = Ack | Nack | ChipError | Packet
Found = Frame | Reject

ACK = bytes.fromhex("0000FF00FF00")
NACK = bytes.fromhex("0000FFFF0000")


def encode(packet: Packet) -> bytes:
    """The bytes of a command or an answer; raise `ValueError` when it is longer than the chip takes."""
    body = bytes([TO_CHIP if packet.to_chip else TO_HOST, packet.code]) + packet.data
    if len(body) > LENGTH_MAX:
        raise ValueError("a PN532 frame holds at most 265 bytes")
    if len(body) <= _NORMAL_LENGTH_MAX:
        head = bytes([len(body), -len(body) & 0xFF])
    else:
        high, low = divmod(len(body), 0x100)
        head = bytes([0xFF, 0xFF, high, low, -(high + low) & 0xFF])
    return b"\x00" + _START + head + body + bytes([-sum(body) & 0xFF, 0x00])


def encode_error(code: int = 0x7F) -> bytes:
    """The bytes of the application error frame."""
    return b"\x00" + _START + bytes([_ERROR_LENGTH, -_ERROR_LENGTH & 0xFF, code, -code & 0xFF, 0x00])


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the head of the buffer is, and how many bytes show it."""

    found: Found
    extent: int


class Pn532Decoder:
    """Bytes in, frames and rejects out, in the order of the stream; holds at most `BUFFERED_MAX` bytes."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._noise = False
        self._judged_bad = 0
        """Bytes at the start of what is held that belong to a damaged frame which was reported already."""
        self._after_damage = False

    def feed(self, data: bytes) -> list[Found]:
        """Take the next bytes; return what they complete."""
        found: list[Found] = []
        for at in range(0, len(data), BUFFERED_MAX):
            self._held += data[at : at + BUFFERED_MAX]
            self._cut(found)
        return found

    def finish(self) -> list[Found]:
        """End the stream: a frame under way is `incomplete`, and one hidden inside it is found. Then it is as new."""
        found: list[Found] = []
        while self._held:
            self._cut(found)
            if not self._held:
                break
            if self._held[:2] == _START:
                self._damaged(found, "incomplete", len(self._held))
            else:
                self._skip(len(self._held))
        self._end_noise(found)
        self._judged_bad = 0
        return found

    @property
    def buffered(self) -> int:
        """How many bytes it holds at the moment."""
        return len(self._held)

    def _cut(self, found: list[Found]) -> None:
        """Take all that is decided out of what is held."""
        while True:
            start = self._held.find(_START)
            if start < 0:
                self._skip(len(self._held) - (self._held[-1:] == _START[:1]))
                return
            self._skip(start)
            judged = self._judge()
            if judged is None:
                return
            if isinstance(judged.found, Reject):
                self._damaged(found, judged.found.error, judged.extent)
            else:
                self._end_noise(found)
                found.append(judged.found)
                self._after_damage = False
                self._forget(judged.extent)

    def _judge(self) -> _Judged | None:
        """What begins with the start code at the head of what is held; None: more bytes are needed to tell."""
        held = self._held
        if len(held) < _HEAD_BYTES:
            return None
        if held.startswith(_ACK_HEAD):
            return _Judged(Ack(), _HEAD_BYTES)
        if held.startswith(_NACK_HEAD):
            return _Judged(Nack(), _HEAD_BYTES)
        extended = held.startswith(_EXTENDED_HEAD)
        body = _EXTENDED_HEAD_BYTES if extended else _HEAD_BYTES
        if len(held) < body:
            return None
        *length_bytes, _check = head = held[_HEAD_BYTES:body] if extended else held[2:body]
        if sum(head) & 0xFF:
            return _Judged(Reject("lcs"), body)
        length = int.from_bytes(length_bytes, "big")
        if not 0 < length <= LENGTH_MAX:
            return _Judged(Reject("length"), body)
        return self._judge_body(body, body + length)

    def _judge_body(self, body: int, end: int) -> _Judged | None:
        """What a frame with a right head is: `body` to `end`, the checksum and the postamble."""
        held = self._held
        if len(held) <= end:
            return None
        if sum(held[body : end + 1]) & 0xFF:
            return _Judged(Reject("dcs"), end + 1)
        if len(held) <= end + 1:
            return None
        if held[end + 1]:
            return _Judged(Reject("postamble"), end + 2)
        return _Judged(_content(bytes(held[body:end])), end + 2)

    def _damaged(self, found: list[Found], error: FrameError, extent: int) -> None:
        """Report the frame at the head once, and search on from its second byte."""
        if self._judged_bad == 0:
            self._end_noise(found)
            found.append(Reject(error))
            self._judged_bad = extent
            self._after_damage = True
        self._forget(1)

    def _skip(self, count: int) -> None:
        """Pass over bytes that are no frame: noise, unless quiet or the rest of a damaged frame."""
        self._noise = self._noise or (not self._after_damage and bool(self._held[:count].strip(_QUIET)))
        self._forget(count)

    def _forget(self, count: int) -> None:
        del self._held[:count]
        self._judged_bad = max(0, self._judged_bad - count)

    def _end_noise(self, found: list[Found]) -> None:
        if self._noise:
            found.append(Reject("no_start"))
            self._noise = False


def _content(body: bytes) -> Found:
    """What a frame with right checksums says."""
    if len(body) == _ERROR_LENGTH:
        return ChipError(body[0])
    if body[0] not in (TO_CHIP, TO_HOST):
        return Reject("tfi")
    return Packet(to_chip=body[0] == TO_CHIP, code=body[1], data=body[2:])
