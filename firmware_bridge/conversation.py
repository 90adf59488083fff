"""The conversation with one device, whatever it speaks: what every driver's `link` is.

House rules: bytes and time go in; messages, bytes and a deadline come out. Time is an argument in milliseconds and a
result, never a call; nothing that the line sends can raise, grow a buffer or keep the caller. One thread uses it.
"""

from collections.abc import Mapping
from typing import Protocol

from firmware_bridge.commands import Command
from firmware_bridge.messages import Message


class Conversation(Protocol):
    """One device at the other end of a line that comes and goes."""

    def restored(self, now_ms: int) -> None:
        """Say that the line is open (again): whatever must be said first lies in `to_send`."""

    def interrupted(self) -> None:
        """Say that the line is lost: the silence of a cut cable says nothing about a badge."""

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        """Take the bytes that came (b"": only time has passed); return what happened."""

    def ask(self, command: Command, now_ms: int) -> bool:
        """Have the device show, sound or switch something; `False` when this kind cannot."""

    def to_send(self) -> bytes:
        """Give the bytes to be written now, each once."""

    def next_deadline(self) -> int | None:
        """Return when `receive` must be called even if nothing comes, in ms; `None`: not before the next byte."""

    @property
    def rejects(self) -> Mapping[str, int]:
        """How many frames were damaged since the start, by the name of the error."""

    @property
    def buffered(self) -> int:
        """How many bytes it holds at the moment."""
