"""A PZEM-004T without hardware: answers real Modbus RTU frames on a pseudo-terminal, with faults on request.

House rules: its checksum and its frames are made here, and not by the library that the meter's reader uses, so that one
is a witness of the other; what a real meter ignores it ignores.
"""

import threading
from pathlib import Path
from typing import Literal, Self, get_args

from firmware_bridge.pzem.registers import ADDRESS_ANY, READ_INPUT, REGISTERS, Reading, registers_of
from firmware_bridge.simulator import PseudoTerminal

Fault = Literal["none", "silent", "damaged", "cut", "refusing"]
"""Nothing; no answer; a wrong checksum; half an answer; an exception of Modbus (illegal address)."""
FAULTS: tuple[Fault, ...] = get_args(Fault)

REQUEST_BYTES = 8
WAIT_S = 0.05
HELD_MAX = 256
"""Bytes without a whole question that are kept: thirty questions' worth. Beyond it they are noise, and forgotten."""


def crc16(data: bytes) -> bytes:
    """Modbus's checksum (polynomial A001, start FFFF), low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


class SimulatedPzem:
    """A meter behind `path`; a context manager. `reading` is what it measures, and may be set at any moment."""

    def __init__(self, link: Path | None = None, *, address: int = 1) -> None:
        self.reading = Reading(millivolts=230_000, milliamperes=0, milliwatts=0, milliwatt_hours=0)
        self.fault: Fault = "none"
        self.questions = 0
        self._address = address
        self._terminal = PseudoTerminal(link)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="simulated-pzem", daemon=True)
        self._thread.start()

    @property
    def path(self) -> str:
        """The stable path to open."""
        return self._terminal.path

    def unplug(self) -> None:
        """Pull the plug of its line."""
        self._terminal.unplug()

    def replug(self) -> None:
        """Plug it in again."""
        self._terminal.replug()

    def answer(self, request: bytes) -> bytes:
        """Return what the meter says to a question: nothing when it is not for it, or damaged."""
        if len(request) != REQUEST_BYTES or crc16(request[:-2]) != request[-2:]:
            return b""
        if request[0] not in (self._address, ADDRESS_ANY) or self.fault == "silent":
            return b""
        start, count = int.from_bytes(request[2:4]), int.from_bytes(request[4:6])
        if self.fault == "refusing" or request[1] != READ_INPUT or start + count > REGISTERS:
            body = bytes((request[0], request[1] | 0x80, 2))
        else:
            words = registers_of(self.reading)[start : start + count]
            data = b"".join(word.to_bytes(2) for word in words)
            body = bytes((request[0], request[1], len(data))) + data
        frame = body + crc16(body)
        if self.fault == "damaged":
            return frame[:-1] + bytes((frame[-1] ^ 1,))
        return frame[: len(frame) // 2] if self.fault == "cut" else frame

    def close(self) -> None:
        """End, and leave nothing behind."""
        self._ending.set()
        self._thread.join()
        self._terminal.close()

    def __enter__(self) -> Self:
        """Return the meter."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def _work(self) -> None:
        held = b""
        while not self._ending.is_set():
            heard = self._terminal.read(WAIT_S)
            held = (held + heard)[-HELD_MAX:] if heard else b""  # a pause ends a frame
            if len(held) >= REQUEST_BYTES:
                self._terminal.write(self.answer(held[:REQUEST_BYTES]))
                self.questions += 1
                held = held[REQUEST_BYTES:]
            if not heard:
                self._ending.wait(WAIT_S / 10)
