"""A secure line to one OSDP reader: bytes in and out, events of libosdp's out, begun anew when it fails.

Nothing is polled: the line's bytes wake the thread, else the deadline, which follows libosdp's own times (it asks 50 ms
after the last answer; it waits 200 ms for one, then 800 ms before it asks again). House rules:

- a handshake that fails, and a line that libosdp gives up (after nine seconds without an answer), are begun anew by us:
  its own next attempt comes five minutes later, and after a cut it was not seen to come back at all;
- a line is `secure` only after the reader has said, on this very channel, that it has nothing more to tell: a reader
  keeps badges while it is off line, and tells them late. What it tells before that is dropped, a badge counted `stale`.
"""

from collections import Counter
from typing import Any, Literal

from firmware_bridge.frames import REJECTS_MAX, Reject
from firmware_bridge.osdp import frames, library
from firmware_bridge.osdp.frames import OsdpDecoder, OsdpFrame
from firmware_bridge.osdp.gate import Answer, Gate
from firmware_bridge.osdp.library import Channel, Event, Heard

QUESTION_MS = 51
"""libosdp asks again this long after an answer: the next look at it."""
ANSWER_MS = 210
"""It gives an answer up after 200 ms."""
TICK_MS, REST_MS = 5, 50
"""Between looks when it could go on at any moment, and while it waits to ask again."""
SILENT_MS = 2_500
"""Without an answer for so long (two repeated questions) the line is down, and what it last told is of the past."""
AGAIN_MS, AT_ONCE_MS = 1_500, 100
"""From libosdp's giving up to the next attempt: after a failed handshake, and after a channel that had been up."""
STEPS_MAX = 4
"""Refreshes at one look: enough to take an answer and ask the next question. What is left waits for the next look."""

Trouble = Literal["silent", "damaged", "plain_only", "wrong_key", "unfinished"]
"""No answer · answers that do not check · no secure channel · not our key · a handshake that stopped half-way."""


