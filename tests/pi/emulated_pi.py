"""A Raspberry Pi 3 under QEMU: its console obeys, its readers are simulated ones, its pins are read from outside.

House rules: what a pin shows comes from the emulated chip's registers by way of QEMU's monitor and trace, never from a
program of the Pi; the host's end of each reader is the simulator that ships with the product.
"""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.simulator import Presenter
from tests.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

DEADLINE_S = 900.0
"""A quiet computer boots it in 15 s and starts a controller in 30; on one busy with other tests that took 5 minutes."""

GPIO = 0x3F20_0000
"""The GPIO block as the processor sees it (BCM2835 ARM Peripherals, section 6.1, moved to 0x3f000000 on a Pi 3)."""
SET, CLEAR, LEVEL = 0x1C, 0x28, 0x34
"""GPSET0, GPCLR0 and GPLEV0; the functions, ten pins a register and three bits a pin, begin at 0 (GPFSEL0)."""
OUTPUT = 1
HOLD_MS = 400
PATIENCE_S = 8
"""How long a person waits for the machine, by the Pi's clock, before tapping again."""
TAPS_MAX = 10
"""More than a slow emulation needs; a machine that answers none of them is broken."""
_WRITE = re.compile(rb"addr 0x3f2000([0-9a-f]{2}) value 0x([0-9a-f]+) size 4 name 'bcm2835_gpio'")


@dataclass(frozen=True, slots=True)
class Pin:
    """What one pin of the header does: whether the chip drives it, and the level it shows or would show."""

    driven: bool
    level: bool


LOW, HIGH = Pin(driven=True, level=False), Pin(driven=True, level=True)


