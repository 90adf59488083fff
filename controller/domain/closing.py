"""What a closing leaves in the ledger: one entry, which names the period, what was counted and how it was shared out.

House rules: a closing is an entry like any other, so it stands in the chain, is posted once and is never changed; nor
is it reversed: what comes late or was wrong is settled by the next closing. A closing of the books has no legs. A
closing of an agreement moves its pools' income to the fee, the reserve, the expenses and the owners.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.ledger import Draft, Posting, pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.domain.waterfall import Settlement

BooksPeriod = Literal["day", "month", "year"]

CLOSING_PREFIX = "closing:"
PARTY_LENGTH_MAX = 50
"""Characters of a party's name that an account's name has room for beside the agreement's; a longer one stands there by
its beginning and a hash, so that two are never one.
"""

_PARTY_KEPT, _HASH_KEPT = 33, 16


def books_key(kind: BooksPeriod, period: str) -> str:
    """Return the key of the closing of a day, month or year of books."""
    return f"{CLOSING_PREFIX}{kind}:{period}"


def agreement_key(agreement: str, period: str) -> str:
    """Return the key of the closing of an agreement's period."""
    return f"{CLOSING_PREFIX}agreement:{agreement}:{period}"


def owner(agreement: str, party: str) -> str:
    """Return the account of what is due to a co-owner; its balance is minus what is due."""
    return f"owner:{agreement}:{_short(party)}"


def fee(agreement: str, party: str) -> str:
    """Return the account of a manager's fee."""
    return f"fee:{agreement}:{_short(party)}"


def reserve(agreement: str) -> str:
    """Return the account of an agreement's reserve; its balance is minus what it holds."""
    return f"reserve:{agreement}"


def expenses(agreement: str) -> str:
    """Return the account of what the books paid for the goods and have back."""
    return f"expenses:{agreement}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """A closing as it is to be posted. `content` is canonical JSON: what the entry keeps beside its legs."""

    key: str
    event_at: int
    content: str
    legs: tuple[Posting, ...] = ()

    @property
    def fingerprint(self) -> str:
        """What the closing says."""
        return sha256_hex(canonical([self.content, [[leg.account, leg.amount] for leg in self.legs]]))


def closing_entry(closing: Closing, booked_at: int) -> Draft:
    """Return the entry of a closing; raise `LedgerRefusedError` when its legs do not sum to zero."""
    return Draft(
        key=closing.key,
        kind="closing",
        fingerprint=closing.fingerprint,
        event_at=closing.event_at,
        booked_at=booked_at,
        details=closing.content,
        postings=closing.legs,
    )


def settlement_legs(agreement: str, settlements: Sequence[Settlement]) -> tuple[Posting, ...]:
    """Return the legs that empty the pools of `settlements` to whom it belongs, one an account, in written order."""
    moved: dict[str, int] = {}

    def move(account: str, cents: int) -> None:
        moved[account] = moved.get(account, 0) + cents

    for settled in settlements:
        move(pool(agreement, settled.version), settled.income_cents)
        for part in settled.parts:
            of = fee if part.line.role == "fee" else owner
            move(of(agreement, part.line.party), -part.cents)
        for party, cents in settled.claims.items():
            move(owner(agreement, party), -cents)
        move(expenses(agreement), sum(settled.claims.values()) - settled.expenses_cents)
        move(reserve(agreement), -settled.reserve_cents)
    return tuple(Posting(account, cents) for account, cents in moved.items() if cents)


def _short(party: str) -> str:
    if len(party) <= PARTY_LENGTH_MAX:
        return party
    return f"{party[:_PARTY_KEPT]}~{sha256_hex(party.encode())[:_HASH_KEPT]}"
