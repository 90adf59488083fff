"""The board's side of the conversation: who the host is, what was heard and done, what must be said again.

House rules: a command is done once, however often it comes, and never after a newer one of its name; an answer is given
again for a command that comes again; another host (another session number) means the relay opens and all begins anew; a
host that is silent for `SILENCE_MS` is gone; nothing is kept for a host that is not there.
"""

from firmware_bridge.board.catalogue import CATALOGUE, COMMANDS, EVENTS, NUMBER_MAX
from firmware_bridge.board.micropython.framing import encode

FIRMWARE = "0.1.0"
HEARTBEAT_MS = 1000
SILENCE_MS = 3000
"""Three heartbeats of the host: then the session is over. The lease has opened the relay by then."""
AGAIN_MS = 100
EVENT_MAX_MS = 2000
"""An event that nobody took for so long is dropped: a person who taps waits no longer, and taps again."""
EVENTS_MAX = 8
"""Events that wait for their acknowledgement: more than hands make in two seconds. Beyond it the newest is dropped."""
OUT_MAX = 1024
"""Bytes that wait for a host which does not read. Beyond it a line is dropped; what matters is said again."""


class Session:
    """Lines in their order, both ways. `boot` is a number drawn at each start."""

    def __init__(self, identity: str, boot: int) -> None:
        self.identity = identity
        self.boot = boot
        self.session = 0
        """The host's number; 0: no host."""
        self._known = 0
        self.missed = 0
        """The host's lines that never came, by their numbers."""
        self._number = 0
        self._out = b""
        self._host_ms = 0
        self._heard = 0
        self._answers: dict[str, tuple[int, str]] = {}
        self._events: list[list] = []
        """[number (0: not said yet), name, values, until when]"""
        self._again_ms = 0
        self._hello_ms: int | None = None

    def hear(self, message: dict, now_ms: int) -> str:
        """Take a message; return "hello" (another host), "again" (the same one), "command" (do it, then `answer`)."""
        name, number = message["t"], message["n"]
        if name == "hello" and not message["fault"]:
            return self._greet(message, now_ms)
        if not self.session:
            if name not in ("ack", "ping"):
                self.say("nak", {"of": number, "why": "session"})
            return ""
        self._host_ms = now_ms
        if number > self._heard + 1:
            self.missed = min(NUMBER_MAX, self.missed + number - self._heard - 1)
        self._heard = max(self._heard, number)
        if message["fault"]:
            self.say("nak", {"of": number, "why": message["fault"]})
            return ""
        if name == "ack":
            self._taken(message["of"])
            return ""
        if name not in COMMANDS:
            return ""
        done, why = self._answers.get(name, (0, ""))
        if number > done:
            return "command"
        if number == done:
            self._say_answer(number, why)
        return ""

    def answer(self, message: dict, why: str) -> None:
        """Say that a fresh command was done, or why not."""
        self._answers[message["t"]] = (message["n"], why)
        self._say_answer(message["n"], why)

    def tell(self, name: str, values: dict, now_ms: int) -> None:
        """Tell the host of an event, again and again until it is taken or too old."""
        if name not in EVENTS or not self.session or len(self._events) >= EVENTS_MAX:
            return
        self._events.append([0, name, values, now_ms + EVENT_MAX_MS])
        if len(self._events) == 1:
            self._send_first(now_ms)

    def say(self, name: str, values: dict) -> None:
        """Say something once."""
        self._number += 1
        self._send(encode(self._number, name, values))

    def turn(self, now_ms: int) -> bool:
        """Let time pass: say again what is due; return whether the host is gone as of now."""
        while self._events and now_ms >= self._events[0][3]:
            self._events.pop(0)
        if self._events and now_ms >= self._again_ms:
            self._send_first(now_ms)
        if self.session and now_ms - self._host_ms >= SILENCE_MS:
            self.session = 0
            self._events = []
            return True
        if not self.session and (self._hello_ms is None or now_ms - self._hello_ms >= HEARTBEAT_MS):
            self._hello(now_ms)
        return False

    def to_send(self) -> bytes:
        """The bytes to be written now; empties them."""
        out, self._out = self._out, b""
        return out

    def _greet(self, message: dict, now_ms: int) -> str:
        """A host says hello: the one that was here, another one, or one of another age (which gets no session)."""
        fits = message["catalogue"] == CATALOGUE
        self.session = message["session"] if fits else 0
        other = self.session != self._known or not fits
        self._known = self.session
        self._host_ms = now_ms
        if other:
            self._answers = {}
            self._events = []
        self._heard = message["n"]
        self._hello(now_ms)
        return "hello" if other else "again"

    def _hello(self, now_ms: int) -> None:
        self._hello_ms = now_ms
        values = {"catalogue": CATALOGUE, "session": self.session, "board": self.identity}
        values["firmware"] = FIRMWARE
        values["boot"] = self.boot
        self.say("hello", values)

    def _say_answer(self, number: int, why: str) -> None:
        if why:
            self.say("nak", {"of": number, "why": why})
        else:
            self.say("ack", {"of": number})

    def _taken(self, number: int) -> None:
        """The host took an event; the next one goes out with the next turn."""
        if self._events and self._events[0][0] == number:
            self._events.pop(0)
            self._again_ms = 0

    def _send_first(self, now_ms: int) -> None:
        event = self._events[0]
        self._again_ms = now_ms + AGAIN_MS
        if not event[0]:
            self._number += 1
            event[0] = self._number
        self._send(encode(event[0], event[1], event[2]))

    def _send(self, line: bytes) -> None:
        if len(self._out) + len(line) <= OUT_MAX:
            self._out += line
