"""A share that changes hands: the lines of the version that holds from then on.

House rules: exact; the fee's lines and everybody else's part stay what they were. A new owner stands right behind the
seller, so the written order, which is the order of ties, tells where the share came from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.agreement import Line
from controller.domain.split import reduced

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction


class TransferRefusedError(ValueError):
    """There is no such share to hand over; the message says why."""


def transferred(lines: Sequence[Line], seller: str, buyer: str, part: Fraction) -> tuple[Line, ...]:
    """Return `lines` after `seller` has handed `part` of their share (above 0, up to all of it) to `buyer`.

    Raises `TransferRefusedError`.
    """
    if not 0 < part <= 1:
        raise TransferRefusedError(f"{part} of a share cannot be handed over")
    if seller == buyer:
        raise TransferRefusedError("nobody hands a share to themselves")
    if not any(_sells(line, seller) for line in lines):
        raise TransferRefusedError(f"{seller!r} has no share")
    scaled = [replace(line, weight=line.weight * part.denominator) for line in lines]
    moved = sum(line.weight * part.numerator // part.denominator for line in scaled if _sells(line, seller))
    known = any(line.role == "share" and line.party == buyer for line in lines)
    found: list[Line] = []
    for line in scaled:
        if _sells(line, seller):
            left = line.weight - line.weight * part.numerator // part.denominator
            found += [replace(line, weight=left)] if left else []
            if not known:
                found.append(Line("share", buyer, moved))
                known = True
        elif line.role == "share" and line.party == buyer and moved:
            found.append(replace(line, weight=line.weight + moved))
            moved = 0
        else:
            found.append(line)
    weights = reduced([line.weight for line in found])
    return tuple(replace(line, weight=weight) for line, weight in zip(found, weights, strict=True))


def _sells(line: Line, seller: str) -> bool:
    return line.role == "share" and line.party == seller and line.weight > 0
