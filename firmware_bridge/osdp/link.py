"""The conversation with an OSDP reader: what it tells over its secure line becomes messages, what we ask goes out.

House rules: a badge counts only from a line that is secure and up to date (`line`). Keypad digits are taken and
dropped. What a reader refused once it is not asked again. A badge comes 40 ms (median; 95 of 100: 70 ms) after it was
put to a reader on a pseudo-terminal, for it waits for the next question; at 9600 baud add some 50 ms on the wire.
"""

from collections.abc import Mapping

from firmware_bridge.commands import Command, Light, Relay, Sound, Text
from firmware_bridge.frames import REJECTS_MAX, Reject
from firmware_bridge.messages import BadgePresented, BadgeUnusable, DeviceReady, DeviceTrouble, InputChanged, Message
from firmware_bridge.osdp import display, frames
from firmware_bridge.osdp.library import Event
from firmware_bridge.osdp.line import SecureLine
from firmware_bridge.wiegand import read

DEFAULT_KEY = bytes(range(0x30, 0x40))
"""SCBK-D of the norm: whoever reads the norm can play a reader that still has it."""
BAUD = 9600
"""What readers leave the factory with."""
SAME_MS = 700
"""The same number again within it is the same presentation: some readers repeat a badge that stays."""
LATER_MS = 500
"""When a light that we end could not be ended because too much waited: the next attempt."""
PENDING_MAX = 12
"""Commands that libosdp holds: a verdict's light, sound and four lines, twice. Beyond it one is refused."""


class OsdpLink:
    """A `Conversation` with the reader at `address` that holds `key`. Raise `LibraryMissingError` without libosdp.

    `DeviceTrouble.code` is one of `line.Trouble`.
    """

    def __init__(self, address: int, key: bytes) -> None:
        self._line = SecureLine(address, key)
        self._told: str | None = None
        self._was_secure = False
        self._last: tuple[str, int] | None = None
        self._tamper = False
        self._standing = Light("off")
        self._light_ends_at: int | None = None

    def restored(self, now_ms: int) -> None:
        self._line.begin(now_ms)

    def interrupted(self) -> None:
        self._line.end()
        self._was_secure = False
        self._told = None  # who answers after a cable was out may be another one

    def receive(self, data: bytes, now_ms: int) -> list[Message]:
        messages: list[Message] = []
        happened = self._line.receive(data, now_ms)
        self._tell_state(now_ms, messages)
        for event in happened:
            self._tell(event, now_ms, messages)
        if self._light_is_over(now_ms) and not self.ask(self._standing, now_ms):
            self._light_ends_at = now_ms + LATER_MS
        return messages

    def ask(self, command: Command, now_ms: int) -> bool:
        if not self._line.secure or isinstance(command, Relay):
            return False
        if display.CODES[type(command)] in self._line.refused:
            return False
        if isinstance(command, Light) and not command.seconds:
            self._standing = command
            if self._light_ends_at is not None and now_ms < self._light_ends_at:
                return True  # it is told when the long one is over
        events = self._events(command)
        if not events or self._line.pending + len(events) > PENDING_MAX:
            return False
        self._line.submit(events, now_ms)
        if isinstance(command, Light):
            self._note_light(command, now_ms)
        return True

    def to_send(self) -> bytes:
        return self._line.to_send()

    def next_deadline(self) -> int | None:
        if self._line.next_at is None or self._light_ends_at is None or not self._line.secure:
            return self._line.next_at
        return min(self._line.next_at, self._light_ends_at)

    @property
    def rejects(self) -> Mapping[str, int]:
        return dict(self._line.rejects)

    @property
    def buffered(self) -> int:
        return self._line.buffered

    def _tell_state(self, now_ms: int, messages: list[Message]) -> None:
        """Say that the reader is ready, or why not, when that has changed."""
        if self._line.secure and not self._was_secure:
            if frames.LSTAT not in self._line.refused:
                library = self._line.library
                status = {"command": library.CMD_STATUS, "type": library.STATUS_REPORT_LOCAL}
                self._line.submit([status], now_ms)
            known = self._line.panel.get_pd_id(0)
            identity = f"{known['vendor_code']:06X}-{known['model']:02X}-{known['serial_number'] & 0xFFFFFFFF:08X}"
            if self._told != identity:
                self._told = identity
                messages.append(DeviceReady(identity=identity, firmware=_firmware(known), at_ms=now_ms))
        self._was_secure = self._line.secure
        if self._line.trouble is not None and self._told != self._line.trouble:
            self._told = self._line.trouble
            messages.append(DeviceTrouble(code=self._line.trouble, at_ms=now_ms))

    def _tell(self, event: Event, now_ms: int, messages: list[Message]) -> None:
        library = self._line.library
        if event["event"] == library.EVENT_CARDREAD:
            self._tell_card(event, now_ms, messages)
        elif event["event"] == library.EVENT_STATUS and event["type"] == library.STATUS_REPORT_LOCAL:
            tamper = any(event["report"])  # tampered with, or its power is failing: somebody should look at it
            if tamper != self._tamper:
                self._tamper = tamper
                messages.append(InputChanged(name="tamper", active=tamper, at_ms=now_ms))

    def _tell_card(self, event: Event, now_ms: int, messages: list[Message]) -> None:
        found = read(event["data"], event["length"]) if "length" in event else Reject("bit_count")
        if isinstance(found, Reject):
            self._count(found.error)
            messages.append(BadgeUnusable(reason="unreadable", at_ms=now_ms))
            return
        if self._last is None or self._last[0] != found.number_hex or now_ms - self._last[1] > SAME_MS:
            messages.append(BadgePresented(number_hex=found.number_hex, at_ms=now_ms))
        self._last = (found.number_hex, now_ms)

    def _events(self, command: Light | Sound | Text) -> list[Event]:
        """Return libosdp's commands for ours; none for what the reader does not have."""
        library, panel = self._line.library, self._line.panel
        match command:
            case Light() if panel.check_capability(0, library.CAP_READER_LED_CONTROL)[0]:
                return display.lights(library, command)
            case Sound() if panel.check_capability(0, library.CAP_READER_AUDIBLE_OUTPUT)[0]:
                return display.sounds(library, command)
            case Text() if compliance := panel.check_capability(0, library.CAP_READER_TEXT_OUTPUT)[0]:
                return display.texts(library, command, compliance)
            case _:
                return []

    def _light_is_over(self, now_ms: int) -> bool:
        """Whether a light is to be ended by us, now; a line that is down has to come back first."""
        return self._line.secure and self._light_ends_at is not None and now_ms >= self._light_ends_at

    def _note_light(self, command: Light, now_ms: int) -> None:
        """Remember when a light is over that the reader cannot time: then the standing one is told again."""
        if command.seconds > display.TIMED_S_MAX:
            self._light_ends_at = now_ms + command.seconds * 1000
        elif not command.seconds:
            self._light_ends_at = None

    def _count(self, name: str) -> None:
        if self._line.rejects[name] < REJECTS_MAX:
            self._line.rejects[name] += 1


def _firmware(known: Mapping[str, int]) -> str:
    """Three bytes as major.minor.build."""
    return ".".join(str(known["firmware_version"] >> shift & 0xFF) for shift in (16, 8, 0))
