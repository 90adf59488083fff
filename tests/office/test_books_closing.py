"""Days, months and years of the books are closed once and add up, whatever the clocks do."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import text

from controller.domain.ids import BooksId
from controller.domain.ledger import MeansOfPayment
from controller.office import money
from controller.office.ledger.caches import check
from controller.office.ledger.store import chain_end
from controller.office.ledger.verification import verify
from controller.office.refusals import InvalidError, NotFoundError
from controller.office.settlement import closing
from controller.office.settlement.books_closing import books_closings, close_books, closed_books
from controller.office.settlement.periods import days_of, following, period
from controller.office.settlement.proof import ChangedClosing, changed_closings
from tests.office.closing_kit import HEARD
from tests.office.workshop import NOON, Journal, Workshop

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Fifty euros on 15 January, six spent; ten euros paid in on 31 March at 23:30, an hour of summer time later."""
    shop = Workshop.founded(tmp_path_factory.mktemp("books"))
    journal = Journal(shop)
    journal.used(1)
    shop.told(journal)
    for at in (period("day", "2027-03-28").to_at - 1, period("month", "2027-03").to_at, NOON + 400 * DAY):
        shop.now_ms = at
        with shop.changing() as change:
            money.top_up(change, shop.account, 1_000, MeansOfPayment.CASH, "till 9")
    yield shop
    shop.store.close()


def close(shop: Workshop, kind: Any, name: str, at: int = NOON + 500 * DAY) -> dict[str, Any]:  # noqa: ANN401 - a kind
    """Close a period, long after it."""
    shop.now_ms = at
    with shop.changing() as change:
        return close_books(change, "lab", kind, name)


def test_a_day_begins_at_local_midnight_also_when_the_clocks_change() -> None:
    """March has 743 hours, October 745; a month's days are the month."""
    march, october = period("month", "2027-03"), period("month", "2027-10")

    assert [(each.to_at - each.from_at) // HOUR for each in (march, october)] == [743, 745]
    for span in (march, october):
        days = list(days_of(span))
        assert (days[0].from_at, days[-1].to_at, len(days)) == (span.from_at, span.to_at, 31)
        assert all(earlier.to_at == later.from_at for earlier, later in pairwise(days))
    assert following("2026-12") == "2027-01"


def test_days_add_up_to_their_month_months_to_their_year_and_the_perpetual_goes_on(shop: Workshop) -> None:
    """Every entry is in one day, and totals are the ledger's."""
    year = close(shop, "year", "2027")

    with shop.store.read() as tx:
        days, months = books_closings(tx, "lab", "day"), books_closings(tx, "lab", "month")
        assert check(tx) == []
        assert verify(tx, None).ok
    assert [each["period"] for each in months] == ["2027-04", "2027-03", "2027-01"]
    assert [each["period"] for each in days] == ["2027-04-01", "2027-03-28", "2027-01-15"]
    for total in ("entries", "sales_cents"):
        assert sum(each["totals"][total] for each in days) == sum(each["totals"][total] for each in months)
        assert sum(each["totals"][total] for each in months) == year["totals"][total] == year["perpetual"][total]
    assert year["totals"] == {
        "entries": 4,
        "sales_cents": 600,
        "by_account": {
            "means:card": 5_000, "means:cash": 2_000, "pool:ceramics:1": -500, "prepaid": -6_400, "vat:2000": -100,
        },
    }  # fmt: skip
    assert [(each["after_seq"], each["up_to_seq"]) for each in reversed(days)] == [(0, 2), (2, 3), (3, 4)]


def test_a_period_is_closed_once(shop: Workshop) -> None:
    """The same answer, and not one entry more."""
    first = close(shop, "month", "2027-01")
    with shop.store.read() as tx:
        before = chain_end(tx, BooksId("lab"))

    again = close(shop, "month", "2027-01")

    with shop.store.read() as tx:
        assert chain_end(tx, BooksId("lab")) == before
        assert closed_books(tx, "lab", "month", "2027-01") == again == first


@pytest.mark.parametrize(
    ("kind", "name", "at"),
    [("day", "2027-02-03", NOON), ("year", "2026", NOON + 500 * DAY), ("day", "2027-02-30", NOON + 500 * DAY)],
)
def test_what_is_not_over_or_empty_or_no_day_is_not_closed(shop: Workshop, kind: str, name: str, at: int) -> None:
    """One sentence that names it."""
    with pytest.raises(InvalidError, match=name):
        close(shop, kind, name, at)


def test_books_that_nobody_keeps_are_not_closed(shop: Workshop) -> None:
    """Named in the refusal."""
    with shop.changing() as change, pytest.raises(NotFoundError, match="other"):
        close_books(change, "other", "day", "2027-01-15")


def test_a_closing_that_was_changed_or_removed_is_found_and_named(shop: Workshop) -> None:
    """Somebody with an SQL shell is kinder to one owner; then they drop the row."""
    shop.now_ms = NOON + 500 * DAY
    with shop.changing() as change:
        closing.close(change, "ceramics", "2027-01", waive=HEARD)
    with shop.store.read() as tx:
        before = changed_closings(tx)

    with shop.store.write() as tx:
        tx.exec_driver_sql(
            """UPDATE agreement_closing SET body = replace(body, 'after_cents":50', 'after_cents":51')"""
        )
        changed = changed_closings(tx)
        tx.execute(text("DELETE FROM agreement_closing"))
        gone = changed_closings(tx)

    assert before == []
    assert changed == gone == [ChangedClosing("ceramics", "2027-01")]
