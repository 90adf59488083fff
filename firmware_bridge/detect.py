"""What speaks at a serial port: found by listening, then by one harmless question for each protocol.

House rules: a port that any program has open is left alone, unopened; nothing is said before `LISTEN_S` of listening;
no question changes a device: who are you, in three languages. A port takes `WITHIN_S` at most, many ports no longer.
DTR and RTS are held low. What was found is a fact, what was not proves nothing: an EM4100 reader is silent
without a badge.
"""

import contextlib
import os
import secrets
import select
import termios
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeVar

import serial

from firmware_bridge import errors
from firmware_bridge.board.catalogue import NUMBER_MAX
from firmware_bridge.board.link import BoardLink
from firmware_bridge.drivers import BOARD_BAUD
from firmware_bridge.em4100.frames import BAUD as EM4100_BAUD
from firmware_bridge.em4100.frames import Em4100Decoder
from firmware_bridge.frames import Frame
from firmware_bridge.identity import usb_serial
from firmware_bridge.messages import DeviceReady, DeviceTrouble
from firmware_bridge.osdp import frames as osdp
from firmware_bridge.pn532 import chip
from firmware_bridge.pn532.frames import Packet, Pn532Decoder
from firmware_bridge.transport import READ_BYTES_MAX, open_port

LISTEN_S = 1.0
"""Fifteen frames of an RDM6300 that has a badge; and a device that speaks by itself is let finish."""
BOARD_S = 1.2
"""Two greetings."""
PN532_S = 0.3
OSDP_S = 0.25
"""A reader answers within 200 ms (SIA OSDP 2.2, clause 5.7)."""
OSDP_BAUDS: tuple[tuple[int, int], ...] = ((9600, 8), (115_200, 2), (38_400, 2), (19_200, 2), (57_600, 1), (230_400, 1))
"""Speeds, each with how many addresses are asked, from 0 on: readers leave the factory with 0 at 9600."""
WITHIN_S = 10.0
"""All of the above and the opening, rounded up."""
PORTS_MAX = 16
"""Ports asked at once, a thread each; of more the last are listed as not asked: no workshop's computer has them."""

State = Literal["found", "nothing", "held", "unusable", "not_asked"]
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Detected:
    """What is at a port. With `found`: `protocol`, `model` and what settings need; `about` is the device's own word,
    `identity` what tells it from another of its kind ("" where nothing does).
    """

    path: str
    state: State
    protocol: str = ""
    model: str = ""
    baud: int = 0
    address: int = 0
    about: str = ""
    identity: str = ""
    error: errors.BridgeError | None = None


def detect(paths: Sequence[str]) -> list[Detected]:
    """Ask at every path at once, and return the answers in their order."""
    asked, left = paths[:PORTS_MAX], paths[PORTS_MAX:]
    with ThreadPoolExecutor(max_workers=max(1, len(asked))) as pool:
        found = list(pool.map(detect_at, asked))
    return [*found, *(Detected(path=path, state="not_asked") for path in left)]


def detect_at(path: str) -> Detected:
    """Ask at one path; never raises for what is or is not there."""
    if "://" not in path and is_open(os.path.realpath(path)):
        return Detected(path=path, state="held")
    try:
        port, _ = open_port(path, EM4100_BAUD, low_lines=True)
    except errors.PortBusyError:
        return Detected(path=path, state="held")
    except errors.BridgeError as error:
        return Detected(path=path, state="unusable", error=error)
    with contextlib.closing(port):
        try:
            line = _Line(path, port)
            found = _listened(line) or _board(line) or _pn532(line) or _osdp(line)
            return _identified(found) if found else Detected(path=path, state="nothing")
        except (OSError, serial.SerialException, termios.error):
            return Detected(path=path, state="unusable", error=errors.LineLostError(path))


def _identified(found: Detected) -> Detected:
    """What is found, with the USB serial number of its adapter where the device has no word of its own."""
    if found.protocol not in ("em4100", "pn532") or "://" in found.path:
        return found
    return replace(found, identity=usb_serial(os.path.realpath(found.path)))


def is_open(device: str, processes: Path = Path("/proc")) -> bool:
    """Whether a program that we may look into has the device open, with or without a lock."""
    for opened in processes.glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if str(opened.readlink()) == device:
                return True
    return False


