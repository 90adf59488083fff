"""The conversation with a PN532: wake it, poll for cards, let them prove themselves, and get out of every stuck state.

House rules: pure, time is an argument in ms; one command is under way at a time, and nothing that was on the line
before a command was sent can answer it. Whatever goes wrong (no ACK, no answer, an error frame, an answer that makes no
sense) has one cure: ACK, which stops a running command, a pause that grows, and everything from the wake-up on, which
also finds a chip that was reset or replaced. A presented card stays presented meanwhile.
"""

import secrets
from collections import Counter
from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from firmware_bridge.cards.dialogue import Chance, Dialogue, Verdict, prove
from firmware_bridge.cards.enrolment import SHOWN_AS, Desk, Outcome, enrol
from firmware_bridge.cards.keys import CardKeys
from firmware_bridge.commands import Command as Request
from firmware_bridge.frames import REJECTS_MAX, Reject
from firmware_bridge.messages import (
    BadgePresented,
    BadgeRemoved,
    BadgeUnusable,
    DeviceReady,
    DeviceTrouble,
    Message,
    Proof,
)
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532.frames import ACK, Ack, ChipError, Found, Nack, Packet, Pn532Decoder
from firmware_bridge.pn532.presence import Arrived, Left, Presence

ACK_MS = 100
"""The manual says 15; public drivers found 10 too short on a UART, and settled on up to 200."""
POLL_PAUSE_MS = 75
"""Between two polls, the field off: a tap is seen within 0.1 s, and the chip's line is silent most of the time."""
BACK_OFF_FIRST_MS, BACK_OFF_LAST_MS = 20, 2000
"""The first pause hides a damaged byte; the last bounds how long a chip that is mended goes unnoticed."""
TROUBLE_AFTER = 3
"""Failures in a row before it is said: one damaged frame is nothing that a person could mend."""

_Reason = Literal["random_number", "not_authentic", "factory_key", "unreadable"]


@dataclass(frozen=True, slots=True)
class _Pause:
    for_ms: int


class _TroubleError(Exception):
    """The chip's answer makes no sense; caught in this module."""


_Talk = Generator[chip.Command | _Pause, bytes, None]
"""What is said to the chip, step by step: yields a command and is sent the answer's data."""


