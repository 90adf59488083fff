"""GPIO lines by offset: the few verbs that a relay needs, and a recorded stand-in for a chip.

House rules: a level is physical (`True` is high), what "on" means belongs to the relay; direction and level
are claimed in one step, so that no caller can make a pulse; standard library only, because `indivis
pins-off` uses this when nothing else works.
"""

from __future__ import annotations

from typing import Literal, Protocol

from controller.errors import Message, OperatingError

Pull = Literal["none", "up", "down"]

CONSUMER = "indivis"
"""The name under which the kernel shows our lines (`gpioinfo`)."""


class LineError(OperatingError):
    """A GPIO line or its chip could not be used."""


class ChipMissingError(LineError):
    """No chip of this computer carries one of the labels looked for."""


class LineBusyError(LineError):
    """Another program, or another part of this one, holds the line."""


class Lines(Protocol):
    """The lines of one chip. Every method may raise `LineError`."""

    @property
    def chip_label(self) -> str:
        """The chip's label, such as `pinctrl-rp1`; never its number, which changes between kernels."""
        ...

    def peek(self, line: int) -> bool:
        """Read a free line's level without changing its direction, and leave it free."""
        ...

    def claim_output(self, line: int, *, level: bool) -> None:
        """Take the line as an output that shows `level` from its first instant."""
        ...

    def claim_input(self, line: int, *, pull: Pull) -> None:
        """Take the line as an input with this resistor."""
        ...

    def set(self, line: int, *, level: bool) -> None:
        """Drive a claimed output."""
        ...

    def get(self, line: int) -> bool:
        """Read a claimed line."""
        ...

    def release(self, line: int) -> None:
        """Give the line back; giving back a free line does nothing."""
        ...


def busy(line: int, holder: str) -> LineBusyError:
    """Say which line is taken, and by whom."""
    return LineBusyError(
        Message(
            f"GPIO{line} est déjà tenue par « {holder} »",
            f"GPIO{line} is already held by '{holder}'",
        ),
        cure=Message(
            "arrêtez ce programme ou choisissez une autre broche",
            "stop that program or choose another pin",
        ),
    )


def not_claimed(line: int) -> LineError:
    """Say that the line was used before it was claimed, or after it was given back."""
    return LineError(
        Message(
            f"GPIO{line} n'est pas réservée par ce programme",
            f"GPIO{line} is not claimed by this program",
        )
    )


class RecordedLines:
    """A chip in memory that remembers every call, for demonstrations and tests.

    `outside` is the world beyond the pins: levels that inputs see, and lines that others hold.
    As on Raspberry Pi kernels, a released output keeps its level.
    """

    def __init__(self, chip_label: str = "recorded", *, held_by_others: dict[int, str] | None = None) -> None:
        """Start with every line an input at low, except those that others hold."""
        self._chip_label = chip_label
        self._held_by_others = dict(held_by_others or {})
        self._claimed: dict[int, Literal["in", "out"]] = {}
        self.levels: dict[int, bool] = {}
        self.broken: set[int] = set()
        self.calls: list[tuple[str, int, bool | str | None]] = []

    @property
    def chip_label(self) -> str:
        """The label given at the start."""
        return self._chip_label

    def peek(self, line: int) -> bool:
        """Read a free line's level."""
        self.calls.append(("peek", line, None))
        self._refuse_if_taken(line)
        self._refuse_if_broken(line)
        return self.levels.get(line, False)

    def claim_output(self, line: int, *, level: bool) -> None:
        """Take the line as an output at `level`."""
        self.calls.append(("claim_output", line, level))
        self._refuse_if_taken(line)
        self._refuse_if_broken(line)
        self._claimed[line] = "out"
        self.levels[line] = level

    def claim_input(self, line: int, *, pull: Pull) -> None:
        """Take the line as an input; the resistor sets the level that nothing drives."""
        self.calls.append(("claim_input", line, pull))
        self._refuse_if_taken(line)
        self._refuse_if_broken(line)
        self._claimed[line] = "in"
        self.levels.setdefault(line, pull == "up")

    def set(self, line: int, *, level: bool) -> None:
        """Drive a claimed output."""
        self.calls.append(("set", line, level))
        self._refuse_if_broken(line)
        if self._claimed.get(line) != "out":
            raise not_claimed(line)
        self.levels[line] = level

    def get(self, line: int) -> bool:
        """Read a claimed line."""
        self._refuse_if_broken(line)
        if line not in self._claimed:
            raise not_claimed(line)
        return self.levels[line]

    def release(self, line: int) -> None:
        """Give the line back; its level stays."""
        if self._claimed.pop(line, None) is not None:
            self.calls.append(("release", line, None))

    def _refuse_if_taken(self, line: int) -> None:
        holder = CONSUMER if line in self._claimed else self._held_by_others.get(line)
        if holder is not None:
            raise busy(line, holder)

    def _refuse_if_broken(self, line: int) -> None:
        if line in self.broken:
            raise LineError(Message(f"GPIO{line} ne répond pas", f"GPIO{line} does not answer"))