class _Line:
    """An open port, at a speed that may change, for `WITHIN_S`."""

    def __init__(self, path: str, port: serial.SerialBase) -> None:
        self.path, self._port = path, port
        self._until_s = time.monotonic() + WITHIN_S

    def at(self, baud: int) -> None:
        """Speak at that speed from now on; what came at another is thrown away."""
        self._port.baudrate = baud
        self._port.read(READ_BYTES_MAX)

    def say(self, data: bytes) -> None:
        """Send bytes, or lose them when the device takes none."""
        with contextlib.suppress(serial.SerialTimeoutException):
            self._port.write(data)

    def hear(self, within_s: float, judge: Callable[[bytes], Found | None]) -> Found | None:
        """Hand what comes to `judge` until it has found something or the time is over."""
        until_s = min(time.monotonic() + within_s, self._until_s)
        while (left_s := until_s - time.monotonic()) > 0:
            if select.select([self._port.fileno()], [], [], left_s)[0]:
                found = judge(self._port.read(READ_BYTES_MAX))
                if found is not None:
                    return found
        return None


def _listened(line: _Line) -> Detected | None:
    decoder, heard = Em4100Decoder(), bytearray()

    def judge(data: bytes) -> Detected | None:
        heard.extend(data[-READ_BYTES_MAX:])
        del heard[:-READ_BYTES_MAX]
        if not any(isinstance(found, Frame) for found in decoder.feed(data)):
            return None
        model = "id12" if b"\r\n\x03" in heard else "rdm6300"
        return Detected(path=line.path, state="found", protocol="em4100", model=model, baud=EM4100_BAUD)

    return line.hear(LISTEN_S, judge)


def _board(line: _Line) -> Detected | None:
    line.at(BOARD_BAUD)
    link = BoardLink(secrets.randbelow(NUMBER_MAX) + 1)
    link.restored(_now_ms())

    def judge(data: bytes) -> Detected | None:
        told = link.receive(data, _now_ms())
        line.say(link.to_send())
        for message in told:
            if isinstance(message, DeviceReady):
                about = f"{message.identity} {message.firmware}"
                return Detected(
                    path=line.path,
                    state="found",
                    protocol="board",
                    baud=BOARD_BAUD,
                    about=about,
                    identity=message.identity,
                )
            if isinstance(message, DeviceTrouble) and message.code == "catalogue":
                return Detected(path=line.path, state="found", protocol="board", baud=BOARD_BAUD, about="catalogue ≠")
        return None

    for _ in range(2):
        line.say(link.to_send())
        found = line.hear(BOARD_S / 2, judge)
        if found is not None:
            return found
        link.receive(b"", _now_ms())
    return None


def _pn532(line: _Line) -> Detected | None:
    line.at(chip.BAUD)
    decoder = Pn532Decoder()
    line.say(chip.WAKE_UP + chip.SAM_NORMAL.frame)
    if _answer_to(chip.SAM_NORMAL, line, decoder) is None:
        return None
    line.say(chip.FIRMWARE.frame)
    answer = _answer_to(chip.FIRMWARE, line, decoder)
    version = None if answer is None else chip.firmware_version(answer)
    if version is None or version[0] != chip.PN532_IC:
        return None
    return Detected(path=line.path, state="found", protocol="pn532", baud=chip.BAUD, about=f"PN532 {version[1]}")


def _answer_to(command: chip.Command, line: _Line, decoder: Pn532Decoder) -> bytes | None:
    def judge(data: bytes) -> bytes | None:
        answers = (found for found in decoder.feed(data) if isinstance(found, Packet) and not found.to_chip)
        return next((answer.data for answer in answers if answer.code == command.code + 1), None)

    return line.hear(PN532_S, judge)


def _osdp(line: _Line) -> Detected | None:
    """Ask for identity, never by a poll: its answer might be a badge, which would be lost."""
    decoder = osdp.OsdpDecoder()

    def judge(data: bytes) -> osdp.OsdpFrame | None:
        return next((found for found in decoder.feed(data) if isinstance(found, osdp.OsdpFrame) and found.reply), None)

    for baud, addresses in OSDP_BAUDS:
        line.at(baud)
        decoder.finish()
        for address in range(addresses):
            line.say(osdp.encode(address, osdp.ID, b"\0"))
            if (answer := line.hear(OSDP_S, judge)) is not None:
                about = answer.data[:3].hex().upper() if answer.code == osdp.PDID else ""
                return Detected(
                    path=line.path, state="found", protocol="osdp", baud=baud, address=answer.address, about=about
                )
    return None


def _now_ms() -> int:
    return time.monotonic_ns() // 1_000_000
