"""The key that each card has of its own, derived from the master key and the card's number (NXP AN10922).

House rule: what a card holds is never the master, so that a card taken apart opens no other.
"""

from firmware_bridge.cards import aes
from firmware_bridge.cards.keys import CardKeys

APPLICATION = b"IND"
"""The number of our application on a DESFire card, as sent; part of every card's key."""
_SYSTEM = b"Indivis"
_DIVERSIFIED = b"\x01"
"""The constant of AES-128 diversification (AN10922, section 2.2)."""
_INPUT_BYTES_MAX = 2 * aes.BLOCK - 1
"""Two blocks less the constant, by AN10922; a card's number is at most 10 bytes, so that ours never comes near."""


def key_of_card(keys: CardKeys, uid: bytes, number: int = 0) -> bytes:
    """The key `number` of the card with that number (4, 7 or 10 bytes); key 0 is the one that proves."""
    return diversified(keys.master, uid + APPLICATION + _SYSTEM + (bytes([number]) if number else b""))


def diversified(master: bytes, data: bytes) -> bytes:
    """AES-128 by AN10922, section 2.2: a CMAC over two blocks, however short `data` (1 to 31 bytes) is."""
    if not 0 < len(data) <= _INPUT_BYTES_MAX:
        raise ValueError("the diversification input has 1 to 31 bytes")
    message = _DIVERSIFIED + data
    first, second = aes.subkeys(master)
    whole = len(message) == 2 * aes.BLOCK
    blocks = message if whole else aes.padded(message).ljust(2 * aes.BLOCK, b"\x00")
    masked = blocks[: aes.BLOCK] + aes.xor(blocks[aes.BLOCK :], first if whole else second)
    return aes.encrypt(master, masked)[aes.BLOCK :]
