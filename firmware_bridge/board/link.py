"""The conversation with a board, on the host: greeting, commands until they are answered, events once each. Pure.

House rules: a board is spoken to only after it answered this host's greeting in a catalogue that both know; time passes
before bytes are taken, so that what lay in a buffer while this program stood still is not taken for news; whenever the
board is not there, nobody wants its relay closed. The relay's own rules are in `relay_wish`.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Literal, assert_never, cast

from firmware_bridge.board.catalogue import CATALOGUE, EVENTS, NUMBER_MAX, SPOKEN, TEXT_MAX
from firmware_bridge.board.elder import STANDS, light_words, sound_word, text_words
from firmware_bridge.board.frames import BoardDecoder, BoardFrame
from firmware_bridge.board.outbox import Outbox
from firmware_bridge.board.relay_wish import Order, RelayWish
from firmware_bridge.commands import Command, Light, Relay, Sound, Text
from firmware_bridge.frames import REJECTS_MAX
from firmware_bridge.messages import (
    BadgePresented,
    BadgeRemoved,
    BadgeUnusable,
    ButtonPressed,
    CurrentSample,
    DeviceReady,
    DeviceTrouble,
    InputChanged,
    Message,
    RelayReported,
)

HELLO_MS = 500
PING_MS = 1000
SILENCE_MS = 3000
"""Three heartbeats of the board: then it is not there."""
LIGHT_MAX_S = 3600
"""As the catalogue has it; a longer light is cut to an hour, for nobody waits for its end."""

INPUTS: tuple[Literal["e_stop", "guard"], ...] = ("e_stop", "guard")
Phase = Literal["closed", "greeting", "ready"]


class BoardLink:
    """A `Conversation` with a board. `session`: a number (1 to 1073741823) that no other host's start shares."""

    def __init__(self, session: int) -> None:
        self._session, self._catalogue = session, CATALOGUE
        self._phase: Phase = "closed"
        self._decoder = BoardDecoder()
        self._outbox = Outbox()
        self._wish = RelayWish()
        self._rejects: Counter[str] = Counter()
        self._heard_ms = self._hello_ms = self._ping_ms = 0
        self._troubled = False
        self._boot = 0
        self._last = 0
        """The highest number of the board's lines since it started."""
        self._last_event = 0
        self._lying: tuple[str, int] | None = None
        """The badge whose removal will be told, and the number of its presentation."""
        self._levels: dict[str, bool] = {}
        self._standing: Light | None = None
        self._back_ms: int | None = None
        """When an elder board is to be told the standing light again."""

    def restored(self, now_ms: int) -> None:
        self._outbox.forget()
        self._heard_ms = now_ms
        self._greet(now_ms)

    def interrupted(self) -> None:
        self._phase = "closed"
        for error in self._decoder.finish():
            self._count(str(error))
        self._outbox.forget()
        self._levels.clear()

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        said: list[Message] = []
        self._pass_time(now_ms, said)
        for found in self._decoder.feed(data):
            if isinstance(found, BoardFrame):
                self._take(found, now_ms, said)
            else:
                self._count(found)
        return said

    def ask(self, command: Command, now_ms: int) -> bool:
        """Have the board do something; `False` when it is not there now: what is asked later counts then.

        `Relay` on must be said again before its `lease_ms` is over; on for no time does nothing, and a renewal of what
        has ended does nothing either.
        """
        if isinstance(command, Relay) and not command.on:
            order = self._wish.end()  # whether it can hear it or not
            return self._phase == "ready" and self._order(order, now_ms)
        if self._phase != "ready":
            return False
        match command:
            case Relay(renews=True) if not self._wish.wanted:
                return False
            case Relay():
                return self._order(self._wish.want(command.lease_ms, now_ms) if command.lease_ms > 0 else None, now_ms)
            case Light():
                self._show(command, now_ms)
            case Sound():
                if (pattern := sound_word(command, self._catalogue)) is not None:
                    self._outbox.ask("sound", now_ms, pattern=pattern)
            case Text():
                first, second = (*map(_line, command.lines[:2]), "", "")[:2]
                more = text_words(command.large, self._catalogue)
                self._outbox.ask("text", now_ms, first=first, second=second, **more)
            case _:
                assert_never(command)
        return True

    def _show(self, light: Light, now_ms: int) -> None:
        """Have a light shown for its seconds, or stand: an elder board is told that when the other is over."""
        words, seconds = light_words(light, self._catalogue), max(0, min(light.seconds, LIGHT_MAX_S))
        if not seconds:
            self._standing = light
        if self._catalogue >= STANDS:
            if seconds:
                self._outbox.ask("light", now_ms, **words, seconds=seconds)
            else:
                self._outbox.ask("standing", now_ms, **words)
        elif seconds or self._back_ms is None:
            self._outbox.ask("light", now_ms, **words, seconds=seconds)
            self._back_ms = now_ms + seconds * 1000 if seconds else None

    def to_send(self) -> bytes:
        return self._outbox.to_send()

    def next_deadline(self) -> int | None:
        if self._phase == "closed":
            return None
        due = [self._outbox.next_deadline(), self._wish.next_deadline() if self._phase == "ready" else None]
        if self._phase == "ready":
            due += [self._ping_ms + PING_MS, self._heard_ms + SILENCE_MS, self._back_ms]
        else:
            due.append(self._hello_ms + HELLO_MS)
            if not self._troubled:
                due.append(self._heard_ms + SILENCE_MS)
        return min(at_ms for at_ms in due if at_ms is not None)

    @property
    def rejects(self) -> Mapping[str, int]:
        """Damaged lines by name; `missed` the board's lines that never came, `unanswered` and `refused` commands."""
        return dict(self._rejects)

    @property
    def buffered(self) -> int:
        return self._decoder.buffered + self._outbox.buffered

    def _pass_time(self, now_ms: int, said: list[Message]) -> None:
        if self._phase == "closed":
            return
        if now_ms - self._heard_ms >= SILENCE_MS:
            self._trouble("silent", now_ms, said)
        for name in self._outbox.turn(now_ms):
            self._count("unanswered")
            if name == "relay":
                self._trouble("unanswered", now_ms, said)
        if self._phase == "ready":
            self._order(self._wish.turn(now_ms), now_ms)
            if self._back_ms is not None and now_ms >= self._back_ms:
                self._back_ms = None
                self._show(self._standing or Light("off"), now_ms)
            if now_ms - self._ping_ms >= PING_MS:
                self._ping_ms = now_ms
                self._outbox.say("ping")
        elif now_ms - self._hello_ms >= HELLO_MS:
            self._greet(now_ms)

    def _take(self, frame: BoardFrame, now_ms: int, said: list[Message]) -> None:
        if frame.name == "hello":
            self._answer_hello(frame, now_ms, said)
            return
        if self._phase != "ready":
            return  # an older conversation, still in a buffer
        self._heard_ms = now_ms
        if frame.number > self._last + 1:
            self._count("missed", frame.number - self._last - 1)
        late = frame.number <= self._last
        self._last = max(self._last, frame.number)
        self._heed(frame, now_ms, said, late=late)

    def _heed(self, frame: BoardFrame, now_ms: int, said: list[Message], *, late: bool) -> None:
        """Take one line of a board that is there; `late`: a newer one came before it."""
        match frame.name:
            case "ack":
                if self._outbox.answered(frame.count("of")) == "relay":
                    self._relay_obeyed(frame.number)
            case "nak":
                self._refused(frame, now_ms, said)
            case "state" if not late:
                self._state(frame, now_ms, said)
            case "current" if not late:
                said.append(CurrentSample(milliamperes=frame.count("milliamperes"), at_ms=now_ms))
            case name if name in EVENTS:
                self._outbox.say("ack", of=frame.number)
                if frame.number > self._last_event:
                    self._last_event = frame.number
                    self._event(frame, now_ms, said)

    def _answer_hello(self, frame: BoardFrame, now_ms: int, said: list[Message]) -> None:
        if frame.count("catalogue") not in SPOKEN:
            self._heard_ms = now_ms
            self._trouble("catalogue", now_ms, said)
            return
        if frame.count("boot") != self._boot:
            self._begin_anew(frame, now_ms, said)
        if frame.count("catalogue") != self._catalogue:
            self._catalogue = frame.count("catalogue")  # an older board talks with its like only
            self._greet(now_ms)
            return
        if frame.count("session") != self._session:
            if self._phase == "ready":
                self._greet(now_ms)
            return
        self._last = max(self._last, frame.number)
        self._heard_ms = now_ms
        if self._phase == "ready":
            return
        self._phase = "ready"
        self._back_ms = None
        self._ping_ms = now_ms
        self._troubled = False
        self._wish.resume(now_ms)
        said.append(DeviceReady(identity=frame.word("board"), firmware=frame.word("firmware"), at_ms=now_ms))

    def _begin_anew(self, frame: BoardFrame, now_ms: int, said: list[Message]) -> None:
        """Another start of the board: its relay is open, no badge is known to lie there, its numbers begin again."""
        if self._wish.wanted or self._levels.get("relay"):
            self._open(now_ms, said)
        self._removed(now_ms, said)
        self._boot = frame.count("boot")
        self._last = frame.number
        self._last_event = 0
        self._levels.clear()

    def _event(self, frame: BoardFrame, now_ms: int, said: list[Message]) -> None:
        match frame.name:
            case "badge":
                self._removed(now_ms, said)
                number_hex = frame.word("number")
                self._lying = (number_hex, frame.count("tap")) if frame.flag("stays") else None
                said.append(BadgePresented(number_hex=number_hex, at_ms=now_ms))
            case "badge_gone":
                if self._lying is not None and self._lying[1] == frame.count("tap"):
                    self._removed(now_ms, said)
            case "unusable":
                reason = cast("Literal['random_number', 'unreadable']", frame.word("reason"))
                said.append(BadgeUnusable(reason=reason, at_ms=now_ms))
            case _:
                said.append(ButtonPressed(button=frame.word("name"), at_ms=now_ms))

    def _state(self, frame: BoardFrame, now_ms: int, said: list[Message]) -> None:
        """Where everything stands: whatever was lost on the way is made good here."""
        said.extend(
            InputChanged(name=name, active=frame.flag(name), at_ms=now_ms)
            for name in INPUTS
            if self._changed(name, on=frame.flag(name))
        )
        # After the contacts, so that whoever asks why the relay opened has heard of the emergency stop.
        if self._changed("relay", on=frame.flag("relay")):
            said.append(RelayReported(on=frame.flag("relay"), at_ms=now_ms))
        if self._lying is not None and self._lying[1] != frame.count("tap"):
            self._removed(now_ms, said)
        if self._wish.contradicted(frame.number, frame.count("lease_ms")):
            self._open(now_ms, said)

    def _relay_obeyed(self, number: int) -> None:
        """Take the answer to an order: an opening of what was open is read back too, from the next state."""
        self._wish.confirmed(number)
        if not self._wish.wanted and self._levels.get("relay") is False:
            del self._levels["relay"]

    def _refused(self, frame: BoardFrame, now_ms: int, said: list[Message]) -> None:
        self._count("refused")
        if frame.word("why") == "session":
            self._greet(now_ms)
        elif self._outbox.answered(frame.count("of")) == "relay" and self._wish.wanted:
            self._open(now_ms, said)

    def _trouble(self, code: str, now_ms: int, said: list[Message]) -> None:
        """Say once that the board is not there; from here on it is greeted until it answers."""
        self._wish.end()
        self._outbox.forget()
        self._levels.clear()
        if not self._troubled:
            self._troubled = True
            said.append(DeviceTrouble(code=code, at_ms=now_ms))
        if self._phase == "ready":
            self._greet(now_ms)

    def _greet(self, now_ms: int) -> None:
        self._phase = "greeting"
        self._hello_ms = now_ms
        if self._outbox.worn_out:
            self._session = self._session % NUMBER_MAX + 1
            self._outbox, self._wish = Outbox(), RelayWish()
        self._outbox.say("hello", catalogue=self._catalogue, session=self._session)

    def _open(self, now_ms: int, said: list[Message]) -> None:
        """Say that the relay is not closed as was wanted, even when that is no change: who asked must know."""
        self._wish.end()
        told = RelayReported(on=False, at_ms=now_ms)
        if told not in said:
            said.append(told)
        self._levels["relay"] = False

    def _removed(self, now_ms: int, said: list[Message]) -> None:
        if self._lying is not None:
            said.append(BadgeRemoved(number_hex=self._lying[0], at_ms=now_ms))
            self._lying = None

    def _changed(self, name: str, *, on: bool) -> bool:
        before = self._levels.get(name)
        self._levels[name] = on
        return before is not on

    def _order(self, order: Order | None, now_ms: int) -> bool:
        if order is not None:
            self._outbox.ask("relay", now_ms, on=order.on, lease_ms=order.lease_ms, use=order.use)
        return True

    def _count(self, error: str, times: int = 1) -> None:
        self._rejects[error] = min(self._rejects[error] + times, REJECTS_MAX)


def _line(text: str) -> str:
    """One line of the display: control signs become spaces, what has no room is cut."""
    return "".join(sign if sign.isprintable() else " " for sign in text[:TEXT_MAX])
