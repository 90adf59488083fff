"""What the host says to a board: numbered lines, and commands said again until they are answered. Pure.

House rules: of each command the newest alone is said again, for an older one is no longer wanted; numbers only grow, so
that the board never does an older command of a name after a newer one.
"""

from dataclasses import dataclass

from firmware_bridge.board.catalogue import NUMBER_MAX
from firmware_bridge.board.frames import Value, encode

AGAIN_MS = 100
"""Beyond any answer on a line that works: a board's turn is shorter than 20 ms."""
ANSWER_MAX_MS = 1000
"""A command without an answer for so long is given up: nine times said again, the line or the board does not work."""
OUT_MAX = 4096
"""Bytes that wait to be written: far more than one round of commands. Beyond it a line is dropped, as on the line."""


@dataclass(slots=True)
class Asked:
    """A command under way: its number and line, since when its like is unanswered, when it is said again."""

    number: int
    line: bytes
    since_ms: int
    again_ms: int


class Outbox:
    """Lines in their order, and the commands that wait for their answer: at most one of each name."""

    def __init__(self) -> None:
        self._number = 0
        self._out = bytearray()
        self._asked: dict[str, Asked] = {}

    def say(self, name: str, **values: Value) -> None:
        """Say something once."""
        self._send(encode(self._next(), name, **values))

    def ask(self, name: str, now_ms: int, **values: Value) -> None:
        """Say a command, in place of one of the same name that is under way."""
        before = self._asked.get(name)
        number = self._next()
        line = encode(number, name, **values)
        self._asked[name] = Asked(number, line, before.since_ms if before else now_ms, now_ms + AGAIN_MS)
        self._send(line)

    def answered(self, number: int) -> str:
        """Take an answer; return the name of the command ("" for one that is no longer wanted)."""
        for name, asked in self._asked.items():
            if asked.number == number:
                del self._asked[name]
                return name
        return ""

    def turn(self, now_ms: int) -> list[str]:
        """Say again what is due; return the names of those given up."""
        given_up = [name for name, asked in self._asked.items() if now_ms - asked.since_ms >= ANSWER_MAX_MS]
        for name in given_up:
            del self._asked[name]
        for asked in self._asked.values():
            if now_ms >= asked.again_ms:
                asked.again_ms = now_ms + AGAIN_MS
                self._send(asked.line)
        return given_up

    def forget(self) -> None:
        """Drop what is under way: the line was lost, or the board began anew."""
        self._asked.clear()
        self._out.clear()

    def to_send(self) -> bytes:
        """The bytes to be written now; empties them."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def next_deadline(self) -> int | None:
        """When `turn` must be called, in ms."""
        return min(
            (min(asked.again_ms, asked.since_ms + ANSWER_MAX_MS) for asked in self._asked.values()), default=None
        )

    @property
    def worn_out(self) -> bool:
        """Whether the numbers are used up: a new session must begin."""
        return self._number >= NUMBER_MAX

    @property
    def buffered(self) -> int:
        """How many bytes wait."""
        return len(self._out)

    def _next(self) -> int:
        self._number = min(self._number + 1, NUMBER_MAX)
        return self._number

    def _send(self, line: bytes) -> None:
        if len(self._out) + len(line) <= OUT_MAX:
            self._out += line
