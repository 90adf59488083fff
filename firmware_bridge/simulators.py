"""A simulated device of each protocol, by the name that settings use, and the faults that each has on request.

House rule: what a fault does is the device's own affair; here it only gets a name. A library that one kind needs is
imported when that kind is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, cast

from firmware_bridge.drivers import Options
from firmware_bridge.em4100.frames import Model
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.errors import KeyFileMissingError
from firmware_bridge.key_files import read_key
from firmware_bridge.simulator import Badges

SLOW_MS, GARBAGE_BYTES, LOST = 400, 40, 0.2
"""A chip that answers late, noise before each answer, one byte in five lost: bad, and still a line that recovers."""


class Device(Badges, Protocol):
    """A simulated device behind `path`; a context manager."""

    @property
    def path(self) -> str:
        """The stable path to open."""

    def unplug(self) -> None:
        """Pull the plug of its line: the path is gone."""

    def replug(self) -> None:
        """Plug it in again, under the same path."""

    def __enter__(self) -> Self:
        """Return the device."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        """Close it."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """A device, and what brings each of its faults about."""

    device: Device
    faults: dict[str, Callable[[], None]]


FAULTS: dict[str, tuple[str, ...]] = {
    "board": ("silent", "deaf", "lossy", "noisy"),
    "em4100": ("damaged", "cut"),
    "osdp": ("silent", "damaged", "plain_only"),
    "pn532": ("mute", "slow", "garbage", "lossy"),
}
"""The names of each protocol's faults."""


def simulated(protocol: str, model: str, link: Path | None, options: Options) -> Simulated:
    """Make a device; raise `LinkRefusedError`, `LibraryMissingError` or a `KeyFile…Error`."""
    return _MAKERS[protocol](model, link, options)


def _board(_model: str, link: Path | None, options: Options) -> Simulated:
    from firmware_bridge.board.simulator import (  # noqa: PLC0415 - brings the board's program along
        IDENTITY,
        Fault,
        SimulatedBoard,
    )

    board = SimulatedBoard(link, identity=options.identity or IDENTITY)

    def now(fault: str) -> Callable[[], None]:
        return lambda: board.fault(cast("Fault", fault))

    return Simulated(board, {name: now(name) for name in FAULTS["board"]})


def _em4100(model: str, link: Path | None, _options: Options) -> Simulated:
    reader = SimulatedReader(cast("Model", model), link)

    def now(fault: str) -> Callable[[], None]:
        return lambda: reader.have_fault(fault)

    return Simulated(reader, {name: now(name) for name in FAULTS["em4100"]})


def _osdp(_model: str, link: Path | None, options: Options) -> Simulated:
    from firmware_bridge.osdp.link import DEFAULT_KEY  # noqa: PLC0415 - needs libosdp
    from firmware_bridge.osdp.simulator import Fault, SimulatedOsdpReader  # noqa: PLC0415 - as above

    if options.key_file is None:
        raise KeyFileMissingError("--key-file")
    reader = SimulatedOsdpReader(read_key(options.key_file, DEFAULT_KEY), address=options.address, link=link)

    def now(fault: str) -> Callable[[], None]:
        return lambda: setattr(reader, "fault", cast("Fault", fault))

    return Simulated(reader, {name: now(name) for name in FAULTS["osdp"]})


def _pn532(_model: str, link: Path | None, _options: Options) -> Simulated:
    from firmware_bridge.pn532.simulator import SimulatedPn532  # noqa: PLC0415 - its cards bring ciphers with them

    chip = SimulatedPn532(link)
    return Simulated(
        chip,
        {
            "mute": lambda: setattr(chip.faults, "mute", True),
            "slow": lambda: setattr(chip.faults, "slow_ms", SLOW_MS),
            "garbage": lambda: setattr(chip.faults, "garbage_bytes", GARBAGE_BYTES),
            "lossy": lambda: setattr(chip.faults, "drop", LOST),
        },
    )


_MAKERS: dict[str, Callable[[str, Path | None, Options], Simulated]] = {
    "board": _board,
    "em4100": _em4100,
    "osdp": _osdp,
    "pn532": _pn532,
}
