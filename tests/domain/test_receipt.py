"""Receipts: VAT once per receipt and rate, in whole cents, and nothing under the franchise."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.receipt import FRANCHISE, RateTotal, ReceiptLine, receipt_of, vat_of


@pytest.mark.parametrize(
    ("gross_cents", "rate_bp", "net_cents", "vat_cents"),
    [
        (600, 2000, 500, 100),
        (37, 2000, 31, 6),
        (3_700, 2000, 3_083, 617),
        (1_055, 550, 1_000, 55),
        (7, 0, 7, 0),
    ],
)
def test_a_gross_amount_is_net_and_vat(gross_cents: int, rate_bp: int, net_cents: int, vat_cents: int) -> None:
    """Net is rounded to the nearest cent and VAT is the rest."""
    assert vat_of(gross_cents, rate_bp) == RateTotal(rate_bp, gross_cents, net_cents, vat_cents)


def test_vat_is_computed_once_per_rate_and_not_per_line() -> None:
    """A hundred lines of 0.37 € at 20 % are 30.83 € net, not a hundred times 0.31 €."""
    receipt = receipt_of([ReceiptLine(37, 2000)] * 100)

    assert (receipt.net_cents, receipt.vat_cents) == (3_083, 617)


def test_each_rate_has_its_own_total() -> None:
    """Two rates on one receipt are two computations, lowest rate first."""
    receipt = receipt_of([ReceiptLine(600, 2000), ReceiptLine(1_055, 550), ReceiptLine(600, 2000)])

    assert receipt.to_data() == [[550, 1_055, 1_000, 55], [2000, 1_200, 1_000, 200]]


def test_books_under_the_franchise_charge_no_vat() -> None:
    """Whatever rate a price names, net is gross."""
    receipt = receipt_of([ReceiptLine(600, 2000)], FRANCHISE)

    assert receipt.to_data() == [[0, 600, 600, 0]]


@given(st.integers(-100_000, 100_000), st.integers(0, 10_000))
def test_a_refund_mirrors_its_charge_and_sums_are_exact(gross_cents: int, rate_bp: int) -> None:
    """Net and VAT sum to gross, net is within half a cent, and the refund is the exact opposite."""
    total, refund = vat_of(gross_cents, rate_bp), vat_of(-gross_cents, rate_bp)

    assert total.net_cents + total.vat_cents == gross_cents
    assert abs(total.net_cents - Fraction(gross_cents * 10_000, 10_000 + rate_bp)) <= Fraction(1, 2)
    assert (refund.net_cents, refund.vat_cents) == (-total.net_cents, -total.vat_cents)


def test_a_rate_in_the_wrong_unit_is_refused() -> None:
    """A rate beyond 100 % is a slip."""
    with pytest.raises(ValueError, match="20000 is no VAT rate"):
        receipt_of([ReceiptLine(100, 20_000)])
