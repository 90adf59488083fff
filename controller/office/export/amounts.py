"""Cents as other programs write them: two decimals, no thousands mark, never through a float."""

from __future__ import annotations

CENTS_IN_EURO = 100


def decimal_of(cents: int, mark: str) -> str:
    """Return `-1234` as `-12.34` with the given decimal mark."""
    euros, rest = divmod(abs(cents), CENTS_IN_EURO)
    return f"{'-' if cents < 0 else ''}{euros}{mark}{rest:02}"
