"""The whole ledger as plain text that beancount reads: every entry, with zero tolerance, and every balance asserted.

House rules: written as it is read, so that memory stays flat; an account's name can be read back (`-` and two hex
digits stand for what beancount's names cannot hold). The asserted balances are the ledger's stored ones, so beancount
itself proves that they are the sum of the entries. Reasons are left out: a person may have written a name in one.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from controller.domain.ledger import EUR
from controller.office.export.amounts import decimal_of
from controller.office.export.journal_lines import check_books
from controller.office.export.period import local_day
from controller.office.ledger.rows import READ_AHEAD
from controller.office.ledger.tables import ledger_balance, ledger_entry, ledger_posting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789")
_ROOTS = {
    "means": "Assets:Means",
    "receivable": "Assets:Receivable",
    "vat_advance": "Assets:VatAdvance",
    "prepaid": "Liabilities:Prepaid",
    "packs": "Liabilities:Packs",
    "vat": "Liabilities:Vat",
    "pool": "Liabilities:Pool",
    "revenue": "Income:Revenue",
    "fee": "Income:Fee",
    "gifts": "Expenses:Gifts",
    "grants": "Liabilities:Grants",
    "owner": "Liabilities:Owner",
    "reserve": "Liabilities:Reserve",
    "expenses": "Assets:Expenses",
}


def beancount_account(account: str) -> str:
    """Return the one name that an account of the ledger has in beancount."""
    head, *rest = account.split(":")
    parts = [_ROOTS[head] if head in _ROOTS else f"Equity:Other:{_component(head)}", *map(_component, rest)]
    return ":".join(parts)


def beancount_commodity(commodity: str) -> str:
    """Return the currency that a commodity has in beancount: packs are counted in units of their own."""
    return commodity if commodity == EUR else "U-" + commodity.encode().hex().upper()


def beancount_text(connection: Connection, books: str, zone: ZoneInfo) -> Iterator[bytes]:
    """Yield the file's lines; days are those of the booking in `zone`. Raise `UserError` for unknown books."""
    check_books(connection, books)
    yield f'option "title" "Indivis {books}"\noption "operating_currency" "{EUR}"\n'.encode()
    yield b'option "inferred_tolerance_default" "*:0"\noption "tolerance_multiplier" "0"\n\n'
    entry, leg, stored = ledger_entry.c, ledger_posting.c, ledger_balance.c
    booked = select(func.min(entry.booked_at), func.max(entry.booked_at)).where(entry.books == books)
    first_ms, last_ms = connection.execute(booked).one()
    if first_ms is None:
        return
    opened = f"{local_day(first_ms, zone)}"
    for account in sorted(connection.execute(select(leg.account).where(leg.books == books).distinct()).scalars()):
        yield f"{opened} open {beancount_account(account)}\n".encode()
    rows = connection.execution_options(yield_per=READ_AHEAD).execute(
        select(entry.seq, entry.booked_at, entry.kind, entry.key, entry.hash, leg.account, leg.commodity, leg.amount)
        .join(ledger_posting, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(entry.books == books)
        .order_by(entry.seq, leg.leg)
    )
    for seq, legs in groupby(rows, key=lambda row: row.seq):
        found = list(legs)
        row = found[0]
        lines = [
            f'\n{local_day(row.booked_at, zone)} * "{row.kind}" "{row.key}"',
            f"  seq: {seq}",
            f'  hash: "{row.hash}"',
            *(f"  {beancount_account(each.account)}  {_amount(each.amount, each.commodity)}" for each in found),
        ]
        yield "\n".join([*lines, ""]).encode()
    yield b"\n"
    after = local_day(last_ms, zone) + timedelta(days=1)
    balances = select(stored.account, stored.commodity, stored.amount).where(stored.books == books)
    for account, commodity, amount in sorted(map(tuple, connection.execute(balances))):
        number, currency = _amount(amount, commodity).split(" ")
        yield f"{after} balance {beancount_account(account)}  {number} ~ 0 {currency}\n".encode()


def _amount(amount: int, commodity: str) -> str:
    number = decimal_of(amount, ".") if commodity == EUR else str(amount)
    return f"{number} {beancount_commodity(commodity)}"


def _component(part: str) -> str:
    name = "".join(chr(byte) if byte in _PLAIN else f"-{byte:02x}" for byte in part.encode())
    return name[0].upper() + name[1:] if name and name[0] != "-" else f"X-{name}"
