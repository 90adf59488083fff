"""What an invoice adds up: uses posted to one payer, by machine and rate of VAT.

House rules: pure; whole cents. VAT was computed once, on each use's receipt: an invoice adds receipts up and never
rounds anew, so what is invoiced is what the ledger holds. A use that was taken back counts negative; where less than
nothing is left, it is a credit note.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.canonical import Json

InvoiceKind = Literal["invoice", "credit_note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One posted use, or one taken back, at one rate; cents and seconds are negative in the latter."""

    seq: int
    machine: str
    event_at: int
    seconds: int
    rate_bp: int
    net_cents: int
    vat_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """A machine's uses at one rate; `uses` is their count less those taken back."""

    machine: str
    rate_bp: int
    uses: int
    seconds: int
    net_cents: int
    vat_cents: int

    def to_data(self) -> dict[str, Json]:
        """Return it as data."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSum:
    """What an invoice holds at one rate."""

    rate_bp: int
    net_cents: int
    vat_cents: int

    def to_data(self) -> dict[str, Json]:
        """Return it as data."""
        return {name: getattr(self, name) for name in self.__slots__}


def invoice_lines(billed: Iterable[Billed]) -> list[InvoiceLine]:
    """Return one line for each machine and rate, in their order; what came to nothing at all is left out."""
    sums: dict[tuple[str, int], list[int]] = {}
    for each in billed:
        held = sums.setdefault((each.machine, each.rate_bp), [0, 0, 0, 0])
        one = -1 if each.seconds < 0 or each.net_cents + each.vat_cents < 0 else 1
        for place, amount in enumerate((one, each.seconds, each.net_cents, each.vat_cents)):
            held[place] += amount
    return [
        InvoiceLine(machine=machine, rate_bp=rate_bp, uses=uses, seconds=seconds, net_cents=net, vat_cents=vat)
        for (machine, rate_bp), (uses, seconds, net, vat) in sorted(sums.items())
        if (uses, seconds, net, vat) != (0, 0, 0, 0)
    ]


def rate_sums(lines: Iterable[InvoiceLine]) -> list[RateSum]:
    """Add lines up by rate, lowest first."""
    sums: dict[int, tuple[int, int]] = {}
    for line in lines:
        net, vat = sums.get(line.rate_bp, (0, 0))
        sums[line.rate_bp] = (net + line.net_cents, vat + line.vat_cents)
    return [RateSum(rate_bp=rate, net_cents=net, vat_cents=vat) for rate, (net, vat) in sorted(sums.items())]


def kind_of(gross_cents: int) -> InvoiceKind:
    """Return what a document of that total is."""
    return "credit_note" if gross_cents < 0 else "invoice"
