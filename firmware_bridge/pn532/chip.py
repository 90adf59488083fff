"""The few commands of a PN532 that are used, and what its answers say (UM0701-02, section 7).

House rule: an answer is any bytes; what does not parse whole is None, and no part of it is believed.
"""

from dataclasses import dataclass, field

from firmware_bridge.pn532.frames import Packet, encode

BAUD = 115_200
SAM_CONFIGURATION, GET_FIRMWARE_VERSION, RF_CONFIGURATION = 0x14, 0x02, 0x32
IN_LIST_PASSIVE_TARGET, IN_DATA_EXCHANGE = 0x4A, 0x40
PN532_IC = 0x32
TARGETS_MAX = 2
"""What the chip can hold at once; a third card is not seen until one of the two is gone."""
APDU_BYTES_MAX = 262
"""What InDataExchange carries in one piece; nothing that is sent here comes near."""

_ISO_DEP = 0x20
"""The bit of SEL_RES that promises ISO/IEC 14443-4."""
_UID_BYTES = (4, 7, 10)
_TARGET_HEAD_BYTES = 5
"""Number, SENS_RES (2), SEL_RES and the length of the UID."""
_VERSION_BYTES = 4
_RANDOM_UID = 0x08
_ERROR_BITS = 0x3F
_NORMAL_MODE = b"\x01"
_RETRIES, _FIELD = 5, 1
_FIELD_OFF = 0x02
_MAX_RETRIES = bytes([_RETRIES, 0xFF, 0x01, 0x01])
"""ATR as it was, PSL and passive activation once: without this the chip is silent until a card comes."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked of the chip, and how long after its ACK the answer may take, in ms."""

    code: int
    data: bytes = field(repr=False)
    within_ms: int

    @property
    def frame(self) -> bytes:
        """The bytes on the line."""
        return encode(Packet(to_chip=True, code=self.code, data=self.data))


WAKE_UP = b"\x55\x55" + bytes(12)
"""Sent right before SAMConfiguration, whose preamble makes the zeros fourteen."""
SET_UP_MS, LIST_MS, EXCHANGE_MS = 200, 500, 1000
"""Answers come in a few ms; activating two slow cards, or one's arithmetic, may take tens. Beyond this it is stuck."""

SAM_NORMAL = Command(SAM_CONFIGURATION, _NORMAL_MODE, SET_UP_MS)
FIRMWARE = Command(GET_FIRMWARE_VERSION, b"", SET_UP_MS)
FEW_RETRIES = Command(RF_CONFIGURATION, _MAX_RETRIES, SET_UP_MS)
FIELD_OFF = Command(RF_CONFIGURATION, bytes([_FIELD, _FIELD_OFF]), SET_UP_MS)
"""Cards forget everything without a field, so that each poll finds them new, the silent ISO 14443-4 ones too."""
LIST_CARDS = Command(IN_LIST_PASSIVE_TARGET, bytes([TARGETS_MAX, 0x00]), LIST_MS)


def exchange(target: int, apdu: bytes) -> Command:
    """An APDU for the card that the list numbers `target`."""
    return Command(IN_DATA_EXCHANGE, bytes([target]) + apdu[:APDU_BYTES_MAX], EXCHANGE_MS)


@dataclass(frozen=True, slots=True)
class Target:
    """A card in the field. `uid`: 4, 7 or 10 bytes; `iso_dep`: whether it can be sent APDUs."""

    number: int
    uid: bytes = field(repr=False)
    iso_dep: bool

    @property
    def random(self) -> bool:
        """Whether the number is new at each field, as phones' are (NXP AN10927): no identity."""
        return len(self.uid) == _UID_BYTES[0] and self.uid[0] == _RANDOM_UID


def firmware_version(data: bytes) -> tuple[int, str] | None:
    """The kind of chip (32 for a PN532) and its firmware, `1.6`."""
    if len(data) != _VERSION_BYTES:
        return None
    return data[0], f"{data[1]}.{data[2]}"


def listed(data: bytes) -> tuple[Target, ...] | None:
    """The cards that InListPassiveTarget found, type A at 106 kbit/s."""
    if not data or data[0] > TARGETS_MAX:
        return None
    return _targets(data[1:], data[0])


def _targets(rest: bytes, count: int) -> tuple[Target, ...] | None:
    """So many cards, and nothing after them. A card may promise ISO 14443-4 and then not answer: it has no ATS."""
    if count == 0:
        return None if rest else ()
    if len(rest) < _TARGET_HEAD_BYTES:
        return None
    number, select, end = rest[0], rest[3], _TARGET_HEAD_BYTES + rest[4]
    if rest[4] not in _UID_BYTES or len(rest) < end:
        return None
    uid, rest = rest[_TARGET_HEAD_BYTES:end], rest[end:]
    if select & _ISO_DEP and rest and 0 < rest[0] <= len(rest):
        others = _targets(rest[rest[0] :], count - 1)
        if others is not None:
            return Target(number, uid, iso_dep=True), *others
    others = _targets(rest, count - 1)
    return None if others is None else (Target(number, uid, iso_dep=False), *others)


def exchanged(data: bytes) -> bytes | None:
    """The card's answer; None: the chip met an error on the air (01: the card is gone), and this proves nothing."""
    if not data or data[0] & _ERROR_BITS:
        return None
    return data[1:]
