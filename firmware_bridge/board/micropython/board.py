"""One board, whole: what it watches, hears, decides and drives in each turn of its loop.

House rules: the emergency stop is looked at first, and the relay is driven right after; the lease is judged in every
turn; what is shown, sounded, measured and told comes last. Nothing here can close the relay but the host's command.
"""

from firmware_bridge.board.catalogue import LEASE_MAX_MS, NUMBER_MAX
from firmware_bridge.board.micropython.current import RootMeanSquare
from firmware_bridge.board.micropython.debounce import Debounce
from firmware_bridge.board.micropython.display import Display
from firmware_bridge.board.micropython.em4100 import Em4100
from firmware_bridge.board.micropython.framing import LineReader
from firmware_bridge.board.micropython.hardware import Hardware
from firmware_bridge.board.micropython.lease import Lease
from firmware_bridge.board.micropython.pn532 import Pn532
from firmware_bridge.board.micropython.session import HEARTBEAT_MS, Session
from firmware_bridge.board.micropython.shows import Light, Sound

STATE_EVERY_MS = 20
"""A chattering contact is told at most so often: fifty lines a second leave the line to the rest."""
DISPLAY_AGAIN_MS = 5000
"""A display that does not answer is tried again after this: it may have been plugged in meanwhile."""
WAITING = ("Pas de liaison", "No connection")


class Board:
    """The program's state. `reader`: "rdm6300", "id12" or "pn532"; `milliamperes_full` as in `current`."""

    def __init__(self, hardware: Hardware, reader: str, milliamperes_full: int) -> None:
        self._hardware = hardware
        self._session = Session(hardware.identity, hardware.boot)
        self._lines = LineReader()
        self._lease = Lease()
        self._reader = Pn532() if reader == "pn532" else Em4100(reader)
        self._e_stop = Debounce(0, 50)
        self._guard = Debounce(20, 20)
        self._buttons = (("main", Debounce(20, 20), hardware.button), ("danger", Debounce(20, 20), hardware.danger))
        self._current = RootMeanSquare(milliamperes_full)
        self._light, self._sound, self._display = Light(), Sound(), Display()
        self._shown = ((-1, -1, -1), -1)
        self._display_ms = 0
        self._unsent = b""
        self._told: tuple[object, ...] = ()
        self._told_ms: int | None = None
        self._danger_told = True
        """Whether this host knows of a danger button that was down before it came: jammed, or under a hand."""
        self._display.show(WAITING[0], WAITING[1])

    def turn(self) -> None:
        """Do everything once; takes no longer than its bytes need."""
        hardware = self._hardware
        now_ms = hardware.now_ms()
        self._watch(now_ms)
        self._hear(now_ms)
        self._lease.expire(now_ms)
        hardware.relay(self._lease.on)
        self._watch_people(now_ms)
        if self._session.turn(now_ms):
            self._lost()
        self._tell_state(now_ms)
        self._show(now_ms)
        self._unsent += self._session.to_send() if len(self._unsent) == 0 else b""
        if self._unsent:
            self._unsent = self._unsent[hardware.host_write(self._unsent) :]

    def _watch(self, now_ms: int) -> None:
        """Look at the emergency stop before anything else is done."""
        self._e_stop.read(self._hardware.e_stop(), now_ms)
        if self._e_stop.active:
            self._lease.drop("e_stop")
        self._lease.expire(now_ms)
        self._hardware.relay(self._lease.on)

    def _hear(self, now_ms: int) -> None:
        for message in self._lines.feed(self._hardware.host_read()):
            heard = self._session.hear(message, now_ms)
            if heard == "hello":
                self._lease.forget()
                self._danger_told = False
            if heard in ("hello", "again"):
                self._told = ()
            elif heard == "command":
                self._session.answer(message, self._obey(message, now_ms))

    def _obey(self, message: dict, now_ms: int) -> str:
        """Do a command; return why not ("" when done)."""
        name = message["t"]
        if name == "relay":
            if message["on"]:
                return self._lease.hold(message["use"], message["lease_ms"], now_ms, e_stop=self._e_stop.active)
            self._lease.end_use(message["use"])
        elif name == "light":
            self._light.show(message["colour"], message["rhythm"], message["seconds"], now_ms)
        elif name == "standing":
            self._light.show(message["colour"], message["rhythm"], 0, now_ms)
        elif name == "sound":
            self._sound.play(message["pattern"], now_ms)
        elif name == "text":
            self._display.show(message["first"], message["second"], message["large"])
        else:
            return "unknown"
        return ""

    def _watch_people(self, now_ms: int) -> None:
        """Guard, buttons, badge and current: told, and nothing is done about them here."""
        hardware, session = self._hardware, self._session
        self._guard.read(hardware.guard(), now_ms)
        for name, debounce, down in self._buttons:
            pressed = debounce.read(down(), now_ms) and debounce.active
            if pressed or (name == "danger" and debounce.active and not self._danger_told):
                session.tell("button", {"name": name}, now_ms)
        self._danger_told = True
        presence = self._reader.presence
        for what, said in self._reader.receive(hardware.reader_read(), now_ms):
            if what == "badge":
                stays = presence.tap > 0
                session.tell("badge", {"number": said, "tap": presence.taps, "stays": stays}, now_ms)
            else:
                session.tell("unusable", {"reason": said}, now_ms)
        ended = presence.expire(now_ms)
        if ended:
            session.tell("badge_gone", {"tap": ended}, now_ms)
        ask = self._reader.to_send(now_ms)
        if ask:
            hardware.reader_write(ask)
        milliamperes = self._current.add(hardware.current(), now_ms)
        if milliamperes is not None and session.session:
            session.say("current", {"milliamperes": milliamperes})

    def _tell_state(self, now_ms: int) -> None:
        """Say where everything stands: each second, and at each change."""
        if not self._session.session:
            return
        lease = self._lease
        relay, tap = self._hardware.relay_reads(), self._reader.presence.tap
        now = (relay, lease.why, self._e_stop.active, self._guard.active, tap)
        passed_ms = HEARTBEAT_MS if self._told_ms is None else now_ms - self._told_ms
        if passed_ms < (STATE_EVERY_MS if now != self._told else HEARTBEAT_MS) and self._told:
            return
        self._told, self._told_ms = now, now_ms
        missed = min(NUMBER_MAX, self._lines.missed + self._session.missed)
        values = {"relay": relay, "lease_ms": min(LEASE_MAX_MS, lease.left_ms(now_ms)), "why": lease.why}
        values["e_stop"], values["guard"] = self._e_stop.active, self._guard.active
        values["tap"], values["missed"] = tap, missed
        self._session.say("state", values)

    def _lost(self) -> None:
        """The host is gone: nobody is in charge, and the board says so."""
        self._lease.drop("lease")
        self._display.show(WAITING[0], WAITING[1])
        self._light.go_dark()

    def _show(self, now_ms: int) -> None:
        hardware = self._hardware
        shown = (self._light.at(now_ms), self._sound.at(now_ms))
        if shown[0] != self._shown[0]:
            hardware.light(shown[0])
        if shown[1] != self._shown[1]:
            hardware.tone(shown[1])
        self._shown = shown
        if now_ms >= self._display_ms:
            data = self._display.next(now_ms)
            if data and not hardware.display(data):
                self._display.restart()
                self._display_ms = now_ms + DISPLAY_AGAIN_MS
