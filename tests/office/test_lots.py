"""Lots of credit in the office: sold, given, spent, ended on their day, handed back, and counted over a year."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select, update

from controller.domain.agreement import DEFAULT_KINDS, OwnersShare, Terms, reading
from controller.domain.ledger import EXPIRED, GIFTS, MeansOfPayment
from controller.domain.lots import LotKind
from controller.domain.sessions import SessionKind
from controller.office import credit_sold, legal, lots, money, refunds
from controller.office.accounts import Role
from controller.office.credit_sold import CreditSold
from controller.office.directory import agreements, places
from controller.office.directory.tables import alarm
from controller.office.ledger.caches import check
from controller.office.ledger.store import balance
from controller.office.ledger.tables import ledger_entry, ledger_lot
from controller.office.lots import Credit, LotTerms
from controller.office.refusals import ConflictError, InvalidError
from controller.office.settlement.periods import day_of, period
from controller.office.settlement.till import till_lines
from tests.office.door import Door
from tests.office.downlink_kit import Desk
from tests.office.workshop import NOON, Journal, Workshop

DAY_MS = 86_400_000
TODAY = day_of(NOON)
SOON = day_of(NOON + 3 * DAY_MS)


def credited(shop: Workshop, cents: int, kind: LotKind = LotKind.PAID, last_day: str | None = SOON) -> str:
    """Credit of that kind that holds through a day, and its id."""
    means = None if kind is LotKind.GIFT else MeansOfPayment.CARD
    with shop.changing() as change:
        return money.top_up(change, shop.account, cents, means, "desk", terms=LotTerms(kind=kind, last_day=last_day))


def parts(shop: Workshop) -> list[tuple[LotKind, str | None, int]]:
    """The member's credit by kind, last day and what is left."""
    with shop.store.read() as tx:
        return [(each.kind, each.last_day, each.left_cents) for each in lots.credit_of(tx, shop.account)]


def held(shop: Workshop, name: str) -> int:
    """The balance of an account of the ledger."""
    with shop.store.read() as tx:
        return balance(tx, "lab", name)  # type: ignore[arg-type]


def heard(shop: Workshop) -> None:
    """The controller says that it is there."""
    with shop.store.write() as tx:
        places.note_heard(tx, "pi-1", shop.now_ms, applied_revision=0)


def ended(shop: Workshop) -> int:
    """Post what has expired."""
    with shop.changing("exchange") as change:
        return lots.expire(change)


def differences(shop: Workshop) -> list[Any]:
    """What a count from zero finds wrong."""
    with shop.store.read() as tx:
        return check(tx)


def test_credit_of_before_is_paid_and_without_an_end_and_lots_stand_beside_it(shop: Workshop) -> None:
    """Fifty plain euros, a gift and a grant with days of their own: oldest day first, and they sum to the credit."""
    credited(shop, 400, LotKind.GIFT, SOON)
    credited(shop, 300, LotKind.GRANT, day_of(NOON + DAY_MS))
    assert parts(shop) == [
        (LotKind.GRANT, day_of(NOON + DAY_MS), 300),
        (LotKind.GIFT, SOON, 400),
        (LotKind.PAID, None, 5_000),
    ]

    journal = Journal(shop)
    journal.used()
    shop.told(journal)

    assert parts(shop) == [(LotKind.GIFT, SOON, 100), (LotKind.PAID, None, 5_000)]
    assert (shop.credit_cents(), sum(cents for _, _, cents in parts(shop))) == (5_100, 5_100)
    assert shop.entry("balance", shop.account)["balance_cents"] == 5_100
    assert (sum(shop.owned_cents()), differences(shop)) == (250, [])


def test_what_gifts_pay_is_the_owners_only_where_they_agreed(shop: Workshop) -> None:
    """Six euros of a gift: nothing, and the use counts among those that bring nothing; then all five, by agreement."""
    credited(shop, 1_200, LotKind.GIFT)
    journal = Journal(shop)
    journal.used()
    shop.told(journal)
    assert (sum(shop.owned_cents()), held(shop, GIFTS)) == (0, 600)

    with shop.changing() as change:
        kinds = {**DEFAULT_KINDS, SessionKind.GIFT: OwnersShare.CREDITED}
        terms = Terms(manager="manager", legal_basis="convention", kinds=kinds)
        agreements.create_version(change, "ceramics", from_at=NOON - DAY_MS, lines=reading("B"), terms=terms)

    with shop.store.read() as tx:
        earned = money.running_split(tx, "ceramics")[1].income_cents
    assert (earned, held(shop, GIFTS), differences(shop)) == (500, 1_100, [])


