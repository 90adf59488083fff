"""Wiegand numbers: the bits that a card reader sends, checked, as a badge's number. Pure.

House rules: only the two formats whose parity can be checked are read; any other length is refused by name, for a
lost or invented pulse must not make another person's number. 26 bits: even parity over the first 12 data bits,
facility (8) and card (16), odd parity over the last 12. 34 bits: the same with 16 and 16.

Wiegand authenticates nothing: who taps the wire can play a number again.
"""

from firmware_bridge.errors import BadBadgeNumberError
from firmware_bridge.frames import Frame, Reject

DATA_DIGITS = {26: 6, 34: 8}
"""Bits on the line, and hex digits of the number between the two parity bits."""


def read(data: bytes, bits: int) -> Frame | Reject:
    """Read `bits` bits, left-aligned in `data`, as a number of 6 (26 bits) or 8 (34 bits) upper-case hex digits.

    `Reject("bit_count")`: another length, or fewer bits than stated; `Reject("parity")`: either half disagrees.
    What follows the stated bits is padding and not looked at.
    """
    if bits not in DATA_DIGITS or len(data) * 8 < bits:
        return Reject("bit_count")
    whole = int.from_bytes(data) >> (len(data) * 8 - bits)
    half = bits // 2
    first, last = whole >> half, whole & ((1 << half) - 1)
    if first.bit_count() % 2 != 0 or last.bit_count() % 2 != 1:
        return Reject("parity")
    number = (whole >> 1) & ((1 << (bits - 2)) - 1)
    return Frame(f"{number:0{DATA_DIGITS[bits]}X}")


def encode(number_hex: str) -> tuple[bytes, int]:
    """Return the left-aligned bits of a number of 6 or 8 hex digits, and how many; raise `BadBadgeNumberError`."""
    lengths = {digits: bits for bits, digits in DATA_DIGITS.items()}
    try:
        bits, number = lengths[len(number_hex)], int(number_hex, 16)
    except (KeyError, ValueError) as error:
        raise BadBadgeNumberError("") from error
    half = (bits - 2) // 2
    even = (number >> half).bit_count() % 2
    odd = 1 - (number & ((1 << half) - 1)).bit_count() % 2
    whole = even << (bits - 1) | number << 1 | odd
    size = (bits + 7) // 8
    return (whole << (size * 8 - bits)).to_bytes(size), bits