class SecureLine:
    """The line to the reader at `address` that holds `key`. Raise `LibraryMissingError` without libosdp.

    `pairing`: the default key is used to set `key`, on a bench cable.
    """

    def __init__(self, address: int, key: bytes, *, pairing: bool = False) -> None:
        self.library: Any = library.load()
        self._pairing = pairing
        self._address, self._key = address, key
        self._gate = Gate(address, pairing=pairing)
        self._channel, self._heard = Channel(), Heard()
        self.panel = self._new_panel()
        self._decoder, self._spoken = OsdpDecoder(), OsdpDecoder()
        self._out = bytearray()
        self.rejects: Counter[str] = Counter()
        self.refused: set[int] = set()
        self.secure = False
        self.trouble: Trouble | None = None
        self.next_at: int | None = None
        self._drained = False
        self._retry_at: int | None = None
        self._heard_at = 0
        self._damaged = False
        self._submitted = 0
        self._broken = False

    def begin(self, now_ms: int) -> None:
        """Start the handshake, with nothing left of an earlier one."""
        self.end()
        self.panel.disable_pd(0)
        self.panel.refresh()
        if self.panel.is_pd_enabled(0):  # it waits for an answer, and hears nothing else meanwhile
            self.panel = self._new_panel()
        else:
            self.panel.enable_pd(0)
            self.panel.refresh()
            self.panel.flush_commands(0)
        self._channel.taken()
        self._channel.flush()
        self._heard.events.clear()
        self._submitted = self._heard.completed = 0
        self._gate.restart()
        self._heard_at = now_ms
        self._damaged = False
        self._step(now_ms)

    def end(self) -> None:
        """Stop asking; what was under way is void."""
        self._drop_rest()
        self._out.clear()
        self.secure = self._drained = False
        self._broken = False
        self._retry_at = self.next_at = None

    def receive(self, data: bytes, now_ms: int) -> list[Event]:
        """Take the bytes that came (b"": only time has passed); return what the reader told, then see `secure`."""
        if self.next_at is None:
            return []
        happened: list[Event] = []
        for found in self._decoder.feed(data):
            if isinstance(found, Reject):
                self._count_damage(found)
            elif self._retry_at is None and self._admit(found, now_ms):
                self._advance(now_ms, happened)
        if now_ms >= self.next_at:
            self._advance(now_ms, happened)
        return happened

    def submit(self, events: list[Event], now_ms: int) -> None:
        """Ask the reader for something, after what it was asked before."""
        for event in events:
            self._submitted += bool(self.panel.submit_command(0, event))
        if not self._gate.waiting:
            self._step(now_ms)

    def to_send(self) -> bytes:
        """Give the bytes to be written now, each once."""
        sent = bytes(self._out)
        self._out.clear()
        return sent

    @property
    def pending(self) -> int:
        """How many commands libosdp still holds."""
        return self._submitted - self._heard.completed

    @property
    def buffered(self) -> int:
        """How many bytes it holds at the moment."""
        return self._decoder.buffered + len(self._channel.inbox) + len(self._out)

    def _admit(self, frame: OsdpFrame, now_ms: int) -> bool:
        """Give libosdp a frame that the gate lets through."""
        judged = self._gate.enters(frame)
        if not isinstance(judged, Answer):
            self._count(judged)
            self._broken |= judged == "reset"
            return self._broken
        self._heard_at = now_ms
        self._damaged = False
        if judged.command.code == frames.POLL and judged.reply.code == frames.ACK:
            self._drained = True
        if self.secure and judged.reply.code == frames.NAK and judged.command.code != frames.POLL:
            self.refused.add(judged.command.code)
        return self._channel.put(judged.reply.raw)

    def _advance(self, now_ms: int, happened: list[Event]) -> None:
        """Let libosdp go on, and see what came of it."""
        if self._retry_at is not None:
            self.begin(now_ms)
            return
        self._step(now_ms)
        was_secure = self.secure
        up = bool(self.panel.status() & 1 and self.panel.sc_status() & 1)
        self.secure = up and self._gate.stage == "secure" and self._gate.own_key and self._drained
        if self.secure:
            self.trouble = None
        if self._dropped(happened) or self._broken:
            self._give_up(now_ms, was_secure=was_secure)
        elif now_ms - self._heard_at >= SILENT_MS:
            self.secure = self._drained = False
            self.trouble = "damaged" if self._damaged else "silent"

    def _dropped(self, happened: list[Event]) -> bool:
        """Sort libosdp's events; whether one says that it gave the reader up."""
        dropped = False
        while self._heard.events:
            event = self._heard.events.popleft()
            if event.get("event") != self.library.EVENT_NOTIFICATION:
                if self.secure:
                    happened.append(event)
                elif event.get("event") == self.library.EVENT_CARDREAD:
                    self._count("stale")
            elif event.get("type") == self.library.EVENT_NOTIFICATION_PD_STATUS and not event.get("arg0"):
                dropped = True
        return dropped

    def _step(self, now_ms: int) -> None:
        """Refresh until it has asked something, or has nothing to ask yet; set the next look."""
        for _ in range(STEPS_MAX):
            if not self.secure:
                library.stir()
            self.panel.refresh()
            if sent := self._channel.taken():
                self._drop_rest()
                self._speak(sent)
                self.next_at = now_ms + ANSWER_MS
                return
        if self._gate.waiting:
            self.next_at = now_ms + REST_MS
        else:
            self.next_at = max(now_ms + TICK_MS, self._heard_at + QUESTION_MS if self.secure else 0)

    def _speak(self, sent: bytes) -> None:
        """Write a command that the gate lets through; without it the handshake fails, which is what is wanted."""
        for command in (*self._spoken.feed(sent), *self._spoken.finish()):
            if isinstance(command, OsdpFrame) and self._gate.may_leave(command):
                self._out[:] = bytes([frames.MARK]) + command.raw
            else:
                self._broken = True
                self._count("withheld")

    def _give_up(self, now_ms: int, *, was_secure: bool) -> None:
        """Begin anew after a while; a handshake that failed is told, a channel that was lost only if it stays so."""
        if not was_secure and self.trouble not in {"silent", "damaged"}:
            stage = self._gate.stage
            self.trouble = stage if stage in {"wrong_key", "plain_only"} else "unfinished"
        self.end()
        self._retry_at = self.next_at = now_ms + (AT_ONCE_MS if was_secure else AGAIN_MS)

    def _new_panel(self) -> library.Panel:
        return library.panel(self._address, self._key, self._channel, self._heard, enforce=not self._pairing)

    def _drop_rest(self) -> None:
        """Bytes that came before a question answer nothing."""
        for found in self._decoder.finish():
            if isinstance(found, Reject):
                self._count_damage(found)

    def _count_damage(self, found: Reject) -> None:
        self._damaged = True
        self._count(found.error)

    def _count(self, name: str) -> None:
        if self.rejects[name] < REJECTS_MAX:
            self.rejects[name] += 1
