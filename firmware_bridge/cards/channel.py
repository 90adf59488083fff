"""What is said in secret after AuthenticateEV2First: today only ChangeKey (NT4H2421Gx, sections 9.1.8 and 10.6.1).

House rule: a command's counter is part of what is protected; it is an argument, and its use up to the caller.
"""

import hmac
import zlib

from firmware_bridge.cards import aes
from firmware_bridge.cards.apdu import wrapped
from firmware_bridge.cards.handshakes import Session

_CHANGE_KEY = 0xC4
_TO_CARD = b"\xa5\x5a"


def change_own_key(session: Session, counter: int, key: bytes, *, version: int) -> bytes:
    """The APDU that replaces key 0, with which the session was opened; the session ends with it."""
    return _change_key(session, counter, 0, key + bytes([version]))


def change_other_key(session: Session, counter: int, number: int, key: bytes, old: bytes, *, version: int) -> bytes:
    """The APDU that replaces key `number` in a session of key 0, which goes on: a card whose key was not `old` refuses.

    The checksum of the new key is IEEE 802.3's without its last complement (AN12196, table 25).
    """
    check = (zlib.crc32(key) ^ 0xFFFFFFFF).to_bytes(4, "little")
    return _change_key(session, counter, number, aes.xor(key, old) + bytes([version]) + check)


def confirmed(session: Session, counter: int, mac: bytes) -> bool:
    """Whether an answer without data is the card's own; `counter` is the command's plus one."""
    said = b"\x00" + counter.to_bytes(2, "little") + session.identifier
    return hmac.compare_digest(mac, aes.short_mac(session.mac_key, said))


def _change_key(session: Session, counter: int, number: int, plain: bytes) -> bytes:
    count = counter.to_bytes(2, "little")
    start = aes.encrypt(session.encryption_key, _TO_CARD + session.identifier + count + bytes(8))
    secret = aes.encrypt(session.encryption_key, aes.padded(plain), start)
    header = bytes([number])
    said = bytes([_CHANGE_KEY]) + count + session.identifier + header + secret
    return wrapped(_CHANGE_KEY, header + secret + aes.short_mac(session.mac_key, said))
