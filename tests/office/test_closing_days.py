"""Each night the day that is over is closed by itself, and its hash goes to whoever wishes it."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from controller.domain.ids import BooksId
from controller.domain.ledger import MeansOfPayment
from controller.office import money
from controller.office.accounts import Role, create_web_account
from controller.office.directory.places import note_heard
from controller.office.ledger.signing import last_head
from controller.office.ledger.store import chain_end
from controller.office.office import Office
from controller.office.settlement.books_closing import books_closings, close_books
from controller.office.settlement.periods import period
from controller.office.settlement.witnessing import waiting_letters, wish
from controller.office.upkeep import Upkeep
from tests.office.closing_kit import close
from tests.office.workshop import NOON, Journal, Workshop

HOUR = 3_600_000
MIDNIGHT = period("day", "2027-01-15").to_at
"""The end of the day on which everything was used and paid."""


class Night:
    """The office by itself, with nobody signed in."""

    def __init__(self, shop: Workshop) -> None:
        self.shop = shop
        office = Office(store=shop.store, vault=shop.vault, now_ms=lambda: shop.now_ms, send_command=lambda _: None)
        self.upkeep = Upkeep(office, Ed25519PrivateKey.generate(), None, 6 * HOUR)

    def at(self, now_ms: int) -> list[str]:
        """What is closed when the office has looked at that hour."""
        self.shop.now_ms = now_ms
        self.upkeep.look()
        with self.shop.store.read() as tx:
            return [each["period"] for each in books_closings(tx, "lab", "day")]

    def hears(self, now_ms: int) -> None:
        """The controller speaks."""
        with self.shop.store.changing("exchange", now_ms) as change:
            note_heard(change.tx, "pi-1", now_ms)


@pytest.fixture
def night(shop: Workshop) -> Night:
    """A use of the kiln on 15 January, and an owner who wishes the hashes."""
    journal = Journal(shop)
    journal.used(1)
    shop.told(journal)
    with shop.changing() as change:
        key = create_web_account(change, "owner", "three fictional words", [Role.CO_OWNER], party="owner-1")
        wish(change, key, wished=True)
    return Night(shop)


def test_a_day_is_closed_after_midnight_once_every_controller_was_heard(night: Night) -> None:
    """Not before midnight, not while the Pi is silent; then at once, signed, with a letter."""
    assert night.at(MIDNIGHT - 1) == []
    assert night.at(MIDNIGHT + HOUR) == []
    night.hears(MIDNIGHT + HOUR)

    assert night.at(MIDNIGHT + 2 * HOUR) == ["2027-01-15"]
    with night.shop.store.read() as tx:
        (letter,) = waiting_letters(tx)
        end, head = chain_end(tx, BooksId("lab")), last_head(tx, BooksId("lab"))
    assert (letter["day"], letter["hash"]) == ("2027-01-15", end.hash)
    assert head is not None
    assert head.seq == end.seq


def test_a_controller_that_stays_silent_is_waited_for_until_the_morning(night: Night) -> None:
    """Six hours, then the day closes without it; what it tells later is booked on the day on which it comes."""
    assert night.at(MIDNIGHT + 6 * HOUR - 1) == []
    assert night.at(MIDNIGHT + 6 * HOUR + 600_000) == ["2027-01-15"]


def test_a_quiet_day_writes_nothing_and_days_missed_are_closed_together(night: Night) -> None:
    """The office was off for three days, in one of which somebody had paid; a week without anything is silent."""
    with night.shop.store.changing("till", MIDNIGHT + 20 * HOUR) as change:
        money.top_up(change, night.shop.account, 1_000, MeansOfPayment.CASH, "till 3")

    assert night.at(MIDNIGHT + 80 * HOUR) == ["2027-01-16", "2027-01-15"]
    before = night.shop.entries()
    assert night.at(MIDNIGHT + 300 * HOUR) == ["2027-01-16", "2027-01-15"]
    assert night.shop.entries() == before


def test_a_closed_day_closes_no_month_of_an_agreement_and_makes_up_the_books_month(night: Night) -> None:
    """The treasurer closes both by hand in February, as ever."""
    night.at(MIDNIGHT + 8 * HOUR)

    closed = close(night.shop)
    with night.shop.changing() as change:
        month = close_books(change, "lab", "month", "2027-01")

    assert closed.body["versions"][0]["income_cents"] == 500
    assert month["totals"]["sales_cents"] == 600
    assert NOON < MIDNIGHT
