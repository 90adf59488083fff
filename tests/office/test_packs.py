"""Packs of minutes in the office: sold, spent by uses, included each month, over on their day, corrected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from controller.domain.ledger import EXPIRED, MeansOfPayment
from controller.domain.packs import SECOND
from controller.office import correcting, credit_sold, explaining, money, packs
from controller.office.accounts import Role
from controller.office.directory import places
from controller.office.directory.people import set_membership
from controller.office.journal_tables import session
from controller.office.ledger.caches import check
from controller.office.ledger.store import balance
from controller.office.ledger.tables import ledger_pack
from controller.office.packs import Plan
from controller.office.refusals import InvalidError, NotFoundError
from controller.office.settlement.periods import day_of, following, month_of, period
from controller.office.settlement.till import till_lines
from tests.office.door import Door
from tests.office.workshop import NOON, Journal, Workshop

DAY_MS = 86_400_000
HOUR = Plan(id="hour", books="lab", name="Kiln, an hour", seconds=3_600, cents=3_000, machines=("kiln",), days=90)
"""An hour of the kiln for thirty euros; by the price it costs thirty-six."""


def offered(shop: Workshop, plan: Plan = HOUR) -> None:
    """The treasurer offers a plan."""
    with shop.changing() as change:
        packs.add_plan(change, plan)


def sold(shop: Workshop, plan: Plan = HOUR, key: str | None = None) -> str:
    """The member buys a plan's minutes by card."""
    with shop.changing() as change:
        return packs.sell(change, shop.account, plan.id, MeansOfPayment.CARD, key)


def left_s(shop: Workshop) -> list[int]:
    """What the member has left of each pack."""
    with shop.store.read() as tx:
        return [each.left_s for each in packs.minutes_of(tx, shop.account)]


def held(shop: Workshop, name: str, commodity: str = "EUR") -> int:
    """The balance of an account of the ledger."""
    with shop.store.read() as tx:
        return balance(tx, "lab", name, commodity)  # type: ignore[arg-type]


def use_row(shop: Workshop) -> Any:  # noqa: ANN401 - a row
    """The only use."""
    with shop.store.read() as tx:
        return tx.execute(select(session)).one()


def differences(shop: Workshop) -> list[Any]:
    """What a count from zero finds wrong."""
    with shop.store.read() as tx:
        return check(tx)


def used(shop: Workshop, seconds: int = 600, number: int = 1, **changes: Any) -> Journal:  # noqa: ANN401 - fields
    """The member has used the kiln, a minute after noon, and the office has heard of it."""
    journal = Journal(shop)
    journal.opened(number)
    journal.ended(number, "kiln", seconds, **changes)
    journal.anchored()
    shop.told(journal)
    return journal


def test_minutes_pay_a_use_before_money_and_owners_earn_what_they_were_sold_for(shop: Workshop) -> None:
    """Ten minutes of an hour of thirty euros: five euros are earned; the credit of fifty stays."""
    offered(shop)
    sold(shop)
    used(shop)

    row = use_row(shop)
    assert (row.state, row.gross_cents, row.adjustment) == ("posted", 0, "minutes")
    assert (left_s(shop), shop.credit_cents()) == ([3_000], 5_000)
    assert sum(shop.owned_cents()) == row.net_cents == 417
    assert held(shop, f"packs:{shop.account}", SECOND) == -3_000
    assert (differences(shop), shop.alarms()) == ([], [])
    with shop.store.read() as tx:
        explained = explaining.charges_of(tx, [row.id])[row.id]
        tills = {each.means: each.booked_cents for each in till_lines(tx, "lab", period("month", month_of(NOON)))}
        assert credit_sold.credit_sold(tx, "lab", NOON).sold_cents == tills["card"] == 8_000
    assert (explained.gross_cents, explained.steps[0].component, explained.steps[0].quantity) == (0, "covered", 600)


