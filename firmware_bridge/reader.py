"""One badge reader, whole: transport, decoder and link joined in one blocking thread.

House rules: the only clock is the one injected; messages and states go out by callbacks on the reading
thread, which must be quick; nothing that the line sends can raise, grow a buffer or take the
processor for itself.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import assert_never

from firmware_bridge.em4100 import BAUD, Em4100Decoder, Model
from firmware_bridge.errors import LineLostError
from firmware_bridge.frames import Frame, Reject
from firmware_bridge.link import PROFILES, Link
from firmware_bridge.messages import BadgePresented, BadgeRemoved, Message
from firmware_bridge.transport import READ_BYTES_MAX, LineState, Transport

REJECTS_MAX = 1_000_000_000
"""A count stays there: it is a sign of a bad line, and beyond this no more bad than before."""
FLOOD_REST_S = 0.02
"""Pause after each full read: a flood costs at most 200 kB decoded a second; honest readers fill none."""
_MS_NS = 1_000_000


class SerialReader:
    """An EM4100 reader at an address (a device path or `socket://host:port`).

    `clock_ns` is a monotonic clock in nanoseconds; `on_message` gets each message, `on_state` each change
    of the line.
    """

    def __init__(
        self,
        address: str,
        model: Model,
        *,
        clock_ns: Callable[[], int],
        on_message: Callable[[Message], None],
        on_state: Callable[[LineState], None],
    ) -> None:
        self._transport = Transport(address, baud=BAUD, on_state=on_state)
        self._decoder = Em4100Decoder()
        self._link = Link(PROFILES[model])
        self._clock_ns = clock_ns
        self._on_message = on_message
        self._rejects: Counter[str] = Counter()

    def run(self) -> None:
        """Read until `stop`; a lost line is taken up again. Give it a thread of its own."""
        try:
            while self._transport.connect():
                self._link.restored(self._clock_ns() // _MS_NS)
                self._converse()
                self._count(self._decoder.finish())
                self._link.interrupted()
        finally:
            self._transport.close()

    def stop(self) -> None:
        """End `run` at once, from any thread."""
        self._transport.stop()

    @property
    def rejects(self) -> Mapping[str, int]:
        """How many frames were damaged since the start, by the name of the error."""
        return dict(self._rejects)

    def _converse(self) -> None:
        """Read until the line is lost or the work is over."""
        while not self._transport.stopped:
            try:
                data = self._transport.read(self._wait_s())
            except LineLostError:
                return
            received_ns = self._clock_ns()
            frames = self._count(self._decoder.feed(data))
            for message in self._link.receive(frames, received_ns // _MS_NS):
                self._on_message(_stamped(message, received_ns))
            if len(data) == READ_BYTES_MAX:
                self._transport.rest(FLOOD_REST_S)

    def _wait_s(self) -> float | None:
        deadline_ms = self._link.next_deadline()
        if deadline_ms is None:
            return None
        return max(0.0, deadline_ms / 1000 - self._clock_ns() / 1_000_000_000)

    def _count(self, found: list[Frame | Reject]) -> list[Frame]:
        """Count the rejects, return the frames."""
        frames = []
        for item in found:
            if isinstance(item, Frame):
                frames.append(item)
            elif self._rejects[item.error] < REJECTS_MAX:
                self._rejects[item.error] += 1
        return frames


def _stamped(message: Message, received_ns: int) -> Message:
    """The message with the instant at which its last byte was read."""
    match message:
        case BadgePresented():
            return BadgePresented(number_hex=message.number_hex, at_ms=message.at_ms, received_ns=received_ns)
        case BadgeRemoved():
            return message
        case _:
            assert_never(message)
