"""How co-owners decide: votes weighted by quota, the manager left out where their own fee is decided on.

House rules: pure; the weight of a vote is the share's in the version in force, and what counts is the part of all who
may vote, so silence is not consent. Sources: two thirds of the rights for acts of administration, all of them for the
rest (Code civil 815-3); nobody judges their own pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.agreement import AgreementVersion

Majority = Literal["majority", "two_thirds", "unanimity"]
Choice = Literal["for", "against", "abstain"]

_NEEDED: Mapping[Majority, Fraction] = {
    "majority": Fraction(1, 2),
    "two_thirds": Fraction(2, 3),
    "unanimity": Fraction(1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """A vote as it stands: weights for, against and of all who may vote, who is left out, and whether it carries."""

    for_weight: int
    against_weight: int
    total_weight: int
    excluded: tuple[str, ...]
    carried: bool


def is_about_fee(before: AgreementVersion, after: AgreementVersion) -> bool:
    """Tell whether a version changes what the manager has for managing, or who that is."""
    return before.terms.manager != after.terms.manager or _fee(before) != _fee(after)


def excluded_from(before: AgreementVersion, after: AgreementVersion) -> tuple[str, ...]:
    """Return who does not vote on `after`: whoever has or would have the fee that it changes."""
    if not is_about_fee(before, after):
        return ()
    paid = [line.party for version in (before, after) for line in version.lines if line.role == "fee"]
    return tuple(dict.fromkeys([before.terms.manager, after.terms.manager, *paid]))


def quotas(version: AgreementVersion) -> dict[str, int]:
    """Return what each party's shares weigh."""
    found: dict[str, int] = {}
    for line in version.lines:
        if line.role == "share" and line.weight:
            found[line.party] = found.get(line.party, 0) + line.weight
    return found


def tally(
    version: AgreementVersion, majority: Majority, votes: Mapping[str, Choice], excluded: tuple[str, ...] = ()
) -> Tally:
    """Count `votes` by party under the version in force. Votes of who has no share or is left out do not count."""
    weights = {party: weight for party, weight in quotas(version).items() if party not in excluded}
    total = sum(weights.values())
    cast = {
        choice: sum(weight for party, weight in weights.items() if votes.get(party) == choice)
        for choice in ("for", "against")
    }
    needed = _NEEDED[majority] * total
    enough = cast["for"] > needed if majority == "majority" else cast["for"] >= needed
    return Tally(
        for_weight=cast["for"],
        against_weight=cast["against"],
        total_weight=total,
        excluded=excluded,
        carried=bool(total) and enough,
    )


def _fee(version: AgreementVersion) -> tuple[object, ...]:
    """Return what there is of a fee: its parts of the whole, by party, its limits and what it is by the hour."""
    total = sum(line.weight for line in version.lines)
    parts = {line.party: Fraction(line.weight, total) for line in version.lines if line.role == "fee" and line.weight}
    agreed = version.terms.deductions
    if agreed is None:
        return parts, None, None, 0
    return parts, agreed.fee_floor_cents, agreed.fee_cap_cents, agreed.fee_per_hour_cents
