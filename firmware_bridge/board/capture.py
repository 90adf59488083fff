"""A capture of a board's line, both ends on it, as `indivis reader decode` shows it.

House rule: it shows badge numbers, and is for a person's own terminal.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from firmware_bridge.board.catalogue import TO_BOARD, TO_HOST
from firmware_bridge.board.frames import BoardDecoder, BoardFrame, LineError


@dataclass(frozen=True, slots=True)
class Line:
    """One line in words: its name and number, and its fields; or what is wrong with it."""

    words: dict[str, str]

    def shown(self) -> dict[str, str]:
        return self.words


class BoardCapture:
    """A `FrameDecoder` for captures; holds at most a line."""

    def __init__(self) -> None:
        self._decoder = BoardDecoder(TO_HOST, TO_BOARD)

    def feed(self, data: bytes) -> list[Line]:
        return _lines(self._decoder.feed(data))

    def finish(self) -> list[Line]:
        return _lines(self._decoder.finish())

    @property
    def buffered(self) -> int:
        return self._decoder.buffered


def _lines(found: Iterable[BoardFrame | LineError]) -> list[Line]:
    return [Line(_words(item) if isinstance(item, BoardFrame) else {"error": item}) for item in found]


def _words(frame: BoardFrame) -> dict[str, str]:
    """A badge's number stands under the name that every protocol has for it."""
    words = {"frame": frame.name, "n": str(frame.number)}
    words |= {name: json.dumps(value, ensure_ascii=False).strip('"') for name, value in frame.values.items()}
    if frame.name == "badge":
        words["badge"] = words.pop("number")
    return words
