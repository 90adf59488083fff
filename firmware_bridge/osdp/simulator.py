"""An OSDP reader without hardware, on a pseudo-terminal: libosdp's own reader side, and faults on request.

House rules: real bytes, real encipherment, real time; a thread of its own serves the line, and every change is handed
to it. Badges go out as raw Wiegand bits. What the reader was asked to show is kept, the last few of it.
"""

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from firmware_bridge import wiegand
from firmware_bridge.osdp import frames, library
from firmware_bridge.osdp.frames import OsdpDecoder, OsdpFrame
from firmware_bridge.osdp.library import Channel, Event
from firmware_bridge.simulator import PseudoTerminal

Fault = Literal["none", "silent", "damaged", "plain_only"]
"""Hears nothing · flips a bit of every answer · has no secure channel, and offers clear text."""

SHOWN_MAX = 32
"""Commands kept for whoever looks: a screen or a test. Beyond it the oldest is forgotten."""
CHANGES_MAX = 64
"""Changes that wait for the thread; beyond it `place` and the others wait for it too."""
_WAIT_S = 0.02
_STEPS = 2
_COLOURS = {0: "off", 1: "red", 2: "green", 3: "amber", 4: "blue"}


class SimulatedOsdpReader:
    """A reader at `address` that holds `key` (`None`: in install mode, it takes the key that it is given).

    A context manager. `link`: where to put the stable path.
    """

    def __init__(self, key: bytes | None, *, address: int = 0, link: Path | None = None) -> None:
        self.address = address
        self.terminal = PseudoTerminal(link)
        self.shown: deque[Event] = deque(maxlen=SHOWN_MAX)
        self.fault: Fault = "none"
        self._library = library.load()
        self._report = {"event": self._library.EVENT_STATUS, "type": self._library.STATUS_REPORT_LOCAL}
        self._case = bytes(2)
        self._channel = Channel()
        self._decoder = OsdpDecoder()
        self._peripheral = self._made(key)
        self._changes: queue.Queue[Callable[[], object]] = queue.Queue(CHANGES_MAX)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="osdp-reader", daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """The stable path to open."""
        return self.terminal.path

    @property
    def light(self) -> str:
        """The colour last asked for."""
        lights = [event for event in self.shown if event["command"] == self._library.CMD_LED]
        return _COLOURS.get(lights[-1]["on_color"], "?") if lights else "off"

    def checked(self, number_hex: str) -> str:
        """Give a number as the reader reads it (6 or 8 hex digits); raise `BadBadgeNumberError`."""
        wiegand.encode(number_hex)
        return number_hex.upper()

    def place(self, number_hex: str) -> None:
        """Put a badge to the reader: it is told at the next question. Raise `BadBadgeNumberError`."""
        self.present_bits(*wiegand.encode(number_hex))

    def present_bits(self, data: bytes, bits: int) -> None:
        """Tell any bits as a card's."""
        card = {"event": self._library.EVENT_CARDREAD, "reader_no": 0, "direction": 0, "length": bits, "data": data}
        self._submit(card | {"format": self._library.CARD_FMT_RAW_WIEGAND})

    def press(self, digits: bytes) -> None:
        """Press keys of its keypad."""
        self._submit({"event": self._library.EVENT_KEYPRESS, "reader_no": 0, "data": digits})

    def tamper(self, *, active: bool, power: bool = False) -> None:
        """Open or close its case; `power`: its supply fails."""
        self._case = bytes([active, power])
        self._submit(self._report | {"report": self._case})

    def tick(self) -> None:
        """Let time pass: such a reader tells a badge once."""

    def take_away(self) -> None:
        """Take the badge away; such a reader does not say so."""

    def hold_key(self, key: bytes | None) -> None:
        """Make it another reader, with that key."""
        self._changes.put(lambda: self._replace(key))

    def inject(self, data: bytes) -> None:
        """Put bytes on the line that no reader sent."""
        self.terminal.write(data)

    def unplug(self) -> None:
        """Pull the plug of its line."""
        self.terminal.unplug()

    def replug(self) -> None:
        """Plug it in again."""
        self.terminal.replug()

    def close(self) -> None:
        """End the thread and leave nothing behind."""
        self._closing.set()
        self._thread.join()
        self.terminal.close()

    def _submit(self, event: Event) -> None:
        self._changes.put(lambda: self._peripheral.submit_event(event))

    def _replace(self, key: bytes | None) -> None:
        self._channel.flush()
        self._peripheral = self._made(key)

    def _made(self, key: bytes | None) -> library.Peripheral:
        names = ("CAP_READER_LED_CONTROL", "CAP_READER_AUDIBLE_OUTPUT", "CAP_READER_TEXT_OUTPUT")
        abilities = [
            {"function_code": getattr(self._library, name), "compliance_level": level, "num_items": 1}
            for name, level in zip(names, (4, 1, 2), strict=True)
        ]
        made = library.peripheral(self.address, key, self._channel, abilities)
        made.set_command_callback(self._asked)
        return made

    def _asked(self, command: Event) -> tuple[int, None]:
        """Called by libosdp with its lock held."""
        self.shown.append(command.copy())
        if command["command"] == self._library.CMD_STATUS and any(self._case):
            with contextlib.suppress(queue.Full):  # libosdp answers such a question with zeros: tell it once more
                self._changes.put_nowait(lambda: self._peripheral.submit_event(self._report | {"report": self._case}))
        return library.accepted()

    def _serve(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(queue.Empty):
                while True:
                    self._changes.get_nowait()()
            data = self.terminal.read(_WAIT_S)
            if not data and self._wait_without_a_line():
                continue
            if self.fault == "silent":
                continue
            if self.fault == "plain_only":
                self._answer_plainly(data)
                continue
            self._channel.put(data)
            for _ in range(_STEPS):
                self._peripheral.refresh()
            self._reply(self._channel.taken())

    def _wait_without_a_line(self) -> bool:
        """Rest while nobody has the line open, when reading does not wait."""
        return self._closing.wait(0.001)

    def _reply(self, answer: bytes) -> None:
        if answer and self.fault == "damaged":
            answer = answer[:-3] + bytes([answer[-3] ^ 1]) + answer[-2:]
        if answer:
            self.terminal.write(answer)

    def _answer_plainly(self, data: bytes) -> None:
        """Be an old reader: it identifies itself, has no secure channel, and tells a badge to every question."""
        answers = {
            frames.ID: (frames.PDID, bytes(12)),
            frames.CAP: (frames.PDCAP, bytes([4, 1, 1])),
            frames.POLL: (frames.RAW, bytes.fromhex("00011A0086998580")),
        }
        for found in self._decoder.feed(data):
            if isinstance(found, OsdpFrame) and found.address == self.address:
                code, told = answers.get(found.code, (frames.NAK, b"\x05"))
                self._reply(frames.encode(self.address, code, told, reply=True, sequence=found.sequence))

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
