"""What each event posts: an ended use, money paid in, a reversal.

House rules: the account's state and the wheel's position are arguments; nothing here looks anything up.
Whatever an event moves on the payer's side goes through `payer`, so credit never passes its floor and debts are
explicit. What a use takes from lots of credit bears VAT as those lots say (`lot_legs`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.closing import Closing
from controller.domain.ledger import (
    GIFTS,
    REVENUE,
    Draft,
    Entry,
    LedgerRefusedError,
    MeansOfPayment,
    Posting,
    means,
    pool,
    prepaid,
    receivable,
    vat,
    vat_advance,
)
from controller.domain.lot_expiry import CreditRefund, LotExpiry
from controller.domain.lot_legs import charged_to_lots
from controller.domain.lots import LOTS_MAX, LotKind, Move, moves_in
from controller.domain.pack_entries import PackEnd, PackSale, packs_back, paid_by_packs
from controller.domain.packs import pack_moves_in
from controller.domain.payer import PayerState, credit_payer, debit_payer, is_payer, payer_back
from controller.domain.payout import Payout
from controller.domain.receipt import Receipt, vat_of
from controller.domain.scope import ALL, rounded

if TYPE_CHECKING:
    from fractions import Fraction

    from controller.domain.canonical import Json
    from controller.domain.ids import AccountId, MachineId, SessionId
    from controller.domain.pack_entries import PaidByPacks, Timed
    from controller.domain.packs import PackMove
    from controller.domain.sessions import SessionKind

TEXT_LIMIT = 500
"""Characters of a reason or a payment reference: a sentence, not a document; a longer one is refused where it
enters.
"""

SESSION_PREFIX = "session:"
REVERSAL_PREFIX = "reversal:"

VatPoint = Literal["at_topup", "at_use"]
"""When VAT on prepaid credit falls due: at the top-up (single-purpose voucher) or at the use (multi-purpose).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCharge:
    """An ended use as it is to be posted. `pool` is (agreement, version) when owners are credited, else the
    books earn.

    `revision` is 1; a use posted anew after its reversal has the next one. `floor_cents` (0 or below) is how
    far the credit may go down. What the office looked up itself (pool, floor, VAT) is no part of the
    fingerprint: a replay is the same event. `gifts_credited`: the agreement credits owners for what gifts pay.
    `owners_part` of the net is the pool's, the rest the books'.
    `timed` is there where minutes of packs may pay: the receipt is then what the use costs without any.
    """

    session: SessionId
    account: AccountId
    machine: MachineId
    kind: SessionKind
    event_at: int
    seconds: int
    price_hash: str | None
    receipt: Receipt
    pool: tuple[str, int] | None
    vat_point: VatPoint = "at_use"
    floor_cents: int = 0
    revision: int = 1
    gifts_credited: bool = False
    owners_part: Fraction = ALL
    timed: Timed | None = None

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        name = f"{SESSION_PREFIX}{self.session}"
        return name if self.revision == 1 else f"{name}:{self.revision}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        gross_cents = self.receipt.gross_cents
        return _fingerprint(
            [
                self.session,
                self.account,
                self.machine,
                self.kind.value,
                self.event_at,
                self.seconds,
                self.price_hash,
                gross_cents,
            ],
        )

    def details(self, receipt: Receipt, of_lots: dict[str, Json]) -> str:
        """Return what the entry keeps beside its legs, as canonical JSON."""
        return canonical(
            {
                "session": self.session,
                "kind": self.kind.value,
                "seconds": self.seconds,
                "price_hash": self.price_hash,
                "receipt": receipt.to_data(),
                "vat_point": self.vat_point,
                **of_lots,
            },
        ).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """Money paid in, or credit given (`means` is null then). `rate_bp` counts only when VAT falls due at the top-up.

    A gift, a grant, credit that expires or has a VAT point of its own (`apart`) is a lot that is named like the top-up;
    the rest is plain credit.
    """

    topup: str
    account: AccountId
    means: MeansOfPayment | None
    reference: str
    amount_cents: int
    event_at: int
    vat_point: VatPoint = "at_use"
    rate_bp: int = 0
    kind: LotKind = LotKind.PAID
    expires_at: int | None = None
    apart: bool = False

    @property
    def is_lot(self) -> bool:
        """Whether it opens a lot."""
        return self.kind is not LotKind.PAID or self.expires_at is not None or self.apart

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        return f"topup:{self.topup}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        paid_by = None if self.means is None else self.means.value
        said: list[Json] = [self.topup, self.account, paid_by, self.reference, self.amount_cents, self.event_at]
        return _fingerprint([*said, self.kind.value, self.expires_at, self.vat_point] if self.is_lot else said)

    def details(self, moves: tuple[Move, ...]) -> str:
        """Return what the entry keeps beside its legs, as canonical JSON."""
        said: dict[str, Json] = {
            "means": None if self.means is None else self.means.value,
            "reference": self.reference,
            "amount_cents": self.amount_cents,
            "vat_point": "none" if self.kind is LotKind.GIFT else self.vat_point,
            "rate_bp": self.rate_bp,
        }
        if self.is_lot:
            said["lot"] = {"kind": self.kind.value, "expires_at": self.expires_at}
            said["lots"] = [move.to_data() for move in moves]
        return canonical(said).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """The whole of the entry named `target` is taken back, for a reason that a person wrote."""

    target: str
    reason: str
    floor_cents: int = 0

    @property
    def key(self) -> str:
        """The name under which this is posted once: an entry is reversed at most once."""
        return f"{REVERSAL_PREFIX}{self.target}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        return _fingerprint([self.target, self.reason])


