"""What a use posts beside the payer's legs where lots of credit pay some of it: VAT as each lot says, gifts, the net.

Sources: a single-purpose voucher is taxed when it is sold and its use is no sale any more, a multi-purpose one when it
is used, and a voucher that nobody paid for has no price to be taxed (BOI-TVA-CHAMP-10-10-40-50). House rules: VAT that
falls due now is computed once for all that bears it; VAT that fell due at a top-up leaves the lot with its last cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.ledger import GIFTS, Posting, vat, vat_advance
from controller.domain.lots import LotKind
from controller.domain.receipt import vat_of

if TYPE_CHECKING:
    from typing import Literal

    from controller.domain.canonical import Json
    from controller.domain.lots import Spent


@dataclass(frozen=True, slots=True)
class PaidByLots:
    """The legs of VAT and gifts, the net that is earned, and what the entry's details say of all that."""

    legs: list[Posting]
    net_cents: int
    details: dict[str, Json]


def charged_to_lots(
    gross_cents: int, rate_bp: int, spent: Spent, vat_point: Literal["at_topup", "at_use"], *, gifts_credited: bool
) -> PaidByLots:
    """Return what a use of `gross_cents` posts; `vat_point` is that of plain credit and of debts.

    What gifts pay earns nothing, unless `gifts_credited`: then the net of it, at the books' cost.
    """
    gifts = sum(move.cents for lot, move in spent.taken if lot.kind is LotKind.GIFT)
    legs: list[Posting] = []
    taxed_before = net_cents = 0
    drawn: dict[int, int] = {}
    for lot, move in spent.taken:
        if lot.kind is not LotKind.GIFT and lot.vat_point == "at_topup":
            taxed_before += move.cents
            net_cents += move.cents - move.vat_cents
            drawn[lot.rate_bp] = drawn.get(lot.rate_bp, 0) + move.vat_cents
    plain = spent.plain_cents + spent.missing_cents
    advanced = vat_of(plain if vat_point == "at_topup" else 0, rate_bp)
    due = vat_of(gross_cents - gifts - taxed_before - advanced.gross_cents, rate_bp)
    drawn[rate_bp] = drawn.get(rate_bp, 0) + advanced.vat_cents
    legs += [Posting(vat_advance(rate), -cents) for rate, cents in sorted(drawn.items())]
    legs.append(Posting(vat(rate_bp), -due.vat_cents))
    net_cents += advanced.net_cents + due.net_cents
    given_net = vat_of(gifts, rate_bp).net_cents if gifts_credited else 0
    legs.append(Posting(GIFTS, given_net - gifts))
    details: dict[str, Json] = {
        "lots": [move.to_data() for move in spent.moves],
        "due": [[rate_bp, due.gross_cents, due.net_cents, due.vat_cents]] if due.gross_cents else [],
    }
    if gifts and not gifts_credited:
        details["unshared_cents"] = gifts
    return PaidByLots(legs, net_cents + given_net, details)
