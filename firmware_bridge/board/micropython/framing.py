"""Lines on the board: bytes become checked messages, messages become lines.

House rules: never more than one line is held; a line is found again after any garbage, because it opens with a mark
that can stand nowhere inside one (JSON escapes the quote in it); what is thrown away is counted.
"""

import json

from firmware_bridge.board.catalogue import LINE_MAX, NUMBER_MAX, TO_BOARD, TO_HOST, fault_of

_MARK = b'{"n":'
_TAIL = 5
"""`*` and four digits."""
_TABLE = (
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50A5, 0x60C6, 0x70E7,
    0x8108, 0x9129, 0xA14A, 0xB16B, 0xC18C, 0xD1AD, 0xE1CE, 0xF1EF,
)  # fmt: skip


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 1021, start FFFF, no reflection; "123456789" gives 29B1."""
    crc = 0xFFFF
    for byte in data:
        crc = ((crc << 4) & 0xFFFF) ^ _TABLE[(crc >> 12) ^ (byte >> 4)]
        crc = ((crc << 4) & 0xFFFF) ^ _TABLE[(crc >> 12) ^ (byte & 15)]
    return crc


def encode(number: int, name: str, values: dict) -> bytes:
    """One line to the host, its fields in the order of the catalogue; their texts are ASCII."""
    parts = ['"n":%d,"t":"%s"' % (number, name)]
    parts += ['"%s":%s' % (field, json.dumps(values[field])) for field, _limits in TO_HOST[name]]
    body = ("{" + ",".join(parts) + "}").encode()
    return body + b"*%04X\n" % crc16(body)


class LineReader:
    """Messages out of the bytes from the host; `missed` counts what was thrown away."""

    def __init__(self) -> None:
        self._held = b""
        self.missed = 0

    def feed(self, data: bytes) -> "list[dict]":
        """Take the next bytes; return the messages that they complete, each within the catalogue's limits.

        A command that is known and out of range comes with `"fault"` in it, so that it can be refused by number.
        """
        messages = []
        lines = (self._held + data).split(b"\n")
        for line in lines[:-1]:
            message = self._judge(line)
            if message is not None:
                messages.append(message)
        self._hold(lines[-1])
        return messages

    def _hold(self, rest: bytes) -> None:
        """Keep the line under way: what may still become one, and no more."""
        if len(rest) >= LINE_MAX:
            start = rest.rfind(_MARK)
            if start <= 0 or len(rest) - start >= LINE_MAX:
                start = len(rest) - len(_MARK) + 1  # the mark itself may be under way
            rest = rest[start:]
            self._count()
        self._held = rest

    def _judge(self, line: bytes) -> "dict | None":
        start = line.rfind(_MARK)
        if start < 0:
            if line.strip():
                self._count()
            return None
        if start > 0:
            self._count()
            line = line[start:]
        line = line.rstrip()
        body, tail = line[:-_TAIL], line[-_TAIL:]
        try:
            sound = len(line) < LINE_MAX and tail == b"*%04X" % crc16(body)
            message = json.loads(str(body, "utf-8")) if sound else {}
        except (ValueError, RuntimeError):
            message = {}
        fault = fault_of(message, TO_BOARD)
        if fault in ("", "range"):
            message["fault"] = fault
            return message
        if fault == "unknown":
            return {"n": message.get("n"), "t": "", "fault": fault}
        self._count()
        return None

    def _count(self) -> None:
        self.missed = min(self.missed + 1, NUMBER_MAX)
