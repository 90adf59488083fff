"""GPIO lines of the real chip, through libgpiod 2. The only module that imports `gpiod`.

House rules: the chip is found by its label (a number such as `gpiochip4` moved between kernels and boards);
direction and level travel in one kernel call; imports the standard library and `gpiod` only, so that
`indivis pins-off` works when nothing else does.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

import gpiod
from gpiod.line import Bias, Direction, Value

from controller.errors import Message
from controller.floor.adapters.lines import CONSUMER, ChipMissingError, LineError, Pull, busy, not_claimed

HEADER_CHIPS = ("pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835")
"""The chips behind the 40-pin header: Pi 5, Pi 4, and every earlier one (Linux drivers/pinctrl: rp1,
bcm2835).
"""

_BIAS = {"none": Bias.AS_IS, "up": Bias.PULL_UP, "down": Bias.PULL_DOWN}
_MISSING = (errno.ENOENT, errno.ENXIO, errno.ENODEV)


class LineRequest(Protocol):
    """The part of `gpiod.LineRequest` that is used here."""

    def get_value(self, line: int | str) -> Value: ...
    def set_value(self, line: int | str, value: Value) -> None: ...
    def release(self) -> None: ...


class ChipInfo(Protocol):
    """The part of `gpiod.ChipInfo` that is used here."""

    @property
    def label(self) -> str: ...


class LineInfo(Protocol):
    """The part of `gpiod.LineInfo` that is used here."""

    @property
    def consumer(self) -> str: ...


class Chip(Protocol):
    """The part of `gpiod.Chip` that is used here, so that a test can stand in for the kernel."""

    def get_info(self) -> ChipInfo: ...
    def get_line_info(self, line: int | str) -> LineInfo: ...
    def close(self) -> None: ...

    def request_lines(
        self,
        config: dict[Iterable[int | str] | int | str, gpiod.LineSettings | None],
        consumer: str | None = None,
    ) -> LineRequest: ...


OpenChip = Callable[[str], Chip]


def chip_paths() -> tuple[str, ...]:
    """List this computer's GPIO chips; links are left out (a Pi 5 has `gpiochip4` as a link to the real
    one).
    """
    return tuple(str(path) for path in sorted(Path("/dev").glob("gpiochip*")) if not path.is_symlink())


class GpiodLines:
    """The lines of the first chip that carries one of `labels`; `LineError` when there is none or it is
    closed to us.
    """

    def __init__(
        self,
        labels: tuple[str, ...] = HEADER_CHIPS,
        *,
        open_chip: OpenChip = gpiod.Chip,
        paths: tuple[str, ...] | None = None,
    ) -> None:
        """Find and open the chip; no line is touched."""
        self._chip, self._label = _find(labels, open_chip, chip_paths() if paths is None else paths)
        self._requests: dict[int, LineRequest] = {}
        # libgpiod objects are not safe to share between threads; a relay may be cut from any thread, even
        # from a signal handler that interrupts this one, hence a lock that its own thread may take again.
        self._lock = threading.RLock()

    @property
    def chip_label(self) -> str:
        """The label by which the chip was found."""
        return self._label

    def peek(self, line: int) -> bool:
        """Read a free line's level without changing its direction, and leave it free."""
        with self._lock:
            request = self._request(line, gpiod.LineSettings(direction=Direction.AS_IS))
            try:
                return request.get_value(line) is Value.ACTIVE
            finally:
                request.release()

    def claim_output(self, line: int, *, level: bool) -> None:
        """Take the line as an output that shows `level` from its first instant."""
        settings = gpiod.LineSettings(direction=Direction.OUTPUT, output_value=_value(level))
        with self._lock:
            self._requests[line] = self._request(line, settings)

    def claim_input(self, line: int, *, pull: Pull) -> None:
        """Take the line as an input with this resistor."""
        settings = gpiod.LineSettings(direction=Direction.INPUT, bias=_BIAS[pull])
        with self._lock:
            self._requests[line] = self._request(line, settings)

    def set(self, line: int, *, level: bool) -> None:
        """Drive a claimed output."""
        with self._lock:
            self._claimed(line).set_value(line, _value(level))

    def get(self, line: int) -> bool:
        """Read a claimed line: the level of the pin itself, not the level asked for."""
        with self._lock:
            return self._claimed(line).get_value(line) is Value.ACTIVE

    def release(self, line: int) -> None:
        """Give the line back. Raspberry Pi kernels keep its level, upstream kernels turn it into an input."""
        with self._lock:
            request = self._requests.pop(line, None)
            if request is not None:
                request.release()

    def _claimed(self, line: int) -> LineRequest:
        try:
            return self._requests[line]
        except KeyError:
            raise not_claimed(line) from None

    def _request(self, line: int, settings: gpiod.LineSettings) -> LineRequest:
        try:
            return self._chip.request_lines({line: settings}, consumer=CONSUMER)
        except OSError as error:
            if error.errno == errno.EBUSY:
                raise busy(line, self._chip.get_line_info(line).consumer or "?") from error
            why = str(error.strerror)
            raise LineError(
                Message(
                    f"GPIO{line} ne peut pas être réservée sur {self._label}",
                    f"GPIO{line} cannot be claimed on {self._label}",
                ),
                why=Message(why, why),
            ) from error
        except ValueError as error:
            raise LineError(
                Message(
                    f"la puce {self._label} n'a pas de ligne {line}",
                    f"chip {self._label} has no line {line}",
                )
            ) from error


def _value(level: bool) -> Value:  # noqa: FBT001 - the one conversion, private
    return Value.ACTIVE if level else Value.INACTIVE


def _find(labels: tuple[str, ...], open_chip: OpenChip, paths: tuple[str, ...]) -> tuple[Chip, str]:
    seen: list[str] = []
    closed: list[str] = []
    for path in paths:
        try:
            chip = open_chip(path)
        except PermissionError:
            closed.append(path)
            continue
        except OSError as error:
            if error.errno in _MISSING:
                continue
            raise
        label = chip.get_info().label
        if label in labels:
            return chip, label
        seen.append(label)
        chip.close()
    if closed:
        raise LineError(
            Message(f"{', '.join(closed)} : accès refusé", f"{', '.join(closed)}: permission denied"),
            cure=Message("ajoutez ce compte au groupe « gpio »", "add this account to group 'gpio'"),
        )
    raise ChipMissingError(
        Message(f"aucune puce GPIO {' ou '.join(labels)} ici", f"no GPIO chip {' or '.join(labels)} here"),
        why=Message(f"vu {', '.join(seen) or 'rien'}", f"seen {', '.join(seen) or 'none'}"),
        cure=Message(
            'sans Raspberry Pi, mettez factory = "mock" dans la table [gpio]',
            'without a Raspberry Pi, set factory = "mock" in the table [gpio]',
        ),
    )
