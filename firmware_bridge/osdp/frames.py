"""OSDP frames: checked units cut out of any stream, in both directions (SIA OSDP 2.2, clause 5).

    53 ADDRESS LENGTH(2) CONTROL [BLOCK_LENGTH BLOCK_TYPE ..] CODE DATA [MAC(4)] CRC(2) or CHECKSUM(1)

House rules of this decoder: any bytes, no error raised, at most one frame's worth kept, the same answer however the
bytes are chunked; a frame that proves damaged is looked through again from its second byte, so that a false start
swallows no good frame. What comes out has a right check value and fields that fit into it: nothing else may reach a
library written in C (its own check of a six-byte frame with a security block writes outside of its buffer).
"""

from binascii import crc_hqx
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge import wiegand
from firmware_bridge.frames import Frame, Reject

START, MARK = 0x53, 0xFF
REPLY_BIT, ADDRESS_BITS = 0x80, 0x7F
WITH_CRC, WITH_BLOCK, SEQUENCE_BITS = 0x04, 0x08, 0x03
HEADER_BYTES, MAC_BYTES = 5, 4
FRAME_BYTES_MAX = 255
"""The longest that libosdp takes after a marking byte; one that claims more is no frame, and holds up no others."""

ACK, NAK, PDID, PDCAP, LSTATR, RAW, KEYPAD, CCRYPT, RMAC_I, BUSY = (
    0x40, 0x41, 0x45, 0x46, 0x48, 0x50, 0x53, 0x76, 0x78, 0x79
)  # fmt: skip
POLL, ID, CAP, LSTAT, LED, BUZ, TEXT, KEYSET, CHLNG, SCRYPT = (
    0x60, 0x61, 0x62, 0x64, 0x69, 0x6A, 0x6B, 0x75, 0x76, 0x77
)  # fmt: skip
SCS_11, SCS_12, SCS_13, SCS_14, SCS_15, SCS_16, SCS_17, SCS_18 = range(0x11, 0x19)
"""Security blocks: of the four steps of the handshake, then MAC only and MAC with ciphertext, of a command or reply."""

ENCIPHERED = frozenset((SCS_17, SCS_18))

_COMMANDS = {
    POLL: "POLL", ID: "ID", CAP: "CAP", LSTAT: "LSTAT", LED: "LED", BUZ: "BUZ", TEXT: "TEXT", 0x6E: "COMSET",
    KEYSET: "KEYSET", CHLNG: "CHLNG", SCRYPT: "SCRYPT",
}  # fmt: skip
_REPLIES = {
    ACK: "ACK", NAK: "NAK", PDID: "PDID", PDCAP: "PDCAP", LSTATR: "LSTATR", RAW: "RAW", KEYPAD: "KEYPAD", 0x54: "COM",
    CCRYPT: "CCRYPT", RMAC_I: "RMAC_I", BUSY: "BUSY",
}  # fmt: skip

