"""A school's uses on an invoice: receipts are added up, and what was taken back counts negative."""

from controller.domain.invoice import Billed, invoice_lines, kind_of, rate_sums
from controller.domain.receipt import vat_of


def _use(machine: str, gross_cents: int, rate_bp: int = 2000, sign: int = 1) -> Billed:
    parts = vat_of(gross_cents, rate_bp)
    return Billed(
        seq=1,
        machine=machine,
        event_at=0,
        seconds=sign * 600,
        rate_bp=rate_bp,
        net_cents=sign * parts.net_cents,
        vat_cents=sign * parts.vat_cents,
    )


def test_receipts_are_added_up_and_never_rounded_anew() -> None:
    """A hundred uses of 37 cents: 31.00 and 6.00, as their receipts say, not 30.83 and 6.17 of the total."""
    lines = invoice_lines([_use("kiln", 37) for _ in range(100)])

    assert [(each.uses, each.net_cents, each.vat_cents) for each in lines] == [(100, 3_100, 600)]
    assert [each.to_data() for each in rate_sums(lines)] == [{"rate_bp": 2000, "net_cents": 3_100, "vat_cents": 600}]


def test_one_line_a_machine_and_rate_and_nothing_for_what_was_taken_back() -> None:
    """A use and its reversal leave no line; another rate is another line."""
    lines = invoice_lines([_use("kiln", 37), _use("laser", 600), _use("kiln", 37, sign=-1), _use("laser", 211, 550)])

    assert [(each.machine, each.rate_bp, each.uses) for each in lines] == [("laser", 550, 1), ("laser", 2000, 1)]
    assert [each.rate_bp for each in rate_sums(lines)] == [550, 2000]


def test_less_than_nothing_is_a_credit_note() -> None:
    """What is left of nothing is an invoice still."""
    assert [kind_of(cents) for cents in (-1, 0, 1)] == ["credit_note", "invoice", "invoice"]
