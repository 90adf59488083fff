"""The ledger's form: which accounts there are, what an entry is and how entries are chained. `posting` says
what events post.

House rules: whole units only; a debit is positive, a credit negative, and an entry's legs sum to zero per
commodity. An entry is never changed: a correction is a reversal, then a new entry. Two dates: `event_at`
chooses the agreement's version and wheel, `booked_at` the accounting period (both Unix milliseconds). Members
appear as random account ids only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from controller.domain.canonical import canonical, sha256_hex

if TYPE_CHECKING:
    from controller.domain.ids import AccountId, BooksId, MachineId

EUR = "EUR"
"""The commodity of money, in cents. Units of packs (minutes, coins) are commodities of their own, never
converted in place.
"""

ENTRY_SCHEMA = 1

AMOUNT_LIMIT_CENTS = 10**9
"""Ten million euros in one movement: a workshop has none, so a larger one is a slip or a fault, and is
refused.
"""

EntryKind = Literal["session", "topup", "reversal", "closing", "payout", "expiry", "refund", "pack"]
REVENUE = "revenue:machines"
"""What the books earn for themselves: machines nobody shares, and kinds of use that the agreement leaves to
the books.
"""

EXPIRED = "revenue:expired"
"""Paid credit that nobody used in time (account 758 of the French plan)."""

GIFTS = "gifts:given"
"""What the books have given in credit: nothing is left on it once a gift was used without VAT and owners, or expired;
what owners were credited of gifts stays, as the books' own cost.
"""

GRANTS_UNSPENT = "grants:unspent"
"""What was paid for somebody's uses and not used in time: it is not the books' income before the payer says so."""

PREPAID_PREFIX = "prepaid:"
RECEIVABLE_PREFIX = "receivable:"


class MeansOfPayment(StrEnum):
    """How money came in; one account each, so that a closing compares it with the till and the bank."""

    CASH = "cash"
    CARD = "card"
    CHEQUE = "cheque"
    TRANSFER = "transfer"
    DIRECT_DEBIT = "direct_debit"
    ONLINE = "online"


class LedgerRefusedError(ValueError):
    """This cannot be posted; the message says what is wrong with it."""


def prepaid(account: AccountId) -> str:
    """Return the account of what was paid in advance; its balance is minus the credit."""
    return f"{PREPAID_PREFIX}{account}"


def receivable(account: AccountId) -> str:
    """Return the account of what is owed beyond the credit."""
    return f"{RECEIVABLE_PREFIX}{account}"


def pool(agreement: str, version: int) -> str:
    """Return the account of what co-owned machines earned under one version of an agreement."""
    return f"pool:{agreement}:{version}"


def vat(rate_bp: int) -> str:
    """Return the account of VAT due at one rate."""
    return f"vat:{rate_bp}"


def vat_advance(rate_bp: int) -> str:
    """Return the account of VAT already due on credit that is not used yet."""
    return f"vat_advance:{rate_bp}"


def means(of_payment: MeansOfPayment) -> str:
    """Return the account of a means of payment."""
    return f"means:{of_payment.value}"


@dataclass(frozen=True, slots=True)
class Posting:
    """One leg. `wheel_before` is set on revenue of a pool: the wheel's position before this leg, in net
    cents.
    """

    account: str
    amount: int
    commodity: str = EUR
    wheel_before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry that has no number yet. `key` names the event once and for all; `fingerprint` is what the
    event said.
    """

    key: str
    kind: EntryKind
    fingerprint: str
    event_at: int
    booked_at: int
    machine: MachineId | None = None
    reason: str | None = None
    reverses: int | None = None
    details: str = "{}"
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        """Refuse legs that do not sum to zero per commodity, or an amount beyond the limit."""
        sums: dict[str, int] = {}
        for leg in self.postings:
            if abs(leg.amount) > AMOUNT_LIMIT_CENTS:
                raise LedgerRefusedError(f"{self.key}: {leg.amount} is more than {AMOUNT_LIMIT_CENTS} in one movement")
            sums[leg.commodity] = sums.get(leg.commodity, 0) + leg.amount
        if any(sums.values()):
            raise LedgerRefusedError(f"{self.key}: the legs do not sum to zero ({sums})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A draft with its place in the chain of its books."""

    books: BooksId
    seq: int
    draft: Draft
    previous: str
    hash: str


def seal(draft: Draft, books: BooksId, seq: int, previous: str) -> Entry:
    """Give `draft` its number and its hash over the whole content and the hash before it."""
    return Entry(books=books, seq=seq, draft=draft, previous=previous, hash=entry_hash(draft, books, seq, previous))


def entry_hash(draft: Draft, books: BooksId, seq: int, previous: str) -> str:
    """Return SHA-256 over the canonical JSON list of everything that is stored of an entry, in this order."""
    return sha256_hex(
        canonical(
            [
                ENTRY_SCHEMA,
                books,
                seq,
                previous,
                draft.key,
                draft.kind,
                draft.fingerprint,
                draft.event_at,
                draft.booked_at,
                draft.machine,
                draft.reason,
                draft.reverses,
                draft.details,
                [[leg.account, leg.commodity, leg.amount, leg.wheel_before] for leg in draft.postings],
            ],
        ),
    )
