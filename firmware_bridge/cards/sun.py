"""SUN: the message that an NTAG 424 DNA mirrors, fresh at each reading, into its text (AN12196, section 3).

House rules: a message is a photograph of a card, and only the counter tells the first showing from a second: the
caller keeps the last one accepted for each card, and what does not rise above it is a replay.
"""

import hmac
from dataclasses import dataclass, field
from typing import Literal

from firmware_bridge.cards import aes

UID_BYTES, COUNTER_BYTES, MAC_BYTES = 7, 3, 8
_TAG_UID_AND_COUNTER = 0xC7
_MAC, _ENCRYPTION = bytes.fromhex("3CC300010080"), bytes.fromhex("C33C00010080")

SunError = Literal["length", "tag", "mac", "replay"]


@dataclass(frozen=True, slots=True)
class SunRead:
    """A message that only the card can have made, and only now: `counter` is to be kept."""

    uid: bytes = field(repr=False)
    counter: int


def decrypted(picc_data: bytes, meta_key: bytes) -> tuple[bytes, int] | SunError:
    """The number and the counter out of the 16 encrypted bytes; the MAC is still to be checked."""
    if len(picc_data) != aes.BLOCK:
        return "length"
    plain = aes.decrypt(meta_key, picc_data)
    if plain[0] != _TAG_UID_AND_COUNTER:
        return "tag"
    uid, rest = plain[1 : 1 + UID_BYTES], plain[1 + UID_BYTES :]
    return uid, int.from_bytes(rest[:COUNTER_BYTES], "little")


def verified(
    uid: bytes, counter: int, mac: bytes, *, file_key: bytes, mac_input: bytes = b"", last_counter: int | None = None
) -> SunRead | SunError:
    """The message, if its MAC is the card's and its counter has risen; `last_counter`: None for a first reading."""
    if len(uid) != UID_BYTES or len(mac) != MAC_BYTES or not 0 <= counter < 1 << (8 * COUNTER_BYTES):
        return "length"
    session_key = aes.cmac(file_key, _MAC + uid + _counted(counter))
    if not hmac.compare_digest(aes.short_mac(session_key, mac_input), mac):
        return "mac"
    if last_counter is not None and counter <= last_counter:
        return "replay"
    return SunRead(uid, counter)


def file_data(uid: bytes, counter: int, encrypted: bytes, *, file_key: bytes) -> bytes:
    """The encrypted part of the card's text, whole blocks; only worth reading after `verified`."""
    key = aes.cmac(file_key, _ENCRYPTION + uid + _counted(counter))
    start = aes.encrypt(key, _counted(counter) + bytes(aes.BLOCK - COUNTER_BYTES))
    return aes.decrypt(key, encrypted, start)


def _counted(counter: int) -> bytes:
    return counter.to_bytes(COUNTER_BYTES, "little")
