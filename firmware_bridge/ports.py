"""Which serial ports this computer has, for a person who looks for a reader's path.

House rule: the stable name (/dev/serial/by-id) comes first where there is one, as it survives a replug.
"""

from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

BY_ID = Path("/dev/serial/by-id")


@dataclass(frozen=True, slots=True)
class Port:
    """`path` to write in the settings, the `device` it stands for now, and what the maker says of it."""

    path: str
    device: str
    about: str


def find_ports(by_id: Path = BY_ID) -> list[Port]:
    """Every serial port found, sorted by path, each once."""
    about = {port.device: port.description for port in list_ports.comports()}
    stable = {str(link.resolve()): str(link) for link in sorted(by_id.glob("*"))}
    found = [
        Port(path=stable.get(device, device), device=device, about=_said(about.get(device)))
        for device in about.keys() | stable.keys()
    ]
    return sorted(found, key=lambda port: port.path)


def _said(description: str | None) -> str:
    """What a port says of itself; pyserial writes "n/a" for nothing."""
    return "" if description in {None, "n/a"} else str(description)
