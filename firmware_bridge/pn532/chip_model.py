"""A PN532 in memory: bytes and time in, bytes out when they are due; faults on request. Pure.

House rules: it is as hard to please as the chip: deaf until it is woken, without an answer when its retries are
endless and no card comes, and a card that speaks ISO 14443-4 is not found twice in one field.
"""

from dataclasses import dataclass, field
from random import Random

from firmware_bridge.cards.simulated import NumberCard
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532.frames import ACK, Ack, Nack, Packet, Pn532Decoder, encode, encode_error

ACK_AFTER_MS, ANSWER_AFTER_MS = 1, 4
QUEUED_MAX = 64
"""Frames that wait for their moment: a host that keeps the rules has two; the oldest of more are lost."""
_GONE = b"\x01"
_FIRMWARE = bytes([chip.PN532_IC, 0x01, 0x06, 0x07])


@dataclass
class Faults:
    """What is wrong with the chip at the moment; all off at the start."""

    mute: bool = False
    slow_ms: int = 0
    garbage_bytes: int = 0
    drop: float = 0.0
    error_frames: int = 0
    """So many of the next commands are answered with the error frame."""
    chance: Random = field(default_factory=lambda: Random(0))  # noqa: S311 - a fault is no secret


class ChipModel:
    """The chip, the field and the cards in it (`place`, `take_away`)."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._cards: list[NumberCard] = []
        self._decoder = Pn532Decoder()
        self._queue: list[tuple[int, bytes]] = []
        self._last_frame = b""
        self._listed: dict[int, NumberCard] = {}
        self._silent: list[NumberCard] = []
        self.reset()

    def reset(self) -> None:
        """As after a dip of its supply: asleep, nothing configured, the field off."""
        self._decoder.finish()
        self._queue.clear()
        self._awake = self._configured = False
        self._limited = False
        self._waiting_list: int | None = None
        self._field_lost()

    def place(self, card: NumberCard, now_ms: int) -> None:
        """Put a card into the field."""
        card.field_lost()
        self._cards.append(card)
        if self._waiting_list is not None:
            wanted, self._waiting_list = self._waiting_list, None
            self._answer(chip.IN_LIST_PASSIVE_TARGET, self._list(wanted), now_ms)

    def take_away(self, card: NumberCard) -> None:
        """Take it out again."""
        self._cards.remove(card)
        self._silent = [other for other in self._silent if other is not card]
        self._listed = {number: other for number, other in self._listed.items() if other is not card}

    def receive(self, data: bytes, now_ms: int) -> None:
        """Take what the host wrote."""
        if not self._awake:
            start = data.find(b"\x55")
            if start < 0:
                return
            self._awake, data = True, data[start:]
        for found in self._decoder.feed(data):
            match found:
                case Ack():
                    self._queue.clear()
                    self._waiting_list = None
                case Nack():
                    self._queue.append((now_ms + ACK_AFTER_MS, self._last_frame))
                case Packet() if found.to_chip:
                    self._obey(found, now_ms)
                case _:
                    pass
        del self._queue[:-QUEUED_MAX]

    def due(self, now_ms: int) -> bytes:
        """What the chip has put on the line by now."""
        ready = [data for at_ms, data in self._queue if at_ms <= now_ms]
        self._queue = [(at_ms, data) for at_ms, data in self._queue if at_ms > now_ms]
        faults = self.faults
        if faults.mute:
            return b""
        line = b"".join(faults.chance.randbytes(faults.garbage_bytes) + data for data in ready)
        return bytes(byte for byte in line if not faults.drop or faults.chance.random() >= faults.drop)

    def next_due(self) -> int | None:
        """When `due` has something next, in ms."""
        return min((at_ms for at_ms, _data in self._queue), default=None)

    def _obey(self, command: Packet, now_ms: int) -> None:
        if command.code == chip.SAM_CONFIGURATION:
            self._configured = True
        if not self._configured:
            return
        self._waiting_list = None
        self._queue.append((now_ms + ACK_AFTER_MS, ACK))
        if self.faults.error_frames > 0:
            self.faults.error_frames -= 1
            self._queue.append((now_ms + ANSWER_AFTER_MS, encode_error()))
            return
        match command.code:
            case chip.SAM_CONFIGURATION:
                self._answer(command.code, b"", now_ms)
            case chip.GET_FIRMWARE_VERSION:
                self._answer(command.code, _FIRMWARE, now_ms)
            case chip.RF_CONFIGURATION:
                self._configure(command.data)
                self._answer(command.code, b"", now_ms)
            case chip.IN_LIST_PASSIVE_TARGET if command.data[1:] == b"\x00":
                listed = self._list(command.data[0])
                if listed == b"\x00" and not self._limited:
                    self._waiting_list = command.data[0]
                else:
                    self._answer(command.code, listed, now_ms)
            case chip.IN_DATA_EXCHANGE if command.data:
                self._answer(command.code, self._exchange(command.data[0], command.data[1:]), now_ms)
            case _:
                self._queue.append((now_ms + ANSWER_AFTER_MS, encode_error()))

    def _configure(self, data: bytes) -> None:
        if data[:1] == b"\x05":
            self._limited = data[3:4] != b"\xff"
        elif data[:1] == b"\x01" and not (data[1:2] or b"\x00")[0] % 2:
            self._field_lost()

    def _field_lost(self) -> None:
        self._listed = {}
        self._silent = []
        for card in self._cards:
            card.field_lost()

    def _list(self, wanted: int) -> bytes:
        """Activate up to `wanted` cards; one that speaks ISO 14443-4 already keeps silent until the field goes."""
        fresh = [card for card in self._cards if card not in self._silent][: min(wanted, chip.TARGETS_MAX)]
        self._listed = dict(enumerate(fresh, start=1))
        self._silent += [card for card in fresh if card.ats]
        return bytes([len(fresh)]) + b"".join(_described(number, card) for number, card in self._listed.items())

    def _exchange(self, number: int, apdu: bytes) -> bytes:
        card = self._listed.get(number)
        answer = card.answer(apdu) if card in self._cards and card is not None else None
        return _GONE if answer is None else b"\x00" + answer

    def _answer(self, code: int, data: bytes, now_ms: int) -> None:
        self._last_frame = encode(Packet(to_chip=False, code=code + 1, data=data))
        self._queue.append((now_ms + ANSWER_AFTER_MS + self.faults.slow_ms, self._last_frame))


def _described(number: int, card: NumberCard) -> bytes:
    """A card in the answer to InListPassiveTarget."""
    sens_res = b"\x03\x44" if card.ats else b"\x00\x04"
    return bytes([number]) + sens_res + bytes([card.sel_res, len(card.uid)]) + card.uid + card.ats
