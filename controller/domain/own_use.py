"""What co-owners' own use of the goods moves between them at a closing: hours that are free, or an indemnity.

House rules: pure; cents between owners only, so neither the fee nor the reserve changes; a use that is taken back
later takes back what it moved. Sources: each co-owner may use the goods, and who has them alone owes an indemnity
unless agreed otherwise (Code civil 815-9).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.agreement import Terms

_HOUR_S = 3_600


@dataclass(frozen=True, slots=True)
class Used:
    """What one co-owner used of the goods since the closing before: seconds, and the net cents paid for them. Both are
    negative where more was taken back than used.
    """

    seconds: int = 0
    net_cents: int = 0


def owed_for_own_use(terms: Terms, used: Mapping[str, Used], counted_s: Mapping[str, int]) -> dict[str, int]:
    """Return what each co-owner owes the others for their own use, in cents; negative: what they have back.

    `counted_s`: seconds of each that an earlier version of the same closing has counted on its free hours already.
    """
    if terms.own_use == "indemnity":
        owed = {party: _by_hour(terms.indemnity_per_hour_cents, each.seconds) for party, each in used.items()}
    elif terms.own_use == "free_hours":
        owed = {
            party: -_free_part(each, max(0, terms.own_free_s - counted_s.get(party, 0))) for party, each in used.items()
        }
    else:
        owed = {}
    return {party: cents for party, cents in owed.items() if cents}


def _free_part(used: Used, free_s: int) -> int:
    """Return what was paid for the free part of a use, which is all of it where more was taken back than used."""
    if used.seconds <= free_s:
        return used.net_cents
    return _rounded(used.net_cents * free_s, used.seconds)


def _by_hour(cents: int, seconds: int) -> int:
    return _rounded(cents * seconds, _HOUR_S)


def _rounded(num: int, den: int) -> int:
    """Round half away from zero, so that what is taken back mirrors what was counted."""
    sign = -1 if num < 0 else 1
    return sign * ((2 * abs(num) + den) // (2 * den))
