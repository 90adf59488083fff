"""Cards without plastic, for the simulated reader: plain numbers, phones, and cards that really hold a key.

House rules: the cards' side of each handshake is written here from the data sheets, not from `handshakes`, so that the
two can disagree; a card forgets what was said when the field goes, as silicon does.
"""

import binascii
import secrets

from firmware_bridge.cards import aes
from firmware_bridge.cards.dialogue import NTAG_APPLICATION, Chance
from firmware_bridge.cards.diversification import APPLICATION
from firmware_bridge.cards.keys import FACTORY_KEY

_DONE, _MORE, _WRONG_KEY, _ILLEGAL, _NO_APPLICATION = b"\x91\x00", b"\x91\xaf", b"\x91\xae", b"\x91\x1c", b"\x91\xa0"
_MAC_BAD, _NO_KEY = b"\x91\x1e", b"\x91\x40"
_ISO_DONE, _ISO_NOT_FOUND, _ISO_UNKNOWN = b"\x90\x00", b"\x6a\x82", b"\x6d\x00"
_NO_CAPABILITIES = bytes(12)
_SELECT, _ISO_SELECT, _EV2_FIRST, _AES, _CONTINUE, _CHANGE_KEY = 0x5A, 0xA4, 0x71, 0xAA, 0xAF, 0xC4
_VERSION, _CREATE = 0x60, 0xCA
_DENIED, _NO_ROOM, _LENGTH_BAD, _DUPLICATE = b"\x91\x9d", b"\x91\x0e", b"\x91\x7e", b"\x91\xde"
_TOKEN_BYTES, _CHANGE_BYTES = 32, 41
_ONE_AES_KEY = 0x81
_ALL_ONES = 0xFFFFFFFF
"""The last step of IEEE 802.3's checksum, which the cards leave out."""
_HEADER = 5
"""Bytes of an APDU before its data."""


class NumberCard:
    """A card that has nothing but its number: 4, 7 or 10 bytes."""

    sel_res = 0x08
    ats = b""

    def __init__(self, uid: bytes) -> None:
        self.uid = uid

    def field_lost(self) -> None:
        """Forget what was said."""

    def answer(self, apdu: bytes) -> bytes | None:
        """What the card says to an APDU; None: nothing, as it knows no APDUs."""
        return None


class Phone(NumberCard):
    """A phone: another random number at each field, and an unknown command for every APDU."""

    sel_res = 0x20
    ats = bytes.fromhex("067577810280")

    def __init__(self, chance: Chance = secrets.token_bytes) -> None:
        self._chance = chance
        super().__init__(b"")
        self.field_lost()

    def field_lost(self) -> None:
        """Take another number."""
        self.uid = b"\x08" + self._chance(3)

    def answer(self, apdu: bytes) -> bytes | None:
        return _ISO_UNKNOWN


class MuteSmartCard(NumberCard):
    """A card that can be sent APDUs and takes part in none of ours, as a bank card or a simple copy."""

    sel_res = 0x20
    ats = bytes.fromhex("067577810280")

    def answer(self, apdu: bytes) -> bytes | None:
        return _ISO_UNKNOWN


class _KeyCard(NumberCard):
    """What cards with an AES key have in common; `key`: the factory's until personalised."""

    sel_res = 0x20
    ats = bytes.fromhex("067577810280")

    def __init__(self, uid: bytes, key: bytes = FACTORY_KEY, *, chance: Chance = secrets.token_bytes) -> None:
        super().__init__(uid)
        self.key = key
        self._chance = chance
        self._opened = False
        self._challenged: tuple[int, int, bytes, bytes] | None = None
        self._session: tuple[bytes, bytes, bytes] | None = None

    def field_lost(self) -> None:
        """Forget everything but the key."""
        self._opened = False
        self._challenged = self._session = None

    def answer(self, apdu: bytes) -> bytes | None:
        if len(apdu) < _HEADER:
            return _ISO_UNKNOWN
        command, data = apdu[1], apdu[_HEADER:-1]
        challenged, self._challenged = self._challenged, None
        if command == _SELECT:
            return self._select_native(data)
        if command == _ISO_SELECT:
            return self._select_iso(data)
        if command in (_EV2_FIRST, _AES) and self._opened and self._knows(command) and data:
            return self._challenge(command, data[0])
        if command == _CONTINUE and challenged:
            return self._judge(*challenged, data)
        if command == _CHANGE_KEY and self._session:
            return self._change_key(*self._session, data)
        return self._other(command, data)

    def _other(self, command: int, data: bytes) -> bytes:
        return _ILLEGAL

    def _select_native(self, name: bytes) -> bytes:
        return _ILLEGAL

    def _select_iso(self, name: bytes) -> bytes:
        return _ISO_NOT_FOUND

    def _knows(self, command: int) -> bool:
        return command == _EV2_FIRST

    def _key(self, number: int) -> bytes | None:
        """A key of the card; None: it has none of that number."""
        return self.key if number == 0 else None

    def _challenge(self, command: int, number: int) -> bytes:
        self._session = None
        key = self._key(number)
        if key is None:
            return _NO_KEY
        random = self._chance(16)
        challenge = aes.encrypt(key, random)
        self._challenged = (command, number, random, challenge)
        return challenge + _MORE

    def _judge(self, command: int, number: int, random: bytes, challenge: bytes, token: bytes) -> bytes:
        """Check the host's token, and prove the key in turn."""
        key = self._key(number) or FACTORY_KEY
        if len(token) != _TOKEN_BYTES:
            return _WRONG_KEY
        chained = command == _AES
        plain = aes.decrypt(key, token, challenge if chained else bytes(16))
        hosts, echo = plain[:16], plain[16:]
        if echo != random[1:] + random[:1]:
            return _WRONG_KEY
        turned = hosts[1:] + hosts[:1]
        if chained:
            return aes.encrypt(key, turned, token[16:]) + _DONE
        identifier = self._chance(4)
        mixed = hosts[:2] + bytes(a ^ b for a, b in zip(hosts[2:8], random[:6], strict=True)) + random[6:] + hosts[8:]
        encryption_key = aes.cmac(key, b"\xa5\x5a\x00\x01\x00\x80" + mixed)
        mac_key = aes.cmac(key, b"\x5a\xa5\x00\x01\x00\x80" + mixed)
        # Only key 0 may change keys; a session of another one is of no use here.
        self._session = (identifier, encryption_key, mac_key) if number == 0 else None
        return aes.encrypt(key, identifier + turned + _NO_CAPABILITIES) + _DONE

    def _change_key(self, identifier: bytes, encryption_key: bytes, mac_key: bytes, data: bytes) -> bytes:
        """Take another key 0, said in secret as the first command of the session."""
        self._session = None
        said, mac = data[:-8], data[-8:]
        if len(data) != _CHANGE_BYTES or aes.cmac(mac_key, b"\xc4\x00\x00" + identifier + said)[1::2] != mac:
            return _MAC_BAD
        start = aes.encrypt(encryption_key, b"\xa5\x5a" + identifier + bytes(10))
        self.key = aes.decrypt(encryption_key, said[1:], start)[:16]
        return _DONE


