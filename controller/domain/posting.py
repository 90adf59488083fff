"""What each event posts: an ended use, money paid in, a reversal.

House rules: the account's state and the wheel's position are arguments; nothing here looks anything up.
Whatever an event moves on the payer's side goes through `debit_payer` and `credit_payer`, so credit never
passes its floor and debts are explicit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.closing import Closing
from controller.domain.ids import AccountId
from controller.domain.ledger import (
    PREPAID_PREFIX,
    RECEIVABLE_PREFIX,
    REVENUE,
    Draft,
    Entry,
    LedgerRefusedError,
    MeansOfPayment,
    Posting,
    means,
    pool,
    prepaid,
    receivable,
    vat,
    vat_advance,
)
from controller.domain.payout import Payout
from controller.domain.receipt import Receipt, vat_of

if TYPE_CHECKING:
    from controller.domain.canonical import Json
    from controller.domain.ids import MachineId, SessionId
    from controller.domain.sessions import SessionKind

TEXT_LIMIT = 500
"""Characters of a reason or a payment reference: a sentence, not a document; a longer one is refused where it
enters.
"""

SESSION_PREFIX = "session:"

VatPoint = Literal["at_topup", "at_use"]
"""When VAT on prepaid credit falls due: at the top-up (single-purpose voucher) or at the use (multi-purpose).
"""


@dataclass(frozen=True, slots=True)
class PayerState:
    """What an account has and owes just before an entry, in cents."""

    credit_cents: int
    owed_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCharge:
    """An ended use as it is to be posted. `pool` is (agreement, version) when owners are credited, else the
    books earn.

    `revision` is 1; a use posted anew after its reversal has the next one. `floor_cents` (0 or below) is how
    far the credit may go down. What the office looked up itself (pool, floor, VAT) is no part of the
    fingerprint: a replay is the same event.
    """

    session: SessionId
    account: AccountId
    machine: MachineId
    kind: SessionKind
    event_at: int
    seconds: int
    price_hash: str | None
    receipt: Receipt
    pool: tuple[str, int] | None
    vat_point: VatPoint = "at_use"
    floor_cents: int = 0
    revision: int = 1

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        name = f"{SESSION_PREFIX}{self.session}"
        return name if self.revision == 1 else f"{name}:{self.revision}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        gross_cents = self.receipt.gross_cents
        return _fingerprint(
            [
                self.session,
                self.account,
                self.machine,
                self.kind.value,
                self.event_at,
                self.seconds,
                self.price_hash,
                gross_cents,
            ],
        )

    def details(self) -> str:
        """Return what the entry keeps beside its legs, as canonical JSON."""
        return canonical(
            {
                "session": self.session,
                "kind": self.kind.value,
                "seconds": self.seconds,
                "price_hash": self.price_hash,
                "receipt": self.receipt.to_data(),
                "vat_point": self.vat_point,
            },
        ).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Money paid in. `rate_bp` counts only when VAT falls due at the top-up."""

    topup: str
    account: AccountId
    means: MeansOfPayment
    reference: str
    amount_cents: int
    event_at: int
    vat_point: VatPoint = "at_use"
    rate_bp: int = 0

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        return f"topup:{self.topup}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        return _fingerprint(
            [self.topup, self.account, self.means.value, self.reference, self.amount_cents, self.event_at]
        )

    def details(self) -> str:
        """Return what the entry keeps beside its legs, as canonical JSON."""
        return canonical(
            {
                "means": self.means.value,
                "reference": self.reference,
                "amount_cents": self.amount_cents,
                "vat_point": self.vat_point,
                "rate_bp": self.rate_bp,
            },
        ).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """The whole of the entry named `target` is taken back, for a reason that a person wrote."""

    target: str
    reason: str
    floor_cents: int = 0

    @property
    def key(self) -> str:
        """The name under which this is posted once: an entry is reversed at most once."""
        return f"reversal:{self.target}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        return _fingerprint([self.target, self.reason])


Request = SessionCharge | TopUp | Reversal | Closing | Payout


def session_of_key(key: str) -> str | None:
    """Return the use that an entry's key names, whatever its revision; `None` for any other entry."""
    return key.removeprefix(SESSION_PREFIX).partition(":")[0] if key.startswith(SESSION_PREFIX) else None


def revision_of_key(key: str) -> int:
    """Return the revision that the key of a use's entry names."""
    return int(key.removeprefix(SESSION_PREFIX).partition(":")[2] or 1)


def session_entry(charge: SessionCharge, payer: PayerState, wheel_before: int, booked_at: int) -> Draft:
    """Post an ended use: at most four legs (prepaid, receivable, VAT, pool or revenue); none for a free use.

    `wheel_before` is the position of the pool's wheel. Raises `LedgerRefusedError` for a negative sum or
    mixed VAT rates.
    """
    totals = charge.receipt.rates
    gross_cents, net_cents = charge.receipt.gross_cents, charge.receipt.net_cents
    if len(totals) > 1 or gross_cents < 0:
        raise LedgerRefusedError(f"{charge.key}: a use has one VAT rate and costs nothing or more")
    legs = debit_payer(charge.account, gross_cents, payer, charge.floor_cents)
    for total in totals:
        vat_account = vat_advance(total.rate_bp) if charge.vat_point == "at_topup" else vat(total.rate_bp)
        legs.append(Posting(vat_account, -total.vat_cents))
    if charge.pool is None:
        legs.append(Posting(REVENUE, -net_cents))
    else:
        legs.append(Posting(pool(*charge.pool), -net_cents, wheel_before=wheel_before))
    return Draft(
        key=charge.key,
        kind="session",
        fingerprint=charge.fingerprint,
        event_at=charge.event_at,
        booked_at=booked_at,
        machine=charge.machine,
        details=charge.details(),
        postings=_without_nothing(legs),
    )


