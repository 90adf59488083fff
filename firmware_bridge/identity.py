"""Which device it is that stands at a line: its own word where it has one, else its USB adapter's serial number.

House rules: a device that is not the one wanted is heard and told nothing, and its relay is never closed; it is asked
again at each connection and each greeting, so the right one is taken up by itself. A name proves nothing (it can be
copied): it keeps apart what people mix up, not who they mistrust; that is what an OSDP reader's key is for.
"""

from serial.tools import list_ports

from firmware_bridge.messages import DeviceReady, DeviceTrouble, Message

WRONG_DEVICE = "wrong_device"
"""The code of the trouble that another device than the one wanted answers."""


def usb_serial(device: str) -> str:
    """Return the serial number of the USB device behind a port; "" where there is none or nobody can know it."""
    return next((port.serial_number or "" for port in list_ports.comports() if port.device == device), "")


class DeviceGate:
    """Lets through what the wanted device says; of another one only that it is there. `wanted` "": whichever it is."""

    def __init__(self, wanted: str) -> None:
        self._wanted = wanted
        self._open = not wanted
        self._told = ""

    @property
    def open(self) -> bool:
        """Whether the device at the line is to be spoken to."""
        return self._open

    def restored(self) -> None:
        """Say that the line is open (again): nobody has told who is there."""
        self._open = not self._wanted
        self._told = ""

    def passes(self, message: Message) -> Message | None:
        """Return what the program is to hear of a message: itself, that the device is a wrong one, or nothing."""
        if not self._wanted or isinstance(message, DeviceTrouble):
            return message
        if isinstance(message, DeviceReady):
            self._open = message.identity == self._wanted
            if not self._open and self._told != message.identity:
                self._told = message.identity
                return DeviceTrouble(code=WRONG_DEVICE, found=message.identity, at_ms=message.at_ms)
        return message if self._open else None
