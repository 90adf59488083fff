"""One PZEM-004T behind a line that comes and goes, asked again and again in a blocking thread (through minimalmodbus).

House rules: a frame that is damaged, late or missing is counted and nothing is made of it; nothing here keeps what it
read, so nobody takes an old reading for a new one.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping

import serial
from minimalmodbus import Instrument, ModbusException

from firmware_bridge.errors import BridgeError, LineLostError
from firmware_bridge.frames import REJECTS_MAX
from firmware_bridge.pzem.registers import ADDRESS_ANY, BAUD, READ_INPUT, REGISTERS, Reading, reading_of
from firmware_bridge.transport import Connected, LineState, Lost, open_port

ASK_EVERY_S = 2.0
"""The meter measures once a second."""

ANSWER_S = 0.5
"""Ten times what the meter and 33 bytes at 9600 baud take."""

BACK_OFF_S = 2.0
"""Between two attempts to open the line: a meter that is plugged in again is found at once, for a person."""


class PzemMeter:
    """A meter at `path` (a device or `socket://host:port`) and `address`. Callbacks come from the thread in `run`."""

    def __init__(
        self,
        path: str,
        *,
        on_reading: Callable[[Reading], None],
        on_state: Callable[[LineState], None],
        address: int = ADDRESS_ANY,
        ask_every_s: float = ASK_EVERY_S,
    ) -> None:
        self._path, self._address, self._ask_every_s = path, address, ask_every_s
        self._on_reading, self._on_state = on_reading, on_state
        self._stopping = threading.Event()
        self._told: type[BridgeError] | None = None
        self._rejects: Counter[str] = Counter()

    @property
    def rejects(self) -> Mapping[str, int]:
        """How many questions had no good answer, by the library's name for it."""
        return dict(self._rejects)

    def stop(self) -> None:
        """End `run` within one question, from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Ask until `stop`; a lost line is taken up again."""
        while not self._stopping.is_set():
            try:
                port, device = open_port(self._path, BAUD)
            except BridgeError as error:
                self._lost(error)
            else:
                self._told = None
                self._on_state(Connected(self._path, device))
                self._ask_on(port)
            self._stopping.wait(BACK_OFF_S)

    def _ask_on(self, port: serial.SerialBase) -> None:
        try:
            port.timeout = ANSWER_S
            instrument = Instrument(port, self._address)
            while not self._stopping.is_set():
                self._ask(instrument)
                self._stopping.wait(self._ask_every_s)
        except (serial.SerialException, OSError, TypeError):  # a port closed by its far end has no descriptor
            self._lost(LineLostError(self._path))
        finally:
            port.close()

    def _ask(self, instrument: Instrument) -> None:
        try:
            reading = reading_of(instrument.read_registers(0, REGISTERS, functioncode=READ_INPUT))
        except (ModbusException, ValueError) as error:
            name = type(error).__name__
            self._rejects[name] = min(self._rejects[name] + 1, REJECTS_MAX)
        else:
            self._on_reading(reading)

    def _lost(self, error: BridgeError) -> None:
        if self._told is not type(error):
            self._told = type(error)
            self._on_state(Lost(self._path, error))
