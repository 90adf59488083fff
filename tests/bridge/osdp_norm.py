"""A reader written from the norm alone (SIA OSDP 2.2, annex D), to hold ours against something that is not libosdp."""

import secrets
from collections import deque

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from firmware_bridge.osdp import frames
from firmware_bridge.osdp.frames import OsdpDecoder, OsdpFrame, encode

CLIENT_ID = bytes.fromhex("0102030405060708")
BLOCK = 16


def aes(key: bytes, block: bytes) -> bytes:
    """One block, enciphered."""
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)  # noqa: S305 - as the norm says


def chained(key: bytes, first: bytes, data: bytes) -> bytes:
    """Blocks, enciphered one into the next."""
    return Cipher(algorithms.AES(key), modes.CBC(first)).encryptor().update(data)


def unchained(key: bytes, first: bytes, data: bytes) -> bytes:
    """Blocks, deciphered."""
    return Cipher(algorithms.AES(key), modes.CBC(first)).decryptor().update(data)


def inverted(block: bytes) -> bytes:
    """Each bit turned."""
    return bytes(byte ^ 0xFF for byte in block)


def padded(data: bytes) -> bytes:
    """A mark and zeros up to whole blocks."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


class Session:
    """The keys and proofs of one handshake."""

    def __init__(self, scbk: bytes, rnd_a: bytes, rnd_b: bytes) -> None:
        self.enc, self.mac1, self.mac2 = (
            aes(scbk, bytes.fromhex(kind) + rnd_a[:6] + bytes(8)) for kind in ("0182", "0101", "0102")
        )
        self.client = aes(self.enc, rnd_a + rnd_b)
        self.server = aes(self.enc, rnd_b + rnd_a)
        self.rmac_i = aes(self.mac2, aes(self.mac1, self.server))

    def mac(self, first: bytes, message: bytes) -> bytes:
        """The proof of a message, chained to the one before it."""
        whole = message if len(message) % BLOCK == 0 else padded(message)
        if len(whole) > BLOCK:
            first = chained(self.mac1, first, whole[:-BLOCK])[-BLOCK:]
        return chained(self.mac2, first, whole[-BLOCK:])


class NormReader:
    """A reader that holds `key` and tells `cards`; `asked` is what it deciphered, `refuses` what it says no to."""

    def __init__(self, address: int, key: bytes) -> None:
        self.cards: deque[bytes] = deque(maxlen=8)
        self.asked: list[tuple[int, bytes]] = []
        self.refuses: set[int] = set()
        self._address, self._key = address, key
        self._decoder = OsdpDecoder()
        self._session: Session | None = None
        self._rnd_a = self._rnd_b = self._command_mac = self._reply_mac = b""

    def answers(self, line: bytes) -> bytes:
        """Answer each command on the line."""
        found = self._decoder.feed(line)
        return b"".join(self._answer(one) for one in found if isinstance(one, OsdpFrame) and not one.reply)

    def _answer(self, command: OsdpFrame) -> bytes:
        match command.code, command.security:
            case frames.ID, 0:
                return self._reply(command, frames.PDID, bytes(12))
            case frames.CAP, 0:
                return self._reply(command, frames.PDCAP, bytes([4, 1, 1, 9, 1, 1]))
            case frames.CHLNG, frames.SCS_11 if command.selector == 1:
                self._rnd_a, self._rnd_b = command.data, secrets.token_bytes(8)
                self._session = Session(self._key, self._rnd_a, self._rnd_b)
                told = CLIENT_ID + self._rnd_b + self._session.client
                return self._reply(command, frames.CCRYPT, told, b"\x03\x12\x01")
            case frames.SCRYPT, frames.SCS_13 if self._session and command.data == self._session.server:
                self._reply_mac = self._session.rmac_i
                return self._reply(command, frames.RMAC_I, self._session.rmac_i, b"\x03\x14\x01")
            case _, frames.SCS_15 | frames.SCS_17 if self._session:
                return self._answer_safely(self._session, command)
            case _:
                return self._reply(command, frames.NAK, b"\x05")

    def _answer_safely(self, session: Session, command: OsdpFrame) -> bytes:
        self._command_mac = session.mac(self._reply_mac, command.raw[: -len(command.mac) - 2])
        if self._command_mac[:4] != command.mac:
            self._session = None
            return self._reply(command, frames.NAK, b"\x06")
        data = command.data
        if command.security == frames.SCS_17:
            data = unchained(session.enc, inverted(self._reply_mac), data).rstrip(b"\0")[:-1]
        self.asked.append((command.code, data))
        code, told = frames.ACK, b""
        if command.code == frames.POLL and self.cards:
            code, told = frames.RAW, self.cards.popleft()
        if command.code == frames.LSTAT:
            code, told = frames.LSTATR, bytes(2)
        if command.code in self.refuses:
            code, told = frames.NAK, b"\x03"
        kind = frames.SCS_18 if told else frames.SCS_16
        secret = chained(session.enc, inverted(self._command_mac), padded(told)) if told else b""
        unproved = self._reply(command, code, secret + bytes(4), bytes([2, kind]))
        self._reply_mac = session.mac(self._command_mac, unproved[:-6])
        return self._reply(command, code, secret + self._reply_mac[:4], bytes([2, kind]))

    def _reply(self, command: OsdpFrame, code: int, data: bytes, block: bytes = b"") -> bytes:
        return encode(self._address, code, data, reply=True, sequence=command.sequence, block=block)
