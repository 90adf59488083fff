"""What is due to each co-owner of an agreement now, whether it can be paid, and since when it waits.

House rules: reading only. A claim stays open for as long as it is not paid; after five years somebody is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import select

from controller.domain import closing as rules
from controller.domain.ids import BooksId
from controller.domain.payout import CLAIM_YEARS, Claim, open_claims
from controller.office.directory.agreements import agreement_by_id, agreement_place
from controller.office.ledger.store import balance
from controller.office.settlement.banking import bank_accounts, of_party
from controller.office.settlement.expenses import parties_of
from controller.office.settlement.payout_tables import payout_hold
from controller.office.settlement.periods import local
from controller.office.settlement.tables import agreement_closing

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.agreement import Agreement
    from controller.office.vault import Vault

PAYABLE = "payable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What one co-owner is owed (`cents`, negative when they owe) and `state`, why it is not paid or `payable`."""

    party: str
    cents: int
    minimum_cents: int
    held: str
    account: str
    claims: tuple[Claim, ...]
    old: tuple[str, ...]
    """Periods whose claim has been open for five years."""

    @property
    def state(self) -> str:
        """What becomes of it in the next run."""
        if self.cents <= 0:
            return "owes" if self.cents else "nothing"
        if self.held:
            return "held"
        if self.cents < self.minimum_cents:
            return "below_minimum"
        return PAYABLE if self.account else "no_account"

    @property
    def period(self) -> str:
        """Which periods it pays for, as a transfer's text says it."""
        first, last = self.claims[0].period, self.claims[-1].period
        return first if first == last else f"{first}/{last}"

    def to_data(self) -> dict[str, Any]:
        """Return it as data; of the account its last digits only."""
        return {
            "party": self.party,
            "cents": self.cents,
            "state": self.state,
            "minimum_cents": self.minimum_cents,
            "held": self.held,
            "account": self.account,
            "claims": [{"period": each.period, "cents": each.cents} for each in self.claims],
            "older_than_five_years": list(self.old),
        }


def dues(tx: Connection, vault: Vault, agreement: str, now_ms: int) -> list[Due]:
    """Return what is due to everybody who has or had a share, in written order."""
    found = agreement_by_id(tx, agreement)
    in_books = BooksId(agreement_place(tx, agreement)[0])
    parties = parties_of(found)
    holds = payout_hold.c
    held = {
        row.party: row.reason
        for row in tx.execute(select(holds.party, holds.reason).where(holds.agreement == agreement))
    }
    accounts = bank_accounts(tx, vault, [of_party(party) for party in parties])
    gained = _gained(tx, agreement)
    limit_at = _years_before(now_ms)
    minimum_cents = _minimum_cents(found, now_ms)
    shown = []
    for party in parties:
        cents = -balance(tx, in_books, rules.owner(agreement, party))
        claims = tuple(open_claims(cents, gained.get(party, [])))
        account = accounts.get(of_party(party))
        shown.append(
            Due(
                party=party,
                cents=cents,
                minimum_cents=minimum_cents,
                held=held.get(party, ""),
                account="" if account is None else account.masked,
                claims=claims,
                old=tuple(each.period for each in claims if each.since_at <= limit_at),
            )
        )
    return shown


def _gained(tx: Connection, agreement: str) -> dict[str, list[Claim]]:
    column = agreement_closing.c
    query = select(column.period, column.to_at, column.body).where(column.agreement == agreement)
    gained: dict[str, list[Claim]] = {}
    for row in tx.execute(query.order_by(column.to_at)):
        for each in json.loads(row.body)["owners"]:
            claim = Claim(row.period, row.to_at, each["part_cents"] + each["claims_cents"])
            gained.setdefault(each["party"], []).append(claim)
    return gained


def _years_before(now_ms: int) -> int:
    return int((local(now_ms) - relativedelta(years=CLAIM_YEARS)).timestamp() * 1_000)


def _minimum_cents(found: Agreement, now_ms: int) -> int:
    version = found.version_at(now_ms) or found.versions[-1]
    return version.terms.payout_minimum_cents
