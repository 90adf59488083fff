"""An owner uses the kiln that is partly theirs, and others do not pay: what the closing makes of it."""

from __future__ import annotations

from sqlalchemy import update

from controller.domain.agreement import Terms, reading
from controller.domain.ledger import MeansOfPayment
from controller.office import accounts, money
from controller.office.accounts import Role
from controller.office.directory import agreements
from controller.office.directory.tables import account as account_table
from controller.office.ledger.caches import check
from controller.office.settlement import statements
from tests.office.closing_kit import DAY, LATER, NEXT, account, close, due, used
from tests.office.workshop import NOON, Workshop

BASIS = {"manager": "manager", "legal_basis": "convention"}


def agree(shop: Workshop, **terms: object) -> None:
    """A version of reading B with these terms, from before every use."""
    with shop.changing() as change:
        said = Terms(**BASIS, **terms)  # type: ignore[arg-type]
        agreements.create_version(change, "ceramics", from_at=NOON - DAY, lines=reading("B"), terms=said)


def owner_signs_in(shop: Workshop) -> None:
    """The member is the co-owner `owner-1`."""
    with shop.changing() as change:
        accounts.create_web_account(
            change, "zoe", "une phrase assez longue", {Role.MAKER, Role.CO_OWNER}, member=shop.member, party="owner-1"
        )


def test_an_owner_has_free_hours_back_at_the_closing_and_the_others_give_them(shop: Workshop) -> None:
    """Twenty minutes for ten euros net, fifteen of them free: 7.50 € back, 1.50 € off each of five parts."""
    agree(shop, own_use="free_hours", own_free_s=900)
    owner_signs_in(shop)
    used(shop, 1, 20)

    closed = close(shop)

    assert due(closed) == [-50, 700, -50, -50, -50]
    assert closed.body["versions"][-1]["fee_cents"] == 500
    said = statements.statement(closed, "owner-1")
    assert said["mine"]["lines"][-1]["own_cents"] == -750
    assert b"dont mon propre usage;;;;;7,50" in statements.as_csv(said)
    with shop.store.read() as tx:
        assert check(tx) == []


def test_an_owner_owes_an_indemnity_for_each_hour(shop: Workshop) -> None:
    """Twenty minutes at six euros an hour: two euros, shared by five."""
    agree(shop, own_use="indemnity", indemnity_per_hour_cents=600)
    owner_signs_in(shop)
    used(shop, 1, 20)

    assert due(close(shop)) == [140, -60, 140, 140, 140]


def test_a_use_that_nobody_has_paid_waits_for_the_closing_after_its_payment(shop: Workshop) -> None:
    """Three uses, and credit for two and a half: half a use waits in the pool, and is shared once it is paid."""
    agree(shop, credited="paid")
    owe(shop, 1_500)
    used(shop, 1, 20, 40)

    first = close(shop)
    with shop.changing() as change:
        money.top_up(change, shop.account, 300, MeansOfPayment.CASH, "till")
    second = close(shop, NEXT, LATER)

    version, later = first.body["versions"][-1], second.body["versions"][-1]
    assert (version["income_cents"], version["waiting_cents"]) == (1_250, 250)
    assert (later["income_cents"], later["waited_cents"], later["waiting_cents"]) == (250, 250, 0)
    assert [sum(each["cents"] for each in one["lines"]) for one in (version, later)] == [1_250, 250]
    assert account(shop, "pool:ceramics:2") == 0


def test_a_debt_is_shared_at_once_where_nothing_else_was_agreed(shop: Workshop) -> None:
    """The workshop bears the risk, as it always did."""
    owe(shop, 1_500)
    used(shop, 1, 20, 40)

    assert close(shop).body["versions"][0]["income_cents"] == 1_500


def test_an_overdraft_that_an_organisation_may_have_is_a_debt_too(shop: Workshop) -> None:
    """Its account may go below zero until it pays; what is below zero is not paid."""
    agree(shop, credited="paid")
    owe(shop, 1_500, floor_cents=-10_000)
    used(shop, 1, 20, 40)

    assert close(shop).body["versions"][-1]["waiting_cents"] == 250


def owe(shop: Workshop, credit_cents: int, floor_cents: int = 0) -> None:
    """Leave the member this much credit."""
    with shop.changing() as change:
        row = update(account_table).where(account_table.c.id == shop.account).values(floor_cents=floor_cents)
        change.tx.execute(row)
        entry = money.account_entries(change.tx, shop.account)[0]
        money.reverse(change, "lab", entry["key"], "counted anew")
        money.top_up(change, shop.account, credit_cents, MeansOfPayment.CARD, "till 2")
