"""VAT by day, rate and kind of customer: what the e-reporting wants of sales to private customers, and no name.

House rules: VAT is what each receipt says, added up and never computed again from a sum; it falls due where the
ledger posted it, at the use or at the top-up. The day is the booking's. What the receipts add up to is compared with
the ledger's own VAT accounts.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from controller.domain.ledger import PREPAID_PREFIX, RECEIVABLE_PREFIX
from controller.domain.receipt import RateTotal, vat_of
from controller.errors import DataError, Message
from controller.office.export.amounts import decimal_of
from controller.office.export.journal_lines import check_books, kind_of
from controller.office.ledger.rows import READ_AHEAD
from controller.office.ledger.tables import ledger_entry, ledger_posting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection

    from controller.office.export.chart import Chart, CsvForm
    from controller.office.export.period import Period

TITLES = ("Jour", "Client", "Catégorie", "Taux", "Reçus", "Hors taxe", "TVA", "TTC")
_PAYERS = (PREPAID_PREFIX, RECEIVABLE_PREFIX, "packs:")
CUSTOMERS = {False: "particulier", True: "organisation"}


@dataclass(frozen=True, slots=True, kw_only=True)
class VatDay:
    """Receipts of one day at one rate, less those taken back; amounts in cents, `rate_bp` in basis points.

    Sales to organisations are invoiced one by one and are no part of the e-reporting of a day.
    """

    day: date
    organisation: bool
    category: str
    rate_bp: int
    receipts: int
    net_cents: int
    vat_cents: int


def vat_days(
    connection: Connection, books: str, period: Period, chart: Chart, organisations: frozenset[str]
) -> list[VatDay]:
    """Return the period's VAT; `organisations` are the accounts that are no person's. Raise `DataError` when the
    receipts do not add up to the ledger's VAT accounts.
    """
    check_books(connection, books)
    sums: dict[tuple[date, bool, int], list[int]] = {}
    by_rate: dict[int, int] = {}
    for at_ms, payer, sign, total in _receipts(connection, books, period):
        place = (period.day_of(at_ms), payer in organisations, total.rate_bp)
        known = sums.setdefault(place, [0, 0, 0])
        for index, value in enumerate((1, total.net_cents, total.vat_cents)):
            known[index] += sign * value
        by_rate[total.rate_bp] = by_rate.get(total.rate_bp, 0) + sign * total.vat_cents
    _compare(by_rate, _posted(connection, books, period))
    return [
        VatDay(
            day=day,
            organisation=organisation,
            category=chart.on(day).category_of(rate_bp),
            rate_bp=rate_bp,
            receipts=receipts,
            net_cents=net,
            vat_cents=tax,
        )
        for (day, organisation, rate_bp), (receipts, net, tax) in sorted(sums.items())
    ]


def vat_csv(days: list[VatDay], form: CsvForm) -> bytes:
    """Return the table in the accountant's own form, in UTF-8 with a byte order mark."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=form.separator, lineterminator="\r\n")
    writer.writerow(TITLES)
    for each in days:
        amounts = (each.rate_bp, each.net_cents, each.vat_cents, each.net_cents + each.vat_cents)
        rate, net, tax, gross = (decimal_of(amount, form.decimal) for amount in amounts)
        day, customer = each.day.strftime(form.date), CUSTOMERS[each.organisation]
        writer.writerow([day, customer, each.category, rate, each.receipts, net, tax, gross])
    return text.getvalue().encode("utf-8-sig")


def _receipts(connection: Connection, books: str, period: Period) -> Iterator[tuple[int, str, int, RateTotal]]:
    """Yield (booked at, payer, +1 or -1, totals) of every receipt on which VAT fell due."""
    entry, leg = ledger_entry.c, ledger_posting.c
    rows = connection.execution_options(yield_per=READ_AHEAD).execute(
        select(entry.seq, entry.booked_at, entry.kind, entry.key, entry.details, leg.account)
        .join(ledger_posting, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(entry.books == books, entry.booked_at >= period.from_ms, entry.booked_at < period.to_ms)
        .order_by(entry.seq, leg.leg)
    )
    for _, legs in groupby(rows, key=lambda leg: leg.seq):
        row, *others = legs
        kind = kind_of(row.kind, row.key)
        sign = -1 if row.kind == "reversal" else 1
        if kind not in {"session", "topup", "expiry", "refund", "pack"}:
            continue
        names = (each.account for each in (row, *others))
        holder = next((name.partition(":")[2] for name in names if name.startswith(_PAYERS)), "")
        said = json.loads(row.details)
        if "due" in said:  # lots of credit have paid, ended or gone back: each with its own point of tax
            for rate_bp, gross, net, tax in said["due"]:
                yield row.booked_at, holder, sign, RateTotal(rate_bp, gross, net, tax)
        elif kind == "session" and said["vat_point"] == "at_use":
            for rate_bp, gross, net, tax in said["receipt"]:
                if gross:
                    yield row.booked_at, holder, sign, RateTotal(rate_bp, gross, net, tax)
        elif kind == "topup" and said["vat_point"] == "at_topup":
            yield row.booked_at, holder, sign, vat_of(said["amount_cents"], said["rate_bp"])


def _posted(connection: Connection, books: str, period: Period) -> dict[int, int]:
    entry, leg = ledger_entry.c, ledger_posting.c
    rows = connection.execute(
        select(leg.account, func.sum(leg.amount))
        .join(ledger_entry, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(
            leg.books == books,
            leg.account.like("vat:%"),
            entry.booked_at >= period.from_ms,
            entry.booked_at < period.to_ms,
        )
        .group_by(leg.account)
    )
    return {int(account.partition(":")[2]): -int(amount) for account, amount in rows}


def _compare(receipts: dict[int, int], posted: dict[int, int]) -> None:
    for rate_bp in sorted(receipts.keys() | posted.keys()):
        said, booked = receipts.get(rate_bp, 0), posted.get(rate_bp, 0)
        if said != booked:
            rate = decimal_of(rate_bp, ",")
            raise DataError(
                Message(
                    f"TVA au taux {rate} % : {said} centimes sur les reçus, {booked} au grand livre",
                    f"VAT at {rate} %: {said} cents on the receipts, {booked} in the ledger",
                ),
                cure=Message("vérifiez le fichier avec « indivis verify »", "check the file with 'indivis verify'"),
            )
