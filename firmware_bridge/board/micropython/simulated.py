"""The board's hardware on any computer, for CPython and for MicroPython's unix port: a line, a panel, a clock.

The panel stands for hands and eyes. Orders come in, one a line: `reader HEX` (bytes on the reader's UART), `e_stop 1`,
`guard 1`, `button 1`, `danger 1`, `current MILLIAMPERES`, `pass MILLISECONDS` (where the clock is moved by hand),
`hang` (the loop stops, as the watchdog never lets it), `crash` (an exception in the loop). What the board drives goes
out, one JSON object a line, with the board's own time. House rules: nothing here decides; the line is never waited for.

As a program (`-m firmware_bridge.board.micropython.simulated IDENTITY BOOT READER CLOCK LINE ORDERS DRIVEN`) the
last three are open descriptors that do not block (MicroPython reads a blocking one to the full); CLOCK is `own` or
`hand`.
"""

import json
import select
import sys
import time

from firmware_bridge.board.micropython.hardware import Hardware
from firmware_bridge.board.micropython.main import run

TURN_S = 0.01
MILLIAMPERES_FULL = 99000
BYTES_MAX = 256
"""Taken from a line or from the panel in one turn; more waits for the next."""
HELD_MAX = 1024
"""Bytes of the reader's UART that wait for the loop; a real one drops what it has no room for, and so does this."""
WRITE_MAX = 64
"""Given to the line at once, as on the Pico."""
_WAVE = (0, 23170, 32767, 23170, 0, -23170, -32767, -23170)
"""An eighth of a period each, in 32767ths of the peak."""


class Stream:
    """Bytes both ways; a stand-in has its own."""

    def read(self, wait_s: float) -> bytes:
        """What there is, at most `BYTES_MAX`, waited for at most so long."""
        raise NotImplementedError

    def write(self, data: bytes) -> int:
        """Write what is taken at once, and return how many bytes that was; never wait."""
        raise NotImplementedError


class Simulated(Hardware):
    """A board's pins, its `line` to the host, and its `panel`."""

    def __init__(self, identity: str, boot: int, line: "Stream", panel: "Stream", by_hand: bool) -> None:
        self.identity, self.boot = identity, boot
        self._line, self._panel = line, panel
        self._by_hand = by_hand
        self._hand_ms = 0
        self._start_ms = ticks_ms()
        self._heard = self._orders = self._reader = b""
        self._levels = {"e_stop": 0, "guard": 0, "button": 0, "danger": 0, "current": 0}
        self._tripped = False
        self._closed = False
        self._phase = 0

    def now_ms(self) -> int:
        return self._hand_ms if self._by_hand else ticks_ms() - self._start_ms

    def wait(self) -> None:
        if not self._heard:
            self._heard = self._line.read(TURN_S)
        self._orders += self._panel.read(0)
        while b"\n" in self._orders:
            order, self._orders = self._orders.split(b"\n", 1)
            self._obey(str(order, "ascii").split())

    def alive(self) -> None:
        pass

    def relay(self, on: bool) -> None:
        if on != self._closed:
            self._closed = on
            self._drive("relay", on)

    def relay_reads(self) -> bool:
        return self._closed

    def e_stop(self) -> bool:
        tripped, self._tripped = self._tripped, False
        return tripped or bool(self._levels["e_stop"])

    def guard(self) -> bool:
        return bool(self._levels["guard"])

    def button(self) -> bool:
        return bool(self._levels["button"])

    def danger(self) -> bool:
        return bool(self._levels["danger"])

    def current(self) -> int:
        self._phase = (self._phase + 1) % len(_WAVE)
        peak = self._levels["current"] * 65536 * 1.41421356 / MILLIAMPERES_FULL
        return max(0, min(65535, 32768 + int(_WAVE[self._phase] * peak / 32767)))

    def host_read(self) -> bytes:
        heard, self._heard = self._heard, b""
        return heard

    def host_write(self, data: bytes) -> int:
        return self._line.write(data[:WRITE_MAX])

    def reader_read(self) -> bytes:
        read, self._reader = self._reader[:BYTES_MAX], self._reader[BYTES_MAX:]
        return read

    def reader_write(self, data: bytes) -> None:
        self._drive("reader", data.hex())

    def light(self, parts: "tuple[int, int, int]") -> None:
        self._drive("light", parts)

    def tone(self, hertz: int) -> None:
        self._drive("tone", hertz)

    def display(self, data: bytes) -> bool:
        self._drive("display", data.hex())
        return True

    def _obey(self, order: "list[str]") -> None:
        name, said = order[0], order[1] if len(order) > 1 else ""
        if name == "reader":
            self._reader = (self._reader + bytes.fromhex(said))[:HELD_MAX]
        elif name == "pass":
            self._hand_ms += int(said)
            self._drive("passed", self._hand_ms)
        elif name == "hang":
            self._drive("hung", value=True)
            while True:
                time.sleep(1)  # a program that is stuck, for good: only its watchdog ends it
        elif name == "crash":
            raise RuntimeError("a fault on request")
        else:
            self._levels[name] = int(said)
            self._tripped = self._tripped or (name == "e_stop" and said == "1")

    def _drive(self, what: str, value: object) -> None:
        said = json.dumps({"ms": self.now_ms(), what: value})
        self._panel.write(said.encode() + b"\n")


class Descriptors(Stream):
    """A line or panel on two open descriptors."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming, self._outgoing = open(incoming, "rb", 0), open(outgoing, "wb", 0)  # noqa: SIM115
        self._readable, self._writable = select.poll(), select.poll()
        self._readable.register(self._incoming, select.POLLIN)
        self._writable.register(self._outgoing, select.POLLOUT)

    def read(self, wait_s: float) -> bytes:
        try:
            if not self._readable.poll(int(wait_s * 1000)):
                return b""
            read = self._incoming.read(BYTES_MAX)
        except OSError:
            read = b""
        if not read:
            time.sleep(wait_s)  # nobody has the other end, which keeps nobody waiting
        return read or b""

    def write(self, data: bytes) -> int:
        try:
            return self._outgoing.write(data) or 0 if self._writable.poll(0) else 0
        except OSError:
            return 0


def ticks_ms() -> int:
    """A clock that only grows, on either Python."""
    return time.ticks_ms() if hasattr(time, "ticks_ms") else time.monotonic_ns() // 1_000_000


def main(arguments: "list[str]") -> None:
    """Run the board on descriptors that are open already."""
    identity, boot, reader, clock, line, orders, driven = arguments
    hardware = Simulated(
        identity, int(boot), Descriptors(int(line), int(line)), Descriptors(int(orders), int(driven)), clock == "hand"
    )
    run(hardware, reader, MILLIAMPERES_FULL)


if __name__ == "__main__":
    main(sys.argv[1:])
