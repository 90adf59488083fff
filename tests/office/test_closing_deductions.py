"""What an agreement takes off before its owners share, at a closing: a reserve, expenses, claims, a loss."""

from __future__ import annotations

import pytest

from controller.domain.deductions import Deductions
from controller.office.ledger.caches import check
from controller.office.refusals import ConflictError, InvalidError
from controller.office.settlement import expenses
from tests.office.closing_kit import LATER, MONTH, NEXT, account, agree, close, due, used
from tests.office.workshop import NOON, Workshop


def test_a_reserve_and_an_expense_are_taken_off_and_the_claim_of_who_paid_is_theirs(shop: Workshop) -> None:
    """Ten euros, two of them for a thermocouple that an owner paid; a tenth of the rest into the reserve."""
    agree(shop, Deductions(reserve_bp=1_000))
    used(shop, 1, 20)
    with shop.changing() as change:
        said = {"voucher": "F-7", "cents": 200, "spent_at": NOON, "taken": "before_fee", "advanced_by": "owner-2"}
        expenses.record_expense(change, "ceramics", said)

    closed = close(shop)

    version = closed.body["versions"][-1]
    assert (version["fee_cents"], version["reserve_cents"], version["distributed_cents"]) == (400, 40, 360)
    assert due(closed) == [72, 72, 272, 72, 72]
    assert closed.body["reserve"] == {"before_cents": 0, "after_cents": 40}
    assert account(shop, "reserve:ceramics") == -40
    with shop.store.read() as tx:
        assert expenses.expense_views(tx, "ceramics")[0]["closing"] == MONTH
        assert check(tx) == []


def test_a_loss_is_carried_to_the_next_month_or_called_in(shop: Workshop) -> None:
    """Five euros earned, fifteen spent: what is due is negative, and the agreement says whether it is asked for."""
    agree(shop, Deductions(), "call_for_funds")
    used(shop, 1)
    with shop.changing() as change:
        said = {"voucher": "F-8", "cents": 1_500, "spent_at": NOON, "taken": "before_fee"}
        expenses.record_expense(change, "ceramics", said)

    closed = close(shop)

    assert due(closed) == [-200] * 5
    assert [owner["called_cents"] for owner in closed.body["owners"]] == [200] * 5


def test_an_expense_that_a_closing_took_is_not_cancelled(shop: Workshop) -> None:
    """Before it is, after it is not, and it is not taken twice."""
    agree(shop, Deductions())
    with shop.changing() as change:
        said = {"voucher": "F-9", "cents": 500, "spent_at": NOON}
        kept, dropped = (expenses.record_expense(change, "ceramics", said) for _ in range(2))
        expenses.cancel_expense(change, dropped)

    first, second = close(shop), close(shop, NEXT, LATER)

    with shop.changing() as change, pytest.raises(ConflictError, match=MONTH):
        expenses.cancel_expense(change, kept)
    assert [sum(version["after_cents"] for version in each.body["versions"]) for each in (first, second)] == [500, 0]


def test_what_the_agreement_does_not_know_is_no_expense_of_it(shop: Workshop) -> None:
    """No deductions were agreed, so nobody's part is lessened."""
    with shop.changing() as change, pytest.raises(InvalidError, match="convention"):
        expenses.record_expense(change, "ceramics", {"voucher": "F-1", "cents": 500, "spent_at": NOON})