Request = SessionCharge | TopUp | Reversal | Closing | Payout | LotExpiry | CreditRefund | PackSale | PackEnd


def session_of_key(key: str) -> str | None:
    """Return the use that an entry's key names, whatever its revision; `None` for any other entry."""
    return key.removeprefix(SESSION_PREFIX).partition(":")[0] if key.startswith(SESSION_PREFIX) else None


def revision_of_key(key: str) -> int:
    """Return the revision that the key of a use's entry names."""
    return int(key.removeprefix(SESSION_PREFIX).partition(":")[2] or 1)


def session_entry(charge: SessionCharge, payer: PayerState, wheel_before: int, booked_at: int) -> Draft:
    """Post an ended use: at most four legs (prepaid, receivable, VAT, pool or revenue) where plain credit pays; none
    for a free use.

    `wheel_before` is the position of the pool's wheel. Raises `LedgerRefusedError` for a negative sum or
    mixed VAT rates.
    """
    if len(charge.receipt.rates) > 1 or charge.receipt.gross_cents < 0:
        raise LedgerRefusedError(f"{charge.key}: a use has one VAT rate and costs nothing or more")
    by_packs = _by_packs(charge, payer)
    receipt = charge.receipt if by_packs is None else by_packs.beside(charge.receipt)
    totals, gross_cents, net_cents = receipt.rates, receipt.gross_cents, receipt.net_cents
    legs, spent = debit_payer(charge.account, gross_cents, payer, charge.floor_cents, charge.event_at)
    of_lots: dict[str, Json] = {}
    if spent.taken:
        shared = charge.gifts_credited and charge.pool is not None
        paid = charged_to_lots(gross_cents, totals[0].rate_bp, spent, charge.vat_point, gifts_credited=shared)
        legs += paid.legs
        net_cents, of_lots = paid.net_cents, paid.details
    else:
        for total in totals:
            vat_account = vat_advance(total.rate_bp) if charge.vat_point == "at_topup" else vat(total.rate_bp)
            legs.append(Posting(vat_account, -total.vat_cents))
    owners = charge.owners_part if by_packs is None else by_packs.owners_part
    kept_cents = rounded((1 - owners) * net_cents)
    if by_packs is not None:
        legs += by_packs.legs
        net_cents += by_packs.net_cents
        kept_cents += by_packs.kept_net_cents
        of_lots = by_packs.added_to(of_lots, charge.receipt, receipt, at_use=charge.vat_point == "at_use")
    if charge.pool is None:
        legs.append(Posting(REVENUE, -net_cents))
    else:
        legs.append(Posting(pool(*charge.pool), kept_cents - net_cents, wheel_before=wheel_before))
        if owners != ALL:
            legs.append(Posting(REVENUE, -kept_cents))
            of_lots |= _kept(owners, gross_cents, of_lots)
    return Draft(
        key=charge.key,
        kind="session",
        fingerprint=charge.fingerprint,
        event_at=charge.event_at,
        booked_at=booked_at,
        machine=charge.machine,
        details=charge.details(receipt, of_lots),
        postings=_without_nothing(legs),
    )


def _kept(owners: Fraction, gross_cents: int, known: dict[str, Json]) -> dict[str, Json]:
    """Return what an entry keeps of a use that earns for owners in part."""
    gifts = known.get("unshared_cents")
    gifts_cents = gifts if isinstance(gifts, int) else 0
    return {
        "owners_part": [str(owners.numerator), str(owners.denominator)],  # they pass what other readers of JSON count
        "unshared_cents": gifts_cents + rounded((1 - owners) * (gross_cents - gifts_cents)),
    }


def _by_packs(charge: SessionCharge, payer: PayerState) -> PaidByPacks | None:
    if charge.timed is None or not payer.packs or not charge.receipt.gross_cents:
        return None
    return paid_by_packs(charge.account, charge.machine, charge.timed, payer.packs)


