"""Which serial ports this computer has, for a person who looks for a reader's path.

House rule: a stable name comes first where there is one: by-id follows a reader to another socket, by-path stays with
the socket, for readers whose adapters have no number of their own.
"""

from dataclasses import dataclass
from pathlib import Path

from serial.tools import list_ports

BY_ID, BY_PATH = Path("/dev/serial/by-id"), Path("/dev/serial/by-path")


@dataclass(frozen=True, slots=True)
class Port:
    """`path` to write in the settings, the `device` it stands for now, what the maker says of it; `socket`: by-path."""

    path: str
    device: str
    about: str
    socket: str = ""


def find_ports(by_id: Path = BY_ID, by_path: Path = BY_PATH) -> list[Port]:
    """Every serial port found, sorted by path, each once."""
    about = {port.device: port.description for port in list_ports.comports()}
    sockets = _links(by_path)
    stable = sockets | _links(by_id)
    found = [
        Port(
            path=stable.get(device, device),
            device=device,
            about=_said(about.get(device)),
            socket=sockets.get(device, ""),
        )
        for device in about.keys() | stable.keys()
    ]
    return sorted(found, key=lambda port: port.path)


def _links(folder: Path) -> dict[str, str]:
    """The links in a folder, by the device that each leads to."""
    return {str(link.resolve()): str(link) for link in sorted(folder.glob("*"))}


def _said(description: str | None) -> str:
    """What a port says of itself; pyserial writes "n/a" for nothing."""
    return "" if description in {None, "n/a"} else str(description)
