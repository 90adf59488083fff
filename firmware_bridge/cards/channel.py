"""What is said in secret after AuthenticateEV2First: today only ChangeKey (NT4H2421Gx, sections 9.1.8 and 10.6.1).

House rule: a command's counter is part of what is protected; it is an argument, and its use up to the caller.
"""

from firmware_bridge.cards import aes
from firmware_bridge.cards.apdu import wrapped
from firmware_bridge.cards.handshakes import Session

_CHANGE_KEY = 0xC4
_TO_CARD = b"\xa5\x5a"


def change_own_key(session: Session, counter: int, key: bytes, *, version: int) -> bytes:
    """The APDU that replaces key 0, with which the session was opened; the session ends with it."""
    count = counter.to_bytes(2, "little")
    start = aes.encrypt(session.encryption_key, _TO_CARD + session.identifier + count + bytes(8))
    secret = aes.encrypt(session.encryption_key, aes.padded(key + bytes([version])), start)
    header = b"\x00"
    said = bytes([_CHANGE_KEY]) + count + session.identifier + header + secret
    return wrapped(_CHANGE_KEY, header + secret + aes.short_mac(session.mac_key, said))