def test_a_machine_that_knew_of_the_minutes_announced_what_is_posted_and_one_that_lied_raises_an_alarm(
    shop: Workshop,
) -> None:
    """Two of ten minutes are left: eight are announced and posted; another announcement is a fault."""
    offered(shop, replace(HOUR, seconds=120, cents=100))
    sold(shop)
    used(shop, announced_cents=480, entitled_s=120)
    assert (use_row(shop).gross_cents, use_row(shop).adjustment, shop.alarms()) == (480, None, [])

    other = Journal(shop, branch="b2", parent=("b1", 4, "0" * 64), boot_id="boot-2")
    other.opened(2)
    other.ended(2, announced_cents=1, entitled_s=120)
    other.anchored("boot-2")
    shop.told(other)
    assert "announced_otherwise" in shop.alarms()


def test_a_repeated_request_sells_once_and_what_is_not_sold_is_refused(shop: Workshop) -> None:
    """The form's own key; an included plan, an unknown one, one that ended; a sale is taken back while it is whole."""
    offered(shop)
    offered(shop, Plan(id="quota", books="lab", name="Two hours", seconds=7_200, cents=0, period="month"))
    sold(shop, key="form-1")
    shop.now_ms += 1_000
    assert (sold(shop, key="form-1"), left_s(shop)) == ("form-1", [3_600])
    with pytest.raises(InvalidError):
        sold(shop, replace(HOUR, id="quota"))
    with shop.changing() as change:
        packs.end_plan(change, "hour")
        money.reverse(change, "lab", "pack:form-1", "wrong member")
    with pytest.raises(NotFoundError):
        sold(shop)
    assert (left_s(shop), differences(shop)) == ([], [])


@pytest.mark.parametrize(
    "change",
    [{"name": " "}, {"seconds": 0}, {"cents": 0}, {"period": "month"}, {"days": 0}, {"carried": 13}],
)
def test_what_is_no_plan_is_refused(shop: Workshop, change: dict[str, Any]) -> None:
    """Without a name, minutes or a price; sold and included at once."""
    with pytest.raises(InvalidError):
        offered(shop, replace(HOUR, **change))


def test_included_minutes_open_once_each_month_and_are_carried_over_as_agreed(shop: Workshop) -> None:
    """Twenty minutes a month, carried over one month: sixty in the third would be, forty are."""
    shop_month = month_of(NOON)
    offered(shop, Plan(id="quota", books="lab", name="Quota", seconds=1_200, cents=0, period="month", carried=1))

    def months_work() -> list[int]:
        with shop.changing("exchange") as change:
            places.note_heard(change.tx, "pi-1", shop.now_ms, applied_revision=0)
            packs.end(change)
            packs.include(change)
            packs.include(change)
        return left_s(shop)

    assert months_work() == [1_200]
    shop.now_ms = period("month", following(shop_month)).from_at
    assert months_work() == [1_200, 1_200]
    shop.now_ms = period("month", following(following(shop_month))).from_at
    assert months_work() == [1_200, 1_200]
    assert (differences(shop), held(shop, "minutes:issued", SECOND)) == ([], 3_600)
    with shop.store.read() as tx:
        assert not packs.any_due(tx, shop.now_ms)
        assert packs.minutes_of(tx, shop.account)[0].included


def test_minutes_are_included_for_whom_they_are_and_never_after_the_membership(shop: Workshop) -> None:
    """An audience that the member is not of; then everybody, but the membership ended yesterday."""
    quota = Plan(id="quota", books="lab", name="Quota", seconds=1_200, cents=0, period="month", audience="student")
    offered(shop, quota)
    offered(shop, replace(quota, id="all", audience=""))
    with shop.changing() as change:
        set_membership(change, shop.member, NOON - DAY_MS)
        assert packs.include(change) == 0
        set_membership(change, shop.member, NOON + DAY_MS)
        assert packs.include(change) == 1
    assert left_s(shop) == [1_200]


