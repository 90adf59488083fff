"""The payer's side of an entry: what is taken from credit and what becomes a debt, and how an entry gives it back.

House rules: pure; credit never passes its floor and debts are explicit. What lots gave they get back; only plain credit
settles debts and is drawn below zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.domain.ids import AccountId
from controller.domain.ledger import PREPAID_PREFIX, RECEIVABLE_PREFIX, Posting, prepaid, receivable
from controller.domain.lots import Move, Spent, moves_in, spend

if TYPE_CHECKING:
    from controller.domain.ledger import Entry
    from controller.domain.lots import Lot
    from controller.domain.packs import Pack


@dataclass(frozen=True, slots=True)
class PayerState:
    """What an account has and owes just before an entry, in cents; `lots` are part of the credit, `packs` are not."""

    credit_cents: int
    owed_cents: int
    lots: tuple[Lot, ...] = ()
    packs: tuple[Pack, ...] = ()

    @property
    def plain_cents(self) -> int:
        """The credit that is in no lot; below zero it is an overdraft."""
        return self.credit_cents - sum(lot.left_cents for lot in self.lots)

    @property
    def plain(self) -> PayerState:
        """The state as if there were plain credit only."""
        return PayerState(self.plain_cents, self.owed_cents)

    def lot(self, name: str) -> Lot | None:
        """Return a lot by its name."""
        return next((lot for lot in self.lots if lot.lot == name), None)


def debit_payer(
    account: AccountId, amount: int, payer: PayerState, floor_cents: int, at_ms: int
) -> tuple[list[Posting], Spent]:
    """Take `amount` from the lots and the plain credit, the latter down to its floor, and make the rest a debt."""
    spent = spend(payer.lots, payer.plain_cents, amount, at_ms)
    below = min(spent.missing_cents, max(0, payer.plain_cents - spent.plain_cents - floor_cents))
    spent = Spent(spent.taken, spent.plain_cents + below, spent.missing_cents - below)
    from_credit = amount - spent.missing_cents
    return [Posting(prepaid(account), from_credit), Posting(receivable(account), spent.missing_cents)], spent


def credit_payer(account: AccountId, amount: int, payer: PayerState) -> list[Posting]:
    """Settle with `amount` what is owed, and make the rest credit."""
    settled = min(amount, max(0, payer.owed_cents))
    return [Posting(receivable(account), -settled), Posting(prepaid(account), settled - amount)]


def payer_back(original: Entry, payer: PayerState, floor_cents: int) -> tuple[list[Posting], tuple[Move, ...]]:
    """Return the opposite of the payer's legs, or what comes nearest where that would pass a limit by now, and of the
    moves of lots. What was put into a lot and is spent since is taken from plain credit, then owed.
    """
    account = payer_of(original)
    if account is None:
        return [], ()
    moves: list[Move] = []
    for move in moves_in(original.draft.details):
        known = payer.lot(move.lot)
        if move.cents > 0 or (known is not None and known.left_cents >= -move.cents):
            moves.append(move.back)
        elif known is not None and known.left_cents > 0:
            moves.append(Move(move.lot, known.left_cents, known.vat_cents))
    in_lots = sum(move.cents for move in moves)
    legs = _plain_back(account, original, payer.plain, floor_cents, in_lots)
    return _merged([Posting(prepaid(account), in_lots), *legs]), tuple(moves)


def payer_of(entry: Entry) -> AccountId | None:
    """Return whose credit or debt `entry` moves; `None` for a free use."""
    for leg in entry.draft.postings:
        if is_payer(leg):
            return AccountId(leg.account.partition(":")[2])
    return None


def is_payer(leg: Posting) -> bool:
    """Tell whether a leg is the payer's."""
    return leg.account.startswith((PREPAID_PREFIX, RECEIVABLE_PREFIX))


def _plain_back(
    account: AccountId, original: Entry, payer: PayerState, floor_cents: int, in_lots: int
) -> list[Posting]:
    """Return what takes back the payer's legs but `in_lots` of them, which the lots have given back or taken."""
    taken = [leg for leg in original.draft.postings if is_payer(leg)]
    amount = sum(leg.amount for leg in taken) + in_lots
    from_credit = sum(leg.amount for leg in taken if leg.account.startswith(PREPAID_PREFIX)) + in_lots
    owed = amount - from_credit
    credit_after, owed_after = payer.credit_cents + from_credit, payer.owed_cents - owed
    if owed_after >= 0 and (from_credit >= 0 or credit_after >= floor_cents):
        legs = [Posting(prepaid(account), -from_credit), Posting(receivable(account), -owed)]
        order = [leg.account for leg in taken]
        return sorted(legs, key=lambda leg: order.index(leg.account) if leg.account in order else len(order))
    if amount > 0:
        return credit_payer(account, amount, payer)
    return debit_payer(account, -amount, payer, floor_cents, original.draft.event_at)[0]


def _merged(legs: list[Posting]) -> list[Posting]:
    """Return one leg an account, in the order in which accounts come first but one of nothing does not count."""
    sums: dict[str, Posting] = {}
    for leg in legs:
        if leg.amount:
            known = sums.get(leg.account)
            sums[leg.account] = leg if known is None else replace(known, amount=known.amount + leg.amount)
    return list(sums.values())
