"""How a card and a host prove to each other that they hold the same key, without saying it.

`Ev2First` is AuthenticateEV2First (NTAG 424 DNA and DESFire EV2, EV3; NT4H2421Gx, section 9.1.5), `AesLegacy` is
AuthenticateAES (DESFire EV1 and later; the start value is chained). Both go: command; the card's random number under
the key; the host's token; the card's answer, which only a holder of the key can give.

House rules: the host's random number is an argument and is used for one handshake; a wrong answer gives None.
"""

import hmac
from dataclasses import dataclass, field
from typing import Protocol

from firmware_bridge.cards import aes
from firmware_bridge.cards.apdu import wrapped

RANDOM_BYTES = 16
TOKEN_BYTES = 32
_IDENTIFIER_BYTES = 4
_AUTHENTICATE_EV2_FIRST, _AUTHENTICATE_AES = 0x71, 0xAA
_ENCRYPTION, _MAC = bytes.fromhex("A55A00010080"), bytes.fromhex("5AA500010080")


@dataclass(frozen=True, slots=True)
class Session:
    """What both ends share after a handshake; `identifier` is empty after `AesLegacy`."""

    identifier: bytes
    encryption_key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)


class Handshake(Protocol):
    """The host's side of one authentication."""

    answer_bytes: int

    def command(self) -> bytes:
        """The APDU that begins it."""

    def token(self, challenge: bytes) -> bytes:
        """What to send for the card's 16 bytes: 32 bytes."""

    def confirm(self, answer: bytes) -> Session | None:
        """The session, when the card's last `answer_bytes` prove that it holds the key."""


class Ev2First:
    """AuthenticateEV2First with key `number`."""

    answer_bytes = 32

    def __init__(self, key: bytes, random: bytes, number: int = 0) -> None:
        self._key, self._random, self._number = key, random, number
        self._cards_random = b""

    def command(self) -> bytes:
        return wrapped(_AUTHENTICATE_EV2_FIRST, bytes([self._number, 0x00]))

    def token(self, challenge: bytes) -> bytes:
        self._cards_random = aes.decrypt(self._key, challenge)
        return aes.encrypt(self._key, self._random + aes.rotated(self._cards_random))

    def confirm(self, answer: bytes) -> Session | None:
        plain = aes.decrypt(self._key, answer)
        identifier, echo = plain[:_IDENTIFIER_BYTES], plain[_IDENTIFIER_BYTES : _IDENTIFIER_BYTES + RANDOM_BYTES]
        if not hmac.compare_digest(echo, aes.rotated(self._random)):
            return None
        encryption_key, mac_key = session_keys(self._key, self._random, self._cards_random)
        return Session(identifier, encryption_key, mac_key)


class AesLegacy:
    """AuthenticateAES with key `number`."""

    answer_bytes = 16

    def __init__(self, key: bytes, random: bytes, number: int = 0) -> None:
        self._key, self._random, self._number = key, random, number
        self._cards_random = self._last_block = b""

    def command(self) -> bytes:
        return wrapped(_AUTHENTICATE_AES, bytes([self._number]))

    def token(self, challenge: bytes) -> bytes:
        self._cards_random = aes.decrypt(self._key, challenge)
        token = aes.encrypt(self._key, self._random + aes.rotated(self._cards_random), challenge)
        self._last_block = token[-aes.BLOCK :]
        return token

    def confirm(self, answer: bytes) -> Session | None:
        echo = aes.decrypt(self._key, answer, self._last_block)
        if not hmac.compare_digest(echo, aes.rotated(self._random)):
            return None
        ours, cards = self._random, self._cards_random
        key = ours[:4] + cards[:4] + ours[12:] + cards[12:]
        return Session(b"", key, key)


def session_keys(key: bytes, ours: bytes, cards: bytes) -> tuple[bytes, bytes]:
    """The keys for encryption and for the MAC that follow from both random numbers (NT4H2421Gx, section 9.1.7)."""
    mixed = ours[:2] + aes.xor(ours[2:8], cards[:6]) + cards[6:] + ours[8:]
    return aes.cmac(key, _ENCRYPTION + mixed), aes.cmac(key, _MAC + mixed)
