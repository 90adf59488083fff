"""APDUs, the sentences that a card of ISO/IEC 7816-4 understands, and NXP's native commands wrapped in them.

House rule: what a card answers is any bytes; `parsed` never raises.
"""

from dataclasses import dataclass, field

ANSWER_BYTES_MAX = 262
"""What one answer of the reader chip can carry; a longer one cannot come, and its tail would be no status."""
_CLASS_NATIVE = 0x90
_ADDITIONAL_FRAME = 0xAF
_STATUS_BYTES = 2

DONE, MORE = 0x9100, 0x91AF
ISO_DONE = 0x9000
WRONG_KEY, WAIT = 0x91AE, 0x91AD


@dataclass(frozen=True, slots=True)
class Answer:
    """A card's answer: data and status word."""

    data: bytes = field(repr=False)
    status: int


def wrapped(command: int, data: bytes = b"") -> bytes:
    """A native command in an APDU (DESFire's and NTAG 424 DNA's, class 90)."""
    length = bytes([len(data)]) if data else b""
    return bytes([_CLASS_NATIVE, command, 0x00, 0x00]) + length + data + b"\x00"


def continued(data: bytes = b"") -> bytes:
    """The second part of a command that the card answered with MORE, or the wish to hear the rest of an answer."""
    return wrapped(_ADDITIONAL_FRAME, data)


def selected(name: bytes) -> bytes:
    """ISO SELECT by name, no answer data wanted."""
    return bytes([0x00, 0xA4, 0x04, 0x0C, len(name)]) + name + b"\x00"


def parsed(answer: bytes) -> Answer:
    """Data and status; an answer too short for a status has the status 0."""
    if not _STATUS_BYTES <= len(answer) <= ANSWER_BYTES_MAX:
        return Answer(b"", 0)
    return Answer(answer[:-_STATUS_BYTES], int.from_bytes(answer[-_STATUS_BYTES:], "big"))