def test_a_lot_ends_at_its_local_midnight_once_every_controller_was_heard(shop: Workshop) -> None:
    """The entry is dated at midnight; before a silent controller has spoken, or a week has gone, nothing ends."""
    credited(shop, 700)
    midnight = period("day", SOON).to_at
    shop.now_ms = midnight - 1
    heard(shop)
    shop.now_ms = midnight + DAY_MS
    assert ended(shop) == 0

    heard(shop)

    assert (ended(shop), ended(shop)) == (1, 0)
    assert (shop.credit_cents(), held(shop, EXPIRED), differences(shop)) == (5_000, -700, [])
    with shop.store.read() as tx:
        entry = tx.execute(select(ledger_entry).where(ledger_entry.c.kind == "expiry")).one()
    assert (entry.event_at, entry.booked_at) == (midnight, shop.now_ms)


def test_the_office_ends_credit_by_itself_and_the_floor_knows_the_new_balance(shop: Workshop) -> None:
    """At its own hourly look; nobody presses anything."""
    credited(shop, 700)
    desk = Desk(shop)
    shop.now_ms = period("day", SOON).to_at + 8 * DAY_MS

    desk.turn()

    assert shop.entry("balance", shop.account)["balance_cents"] == 5_000
    desk.closes()


def test_after_a_week_a_silent_controller_is_waited_for_no_longer(shop: Workshop) -> None:
    """A drawer with an old Pi in it does not make credit immortal."""
    credited(shop, 700)
    shop.now_ms = period("day", SOON).to_at + lots.UNHEARD_MAX_MS - 1
    assert ended(shop) == 0

    shop.now_ms += 1

    assert ended(shop) == 1


def test_credit_that_comes_back_to_an_expired_lot_expires_again(shop: Workshop) -> None:
    """A forgotten stop is taken back after the end: the six euros return to their lot and end once more."""
    credited(shop, 700)
    journal = Journal(shop)
    journal.used()
    shop.told(journal)
    shop.now_ms = period("day", SOON).to_at
    heard(shop)
    assert ended(shop) == 1

    with shop.changing() as change:
        money.reverse(change, "lab", "session:s-1", "forgotten stop")

    assert shop.credit_cents() == 5_600
    assert (ended(shop), held(shop, EXPIRED), differences(shop)) == (1, -700, [])


def test_a_top_up_whose_rest_has_expired_is_taken_back_after_its_expiry(shop: Workshop) -> None:
    """Otherwise the member would owe what they never used; the answer names the entry to take back first."""
    key = credited(shop, 700)
    shop.now_ms = period("day", SOON).to_at
    heard(shop)
    ended(shop)

    with shop.changing() as change, pytest.raises(ConflictError, match=f"expiry:{key}:1"):
        money.reverse(change, "lab", f"topup:{key}", "cheque bounced")
    with shop.changing() as change:
        money.reverse(change, "lab", f"expiry:{key}:1", "cheque bounced")
        money.reverse(change, "lab", f"topup:{key}", "cheque bounced")

    assert (shop.credit_cents(), held(shop, EXPIRED), differences(shop)) == (5_000, 0, [])


@pytest.mark.parametrize("last_day", [day_of(NOON - DAY_MS), "2040-01-01", "2027-02-30"])
def test_credit_expires_on_a_day_to_come(shop: Workshop, last_day: str) -> None:
    """Yesterday, a slip of the century and a day that is none are refused; today is the last that counts."""
    with pytest.raises(InvalidError):
        credited(shop, 500, last_day=last_day)

    credited(shop, 500, last_day=TODAY)
    assert parts(shop)[0] == (LotKind.PAID, TODAY, 500)


def test_a_refund_says_what_may_be_handed_back_and_why_no_more(shop: Workshop) -> None:
    """Fifty-seven euros are paid; the gift beside them is not, and a second request pays back nothing."""
    credited(shop, 700)
    credited(shop, 900, LotKind.GIFT)
    with shop.changing() as change, pytest.raises(ConflictError, match=r"57,00 € au plus.*jamais un cadeau"):
        refunds.refund(change, shop.account, 5_701, MeansOfPayment.CASH, "moves away")
    with shop.changing() as change, pytest.raises(InvalidError):
        refunds.refund(change, shop.account, 100, MeansOfPayment.CASH, " ")

    for _ in range(2):
        with shop.changing() as change:
            refunds.refund(change, shop.account, 5_700, MeansOfPayment.CASH, "moves away", "r-1")

    with shop.store.read() as tx:
        booked = {each.means: each.booked_cents for each in till_lines(tx, "lab", period("month", TODAY[:7]))}
    assert booked == {"card": 5_700, "cash": -5_700}
    assert parts(shop) == [(LotKind.GIFT, SOON, 900)]
    assert (held(shop, "means:cash"), differences(shop)) == (-5_700, [])


def sold(shop: Workshop) -> CreditSold:
    """The counter of twelve months."""
    with shop.store.read() as tx:
        return credit_sold.credit_sold(tx, "lab", shop.now_ms)


