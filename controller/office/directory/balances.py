"""What each account may spend, as it comes down: credit less debts, and what open uses may still cost.

House rules: written again in the transaction of whatever moved it. What an ended use will cost while it waits
in the tray is taken off the credit, so that it is not spent twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from controller.domain.directory import BalanceEntry, HoldEntry
from controller.domain.ids import AccountId, ControllerId
from controller.domain.ledger import prepaid, receivable
from controller.office.directory import entries
from controller.office.directory.tables import account
from controller.office.journal_tables import hold
from controller.office.ledger.rows import chunks
from controller.office.ledger.tables import ledger_balance

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection


def project_balances(tx: Connection, accounts: Iterable[str]) -> None:
    """Write the entries of `accounts`; those that are unknown are passed over."""
    entries.put(tx, balances_of(tx, accounts))


def balances_of(tx: Connection, accounts: Iterable[str]) -> list[BalanceEntry]:
    """Return what each of `accounts` may spend now."""
    found: list[BalanceEntry] = []
    for chunk in chunks(sorted(set(accounts))):
        held, waiting = _holds(tx, list(chunk))
        sums = _sums(tx, list(chunk))
        rows = tx.execute(select(account).where(account.c.id.in_(chunk)).order_by(account.c.id))
        for row in rows:
            credit = -sums.get((row.books, prepaid(row.id)), 0) - sums.get((row.books, receivable(row.id)), 0)
            found.append(
                BalanceEntry(
                    account=AccountId(row.id),
                    balance_cents=credit - waiting.get(row.id, 0),
                    floor_cents=row.floor_cents,
                    holds=tuple(held.get(row.id, ())),
                )
            )
    return found


def _sums(tx: Connection, accounts: list[str]) -> dict[tuple[str, str], int]:
    """Return (books, ledger account) → cents for the credit and the debt of `accounts`."""
    names = [of(AccountId(each)) for each in accounts for of in (prepaid, receivable)]
    found: dict[tuple[str, str], int] = {}
    for chunk in chunks(names):
        query = select(ledger_balance).where(ledger_balance.c.account.in_(chunk))
        found.update({(row.books, row.account): row.amount for row in tx.execute(query)})
    return found


def _holds(tx: Connection, accounts: list[str]) -> tuple[dict[str, list[HoldEntry]], dict[str, int]]:
    held: dict[str, list[HoldEntry]] = {}
    waiting: dict[str, int] = {}
    total = func.sum(hold.c.cents).label("cents")
    query = (
        select(hold.c.account, hold.c.controller, hold.c.in_tray, total)
        .where(hold.c.account.in_(accounts))
        .group_by(hold.c.account, hold.c.controller, hold.c.in_tray)
        .order_by(hold.c.account, hold.c.controller)
    )
    for row in tx.execute(query):
        if row.in_tray:
            waiting[row.account] = waiting.get(row.account, 0) + int(row.cents)
        else:
            entry = HoldEntry(controller=ControllerId(row.controller), cents=int(row.cents))
            held.setdefault(row.account, []).append(entry)
    return held, waiting
