"""Lines on the host: bytes from a board become checked frames, and what is asked of it becomes lines.

House rules: any bytes in any chunks give one answer and no error; at most one line is held; a line is found again after
any garbage, because it opens with a mark that JSON lets stand nowhere inside one.
"""

import json
from binascii import crc_hqx
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from firmware_bridge.board.catalogue import LINE_MAX, TO_BOARD, TO_HOST, fault_of

LineError = Literal["noise", "length", "checksum", "catalogue"]
"""Bytes between lines; a line that is too long; a damaged or cut one; one that the catalogue does not have."""

Value = int | str | bool
MARK = b'{"n":'
TAIL = 5
"""`*` and four hex digits."""
_CRC_START = 0xFFFF


@dataclass(frozen=True, slots=True)
class BoardFrame:
    """One checked line: its number, its name, and its fields as the catalogue has them."""

    number: int
    name: str
    values: Mapping[str, Value] = field(repr=False)

    def count(self, name: str) -> int:
        """A field that the catalogue says is a number."""
        return int(self.values[name])

    def flag(self, name: str) -> bool:
        """A field that the catalogue says is true or false."""
        return self.values[name] is True

    def word(self, name: str) -> str:
        """A field that the catalogue says is text."""
        return str(self.values[name])


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, no reflection; "123456789" gives 29B1."""
    return crc_hqx(data, _CRC_START)


def encode(number: int, name: str, **values: Value) -> bytes:
    """One line to the board, its fields in the order of the catalogue; those of an older one in the order given.

    Texts go out as UTF-8, so that a display's two lines of any signs fit; a control sign never does.
    """
    fields = [key for key, _limits in TO_BOARD[name]]
    if not values.keys() >= set(fields):
        fields = list(values)
    body = {"n": number, "t": name} | {key: values[key] for key in fields}
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return data + b"*%04X\n" % crc16(data)


class BoardDecoder:
    """Frames out of the bytes from a board; holds fewer than `LINE_MAX` bytes. `known`: the directions it takes."""

    def __init__(self, *known: dict[str, Any]) -> None:
        self._held = b""
        self._known: tuple[dict[str, Any], ...] = known or (TO_HOST,)

    def feed(self, data: bytes) -> list[BoardFrame | LineError]:
        """Take the next bytes; return the frames that they complete, and the names of what was wrong between."""
        found: list[BoardFrame | LineError] = []
        position = 0
        while position < len(data):
            end = data.find(b"\n", position)
            stop = min(len(data) if end < 0 else end, position + LINE_MAX - len(self._held))
            self._held += data[position:stop]
            position = stop
            if len(self._held) >= LINE_MAX:
                self._held = self._kept(self._held, found)
            elif position == end:
                self._judge(self._held, found)
                self._held = b""
                position += 1
        return found

    def finish(self) -> list[BoardFrame | LineError]:
        """End the stream: what was under way is lost with it."""
        cut: list[BoardFrame | LineError] = ["checksum"] if self._held else []
        self._held = b""
        return cut

    @property
    def buffered(self) -> int:
        """How many bytes it holds at the moment."""
        return len(self._held)

    def _kept(self, rest: bytes, found: list[BoardFrame | LineError]) -> bytes:
        """What of a line that is too long may still become one."""
        found.append("length")
        start = rest.rfind(MARK)
        if start > 0 and len(rest) - start < LINE_MAX:
            return rest[start:]
        return rest[1 - len(MARK) :]  # the mark itself may be under way

    def _judge(self, line: bytes, found: list[BoardFrame | LineError]) -> None:
        start = line.rfind(MARK)
        if start and line.strip():
            found.append("noise")
        if start < 0:
            return
        line = line[start:].rstrip()
        body, tail = line[:-TAIL], line[-TAIL:]
        if tail != b"*%04X" % crc16(body):
            found.append("checksum")
        else:
            found.append(self._frame(body))

    def _frame(self, body: bytes) -> BoardFrame | LineError:
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            return "catalogue"
        if all(fault_of(message, direction) for direction in self._known):
            return "catalogue"
        return BoardFrame(message.pop("n"), message.pop("t"), message)
