"""A capture of a PN532's line, both ends on it, as `indivis reader decode` shows it.

House rule: it shows badge numbers and what was said to cards, and is for a person's own terminal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import assert_never

from firmware_bridge.frames import Reject
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532.frames import Ack, ChipError, Found, Nack, Packet, Pn532Decoder

_NAMES = {
    chip.GET_FIRMWARE_VERSION: "GetFirmwareVersion",
    chip.SAM_CONFIGURATION: "SAMConfiguration",
    chip.RF_CONFIGURATION: "RFConfiguration",
    chip.IN_DATA_EXCHANGE: "InDataExchange",
    chip.IN_LIST_PASSIVE_TARGET: "InListPassiveTarget",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One frame in words."""

    words: dict[str, str]

    def shown(self) -> dict[str, str]:
        return self.words


class Pn532Capture:
    """A `FrameDecoder` for captures; holds at most a frame."""

    def __init__(self) -> None:
        self._decoder = Pn532Decoder()

    def feed(self, data: bytes) -> list[Line]:
        return _lines(self._decoder.feed(data))

    def finish(self) -> list[Line]:
        return _lines(self._decoder.finish())

    @property
    def buffered(self) -> int:
        return self._decoder.buffered


def _lines(found: Iterable[Found]) -> list[Line]:
    return [Line(_words(item)) for item in found]


def _words(found: Found) -> dict[str, str]:
    match found:
        case Reject():
            return found.shown()
        case Ack():
            return {"frame": "ack"}
        case Nack():
            return {"frame": "nack"}
        case ChipError():
            return {"frame": "error", "code": f"{found.code:02X}"}
        case Packet() if found.to_chip:
            return {"command": _name(found.code), "data": found.data.hex().upper()}
        case Packet():
            return {"answer": _name(found.code - 1), "data": found.data.hex().upper(), **_badges(found)}
        case _:
            assert_never(found)


def _name(code: int) -> str:
    return _NAMES.get(code, f"{code & 0xFF:02X}")


def _badges(answer: Packet) -> dict[str, str]:
    """The numbers of the cards that an answer lists."""
    targets = chip.listed(answer.data) if answer.code == chip.IN_LIST_PASSIVE_TARGET + 1 else None
    return {"badge": " ".join(target.uid.hex().upper() for target in targets)} if targets else {}
