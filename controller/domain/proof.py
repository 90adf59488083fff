"""How a badge shows who it is, weakest first: a machine may ask for more than a number that anybody can copy."""

from __future__ import annotations

from typing import Literal

Proof = Literal["number", "number+pin", "cryptographic"]

_STRENGTH: dict[Proof, int] = {"number": 0, "number+pin": 1, "cryptographic": 2}


def suffices(shown: Proof, least: Proof) -> bool:
    """Tell whether what was shown is at least what is asked for."""
    return _STRENGTH[shown] >= _STRENGTH[least]
