"""Credit that ends unused: a lot that expires, and money that goes back to who paid it.

House rules: an entry of its own each, never a changed one. Only paid credit is refunded; whatever was given or granted
is not, and no credit goes from one account to another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.ledger import (
    EXPIRED,
    GIFTS,
    GRANTS_UNSPENT,
    Draft,
    LedgerRefusedError,
    MeansOfPayment,
    Posting,
    means,
    prepaid,
    vat,
    vat_advance,
)
from controller.domain.lots import LotKind, Move, spend
from controller.domain.receipt import vat_of

if TYPE_CHECKING:
    from controller.domain.canonical import Json
    from controller.domain.ids import AccountId
    from controller.domain.lots import Lot, Spent
    from controller.domain.payer import PayerState

EXPIRY_PREFIX = "expiry:"


@dataclass(frozen=True, slots=True, kw_only=True)
class LotExpiry:
    """What is left of a lot pays nothing more from `event_at` on. `number` counts from 1: credit that comes back to an
    expired lot expires once more. `vat_rate_bp`: under the terms VAT falls due on paid credit that expires (null: not).
    """

    lot: str
    account: AccountId
    event_at: int
    number: int = 1
    vat_rate_bp: int | None = None

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        return f"{EXPIRY_PREFIX}{self.lot}:{self.number}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        return sha256_hex(canonical([self.lot, self.account, self.event_at, self.number]))


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRefund:
    """Money handed back for paid credit that is unused. `vat_point` and `rate_bp` are those of plain credit."""

    refund: str
    account: AccountId
    means: MeansOfPayment
    amount_cents: int
    reason: str
    event_at: int
    vat_point: Literal["at_topup", "at_use"] = "at_use"
    rate_bp: int = 0

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        return f"refund:{self.refund}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        return sha256_hex(
            canonical([self.refund, self.account, self.means.value, self.amount_cents, self.reason, self.event_at])
        )


def refundable_cents(payer: PayerState, at_ms: int) -> int:
    """Return how much may be handed back: paid credit that still pays, less what is owed."""
    return max(0, _paid(payer, at_ms) - max(0, payer.owed_cents))


def expiry_entry(expiry: LotExpiry, payer: PayerState, booked_at: int) -> Draft:
    """Post the end of a lot: unused paid credit is income, a gift was none, a grant is kept apart.

    Raises `LedgerRefusedError` when nothing is left of it or it has not expired.
    """
    lot = payer.lot(expiry.lot)
    if lot is None or lot.left_cents <= 0:
        raise LedgerRefusedError(f"{expiry.key}: nothing is left of this lot")
    if lot.pays_at(expiry.event_at):
        raise LedgerRefusedError(f"{expiry.key}: this lot has not expired")
    left, legs = lot.left_cents, [Posting(prepaid(expiry.account), lot.left_cents)]
    due: list[Json] = []
    match lot.kind:
        case LotKind.GIFT:
            legs.append(Posting(GIFTS, -left))
        case LotKind.GRANT:
            legs += [Posting(vat_advance(lot.rate_bp), -lot.vat_cents), Posting(GRANTS_UNSPENT, lot.vat_cents - left)]
        case LotKind.PAID if lot.vat_point == "at_use" and expiry.vat_rate_bp is not None:
            total = vat_of(left, expiry.vat_rate_bp)
            legs += [Posting(vat(total.rate_bp), -total.vat_cents), Posting(EXPIRED, -total.net_cents)]
            due = [[total.rate_bp, total.gross_cents, total.net_cents, total.vat_cents]]
        case LotKind.PAID:
            legs += [Posting(vat_advance(lot.rate_bp), -lot.vat_cents), Posting(EXPIRED, lot.vat_cents - left)]
    move = Move(lot.lot, left, lot.vat_cents)
    return Draft(
        key=expiry.key,
        kind="expiry",
        fingerprint=expiry.fingerprint,
        event_at=expiry.event_at,
        booked_at=booked_at,
        details=canonical({"kind": lot.kind.value, "lots": [move.to_data()], "due": due}).decode(),
        postings=tuple(leg for leg in legs if leg.amount),
    )


def refund_entry(refund: CreditRefund, payer: PayerState, booked_at: int) -> Draft:
    """Post money handed back; raise `LedgerRefusedError` beyond the paid credit that is unused."""
    most = refundable_cents(payer, refund.event_at)
    if not 0 < refund.amount_cents <= most:
        raise LedgerRefusedError(
            f"{refund.key}: {refund.amount_cents} cents cannot be handed back; {most} of the credit are paid and unused"
        )
    paid = [lot for lot in payer.lots if lot.kind is LotKind.PAID]
    spent = spend(paid, payer.plain_cents, refund.amount_cents, refund.event_at)
    taxed = _taxed_before(refund, spent)
    legs = [Posting(prepaid(refund.account), refund.amount_cents), Posting(means(refund.means), -refund.amount_cents)]
    for rate_bp, (_, vat_cents) in sorted(taxed.items()):
        legs += [Posting(vat(rate_bp), vat_cents), Posting(vat_advance(rate_bp), -vat_cents)]
    return Draft(
        key=refund.key,
        kind="refund",
        fingerprint=refund.fingerprint,
        event_at=refund.event_at,
        booked_at=booked_at,
        reason=refund.reason,
        details=canonical(
            {
                "means": refund.means.value,
                "amount_cents": refund.amount_cents,
                "lots": [move.to_data() for move in spent.moves],
                "due": [[rate, -gross, tax - gross, -tax] for rate, (gross, tax) in sorted(taxed.items())],
            }
        ).decode(),
        postings=tuple(leg for leg in legs if leg.amount),
    )


def _taxed_before(refund: CreditRefund, spent: Spent) -> dict[int, tuple[int, int]]:
    """Return by rate what goes back of credit on which VAT fell due when it was sold: gross and VAT."""
    found: dict[int, tuple[int, int]] = {}

    def add(rate_bp: int, gross: int, tax: int) -> None:
        known = found.get(rate_bp, (0, 0))
        found[rate_bp] = (known[0] + gross, known[1] + tax)

    for lot, move in spent.taken:
        if lot.vat_point == "at_topup":
            add(lot.rate_bp, move.cents, move.vat_cents)
    if refund.vat_point == "at_topup" and spent.plain_cents:
        add(refund.rate_bp, spent.plain_cents, vat_of(spent.plain_cents, refund.rate_bp).vat_cents)
    return found


def _paid(payer: PayerState, at_ms: int) -> int:
    def counts(lot: Lot) -> bool:
        return lot.kind is LotKind.PAID and lot.pays_at(at_ms)

    return payer.plain_cents + sum(lot.left_cents for lot in payer.lots if counts(lot))
