"""Bytes from and to a device's line: a device path or a `socket://host:port`; opened again when lost.

House rules: blocking, for one thread, and every wait ends at once when `stop` is called from another; the
configured path is resolved again at each attempt, so a stable name (/dev/serial/by-id/…) follows its reader
to whatever device it comes back as, and never another reader that took the old device; the port is held
exclusively.
"""

import contextlib
import errno
import fcntl
import os
import select
import socket
import stat
import termios
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import serial

from firmware_bridge import errors
from firmware_bridge.identity import usb_serial

READ_BYTES_MAX = 4096
"""Taken at once: four seconds of a 9600-baud line; more than that waits in the kernel, or is lost there."""
WRITE_MAX_S = 0.2
"""A device that takes nothing for that long loses what was meant for it: its link says it again, or gives it up."""
WAKES_MAX = 64
"""Wake-ups taken at once: many are one."""
BACK_OFF_FIRST_S, BACK_OFF_LAST_S = 0.1, 2.0
"""The first wait hides a wobbling plug; the last bounds how long a reader that came back goes unnoticed."""
_PTY_MAJORS = range(136, 144)
"""Device numbers of pseudo-terminal slaves (Linux, Documentation/admin-guide/devices.txt)."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The line is open; `device` is what the address stands for at the moment, `usb_serial` the number of its USB
    device ("" where there is none).
    """

    address: str
    device: str
    usb_serial: str = ""


@dataclass(frozen=True, slots=True)
class Lost:
    """The line is not open, and why; it is tried again until `stop`. Said again when the reason changes."""

    address: str
    error: errors.BridgeError


LineState = Connected | Lost


def open_port(address: str, baud: int, *, low_lines: bool = False) -> tuple[serial.SerialBase, str]:
    """Open a line once; return it and the resolved device. Raise one of the bridge's errors, none other.

    `low_lines` holds DTR and RTS low from the opening on, where there are any.
    """
    if "://" in address:
        return _open_socket(address), address
    device = os.path.realpath(address)
    _check_device(address, device)
    try:
        port = serial.serial_for_url(
            device, do_not_open=True, baudrate=baud, timeout=0, write_timeout=WRITE_MAX_S, exclusive=True
        )
        if low_lines:
            port.dtr = port.rts = False
        port.open()
    except (serial.SerialException, OSError) as error:
        raise _open_error(address, error) from error
    try:
        _hold(port.fileno())
    except OSError as error:
        port.close()
        raise errors.LineLostError(address) from error
    return port, device


def _open_socket(address: str) -> serial.SerialBase:
    """Open `socket://host:port`; pyserial waits at most 5 s for the far end."""
    try:
        parts = urlsplit(address)
        wanted = parts.scheme == "socket" and parts.hostname and parts.port
    except ValueError:
        wanted = None
    if not wanted:
        raise errors.BadAddressError(address)
    try:
        return serial.serial_for_url(address, timeout=0, write_timeout=WRITE_MAX_S)
    except (serial.SerialException, OSError) as error:
        raise errors.HostUnreachableError(address) from error


def _check_device(address: str, device: str) -> None:
    try:
        mode = Path(device).stat().st_mode
    except PermissionError as error:
        raise errors.PortForbiddenError(address) from error
    except (OSError, ValueError) as error:
        raise errors.PortMissingError(address) from error
    if not stat.S_ISCHR(mode):
        raise errors.NotASerialPortError(address)


def _open_error(address: str, error: OSError) -> errors.BridgeError:
    """Name what pyserial met; it tells some system errors only by the exception that it was handling."""
    code = error.errno
    if code is None and isinstance(error.__context__, termios.error | OSError):
        code = error.__context__.args[0]
    match code:
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return errors.PortMissingError(address)
        case errno.EACCES | errno.EPERM:
            return errors.PortForbiddenError(address)
        case errno.EBUSY | errno.EAGAIN:
            return errors.PortBusyError(address)
        case errno.ENOTTY | errno.EINVAL:
            return errors.NotASerialPortError(address)
        case _:
            return errors.LineLostError(address)