def test_a_pack_ends_on_its_day_but_waits_for_a_use_that_began_before(shop: Workshop) -> None:
    """The controller is heard, a use goes on: the pack stays. It is told of, then what is left is income."""
    offered(shop, replace(HOUR, days=1))
    sold(shop)
    journal = Journal(shop)
    journal.opened()
    journal.anchored()
    shop.told(journal)
    shop.now_ms = period("day", day_of(NOON + 2 * DAY_MS)).from_at
    with shop.changing("exchange") as change:
        places.note_heard(change.tx, "pi-1", shop.now_ms, applied_revision=0)
        assert packs.end(change) == 0
    journal.ended()
    shop.told(journal)
    assert left_s(shop) == [3_000]
    with shop.changing("exchange") as change:
        assert packs.end(change) == 1

    assert (left_s(shop), held(shop, EXPIRED), differences(shop)) == ([], -2_500, [])
    assert held(shop, "minutes:lapsed", SECOND) == -3_000


def test_a_forgotten_stop_gives_its_minutes_back(shop: Workshop) -> None:
    """Ninety minutes with sixty of a pack were really fifty: ten minutes come back, and the money."""
    offered(shop)
    sold(shop)
    used(shop, 5_400)
    assert (left_s(shop), shop.credit_cents()) == ([], 5_000 - 1_800)

    with shop.changing() as change:
        assert correcting.correct(change, "s-1", 3_000, "left at noon") == 0

    assert (left_s(shop), shop.credit_cents(), use_row(shop).gross_cents) == ([600], 5_000, 0)
    assert differences(shop) == []


def test_late_uses_lose_no_minutes_whatever_order_they_come_in(shop: Workshop) -> None:
    """The later use is told first and leaves ten minutes for the earlier; taken back, it gives all of its own back."""
    offered(shop)
    sold(shop)
    used(shop, 3_000, number=30)
    other = Journal(shop, branch="b2", parent=("b1", 4, "0" * 64), boot_id="boot-2")
    other.used(1, seconds=1_200)
    other.anchored("boot-2")
    shop.told(other)
    with shop.changing() as change:
        money.reverse(change, "lab", "session:s-30", "never was")

    assert (left_s(shop), differences(shop)) == ([3_000], [])
    assert held(shop, "minutes:used", SECOND) == -600


def test_a_pack_that_was_tampered_with_is_found_by_a_count_from_zero(shop: Workshop) -> None:
    """A second more, or a row gone: the entries say what there was."""
    offered(shop)
    name = sold(shop)
    with shop.store.write() as tx:
        tx.execute(update(ledger_pack).values(left_s=3_601))
    assert [(each.what, each.cached, each.rebuilt) for each in differences(shop)] == [
        (f"pack {name} seconds", 3_601, 3_600),
        (f"pack {name}: 0–3600 s", 3_601, None),
    ]
    with shop.store.write() as tx:
        tx.execute(delete(ledger_pack))
    assert [each.rebuilt for each in differences(shop)] == [3_600, 3_000, 0]


def test_packs_are_offered_sold_and_read_by_the_api(shop: Workshop) -> None:
    """The treasurer offers, the desk sells, the member's credit says what is left."""
    door = Door(shop)
    till = door.signed_in(Role.TREASURER)
    plan = {"id": "hour", "name": "Kiln", "seconds": 3_600, "cents": 3_000, "machines": ["kiln"], "days": 90}

    answers = [
        till.post("/api/v1/books/lab/plans", json=plan).status_code,
        till.post("/api/v1/books/lab/plans", json=plan).status_code,
        till.post("/api/v1/books/lab/plans", json={**plan, "id": "x", "machines": ["loom"]}).status_code,
        till.post(f"/api/v1/payers/{shop.account}/packs", json={"plan": "hour", "means": "cash"}).status_code,
        till.post(f"/api/v1/payers/{shop.account}/packs", json={"plan": "none", "means": "cash"}).status_code,
    ]
    read = till.get(f"/api/v1/members/{shop.member}/credit").json()
    listed = till.get("/api/v1/books/lab/plans").json()["items"]
    ended = till.delete("/api/v1/plans/hour").status_code

    assert answers == [201, 409, 404, 201, 404]
    assert [(each["name"], each["left_s"], each["machines"]) for each in read["minutes"]] == [("Kiln", 3_600, ["kiln"])]
    assert ([each["id"] for each in listed], ended) == (["hour"], 204)