Check = Literal["checksum", "crc"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OsdpFrame:
    """A whole frame. `security` is the block's type (0: none), `selector` its third byte, `mac` b"" or 4 bytes.

    `data` is what follows the code: ciphertext when `security` is in `ENCIPHERED`. `raw` is the frame as it came.
    """

    address: int
    reply: bool
    sequence: int
    check: Check
    security: int = 0
    selector: int | None = None
    code: int
    data: bytes = field(repr=False)
    mac: bytes = b""
    raw: bytes = field(repr=False)

    def shown(self) -> dict[str, str]:
        """Return its fields as text; the badge of a card read in clear, or what is wrong with that."""
        names = _REPLIES if self.reply else _COMMANDS
        lines = {
            "address": str(self.address),
            "sequence": str(self.sequence),
            "reply" if self.reply else "command": names.get(self.code, f"{self.code:02X}"),
        }
        if self.security:
            lines["security"] = f"SCS_{self.security:02X}"
        if self.security == SCS_11:
            lines["key"] = "default" if self.selector == 0 else "own"
        if self.security in ENCIPHERED:
            return lines
        if self.reply and self.code == NAK and self.data:
            lines["reason"] = str(self.data[0])
        if self.reply and self.code == RAW:
            lines |= card_number(self.data).shown()
        return lines


def card_number(data: bytes) -> Frame | Reject:
    """Read the data of a RAW reply (reader, format, bit count, bits) as a Wiegand number."""
    bits = int.from_bytes(data[2:4], "little")
    return wiegand.read(data[4:], bits)


class OsdpDecoder:
    """A `FrameDecoder` for OSDP; holds at most `FRAME_BYTES_MAX` bytes between two calls."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._told = False  # what is wrong here was said: until a good frame, bytes that start none are the same fault

    def feed(self, data: bytes) -> list[OsdpFrame | Reject]:
        """Take the next bytes; return the frames and rejects that they complete."""
        self._held += data
        return self._sift(ended=False)

    def finish(self) -> list[OsdpFrame | Reject]:
        """End the stream: a frame that was under way is `incomplete`, and good ones inside it still come out."""
        found = self._sift(ended=True)
        self._told = False
        return found

    @property
    def buffered(self) -> int:
        """How many bytes it holds at the moment."""
        return len(self._held)

    def _sift(self, *, ended: bool) -> list[OsdpFrame | Reject]:
        found: list[OsdpFrame | Reject] = []
        held, position = bytes(self._held), 0
        while (start := held.find(START, position)) >= 0:
            self._skip(held[position:start], found)
            position = start
            size = _size_of(held[start : start + HEADER_BYTES])
            if size is None or (size and len(held) - start < size):
                if not ended:
                    break
                if not self._told:
                    found.append(Reject("incomplete"))
                self._told, position = True, start + 1
                continue
            outcome = _judge(held[start : start + size]) if size else Reject("length")
            self._told = isinstance(outcome, Reject)
            position += 1 if self._told else size
            found.append(outcome)
        else:
            self._skip(held[position:], found)
            position = len(held)
        self._held = bytearray(held[position:])
        return found

    def _skip(self, between: bytes, found: list[OsdpFrame | Reject]) -> None:
        """Say once that bytes between frames are no marks."""
        if not self._told and between.strip(bytes([MARK])):
            found.append(Reject("no_stx"))
            self._told = True


def _size_of(header: bytes) -> int | None:
    """Return the frame's length by its header; 0 when there can be none such, `None` when too little has come."""
    if len(header) < HEADER_BYTES - 1:
        return None
    size = header[2] | header[3] << 8
    if size > FRAME_BYTES_MAX or size < HEADER_BYTES + 2:
        return 0
    return size


def _judge(raw: bytes) -> OsdpFrame | Reject:
    control = raw[4]
    tail = 2 if control & WITH_CRC else 1
    body, check = raw[:-tail], int.from_bytes(raw[-tail:], "little")
    if control & WITH_CRC:
        if crc_hqx(body, 0x1D0F) != check:
            return Reject("crc")
    elif -sum(body) & 0xFF != check:
        return Reject("checksum")
    security, selector, start, end = 0, None, HEADER_BYTES, len(body)
    if control & WITH_BLOCK:
        block = body[HEADER_BYTES : HEADER_BYTES + body[HEADER_BYTES]] if len(body) > HEADER_BYTES else b""
        if len(block) < 2 or len(block) != body[HEADER_BYTES]:  # noqa: PLR2004 - its own length and its type
            return Reject("length")
        security, start = block[1], HEADER_BYTES + len(block)
        selector = block[2] if len(block) > 2 else None  # noqa: PLR2004 - the third byte
        end -= MAC_BYTES if security >= SCS_15 else 0
    if start >= end:
        return Reject("length")
    return OsdpFrame(
        address=raw[1] & ADDRESS_BITS,
        reply=bool(raw[1] & REPLY_BIT),
        sequence=control & SEQUENCE_BITS,
        check="crc" if control & WITH_CRC else "checksum",
        security=security,
        selector=selector,
        code=body[start],
        data=body[start + 1 : end],
        mac=body[end:],
        raw=raw,
    )


def encode(
    address: int, code: int, data: bytes = b"", *, reply: bool = False, sequence: int = 0, block: bytes = b""
) -> bytes:
    """Return a frame with CRC; `block` is a whole security block, and `data` whatever follows the code."""
    control = sequence | WITH_CRC | (WITH_BLOCK if block else 0)
    rest = block + bytes([code]) + data
    size = HEADER_BYTES + len(rest) + 2
    body = bytes([START, address | (REPLY_BIT if reply else 0), size & 0xFF, size >> 8, control]) + rest
    return body + crc_hqx(body, 0x1D0F).to_bytes(2, "little")