def _hold(descriptor: int) -> None:
    """Keep out also the programs that do not take pyserial's lock.

    Not on a pseudo-terminal: there the mark outlives a killed holder, and would lock its successor out.
    """
    if os.major(os.fstat(descriptor).st_rdev) not in _PTY_MAJORS:
        fcntl.ioctl(descriptor, termios.TIOCEXCL)


class Transport:
    """One line that stays open as long as it can. `on_state` is called from the reading thread.

    `wanted_serial` is the only USB device that is opened ("": any); `serial_of` looks a device's number up.
    """

    def __init__(
        self,
        address: str,
        *,
        baud: int,
        on_state: Callable[[LineState], None],
        low_lines: bool = False,
        wanted_serial: str = "",
        serial_of: Callable[[str], str] = usb_serial,
    ) -> None:
        self._address = address
        self._baud, self._low_lines = baud, low_lines
        self._wanted_serial, self._serial_of = wanted_serial, serial_of
        self._on_state = on_state
        self._port: serial.SerialBase | None = None
        self._stopping = threading.Event()
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_out.setblocking(False)  # noqa: FBT003 - as the library names it
        self._told: type[errors.BridgeError] | None = None

    def connect(self) -> bool:
        """Open the line, however long that takes; False when `stop` came first."""
        wait_s = BACK_OFF_FIRST_S
        while not self._stopping.is_set():
            try:
                found = self._open()
            except errors.BridgeError as error:
                self._tell_lost(error)
            else:
                self._told = None
                self._on_state(found)
                return True
            self._stopping.wait(wait_s)
            wait_s = min(wait_s * 2, BACK_OFF_LAST_S)
        return False

    def _open(self) -> Connected:
        """Open the line to the wanted device; one that is not wanted is closed again, unread."""
        port, device = open_port(self._address, self._baud, low_lines=self._low_lines)
        serial_number = self._serial_of(device)
        if self._wanted_serial and serial_number != self._wanted_serial:
            port.close()
            raise errors.WrongDeviceError(self._address, serial_number)
        self._port = port
        return Connected(self._address, device, serial_number)

    def read(self, wait_s: float | None) -> bytes:
        """Wait for bytes (None: without end) and return them; b"" when the wait or the work is over, or at `wake`.

        Raise `LineLostError`, with the port closed, when the line is gone.
        """
        if self._port is None or self._stopping.is_set():
            return b""
        try:
            descriptor = self._port.fileno()
            ready, _, _ = select.select([descriptor, self._wake_out.fileno()], [], [], wait_s)
            if self._wake_out.fileno() in ready:
                self._wake_out.recv(WAKES_MAX)
            return self._port.read(READ_BYTES_MAX) if descriptor in ready else b""
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._lost() from error

    def write(self, data: bytes) -> None:
        """Send bytes, or lose them when the device takes none; raise `LineLostError` as `read` does."""
        if not data or self._port is None:
            return
        try:
            self._port.write(data)
        except serial.SerialTimeoutException:
            return
        except (serial.SerialException, OSError, termios.error) as error:
            raise self._lost() from error

    def wake(self) -> None:
        """End the present wait for bytes, from any thread."""
        with contextlib.suppress(OSError):  # full: it wakes all the same
            self._wake_in.send(b"\0", socket.MSG_DONTWAIT)

    def rest(self, wait_s: float) -> None:
        """Read nothing for a while: what a flood costs is bounded by the pauses that it earns."""
        self._stopping.wait(wait_s)

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """End every wait, from any thread, more than once if need be."""
        self._stopping.set()
        self.wake()

    def close(self) -> None:
        """Give the line back, once the reading thread is done."""
        self._stopping.set()
        self._close_port()
        self._wake_in.close()
        self._wake_out.close()

    def _close_port(self) -> None:
        if self._port is not None:
            with contextlib.suppress(OSError):
                self._port.close()
            self._port = None

    def _lost(self) -> errors.LineLostError:
        """Close the port and say so; return what is to be raised."""
        self._close_port()
        lost = errors.LineLostError(self._address)
        self._tell_lost(lost)
        return lost

    def _tell_lost(self, error: errors.BridgeError) -> None:
        if self._told is not type(error):
            self._told = type(error)
            self._on_state(Lost(self._address, error))