def topup_entry(topup: TopUp, payer: PayerState, booked_at: int) -> Draft:
    """Post money paid in: what is owed is settled first, the rest is credit.

    When VAT falls due now, it stands against `vat_advance`, which the uses draw down, so credit is always
    counted gross.
    """
    _check_text("the reference", topup.reference)
    if topup.amount_cents <= 0:
        raise LedgerRefusedError(
            f"{topup.key}: a top-up of {topup.amount_cents} cents is none; reverse the one that was wrong"
        )
    paid_by = _paid_by(topup)
    legs, in_lot = _credited(topup, payer)
    vat_cents = 0
    if topup.vat_point == "at_topup" and topup.kind is not LotKind.GIFT:
        vat_cents = vat_of(topup.amount_cents, topup.rate_bp).vat_cents
        legs += [Posting(vat_advance(topup.rate_bp), vat_cents), Posting(vat(topup.rate_bp), -vat_cents)]
    if in_lot < topup.amount_cents and vat_cents:
        vat_cents = vat_of(in_lot, topup.rate_bp).vat_cents  # the rest has settled what was owed
    moves = (Move(topup.topup, -in_lot, -vat_cents),) if in_lot else ()
    return Draft(
        key=topup.key,
        kind="topup",
        fingerprint=topup.fingerprint,
        event_at=topup.event_at,
        booked_at=booked_at,
        details=topup.details(moves),
        postings=_without_nothing([Posting(paid_by, topup.amount_cents), *legs]),
    )


def _paid_by(topup: TopUp) -> str:
    """Return the account that the credit comes from; raise `LedgerRefusedError` for money without means."""
    if (topup.means is None) != (topup.kind is LotKind.GIFT):
        raise LedgerRefusedError(f"{topup.key}: credit is given without means of payment, and paid by one")
    return GIFTS if topup.means is None else means(topup.means)


def _credited(topup: TopUp, payer: PayerState) -> tuple[list[Posting], int]:
    """Return the payer's legs, and how much of them is a lot: only money that the member pays settles debts."""
    if not topup.is_lot:
        return credit_payer(topup.account, topup.amount_cents, payer), 0
    if len(payer.lots) >= LOTS_MAX:
        raise LedgerRefusedError(f"{topup.key}: there are {LOTS_MAX} open lots already; use plain credit")
    if topup.expires_at is not None and topup.expires_at <= topup.event_at:
        raise LedgerRefusedError(f"{topup.key}: credit that has expired already is none")
    if topup.kind is not LotKind.PAID:
        return [Posting(prepaid(topup.account), -topup.amount_cents)], topup.amount_cents
    settled = min(topup.amount_cents, max(0, payer.owed_cents))
    in_lot = max(0, topup.amount_cents - settled - max(0, -payer.plain_cents))
    credited = topup.amount_cents - settled
    return [Posting(receivable(topup.account), -settled), Posting(prepaid(topup.account), -credited)], in_lot


def reversal_entry(reversal: Reversal, original: Entry, payer: PayerState, wheel_before: int, booked_at: int) -> Draft:
    """Post the opposite of `original` under its own event date, at the wheel's present position.

    Just after the original it restores every balance. Later, what the payer has spent meanwhile becomes a
    receivable, and what was owed but is settled meanwhile becomes credit, so the credit stays above its
    floor. A reversal is not reversed again.
    """
    _check_text("the reason", reversal.reason)
    if original.draft.kind == "reversal":
        raise LedgerRefusedError(f"{original.draft.key} is a reversal itself; post the event anew instead")
    minutes = packs_back(original, payer.packs)
    if original.draft.kind == "closing":
        raise LedgerRefusedError(f"{original.draft.key} is a closing; the next one settles what was wrong with it")
    legs = [
        replace(leg, amount=-leg.amount, wheel_before=None if leg.wheel_before is None else wheel_before)
        for leg in original.draft.postings
        if not is_payer(leg)
    ]
    back, moves = payer_back(original, payer, reversal.floor_cents)
    legs += back
    return Draft(
        key=reversal.key,
        kind="reversal",
        fingerprint=reversal.fingerprint,
        event_at=original.draft.event_at,
        booked_at=booked_at,
        machine=original.draft.machine,
        reason=reversal.reason,
        reverses=original.seq,
        details=_moving(original.draft.details, moves, minutes),
        postings=_without_nothing(legs),
    )


def _moving(details: str, moves: tuple[Move, ...], minutes: tuple[PackMove, ...]) -> str:
    """Return details with other moves of lots and packs; without any they stay byte for byte."""
    if not moves_in(details) and not pack_moves_in(details):
        return details
    said: dict[str, Any] = json.loads(details)
    if "lots" in said:
        said["lots"] = [move.to_data() for move in moves]
    if "packs" in said:
        said["packs"] = [move.to_data() for move in minutes]
    return canonical(said).decode()


def _without_nothing(legs: list[Posting]) -> tuple[Posting, ...]:
    return tuple(leg for leg in legs if leg.amount)


def _check_text(name: str, text: str) -> None:
    if not text.strip() or len(text) > TEXT_LIMIT:
        raise LedgerRefusedError(f"{name} has {len(text)} characters; write 1 to {TEXT_LIMIT}")


def _fingerprint(said: list[Json]) -> str:
    return sha256_hex(canonical(said))
