"""Fields that came after the first facts and entries were written, without a new schema for what is otherwise the same.

House rule: such a field's default says exactly what its absence meant before; a field that cannot say so needs a new
schema number.
"""

from __future__ import annotations

from dataclasses import field
from typing import TypeVar

T = TypeVar("T")

LATER = "later"
"""The mark in a field's metadata; `codec` leaves such a field out while it holds its default."""


def later(default: T) -> T:
    """Declare a field that came later and meant `default` before."""
    return field(default=default, metadata={LATER: True})
