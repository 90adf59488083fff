"""Paying a co-owner what closings gave them: one entry, from what is due to the bank, and how old a claim is.

House rules: only what a closing has made final is paid, and never more than is due. A payout that the bank sent back is
reversed by an entry, never forgotten. A claim on fruits may be made for five years (Code civil 815-10): then somebody
is told, and nothing is taken from anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.closing import owner
from controller.domain.ledger import Draft, LedgerRefusedError, MeansOfPayment, Posting, means

if TYPE_CHECKING:
    from collections.abc import Sequence

PAYOUT_PREFIX = "payout:"
CLAIM_YEARS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """Money that leaves for a co-owner, in cents; `means` is where it leaves from."""

    payout: str
    agreement: str
    party: str
    cents: int
    event_at: int
    means: MeansOfPayment = MeansOfPayment.TRANSFER

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        return f"{PAYOUT_PREFIX}{self.payout}"

    @property
    def fingerprint(self) -> str:
        """What was paid, to whom."""
        return sha256_hex(
            canonical([self.payout, self.agreement, self.party, self.cents, self.event_at, self.means.value])
        )


def payout_entry(payout: Payout, booked_at: int) -> Draft:
    """Return the entry of a payout; raise `LedgerRefusedError` for an amount that is none."""
    if payout.cents <= 0:
        raise LedgerRefusedError(f"{payout.key}: a payout of {payout.cents} cents is none")
    return Draft(
        key=payout.key,
        kind="payout",
        fingerprint=payout.fingerprint,
        event_at=payout.event_at,
        booked_at=booked_at,
        details=canonical({"agreement": payout.agreement, "means": payout.means.value}).decode(),
        postings=(
            Posting(owner(payout.agreement, payout.party), payout.cents),
            Posting(means(payout.means), -payout.cents),
        ),
    )


@dataclass(frozen=True, slots=True)
class Claim:
    """What is still to be paid of one closing's period, and when that period ended (Unix ms)."""

    period: str
    since_at: int
    cents: int


def open_claims(due_cents: int, gained: Sequence[Claim]) -> list[Claim]:
    """Return which periods `due_cents` is still owed for, oldest first.

    `gained` is what each closing gave, oldest first; what was paid or lost since settles the oldest first, so what is
    left belongs to the newest.
    """
    left, found = due_cents, []
    for claim in reversed(gained):
        if left <= 0:
            break
        cents = min(left, claim.cents)
        if cents > 0:
            found.append(Claim(claim.period, claim.since_at, cents))
            left -= cents
    return found[::-1]
