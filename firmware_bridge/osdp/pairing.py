"""Pairing: a reader on the bench is given a key of its own, once, within a stated time.

House rules: on a bench cable only, for the key goes out under the default key of the norm, and whoever listens then
has it. The key is on the disk before the reader learns it (`new_key`). It ends by itself after `PAIRING_S`; from then
on nothing is sent, and no other conversation ever uses the default key.
"""

from collections.abc import Mapping

from firmware_bridge.commands import Command
from firmware_bridge.messages import DeviceReady, DeviceTrouble, Message
from firmware_bridge.osdp.line import SecureLine

PAIRING_S = 60
"""Long enough to put a reader in install mode after the command was typed; not long enough to be left on."""


class Pairing:
    """A `Conversation` that sets `key` in the reader at `address`. Raise `LibraryMissingError` without libosdp.

    It says `DeviceReady` when the reader has proved the new key, or `DeviceTrouble("pairing_over")` when the time was
    up first; then it is `over`. Before that, `DeviceTrouble` may say what is in the way, as in `line.Trouble`;
    `wrong_key`: the reader is not in install mode.
    """

    def __init__(self, address: int, key: bytes) -> None:
        self._line = SecureLine(address, key, pairing=True)
        self._ends_at: int | None = None
        self._told: str | None = None
        self.over = False

    def restored(self, now_ms: int) -> None:
        if self._ends_at is None:
            self._ends_at = now_ms + PAIRING_S * 1000
        if not self.over:
            self._line.begin(now_ms)

    def interrupted(self) -> None:
        self._line.end()

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        if self.over or self._ends_at is None:
            return []
        self._line.receive(data, now_ms)
        if self._line.secure:
            self._end()
            return [DeviceReady(identity="", firmware="", at_ms=now_ms)]
        if now_ms >= self._ends_at:
            self._end()
            return [DeviceTrouble(code="pairing_over", at_ms=now_ms)]
        trouble = self._line.trouble
        if trouble is None or trouble == self._told:
            return []
        self._told = trouble
        return [DeviceTrouble(code=trouble, at_ms=now_ms)]

    def ask(self, command: Command, now_ms: int) -> bool:
        return False

    def to_send(self) -> bytes:
        return self._line.to_send()

    def next_deadline(self) -> int | None:
        if self.over or self._ends_at is None or self._line.next_at is None:
            return None
        return min(self._line.next_at, self._ends_at)

    @property
    def rejects(self) -> Mapping[str, int]:
        return dict(self._line.rejects)

    @property
    def buffered(self) -> int:
        return self._line.buffered

    def _end(self) -> None:
        self.over = True
        self._line.end()