def test_the_counter_has_what_was_sold_in_twelve_months(shop: Workshop) -> None:
    """Gifts do not count, grants do; a bounced cheque leaves the count, a refund does not; after a year all is gone."""
    credited(shop, 900, LotKind.GIFT)
    credited(shop, 400, LotKind.GRANT)
    key = credited(shop, 300)
    with shop.changing() as change:
        money.reverse(change, "lab", f"topup:{key}", "cheque bounced")
        refunds.refund(change, shop.account, 1_000, MeansOfPayment.CASH, "moves away")

    assert (sold(shop).sold_cents, sold(shop).limit_cents, sold(shop).near) == (5_400, 100_000_000, False)
    shop.now_ms += 365 * DAY_MS
    assert sold(shop).sold_cents == 0


def test_the_treasurer_is_told_once_when_the_limit_comes_near(shop: Workshop) -> None:
    """Sixty euros are the limit from today: at forty-eight the alarm stands, and stands once in a month."""
    with shop.changing() as change:
        legal.put(change, "lab", "credit_sold_limit_cents", TODAY, 6_000)
        legal.put(change, "lab", "credit_sold_limit_cents", SOON, 90_000)
        for _ in range(2):
            credit_sold.give_notice(change)

    assert (sold(shop).near, shop.alarms()) == (True, ["credit_sold_near_limit"])
    with shop.changing() as change:
        change.tx.execute(update(alarm).values(cleared_at=shop.now_ms))
        credit_sold.give_notice(change)
    assert shop.alarms() == ["credit_sold_near_limit"]
    shop.now_ms += 4 * DAY_MS
    assert not sold(shop).near


def test_a_lot_that_was_tampered_with_is_found_by_a_count_from_zero(shop: Workshop) -> None:
    """A cent more, or a row gone: the entries say what there was."""
    name = credited(shop, 700)
    with shop.store.write() as tx:
        tx.execute(update(ledger_lot).values(left_cents=701))
    assert [(each.what, each.cached, each.rebuilt) for each in differences(shop)] == [
        (f"lot {name}", 701, 700),
        (f"lot {name}: 0–700", 701, None),
    ]
    with shop.store.write() as tx:
        tx.execute(delete(ledger_lot))
    assert [(each.what, each.cached, each.rebuilt) for each in differences(shop)] == [
        (f"lot {name}", None, 700),
        (f"lot {name} VAT", None, 0),
    ]


def test_a_part_of_the_credit_says_all_that_a_page_shows(shop: Workshop) -> None:
    """With its VAT point, which may be the lot's own."""
    with shop.changing() as change:
        terms = LotTerms(vat_point="at_topup")
        key = money.top_up(change, shop.account, 600, MeansOfPayment.CARD, "card", terms=terms)

    with shop.store.read() as tx:
        shown = lots.credit_of(tx, shop.account)[-1]
    assert shown == Credit(lot=key, kind=LotKind.PAID, last_day=None, left_cents=600, vat_point="at_topup")
    assert held(shop, "vat:2000") == -100


def test_credit_is_sold_in_lots_and_handed_back_by_the_api(shop: Workshop) -> None:
    """Kind, last day and VAT point in; parts and what may be refunded out; a gift with means of payment is none."""
    door = Door(shop)
    till = door.signed_in(Role.TREASURER)
    path = f"/api/v1/payers/{shop.account}"
    given = {"amount_cents": 900, "kind": "gift", "reference": "open day", "last_day": "2027-12-31"}

    answers = [
        till.post(f"{path}/top-ups", json=given).status_code,
        till.post(f"{path}/top-ups", json={**given, "means": "cash"}).status_code,
        till.post(f"{path}/top-ups", json={"amount_cents": 900, "reference": "no means"}).status_code,
        till.post(f"{path}/refunds", json={"amount_cents": 1_000, "means": "cash", "reason": "moves"}).status_code,
        till.post(f"{path}/refunds", json={"amount_cents": 4_001, "means": "cash", "reason": "gift"}).status_code,
    ]
    limit = {"from_day": "2027-01-01", "value": 6_000}
    till.put("/api/v1/books/lab/legal/credit_sold_limit_cents", json=limit)

    read = till.get(f"/api/v1/members/{shop.member}/credit").json()
    assert answers == [201, 422, 422, 201, 409]
    assert [(part["kind"], part["last_day"], part["left_cents"]) for part in read["parts"]] == [
        ("gift", "2027-12-31", 900),
        ("paid", None, 4_000),
    ]
    assert read["refundable_cents"] == 4_000
    counted = till.get("/api/v1/books/lab/credit-sold").json()
    assert (counted["sold_cents"], counted["limit_cents"], counted["near"]) == (5_000, 6_000, True)
    assert door.signed_in(Role.FABMANAGER).get("/api/v1/books/lab/credit-sold").status_code == 403
