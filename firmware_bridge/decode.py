"""Read a capture of a reader's line: what `indivis reader decode` prints, a dictionary per frame.

House rules: any bytes in any chunks, one answer; memory stays at one chunk. It shows badge numbers, and is
therefore only for a person's own terminal.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from firmware_bridge.board.capture import BoardCapture
from firmware_bridge.em4100.frames import Em4100Decoder
from firmware_bridge.frames import FrameDecoder
from firmware_bridge.osdp.frames import OsdpDecoder
from firmware_bridge.pn532.capture import Pn532Capture

CHUNK_BYTES = 4096
"""Taken at once: enough to be quick on a file; a pipe gives less, and its frames come out as they come in."""

DECODERS: dict[str, Callable[[], FrameDecoder]] = {
    "board": BoardCapture,
    "em4100": Em4100Decoder,
    "osdp": OsdpDecoder,
    "pn532": Pn532Capture,
}


class ByteStream(Protocol):
    """An open binary file or pipe whose reads return what there is, and b"" at the end."""

    def read1(self, size: int, /) -> bytes:
        """Return at most `size` bytes."""


def decode_capture(stream: ByteStream, protocol: str) -> Iterator[dict[str, str]]:
    """Yield `{"badge": "0A00123456"}` or `{"error": name}` per frame; a cut last frame is `incomplete`.

    `protocol` is a key of `DECODERS`; a protocol of two ends shows each frame's own fields. Every frame with a right
    checksum is shown, but an EM4100 frame of all zeros (`phantom`): a capture has no times from which to tell the
    phantoms that come once from badges.
    """
    decoder = DECODERS[protocol]()
    while data := stream.read1(CHUNK_BYTES):
        yield from (found.shown() for found in decoder.feed(data))
    yield from (found.shown() for found in decoder.finish())
