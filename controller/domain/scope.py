"""Which components of a price earn for the owners: machine time yes, say, and the clay or the electricity no.

House rules: pure and exact. A use's net is divided as its components are among what they add up to; a minimum, a
maximum and a discount bear on both parts alike, so the parts always make the whole. The tax is one for both.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from controller.domain.components import counted_by, covered_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.domain.components import Component, Used
    from controller.domain.tariff import Price

KEPT_MAX = 12
"""Kinds of components that an agreement may leave to the books: as many as an offer has components."""

KINDS = ("per_use", "per_time", "per_energy", "per_unit")
"""What adds to a price. `per_unit:clay` names the units of one kind alone."""

ALL = Fraction(1)


def is_scope(kept: Sequence[str]) -> bool:
    """Tell whether these name components that may be kept, each once."""
    known = all(each in KINDS or (each.startswith("per_unit:") and len(each) > len("per_unit:")) for each in kept)
    return known and len(set(kept)) == len(kept) <= KEPT_MAX


def owners_part(kept: Sequence[str], price: Price | None, used: Used) -> Fraction:
    """Return the part of a use's net that is the owners': what `kept` does not name of what its components add up to.

    All of it where nothing is kept, or where nothing adds up and a minimum alone is paid.
    """
    if price is None or not kept:
        return ALL
    theirs = whole = Fraction(0)
    covered_s = covered_by(price.components, used).seconds if used.entitled_s else 0
    for each in price.components:
        if each.kind not in KINDS:
            continue
        cents = Fraction(each.cents * counted_by(each, used, covered_s), each.den * each.per)
        whole += cents
        if not _is_kept(each, kept):
            theirs += cents
    return theirs / whole if whole else ALL


def rounded(cents: Fraction) -> int:
    """Return whole cents, half up."""
    return (2 * cents.numerator + cents.denominator) // (2 * cents.denominator)


def _is_kept(component: Component, kept: Sequence[str]) -> bool:
    return component.kind in kept or f"{component.kind}:{component.unit}" in kept