class Ntag424(_KeyCard):
    """An NTAG 424 DNA: `key` is its key 0, `others` its keys 1 to 4, the factory's until they are changed."""

    def __init__(self, uid: bytes, key: bytes = FACTORY_KEY, *, chance: Chance = secrets.token_bytes) -> None:
        super().__init__(uid, key, chance=chance)
        self.others = dict.fromkeys(range(1, 5), FACTORY_KEY)

    def _key(self, number: int) -> bytes | None:
        return self.key if number == 0 else self.others.get(number)

    def _change_key(self, identifier: bytes, encryption_key: bytes, mac_key: bytes, data: bytes) -> bytes:
        """Another key than 0 comes mixed with the old one and with its checksum; the session goes on."""
        number = data[0] if data else 0
        if number == 0:
            return super()._change_key(identifier, encryption_key, mac_key, data)
        self._session = None
        said, mac = data[:-8], data[-8:]
        if len(data) != _CHANGE_BYTES or aes.cmac(mac_key, b"\xc4\x00\x00" + identifier + said)[1::2] != mac:
            return _MAC_BAD
        old = self._key(number)
        if old is None:
            return _NO_KEY
        start = aes.encrypt(encryption_key, b"\xa5\x5a" + identifier + bytes(10))
        plain = aes.decrypt(encryption_key, said[1:], start)
        key = bytes(a ^ b for a, b in zip(plain[:16], old, strict=True))
        if binascii.crc32(key) ^ int.from_bytes(plain[17:21], "little") != _ALL_ONES:
            return _MAC_BAD
        self.others[number] = key
        return aes.cmac(mac_key, b"\x00\x01\x00" + identifier)[1::2] + _DONE

    def _select_iso(self, name: bytes) -> bytes:
        self._opened = name == NTAG_APPLICATION
        return _ISO_DONE if self._opened else _ISO_NOT_FOUND


class Desfire(_KeyCard):
    """A DESFire; `generation` 1 knows only the older authentication.

    `blank`: as it leaves the factory, without our application; `locked`: its issuer lets nobody make one; `full`: it
    has no room for one.
    """

    def __init__(
        self,
        uid: bytes,
        key: bytes = FACTORY_KEY,
        *,
        generation: int = 3,
        blank: bool = False,
        locked: bool = False,
        full: bool = False,
        chance: Chance = secrets.token_bytes,
    ) -> None:
        super().__init__(uid, key, chance=chance)
        self._generation = generation
        self.blank, self._locked, self._full = blank, locked, full
        self._at_root = True
        self._version_parts: list[bytes] = []

    def field_lost(self) -> None:
        super().field_lost()
        self._at_root, self._version_parts = True, []

    def _select_native(self, name: bytes) -> bytes:
        self._session = None
        self._at_root = name == bytes(3)
        self._opened = name == APPLICATION and not self.blank
        return _DONE if self._opened or self._at_root else _NO_APPLICATION

    def _other(self, command: int, data: bytes) -> bytes:
        parts, self._version_parts = self._version_parts, []
        if command == _VERSION:
            hardware = bytes([0x04, 0x01, 0x01, (0x01, 0x12, 0x33)[self._generation - 1], 0x00, 0x18, 0x05])
            self._version_parts = [hardware + _MORE, self.uid + bytes(7) + _DONE]
            return hardware + _MORE
        if command == _CONTINUE and parts:
            self._version_parts = parts[1:]
            return parts[0]
        if command == _CREATE and self._at_root:
            return self._create(data)
        return _ILLEGAL

    def _create(self, data: bytes) -> bytes:
        """Make an application whose only key is the factory's."""
        if self._locked:
            return _DENIED
        if self._full:
            return _NO_ROOM
        if len(data) != len(APPLICATION) + 2 or data[-1] != _ONE_AES_KEY:
            return _LENGTH_BAD
        if data[: len(APPLICATION)] != APPLICATION or not self.blank:
            return _DUPLICATE
        self.blank, self.key = False, FACTORY_KEY
        return _DONE

    def _knows(self, command: int) -> bool:
        return command == _AES or self._generation > 1
