"""The conversation with an EM4100 reader, which only speaks: bytes become frames, frames become presentations."""

from collections import Counter
from collections.abc import Iterable, Mapping

from firmware_bridge.commands import Command
from firmware_bridge.em4100.frames import Em4100Decoder, Model
from firmware_bridge.em4100.presence import PROFILES, Presence
from firmware_bridge.frames import REJECTS_MAX, Frame, Reject
from firmware_bridge.messages import Message


class Em4100Link:
    """A `Conversation` with a reader of that model."""

    def __init__(self, model: Model) -> None:
        self._decoder = Em4100Decoder()
        self._presence = Presence(PROFILES[model])
        self._rejects: Counter[str] = Counter()

    def restored(self, now_ms: int) -> None:
        self._presence.restored(now_ms)

    def interrupted(self) -> None:
        self._checked(self._decoder.finish())
        self._presence.interrupted()

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        return [*self._presence.receive(self._checked(self._decoder.feed(data)), now_ms)]

    def ask(self, command: Command, now_ms: int) -> bool:
        return False

    def to_send(self) -> bytes:
        return b""

    def next_deadline(self) -> int | None:
        return self._presence.next_deadline()

    @property
    def rejects(self) -> Mapping[str, int]:
        return dict(self._rejects)

    @property
    def buffered(self) -> int:
        return self._decoder.buffered

    def _checked(self, found: Iterable[Frame | Reject]) -> list[Frame]:
        """Count the rejects, return the frames."""
        frames = []
        for item in found:
            if isinstance(item, Frame):
                frames.append(item)
            elif self._rejects[item.error] < REJECTS_MAX:
                self._rejects[item.error] += 1
        return frames
