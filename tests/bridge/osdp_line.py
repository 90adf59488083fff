"""A reader's thread on a simulated OSDP reader's pseudo-terminal, and what it told."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from firmware_bridge.conversation import Conversation
from firmware_bridge.drivers import Driver
from firmware_bridge.messages import BadgePresented, DeviceReady, Message
from firmware_bridge.osdp import library
from firmware_bridge.osdp.link import BAUD
from firmware_bridge.reader import SerialReader
from firmware_bridge.wiegand import encode

KEY, OTHER_KEY = bytes(range(16)), bytes(range(16, 32))
READER = 5
GIVE_UP_S = 30.0
Kind = TypeVar("Kind", bound=Message)


class Running:
    """A `SerialReader` at work, its messages in a queue."""

    def __init__(self, address: str, conversation: Conversation) -> None:
        self.messages: queue.Queue[Message] = queue.Queue()
        self.reader = SerialReader(
            address,
            Driver(BAUD, conversation),
            clock_ns=time.monotonic_ns,
            on_message=self.messages.put,
            on_state=lambda _state: None,
        )

    def next(self, kind: type[Kind]) -> Kind:
        """The next message, which is of that kind."""
        message = self.messages.get(timeout=GIVE_UP_S)
        assert isinstance(message, kind), message
        return message

    def ready(self) -> None:
        """Wait until the reader is secure, whatever it told before."""
        while not isinstance(self.messages.get(timeout=GIVE_UP_S), DeviceReady):
            pass


@contextmanager
def running(address: str, conversation: Conversation) -> Iterator[Running]:
    """Run a conversation on a thread of its own."""
    at_work = Running(address, conversation)
    thread = threading.Thread(target=at_work.reader.run)
    thread.start()
    try:
        yield at_work
    finally:
        at_work.reader.stop()
        thread.join(GIVE_UP_S)
        assert not thread.is_alive()


def now_ms() -> int:
    """The clock that libosdp's own runs beside."""
    return time.monotonic_ns() // 1_000_000


class Wire:
    """A conversation and a reader joined in memory, with somebody in between who may change what the reader says."""

    def __init__(self, conversation: Conversation, between: Callable[[bytes], Iterable[bytes]]) -> None:
        self.conversation = conversation
        self.between = between
        self.messages: list[Message] = []
        self._channel = library.Channel()
        self.reader = library.peripheral(READER, KEY, self._channel, [])
        self.reader.set_command_callback(lambda _command: library.accepted())
        conversation.restored(now_ms())

    def turn(self) -> list[Message]:
        """Let each side go on once; return all that was told so far."""
        self.messages += self.conversation.receive(b"", now_ms())
        self._channel.put(self.conversation.to_send())
        for _ in range(2):
            self.reader.refresh()
        if answer := self._channel.taken():
            for chunk in self.between(answer):
                self.messages += self.conversation.receive(chunk, now_ms())
        return self.messages

    def present(self, number_hex: str) -> None:
        """Put a badge to the reader."""
        data, bits = encode(number_hex)
        card = {"event": 1, "reader_no": 0, "direction": 0, "format": 1, "length": bits, "data": data}
        assert self.reader.submit_event(card)

    def badges(self) -> list[str]:
        """The numbers told so far."""
        return [message.number_hex for message in self.turn() if isinstance(message, BadgePresented)]

    def ready(self) -> bool:
        """Whether the reader was ready at some time."""
        return any(isinstance(message, DeviceReady) for message in self.turn())