def topup_entry(topup: TopUp, payer: PayerState, booked_at: int) -> Draft:
    """Post money paid in: what is owed is settled first, the rest is credit.

    When VAT falls due now, it stands against `vat_advance`, which the uses draw down, so credit is always
    counted gross.
    """
    _check_text("the reference", topup.reference)
    if topup.amount_cents <= 0:
        raise LedgerRefusedError(
            f"{topup.key}: a top-up of {topup.amount_cents} cents is none; reverse the one that was wrong"
        )
    legs = [
        Posting(means(topup.means), topup.amount_cents),
        *credit_payer(topup.account, topup.amount_cents, payer),
    ]
    if topup.vat_point == "at_topup":
        vat_cents = vat_of(topup.amount_cents, topup.rate_bp).vat_cents
        legs += [Posting(vat_advance(topup.rate_bp), vat_cents), Posting(vat(topup.rate_bp), -vat_cents)]
    return Draft(
        key=topup.key,
        kind="topup",
        fingerprint=topup.fingerprint,
        event_at=topup.event_at,
        booked_at=booked_at,
        details=topup.details(),
        postings=_without_nothing(legs),
    )


def reversal_entry(reversal: Reversal, original: Entry, payer: PayerState, wheel_before: int, booked_at: int) -> Draft:
    """Post the opposite of `original` under its own event date, at the wheel's present position.

    Just after the original it restores every balance. Later, what the payer has spent meanwhile becomes a
    receivable, and what was owed but is settled meanwhile becomes credit, so the credit stays above its
    floor. A reversal is not reversed again.
    """
    _check_text("the reason", reversal.reason)
    if original.draft.kind == "reversal":
        raise LedgerRefusedError(f"{original.draft.key} is a reversal itself; post the event anew instead")
    if original.draft.kind == "closing":
        raise LedgerRefusedError(f"{original.draft.key} is a closing; the next one settles what was wrong with it")
    legs = [
        replace(leg, amount=-leg.amount, wheel_before=None if leg.wheel_before is None else wheel_before)
        for leg in original.draft.postings
        if not _is_payer(leg)
    ]
    legs += _payer_back(original, payer, reversal.floor_cents)
    return Draft(
        key=reversal.key,
        kind="reversal",
        fingerprint=reversal.fingerprint,
        event_at=original.draft.event_at,
        booked_at=booked_at,
        machine=original.draft.machine,
        reason=reversal.reason,
        reverses=original.seq,
        details=original.draft.details,
        postings=_without_nothing(legs),
    )


def debit_payer(account: AccountId, amount: int, payer: PayerState, floor_cents: int) -> list[Posting]:
    """Take `amount` from the credit down to its floor, and make the rest a receivable."""
    from_credit = min(amount, max(0, payer.credit_cents - floor_cents))
    return [Posting(prepaid(account), from_credit), Posting(receivable(account), amount - from_credit)]


def credit_payer(account: AccountId, amount: int, payer: PayerState) -> list[Posting]:
    """Settle with `amount` what is owed, and make the rest credit."""
    settled = min(amount, max(0, payer.owed_cents))
    return [Posting(receivable(account), -settled), Posting(prepaid(account), settled - amount)]


def _payer_back(original: Entry, payer: PayerState, floor_cents: int) -> list[Posting]:
    """Return the opposite of the payer's legs, or what comes nearest where that would pass a limit by now."""
    taken = [leg for leg in original.draft.postings if _is_payer(leg)]
    from_credit = sum(leg.amount for leg in taken if leg.account.startswith(PREPAID_PREFIX))
    amount = sum(leg.amount for leg in taken)
    credit_after, owed_after = payer.credit_cents + from_credit, payer.owed_cents - (amount - from_credit)
    if owed_after >= 0 and (from_credit >= 0 or credit_after >= floor_cents):
        return [replace(leg, amount=-leg.amount) for leg in taken]
    account = payer_of(original)
    if account is None:
        return []
    if amount > 0:
        return credit_payer(account, amount, payer)
    return debit_payer(account, -amount, payer, floor_cents)


def payer_of(entry: Entry) -> AccountId | None:
    """Return whose credit or debt `entry` moves; `None` for a free use."""
    for leg in entry.draft.postings:
        if _is_payer(leg):
            return AccountId(leg.account.partition(":")[2])
    return None


def _is_payer(leg: Posting) -> bool:
    return leg.account.startswith((PREPAID_PREFIX, RECEIVABLE_PREFIX))


def _without_nothing(legs: list[Posting]) -> tuple[Posting, ...]:
    return tuple(leg for leg in legs if leg.amount)


def _check_text(name: str, text: str) -> None:
    if not text.strip() or len(text) > TEXT_LIMIT:
        raise LedgerRefusedError(f"{name} has {len(text)} characters; write 1 to {TEXT_LIMIT}")


def _fingerprint(said: list[Json]) -> str:
    return sha256_hex(canonical(said))
