"""The ledger as an accountant imports it: one balanced entry per day and journal, in the chart's own numbers.

Business software may hand over sums (BOI-CF-IOR-60-40-20 on the FEC, aggregates of a daily journal); the detail stays
in the ledger. House rules: the day is the booking's; money only, for packs are no money; debits and credits are added
up apart, so nothing is netted away.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from sqlalchemy import select

from controller.domain.ledger import EUR
from controller.errors import DataError, Message, UserError
from controller.office.ledger.rows import READ_AHEAD
from controller.office.ledger.tables import ledger_chain, ledger_entry, ledger_posting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from sqlalchemy import Connection

    from controller.office.export.chart import Account, Chart, Journal
    from controller.office.export.period import Period

LINES_LIMIT = 500_000
"""Lines of one export, which are sorted in memory: ten years of a large network. More are refused with the advice to
export by the month."""


NAMES_KEPT = 100_000
"""Names of accounts kept once looked up: the members of a large network. The others are looked up each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """One line: amounts in cents, of which exactly one is not zero. `number` counts the export's entries from 1."""

    number: int
    day: date
    journal: str
    journal_label: str
    account: str
    account_label: str
    auxiliary: str
    piece: str
    label: str
    debit_cents: int
    credit_cents: int


@dataclass(slots=True)
class _Sheet:
    """A day's sums in one journal."""

    journal: Journal
    label: str
    entries: int = 0
    first: int = 0
    last: int = 0
    sums: dict[tuple[str, str, str, bool], int] = field(default_factory=dict)


def journal_lines(connection: Connection, books: str, period: Period, chart: Chart) -> list[JournalLine]:
    """Return the period's lines by day and journal; raise `UserError` naming what the chart does not know."""
    check_books(connection, books)
    sheets: dict[tuple[date, str], _Sheet] = {}
    named_before: dict[tuple[date, str, str], Account] = {}
    size = 0
    for seq, legs in groupby(_legs(connection, books, period), key=lambda leg: leg[0]):
        found = [leg[1:] for leg in legs]
        booked_at, kind = found[0][0], found[0][1]
        day = period.day_of(booked_at)
        version = chart.on(day)
        named = []
        for _, _, account, amount in found:
            place = (version.from_day, account, kind)
            called = named_before.get(place) or version.account_of(account, kind)
            if called is None:
                raise UserError(
                    Message(
                        f"le plan de comptes n'a pas de numéro pour « {account} » ({kind}) au {day}",
                        f"the chart has no number for '{account}' ({kind}) on {day}",
                    ),
                    cure=Message("ajoutez-le aux accounts du [[chart]]", "add it to the accounts of the [[chart]]"),
                )
            if len(named_before) < NAMES_KEPT:
                named_before[place] = called
            holder = account.partition(":")[2] if called.auxiliary else ""
            named.append(((called.number, holder, called.label, amount < 0), abs(amount)))
        journal = version.journal_of([key[0] for key, _ in named])
        sheet = sheets.setdefault((day, journal.code), _Sheet(journal, version.entry_label, first=seq))
        sheet.entries += 1
        sheet.last = seq
        for key, amount in named:
            size += key not in sheet.sums
            sheet.sums[key] = sheet.sums.get(key, 0) + amount
        if size > LINES_LIMIT:
            raise UserError(
                Message(f"plus de {LINES_LIMIT} lignes", f"more than {LINES_LIMIT} lines"),
                cure=Message("exportez mois par mois", "export month by month"),
            )
    return list(_lines(books, sheets))


def check_books(connection: Connection, books: str) -> None:
    """Raise `UserError` when the file has no such books, and say which it has."""
    known = sorted(connection.execute(select(ledger_chain.c.books)).scalars())
    if books not in known:
        names = ", ".join(known) or "-"
        raise UserError(
            Message(f"il n'y a pas de comptes « {books} »", f"there are no books '{books}'"),
            cure=Message(f"donnez l'un de : {names}", f"give one of: {names}"),
        )


def kind_of(kind: str, key: str) -> str:
    """Return what an entry is about: a reversal is about what it takes back."""
    return key.removeprefix("reversal:").partition(":")[0] if kind == "reversal" else kind


def _legs(connection: Connection, books: str, period: Period) -> Iterator[tuple[int, int, str, str, int]]:
    entry, leg = ledger_entry.c, ledger_posting.c
    rows = connection.execution_options(yield_per=READ_AHEAD).execute(
        select(entry.seq, entry.booked_at, entry.kind, entry.key, leg.account, leg.amount)
        .join(ledger_posting, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(
            entry.books == books,
            entry.booked_at >= period.from_ms,
            entry.booked_at < period.to_ms,
            leg.commodity == EUR,
        )
        .order_by(entry.seq, leg.leg)
    )
    for row in rows:
        yield row.seq, row.booked_at, kind_of(row.kind, row.key), row.account, row.amount


def _lines(books: str, sheets: dict[tuple[date, str], _Sheet]) -> Iterator[JournalLine]:
    for number, ((day, code), sheet) in enumerate(sorted(sheets.items(), key=lambda item: item[0]), start=1):
        balance = sum(-cents if credit else cents for (_, _, _, credit), cents in sheet.sums.items())
        if balance:
            said = f"{code} {day}: {balance}"
            raise DataError(
                Message(f"ce jour n'est pas équilibré ({said})", f"this day does not balance ({said})"),
                cure=Message("vérifiez le fichier avec « indivis verify »", "check the file with 'indivis verify'"),
            )
        label = sheet.label.format(
            journal=sheet.journal.label,
            day=f"{day:%d/%m/%Y}",
            count=sheet.entries,
            first=sheet.first,
            last=sheet.last,
        )
        for (account, holder, account_label, credit), cents in sorted(sheet.sums.items()):
            yield JournalLine(
                number=number,
                day=day,
                journal=code,
                journal_label=sheet.journal.label,
                account=account,
                account_label=account_label,
                auxiliary=holder,
                piece=f"{books}-{code}-{day:%Y%m%d}",
                label=label,
                debit_cents=0 if credit else cents,
                credit_cents=cents if credit else 0,
            )
