"""A PN532 and its link on a bench: time moved by hand, any line between them, each way."""

from collections.abc import Callable
from random import Random

from firmware_bridge.cards.keys import CardKeys
from firmware_bridge.cards.simulated import NumberCard
from firmware_bridge.messages import BadgePresented, BadgeRemoved, BadgeUnusable, DeviceReady, DeviceTrouble, Message
from firmware_bridge.pn532.chip_model import ChipModel
from firmware_bridge.pn532.frames import BUFFERED_MAX
from firmware_bridge.pn532.link import BACK_OFF_LAST_MS, Pn532Link
from tests.bridge import hostile

UID, OTHER = bytes.fromhex("04A1B2C3D4E5F6"), bytes.fromhex("040A0B0C0D0E0F")
KEYS = CardKeys(bytes.fromhex("00112233445566778899AABBCCDDEEFF"))
STRANGE = CardKeys(bytes.fromhex("FFEEDDCCBBAA99887766554433221100"))
READY = "ready PN532 1.6"
RECOVERY_MS = BACK_OFF_LAST_MS + 500
"""The longest pause, and the wake-up and a poll after it."""

COMMAND_BYTES_MAX = 80
"""The longest thing that the link says: a change of key with its frame, or a wake-up."""
STEPS_MAX = 100_000
"""A conversation that never lets time pass would keep a test for ever."""

Wire = Callable[[bytes], list[bytes]]


def clean(data: bytes) -> list[bytes]:
    """A good line."""
    return [data]


def wire(line: hostile.Line, seed: int) -> Wire:
    """A hostile line as the bench takes it."""
    chance = Random(seed)
    return lambda data: list(line([data], chance))


class Bench:
    """`run` lets time pass; `messages` is all that was said."""

    def __init__(self, keys: CardKeys | None = None, seed: int = 0) -> None:
        self.now_ms = 1_000
        self.chip = ChipModel()
        self.chip.faults.chance = Random(seed)
        self.link = Pn532Link(keys, chance=Random(seed + 1).randbytes)
        self.to_host: Wire = clean
        self.to_chip: Wire = clean
        self.messages: list[Message] = []
        self.steps = 0
        self.link.restored(self.now_ms)

    def run(self, duration_ms: int) -> list[Message]:
        """Let time pass; return what was said meanwhile."""
        before, until_ms = len(self.messages), self.now_ms + duration_ms
        while True:
            self._write()
            moments = [moment for moment in (self.link.next_deadline(), self.chip.next_due()) if moment is not None]
            next_ms = min([*moments, until_ms])
            if next_ms >= until_ms:
                self.now_ms = until_ms
                return self.messages[before:]
            self.now_ms = max(self.now_ms, next_ms)
            self._read()

    def place(self, card: NumberCard) -> NumberCard:
        """Put a card to the reader."""
        self.chip.place(card, self.now_ms)
        return card

    def _write(self) -> None:
        if data := self.link.to_send():
            for chunk in self.to_chip(data):
                self.chip.receive(chunk, self.now_ms)

    def _read(self) -> None:
        data = self.chip.due(self.now_ms)
        for chunk in self.to_host(data) if data else []:
            self._hear(chunk)
        self._hear(b"")

    def _hear(self, chunk: bytes) -> None:
        self.steps += 1
        assert self.steps < STEPS_MAX
        self.messages += self.link.receive(chunk, self.now_ms)
        assert self.link.buffered <= BUFFERED_MAX + COMMAND_BYTES_MAX
        self._write()


def number(uid: bytes) -> str:
    """As messages have it."""
    return uid.hex().upper()


def said(messages: list[Message]) -> list[str]:
    """Messages in short: what happened, without when."""
    return [_short(message) for message in messages]


def _short(message: Message) -> str:
    match message:
        case BadgePresented():
            return f"presented {message.number_hex} {message.proof}"
        case BadgeRemoved():
            return f"removed {message.number_hex}"
        case BadgeUnusable():
            return f"unusable {message.reason}"
        case DeviceReady():
            return f"ready {message.identity} {message.firmware}"
        case DeviceTrouble():
            return f"trouble {message.code}"
        case _:
            return str(message)