class Line:
    """One of QEMU's sockets, spoken to in lines and heard up to a mark."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(DEADLINE_S)
        # Its name is there a moment before anybody listens at it.
        wait_until(lambda: self._reaches(path), DEADLINE_S, f"QEMU's {path.name}")
        self._heard = b""

    def _reaches(self, path: Path) -> bool:
        try:
            self._socket.connect(str(path))
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True

    def say(self, line: str) -> None:
        """Send one line."""
        self._socket.sendall(line.encode() + b"\n")

    def hear(self, mark: str) -> str:
        """Return everything up to the first match of `mark`, and the match."""
        while not (found := re.search(mark.encode(), self._heard)):
            try:
                more = self._socket.recv(65_536)
            except TimeoutError:
                more = b""
            assert more, f"waited {DEADLINE_S} s for {mark!r}; heard {self._heard[-2000:]!r}"
            self._heard += more
        text, self._heard = self._heard[: found.end()], self._heard[found.end() :]
        return text.decode(errors="replace")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class Witness:
    """Sees every write to the chip's registers while it watches, however short what it did."""

    def __init__(self, pi: EmulatedPi, trace: Path) -> None:
        self._trace, self._begin = trace, trace.stat().st_size
        self._end: int | None = None
        self._before = {number: pi.pin(number) for number in range(28)}

    def looks_away(self) -> None:
        """What comes from now on is no part of this."""
        self._end = self._trace.stat().st_size

    def history(self, number: int) -> list[Pin]:
        """What a pin did, first as it was found; each state differs from the one before."""
        states = [self._before[number]]
        for offset, value in self._writes():
            now = states[-1]
            if offset == 4 * (number // 10):
                now = replace(now, driven=value >> (3 * (number % 10)) & 7 == OUTPUT)
            elif offset in {SET, CLEAR} and value >> number & 1:
                now = replace(now, level=offset == SET)
            if now != states[-1]:
                states.append(now)
        return states

    def _writes(self) -> Iterator[tuple[int, int]]:
        with self._trace.open("rb") as trace:
            trace.seek(self._begin)
            seen = trace.read(-1 if self._end is None else self._end - self._begin)
            for line in seen.splitlines():
                if found := _WRITE.search(line):
                    yield int(found[1], 16), int(found[2], 16)


class EmulatedPi:
    """One boot, from power-on until `close`; a context manager."""

    def __init__(self, system: Path, layer: Path, folder: Path, *, kernel_words: str = "") -> None:
        """Start the machine with the prepared `system`; `layer` is an archive of the files that come on top."""
        self._ends = ExitStack()
        self._trace = folder / "trace"
        self._trace.touch()
        initrd = folder / "initrd"
        with initrd.open("wb") as whole:
            for part in (system / "base.cpio", layer):
                whole.write(part.read_bytes())
        self._ends.callback(initrd.unlink)
        self.uart = self._ends.enter_context(SimulatedReader("rdm6300", folder / "uart"))
        self.usb = self._ends.enter_context(SimulatedReader("rdm6300", folder / "usb"))
        console, monitor = folder / "console", folder / "monitor"
        words = f"console=ttyS1,115200 rdinit=/init panic=-1 quiet indivis.now={int(time.time())} {kernel_words}"
        with (folder / "qemu.log").open("wb") as log:
            self._qemu = subprocess.Popen(
                [
                    "nice", "-n", "10", "qemu-system-aarch64", "-M", "raspi3b", "-display", "none", "-no-reboot",
                    "-kernel", system / "vmlinuz", "-dtb", system / "pi.dtb", "-initrd", initrd, "-append", words,
                    "-chardev", f"serial,id=uart,path={self.uart.path}", "-serial", "chardev:uart",
                    "-serial", f"unix:{console},server=on,wait=off", "-monitor", f"unix:{monitor},server=on,wait=off",
                    "-chardev", f"serial,id=usb,path={self.usb.path}", "-D", self._trace,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self._ends.callback(self._power_off)
        try:
            self._console, self._monitor = Line(console), Line(monitor)
            self._ends.callback(self._console.close)
            self._ends.callback(self._monitor.close)
            self._monitor.hear(r"\(qemu\) ")
            self._console.hear("<pi up>\r?\n")
        except BaseException:
            self.close()
            raise

    def run(self, command: str) -> tuple[int, str]:
        """Have the Pi's shell run a line; return its exit code and everything it said."""
        self._console.say(command)
        said, _, code = self._console.hear(r"<pi \d+>\r?\n").rpartition("<pi ")
        return int(code.rstrip("\r\n>")), said

    def does(self, command: str) -> str:
        """Have the Pi do something that must succeed; return what it said."""
        code, said = self.run(command)
        assert code == 0, f"{command}: {code}, {said}"
        return said.strip()

    def waits_until(self, condition: str) -> None:
        """Have the Pi wait, looking once a second: to be asked all the time would slow down what it waits for."""
        self.does(f"until {condition}; do sleep 1; done")

    def text_of(self, path: str) -> str:
        """The text of a file on the Pi; empty while there is none."""
        return self.run(f"cat {shlex.quote(path)} 2>/dev/null")[1]

    def pin(self, number: int) -> Pin:
        """Read a pin from the chip's registers, without the Pi's help."""
        function = self._register(4 * (number // 10)) >> (3 * (number % 10)) & 7
        return Pin(driven=function == OUTPUT, level=bool(self._register(LEVEL) >> number & 1))

    @contextmanager
    def witnessed(self) -> Iterator[Witness]:
        """Write down what happens to the chip's registers; the trace is large, so only while it is wanted."""
        witness = Witness(self, self._trace)
        self._asks("trace-event memory_region_ops_write on")
        try:
            yield witness
        finally:
            self._asks("trace-event memory_region_ops_write off")
            witness.looks_away()

    def tap(self, reader: SimulatedReader, badge: str, number: int, becomes: Pin) -> None:
        """Hold a badge to a reader until its machine's pin answers; tap again, as a person does, when it does not.

        A start whose journal entry takes longer than 250 ms is refused, and on a busy computer an emulated one does.
        """
        for _ in range(TAPS_MAX):
            hand = Presenter(reader)
            hand.present(badge, HOLD_MS)
            hand.finish()
            hand.close()
            for _ in range(PATIENCE_S):
                answered = self.pin(number) == becomes
                self.does("sleep 1")  # the Pi's own second: what a reader must be silent before the next tap
                if answered:
                    return
        raise AssertionError(f"GPIO{number} did not become {becomes} in {TAPS_MAX} taps")

    def plug_in(self) -> None:
        """Put the USB reader's adapter into a socket of the Pi."""
        self._asks("device_add usb-serial,chardev=usb")
        self.waits_until("test -e /dev/ttyUSB0")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Cut the power."""
        self.close()

    def close(self) -> None:
        """Cut the power."""
        self._ends.close()

    def _asks(self, command: str) -> str:
        self._monitor.say(command)
        return self._monitor.hear(r"\n\(qemu\) ")

    def _register(self, offset: int) -> int:
        said = self._asks(f"xp /1wx {GPIO + offset:#x}")
        found = re.search(r"[0-9a-f]+: 0x([0-9a-f]{8})", said)
        assert found, f"no register in {said!r}"
        return int(found[1], 16)

    def _power_off(self) -> None:
        self._qemu.kill()
        self._qemu.wait()
