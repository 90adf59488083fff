"""What a PZEM-004T's ten input registers mean. Pure. Source: PZEM-004T v3.0 user manual, measured frames beside it.

House rules: whole milli-units; a counter of 32 bits is told low word first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

BAUD = 9600
READ_INPUT = 4
REGISTERS = 10
WORD_MAX = 0xFFFF
"""Sixteen bits: a register that says more was not read from a meter, and the reading is refused."""
ADDRESS_ANY = 0xF8
"""What every PZEM answers to; only where there is one on the line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One look at the meter."""

    millivolts: int
    milliamperes: int
    milliwatts: int
    milliwatt_hours: int


def reading_of(registers: Sequence[int]) -> Reading:
    """Return what registers 0 to 9 say; raise `ValueError` when there are not ten of sixteen bits."""
    if len(registers) != REGISTERS or not all(0 <= word <= WORD_MAX for word in registers):
        raise ValueError(f"ten registers of sixteen bits are expected, not {list(registers)}")
    return Reading(
        millivolts=registers[0] * 100,
        milliamperes=_wide(registers, 1),
        milliwatts=_wide(registers, 3) * 100,
        milliwatt_hours=_wide(registers, 5) * 1000,
    )


def registers_of(reading: Reading) -> list[int]:
    """Return the ten registers of a meter that reads so; frequency 50 Hz, power factor 1, no alarm."""
    wide = (reading.milliamperes, reading.milliwatts // 100, reading.milliwatt_hours // 1000)
    words = [word for value in wide for word in (value & 0xFFFF, value >> 16 & 0xFFFF)]
    return [reading.millivolts // 100, *words, 500, 100, 0]


def _wide(registers: Sequence[int], at: int) -> int:
    return registers[at] | registers[at + 1] << 16
