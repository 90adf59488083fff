"""Whatever happened, the accountant's files say what the ledger says, to the cent."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from sqlalchemy import Connection, Engine, func, select

from controller.office.export.chart import Chart
from controller.office.export.fec import check_fec, fec_bytes
from controller.office.export.journal_lines import journal_lines, kind_of
from controller.office.export.period import period_of
from controller.office.export.vat_days import vat_days
from controller.office.ledger.caches import check
from controller.office.ledger.tables import ledger_balance, ledger_entry, ledger_lot, ledger_posting
from tests.export.histories import HISTORIES, History, told
from tests.export.kit import SIREN, chart
from tests.office.ledger_file import new_ledger

PERIODS = ("2026", "2027")


@pytest.fixture(scope="module")
def charted(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """The shipped chart."""
    return chart(tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One file for many histories, each in books of its own."""
    engine = new_ledger(Path(tmp_path_factory.mktemp("any")) / "office.db")
    yield engine
    engine.dispose()


def sums_by_number(connection: Connection, books: str, charted: Chart) -> dict[str, int]:
    """The ledger's legs added up by the chart's numbers, entry by entry."""
    entry, leg = ledger_entry.c, ledger_posting.c
    rows = connection.execute(
        select(entry.kind, entry.key, leg.account, func.sum(leg.amount))
        .join(ledger_posting, (leg.books == entry.books) & (leg.seq == entry.seq))
        .where(entry.books == books)
        .group_by(entry.kind, entry.key, leg.account)
    )
    sums: dict[str, int] = {}
    for kind, key, account, amount in rows:
        called = charted.chart[0].account_of(account, kind_of(kind, key))
        assert called is not None
        sums[called.number] = sums.get(called.number, 0) + int(amount)
    return sums


@given(HISTORIES)
@settings(max_examples=12)
def test_the_fec_of_any_history_is_the_ledger(ledger: Engine, charted: Chart, history: History) -> None:
    """Our own reader finds no fault in either year, and both years' sums are the ledger's, number by number."""
    with ledger.connect() as connection:
        books = told(connection, history)
        readings = []
        for year in PERIODS:
            period = period_of(year, charted.entity_of(books))
            data = fec_bytes(journal_lines(connection, books, period, charted))
            readings.append(check_fec(f"{SIREN}FEC{period.last:%Y%m%d}.txt", data))
        due = sums_by_number(connection, books, charted)
        connection.rollback()

    assert [fault for reading in readings for fault in reading.faults] == []
    assert {number: sum(each.sums.get(number, 0) for each in readings) for number in due} == due


@given(HISTORIES)
@settings(max_examples=12)
def test_vat_by_day_of_any_history_is_the_ledgers_vat(ledger: Engine, charted: Chart, history: History) -> None:
    """Receipts added up day by day are the balances of the VAT accounts, whichever rate and point of tax."""
    with ledger.connect() as connection:
        books = told(connection, history)
        days = [
            day
            for year in PERIODS
            for day in vat_days(connection, books, period_of(year, charted.entity_of(books)), charted, frozenset())
        ]
        cached = ledger_balance.c
        balances = select(func.sum(cached.amount)).where(cached.books == books, cached.account.startswith("vat:"))
        due = -(connection.execute(balances).scalar() or 0)
        connection.rollback()

    assert sum(day.vat_cents for day in days) == due


@given(HISTORIES)
@settings(max_examples=12)
def test_balances_wheels_and_lots_of_any_history_are_what_a_count_from_zero_finds(
    ledger: Engine, history: History
) -> None:
    """The caches say what the entries say; no lot holds less than nothing; all accounts together sum to nothing."""
    with ledger.connect() as connection:
        books = told(connection, history)
        found = check(connection)
        cached, lot = ledger_balance.c, ledger_lot.c
        total = connection.execute(select(func.sum(cached.amount)).where(cached.books == books)).scalar() or 0
        vat_left = connection.execute(select(func.min(lot.vat_cents)).where(lot.books == books)).scalar() or 0
        connection.rollback()

    assert (found, total) == ([], 0)
    assert vat_left >= 0


@pytest.mark.soak
@given(HISTORIES)
@settings(max_examples=2_000)
def test_many_histories_with_lots_add_up(ledger: Engine, history: History) -> None:
    """The same, for long."""
    with ledger.connect() as connection:
        told(connection, history)
        found = check(connection)
        connection.rollback()

    assert found == []
