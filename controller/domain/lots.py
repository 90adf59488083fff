"""Lots of credit: what was paid, given or granted, until when it holds, and in which order it is spent.

House rules: pure; whole cents. A lot is named by the top-up that opened it. Credit that is in no lot is the account's
plain credit: paid, without an end, under the VAT point of its books; an overdraft is plain credit below zero. So the
lots and the plain credit sum to the account's balance, always. Entries keep what they take from lots as moves.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from controller.domain.receipt import vat_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.canonical import Json

LotVatPoint = Literal["at_topup", "at_use", "none"]
"""When VAT on a lot falls due: when it is sold (single-purpose), when it is used (multi-purpose); never for a gift,
which nobody has paid.
"""


class LotKind(StrEnum):
    """Where credit comes from."""

    PAID = "paid"
    """Paid by the member: what is unused may be refunded."""
    GIFT = "gift"
    """Given by the books: it pays uses, but no VAT, and owners only as their agreement says of gifts."""
    GRANT = "grant"
    """Paid by somebody else for the member's uses: spent like paid credit, never refunded to the member."""


_GIVEN_FIRST = {LotKind.GIFT: 0, LotKind.GRANT: 1, LotKind.PAID: 2}
"""At one expiry what may be refunded is spent last."""

LOTS_MAX = 200
"""Open lots of one account: years of gifts and grants. One more is refused, for each use looks at all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A lot as it stands: `left_cents` of it are unspent, of which `vat_cents` are VAT that fell due at the top-up.

    `expires_at` is the first instant (Unix ms) at which it pays nothing more; null: it does not expire.
    """

    lot: str
    kind: LotKind
    expires_at: int | None
    vat_point: LotVatPoint
    rate_bp: int
    opened_seq: int
    left_cents: int
    vat_cents: int = 0

    def pays_at(self, at_ms: int) -> bool:
        """Tell whether a use that ends then may still be paid from it."""
        return self.expires_at is None or at_ms < self.expires_at

    @property
    def order(self) -> tuple[bool, int, int, int, str]:
        """Where it stands in the order of spending: oldest expiry first; ties by kind, then by who came first."""
        return (self.expires_at is None, self.expires_at or 0, _GIVEN_FIRST[self.kind], self.opened_seq, self.lot)


@dataclass(frozen=True, slots=True)
class Move:
    """What an entry takes out of a lot (negative: puts into it), and the VAT of the top-up that goes with it."""

    lot: str
    cents: int
    vat_cents: int = 0

    @property
    def back(self) -> Move:
        """The opposite move."""
        return Move(self.lot, -self.cents, -self.vat_cents)

    def to_data(self) -> list[Json]:
        """Return the move as an entry keeps it."""
        return [self.lot, self.cents, self.vat_cents]


@dataclass(frozen=True, slots=True)
class Spent:
    """What is taken: from lots, with each as it was before; from plain credit; and what nothing paid."""

    taken: tuple[tuple[Lot, Move], ...]
    plain_cents: int
    missing_cents: int

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves alone."""
        return tuple(move for _, move in self.taken)


def spend(lots: Iterable[Lot], plain_cents: int, amount: int, at_ms: int) -> Spent:
    """Take `amount` from the lots that pay at `at_ms` and from plain credit above zero, oldest expiry first."""
    taken: list[tuple[Lot, Move]] = []
    from_plain, rest = 0, amount
    plain = Lot(
        lot="",
        kind=LotKind.PAID,
        expires_at=None,
        vat_point="at_use",
        rate_bp=0,
        opened_seq=0,
        left_cents=max(0, plain_cents),
    )
    for each in sorted([plain, *(lot for lot in lots if lot.pays_at(at_ms))], key=lambda lot: lot.order):
        part = min(rest, each.left_cents)
        if part <= 0:
            continue
        rest -= part
        if each is plain:
            from_plain = part
        else:
            taken.append((each, Move(each.lot, part, vat_drawn(each, part))))
    return Spent(tuple(taken), from_plain, rest)


def vat_drawn(lot: Lot, cents: int) -> int:
    """Return the VAT of the top-up that goes with `cents` of a lot: what is left keeps the VAT of what is left, so the
    last cent takes the last of it, however many uses shared it.
    """
    if lot.vat_point != "at_topup":
        return 0
    if cents == lot.left_cents:
        return lot.vat_cents
    kept = vat_of(lot.left_cents - cents, lot.rate_bp).vat_cents
    return min(max(0, lot.vat_cents - kept), cents)


def moves_in(details: str) -> tuple[Move, ...]:
    """Return the moves that an entry's details keep; none for an entry that touched plain credit only."""
    if '"lots":' not in details:  # told without reading it all: most uses have none
        return ()
    return tuple(Move(lot, cents, vat_cents) for lot, cents, vat_cents in json.loads(details).get("lots", ()))
