"""ISO 14443-A cards from a PN532 on the board's UART (HSU, 115200 8N1): a small polling machine.

Wake it, set the SAM, limit its retries, then ask for one card every 100 ms. House rules: any answer that is not the
awaited one within its time starts from the waking again, so that it recovers from whatever state; a number of four
bytes that opens with 08 is drawn anew at each tap (NXP AN10927), so it is nobody's and only said to be unusable.
Frames: NXP UM0701-02, sections 6.2 and 7.
"""

from firmware_bridge.board.micropython.presence import Presence

BAUD = 115200
POLL_MS = 100
ANSWER_MS = 1000
"""Far above the slowest answer with limited retries; then it is woken again."""
_HELD_MAX = 64
"""Two of the longest answers that are asked for here; what is older is dropped."""
_WAKE = b"\x55\x55" + b"\x00" * 14
_SAM, _RETRIES, _LIST = b"\x14\x01\x00", b"\x32\x05\xff\x01\x01", b"\x4a\x01\x00"
_STEPS = (_SAM, _RETRIES, _LIST)
_HEAD = b"\x00\x00\xff"
_UID_BYTES = (4, 7, 10)


def command(data: bytes) -> bytes:
    """A frame to the chip."""
    length = len(data) + 1
    body = b"\xd4" + data
    head = bytes((0, 0, 0xFF, length, (-length) & 0xFF))
    return head + body + bytes(((-sum(body)) & 0xFF, 0))


class Pn532:
    """A reader that is asked."""

    def __init__(self) -> None:
        self.presence = Presence(1, True)
        self._held = b""
        self._step = 0
        self._awaited = 0
        self._due_ms = 0

    def to_send(self, now_ms: int) -> bytes:
        """The bytes for the UART in this turn."""
        if now_ms < self._due_ms:
            return b""
        if self._awaited:  # no answer in time
            self._step = 0
        ask = _STEPS[self._step]
        self._awaited, self._held = ask[0] + 1, b""
        self._due_ms = now_ms + ANSWER_MS
        return (b"" if self._step else _WAKE) + command(ask)

    def receive(self, data: bytes, now_ms: int) -> "list[tuple[str, str]]":
        """Take what the UART gave; return ("badge", number) or ("unusable", reason) for each presentation."""
        self._held = (self._held + data)[-_HELD_MAX:]
        answer = self._answer()
        if answer is None:
            return []
        self._awaited, self._held = 0, b""
        if self._step < len(_STEPS) - 1:
            self._step += 1
            self._due_ms = now_ms
            return []
        self._due_ms = now_ms + POLL_MS
        return self._card(answer, now_ms)

    def _answer(self) -> "bytes | None":
        """What follows the awaited code in the first whole frame that holds it."""
        start = self._held.find(_HEAD)
        while start >= 0:
            frame = self._held[start + 3 :]
            if len(frame) > 2 and (frame[0] + frame[1]) & 0xFF == 0:
                body = frame[2 : 2 + frame[0] + 1]
                whole = len(body) == frame[0] + 1 and sum(body) & 0xFF == 0
                if whole and len(body) > 2 and body[0] == 0xD5 and body[1] == self._awaited:
                    return body[2:-1]
            start = self._held.find(_HEAD, start + 1)
        return None

    def _card(self, answer: bytes, now_ms: int) -> "list[tuple[str, str]]":
        """Judge the answer to a poll: number of targets, Tg, SENS_RES (2), SEL_RES, length of the number, number."""
        if len(answer) < 6 or answer[0] != 1:
            return []
        length = answer[5]
        uid = answer[6 : 6 + length]
        if length not in _UID_BYTES or len(uid) != length:
            return []
        drawn = length == 4 and uid[0] == 0x08
        token = "random" if drawn else uid.hex().upper()
        if not self.presence.see(token, now_ms):
            return []
        return [("unusable", "random_number")] if drawn else [("badge", token)]
