"""From what a maker pays to what the owners share: gross, VAT, net, in whole cents.

House rules: VAT is computed once per receipt and rate, never per line and never again on an invoice; net is
what the cent wheel receives. Rates are basis points (2000 is 20 %). A refund is the exact mirror of the
charge. Rounding: half up, of the net.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.domain.canonical import Json

RATE_LIMIT_BP = 10_000
"""100 %: no VAT rate has ever come near; a greater one is a rate written in the wrong unit and is refused."""

_WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class VatProfile:
    """The VAT status of books: `taxable`, or `franchise` (no VAT is charged, whatever a price says)."""

    taxable: bool

    def rate_bp(self, rate_bp: int) -> int:
        """Return the rate that applies under this status."""
        return rate_bp if self.taxable else 0


TAXABLE = VatProfile(taxable=True)
FRANCHISE = VatProfile(taxable=False)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """One charge line: its gross cents (VAT included; negative in a refund) and its rate in basis points."""

    gross_cents: int
    rate_bp: int


@dataclass(frozen=True, slots=True)
class RateTotal:
    """The one VAT computation for one rate: gross = net + VAT."""

    rate_bp: int
    gross_cents: int
    net_cents: int
    vat_cents: int

    def to_data(self) -> list[Json]:
        """Return the total as data: [rate, gross, net, VAT]."""
        return [self.rate_bp, self.gross_cents, self.net_cents, self.vat_cents]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A fiscal document: one total per rate, lowest rate first."""

    rates: tuple[RateTotal, ...]

    @property
    def gross_cents(self) -> int:
        """What the maker pays."""
        return sum(total.gross_cents for total in self.rates)

    @property
    def net_cents(self) -> int:
        """What is shared."""
        return sum(total.net_cents for total in self.rates)

    @property
    def vat_cents(self) -> int:
        """What the State receives."""
        return sum(total.vat_cents for total in self.rates)

    def to_data(self) -> list[Json]:
        """Return the totals as data: [[rate, gross, net, VAT], …]."""
        return [total.to_data() for total in self.rates]


def receipt_of(lines: Sequence[ReceiptLine], profile: VatProfile = TAXABLE) -> Receipt:
    """Add the lines up by rate, compute VAT once per rate; raise `ValueError` for a rate that is none."""
    by_rate: dict[int, int] = {}
    for line in lines:
        if not 0 <= line.rate_bp <= RATE_LIMIT_BP:
            raise ValueError(f"{line.rate_bp} is no VAT rate in basis points (0 to {RATE_LIMIT_BP}; 20 % is 2000)")
        rate_bp = profile.rate_bp(line.rate_bp)
        by_rate[rate_bp] = by_rate.get(rate_bp, 0) + line.gross_cents
    return Receipt(tuple(vat_of(gross_cents, rate_bp) for rate_bp, gross_cents in sorted(by_rate.items())))


def vat_of(gross_cents: int, rate_bp: int) -> RateTotal:
    """Split one gross amount at one rate; the net is rounded half up and the VAT is the rest, so the sum is
    exact.
    """
    sign = -1 if gross_cents < 0 else 1
    divisor = _WHOLE_BP + rate_bp
    net_cents = sign * ((2 * abs(gross_cents) * _WHOLE_BP + divisor) // (2 * divisor))
    return RateTotal(rate_bp, gross_cents, net_cents, gross_cents - net_cents)
