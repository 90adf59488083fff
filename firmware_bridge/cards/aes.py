"""AES-128 as the cards use it: single blocks, CBC without padding, CMAC (NIST SP 800-38B).

House rule: the cipher itself is the library's; here is only which mode, which start value, which bytes.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
ZERO_BLOCK = bytes(BLOCK)


def encrypt(key: bytes, data: bytes, start: bytes = ZERO_BLOCK) -> bytes:
    """CBC, whole blocks; `start` is the block before the first."""
    encryptor = Cipher(algorithms.AES128(key), modes.CBC(start)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def decrypt(key: bytes, data: bytes, start: bytes = ZERO_BLOCK) -> bytes:
    """The reverse of `encrypt`."""
    decryptor = Cipher(algorithms.AES128(key), modes.CBC(start)).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def cmac(key: bytes, data: bytes) -> bytes:
    """The whole CMAC, 16 bytes."""
    mac = CMAC(algorithms.AES128(key))
    mac.update(data)
    return mac.finalize()


def short_mac(key: bytes, data: bytes) -> bytes:
    """The CMAC's bytes 1, 3 .. 15: the eight that cards send (AN12196, section 4.4)."""
    return cmac(key, data)[1::2]


def padded(data: bytes) -> bytes:
    """To whole blocks by 80 00 .. (ISO/IEC 9797-1, method 2)."""
    marked = data + b"\x80"
    return marked + bytes(-len(marked) % BLOCK)


def rotated(block: bytes) -> bytes:
    """One byte to the left, as both ends prove that they have read a random number."""
    return block[1:] + block[:1]


def subkeys(key: bytes) -> tuple[bytes, bytes]:
    """K1 and K2 of CMAC (SP 800-38B, section 6.1)."""
    first = _doubled(encrypt(key, ZERO_BLOCK))
    return first, _doubled(first)


def _doubled(block: bytes) -> bytes:
    number = int.from_bytes(block, "big") << 1
    if number >> (8 * BLOCK):
        number ^= (1 << (8 * BLOCK)) | 0x87
    return number.to_bytes(BLOCK, "big")


def xor(one: bytes, other: bytes) -> bytes:
    """Byte by byte; both equally long."""
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
