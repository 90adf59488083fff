"""Frames: checked units cut out of a stream of bytes, and the names of what is wrong with the others.

House rules: a decoder never raises on any bytes, keeps at most one frame's worth of them, and gives the same
answer however the bytes are chunked. What one `feed` returns is bounded by what it was given.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

REJECTS_MAX = 1_000_000_000
"""A count stays there: it is a sign of a bad line, and beyond this no more bad than before."""

FrameError = Literal[
    "bit_count",
    "checksum",
    "crc",
    "dcs",
    "incomplete",
    "lcs",
    "length",
    "no_etx",
    "no_start",
    "no_stx",
    "not_hex",
    "parity",
    "phantom",
    "postamble",
    "tfi",
]


class Shown(Protocol):
    """What a decoder finds in a stream, as `indivis reader decode` prints it."""

    def shown(self) -> dict[str, str]:
        """Return names and values; badge numbers too, for a person's own terminal."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole frame whose checksum is right.

    `number_hex`: 10 upper-case hex digits; `discarded`: bytes of cut frames thrown away just before it.
    """

    number_hex: str = field(repr=False)
    discarded: int = 0

    def shown(self) -> dict[str, str]:
        return {"badge": self.number_hex}


@dataclass(frozen=True, slots=True)
class Reject:
    """A damaged frame, or a run of bytes between frames, and the first thing wrong with it."""

    error: FrameError

    def shown(self) -> dict[str, str]:
        return {"error": self.error}


class FrameDecoder(Protocol):
    """Bytes in, frames and rejects out, in the order of the stream."""

    def feed(self, data: bytes) -> Sequence[Shown]:
        """Take the next bytes; return what they complete."""

    def finish(self) -> Sequence[Shown]:
        """End the stream: a frame that was under way is `incomplete`. Afterwards the decoder is as new."""

    @property
    def buffered(self) -> int:
        """How many bytes it holds at the moment: at most a frame's worth."""