class Pn532Link:
    """One reader's conversation. `keys`: what cards must prove, None: numbers only; `chance`: secret random bytes."""

    def __init__(self, keys: CardKeys | None = None, *, chance: Chance = secrets.token_bytes) -> None:
        self._keys = keys
        self._chance = chance
        self._decoder = Pn532Decoder()
        self._presence = Presence()
        self._rejects: Counter[str] = Counter()
        self._messages: list[Message] = []
        self._outgoing = b""
        self._talk: _Talk | None = None
        self._under_way: chip.Command | None = None
        self._acknowledged = False
        self._deadline_ms: int | None = None
        self._now_ms = 0
        self._failures = 0
        self._told: str | None = None
        self._enrol_until_ms: int | None = None
        self._desk = Desk()
        self.enrolment: Outcome | None = None
        """What came of the card that was put there last while enrolling."""
        self._talking_to: chip.Target | None = None

    def restored(self, now_ms: int) -> None:
        """The line is open (again), perhaps to another chip: wake it."""
        self._now_ms = now_ms
        self._failures = 0
        self._told = None
        self._begin()

    def interrupted(self) -> None:
        """The line is lost; a card that lies there stays presented until polls say otherwise."""
        self._count(self._decoder.finish())
        self._talk = self._under_way = self._deadline_ms = self._talking_to = None
        self._outgoing = b""

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        """Take the bytes that came at `now_ms` (none: only time has passed); return what happened."""
        self._now_ms = now_ms
        self._count(self._decoder.feed(data))
        if self._deadline_ms is not None and now_ms >= self._deadline_ms:
            self._expire()
        messages, self._messages = self._messages, []
        return messages

    def ask(self, command: Request, now_ms: int) -> bool:
        """A PN532 has neither light nor sound."""
        return False

    def enrol(self, now_ms: int, for_ms: int) -> None:
        """Give the next blank card within `for_ms` its key; the mode ends with it, or by itself."""
        self._enrol_until_ms = now_ms + for_ms

    def to_send(self) -> bytes:
        """The bytes to write now; empties them."""
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def next_deadline(self) -> int | None:
        """When `receive(b"", ..)` must be called though nothing came, in ms."""
        return self._deadline_ms

    @property
    def rejects(self) -> Mapping[str, int]:
        """How many frames were damaged or out of place since the start, by the name of the error."""
        return dict(self._rejects)

    @property
    def buffered(self) -> int:
        """Bytes held: at most a frame that comes and a command that goes."""
        return self._decoder.buffered + len(self._outgoing)

    # The line: what comes, what fails.

    def _count(self, found: Iterable[Found]) -> None:
        for item in found:
            strange = self._hear(item)
            if strange and self._rejects[strange] < REJECTS_MAX:
                self._rejects[strange] += 1

    def _hear(self, found: Found) -> str | None:
        """Take a frame; return what is wrong with it or its moment."""
        command = self._under_way
        match found:
            case Reject():
                return found.error
            case ChipError():
                if command is None or self._outgoing:
                    return "stale"
                self._fail("error_frame")
            case Ack():
                if command is None or self._outgoing or self._acknowledged:
                    return "stale"
                self._acknowledged = True
                self._deadline_ms = self._now_ms + command.within_ms
            case Packet():
                if found.to_chip:
                    return "echo"
                if command is None or not self._acknowledged or found.code != command.code + 1:
                    return "stale"
                self._advance(found.data)
            case Nack():
                return "stale"
            case _:
                assert_never(found)
        return None

    def _expire(self) -> None:
        """The time that was waited for has come."""
        if self._under_way is None:
            self._advance(None)
            return
        waited_for = self._deadline_ms
        self._count(self._decoder.finish())  # an answer may hide in a frame that will never be whole
        if self._deadline_ms == waited_for:
            self._fail("no_answer" if self._acknowledged else "silent")

    def _begin(self) -> None:
        self._count(self._decoder.finish())
        self._talk = self._converse()
        self._advance(None)

    def _advance(self, answer: bytes | None) -> None:
        """Go one step on in the talk: to its next command or pause."""
        self._under_way = None
        if self._talk is None:
            self._begin()
            return
        try:
            step = self._talk.send(answer) if answer is not None else next(self._talk)
        except _TroubleError as trouble:
            self._fail(str(trouble))
            return
        match step:
            case chip.Command():
                self._under_way, self._acknowledged = step, False
                self._outgoing += step.frame
                self._deadline_ms = self._now_ms + ACK_MS
            case _Pause():
                self._deadline_ms = self._now_ms + step.for_ms
            case _:
                assert_never(step)

    def _fail(self, code: str) -> None:
        """Give up what is under way, stop the chip, and begin anew after a pause."""
        self._talk = self._under_way = None
        self._outgoing = ACK
        pause_ms = min(BACK_OFF_FIRST_MS << min(self._failures, 10), BACK_OFF_LAST_MS)
        self._deadline_ms = self._now_ms + pause_ms
        self._failures += 1
        if self._talking_to is not None:
            self._broken_off(self._talking_to)
        if self._failures >= TROUBLE_AFTER and self._told != code:
            self._told = code
            self._messages.append(DeviceTrouble(code=code, at_ms=self._now_ms))

    # The talk: what is said to the chip and the cards.

    def _converse(self) -> _Talk:
        self._outgoing += chip.WAKE_UP
        yield chip.SAM_NORMAL
        version = chip.firmware_version((yield chip.FIRMWARE))
        if version is None or version[0] != chip.PN532_IC:
            raise _TroubleError("unknown_chip")
        yield chip.FEW_RETRIES
        while True:
            targets = chip.listed((yield chip.LIST_CARDS))
            if targets is None:
                raise _TroubleError("garbled")
            self._works(version[1])
            for happened in self._presence.polled(targets):
                match happened:
                    case Left():
                        if happened.number_hex is not None:
                            self._messages.append(BadgeRemoved(number_hex=happened.number_hex, at_ms=self._now_ms))
                    case Arrived():
                        yield from self._look_at(happened.target)
                    case _:
                        assert_never(happened)
            yield chip.FIELD_OFF
            yield _Pause(POLL_PAUSE_MS)

    def _works(self, firmware: str) -> None:
        """A whole poll was answered: say so at the start, and when the trouble is over."""
        self._failures = 0
        if self._told != "":
            self._told = ""
            self._messages.append(DeviceReady(identity="PN532", firmware=firmware, at_ms=self._now_ms))

    def _look_at(self, target: chip.Target) -> _Talk:
        """Find out what a card that arrived is, and present it; or leave it to the next poll."""
        self.enrolment = None
        if target.random:
            self._present_unusable(target, "random_number")
            return
        if self._keys is None or not target.iso_dep:
            self._present(target, "number")
            return
        self._talking_to = target
        verdict = yield from self._hear_out(target, self._dialogue(target, self._keys))
        if verdict is None:
            self._broken_off(target)
            return
        self._talking_to = None
        match verdict:
            case "cryptographic" | "number":
                self._present(target, verdict)
            case "not_authentic" | "factory_key" | "unreadable":
                self._present_unusable(target, verdict)
            case _:
                assert_never(verdict)

    def _broken_off(self, target: chip.Target) -> None:
        self._talking_to = None
        if self._presence.broken_off(target) == "unreadable":
            self._present_unusable(target, "unreadable")

    def _dialogue(self, target: chip.Target, keys: CardKeys) -> Dialogue:
        if self._enrol_until_ms is not None and self._now_ms < self._enrol_until_ms:
            return self._enrolled(target, keys)
        return prove(target.uid, keys, self._chance)

    def _enrolled(self, target: chip.Target, keys: CardKeys) -> Dialogue:
        self.enrolment = outcome = yield from enrol(target.uid, keys, self._chance, self._desk)
        return SHOWN_AS[outcome]

    def _hear_out(self, target: chip.Target, dialogue: Dialogue) -> Generator[chip.Command, bytes, Verdict | None]:
        """Carry a dialogue's APDUs; None: the air failed, and nothing is known."""
        apdu = next(dialogue)
        while True:
            answer = chip.exchanged((yield chip.exchange(target.number, apdu)))
            if answer is None:
                return None
            try:
                apdu = dialogue.send(answer)
            except StopIteration as end:
                verdict: Verdict = end.value
                return verdict

    def _present(self, target: chip.Target, proof: Proof) -> None:
        self._presence.settled(target, usable=True)
        if proof == "cryptographic":
            self._enrol_until_ms = None
        number_hex = target.uid.hex().upper()
        self._messages.append(BadgePresented(number_hex=number_hex, at_ms=self._now_ms, proof=proof))

    def _present_unusable(self, target: chip.Target, reason: _Reason) -> None:
        self._presence.settled(target, usable=False)
        self._messages.append(BadgeUnusable(reason=reason, at_ms=self._now_ms))
