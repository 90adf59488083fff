"""What packs of minutes post: their sale, what a use takes of them, their end.

House rules: minutes and the money that stands for them move in one entry, each summing to zero by itself; money from
packs is earned when they are used. A sale is taken back whole, and only while all of it is unused.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.components import Used
from controller.domain.ledger import (
    EXPIRED,
    Draft,
    LedgerRefusedError,
    MeansOfPayment,
    Posting,
    means,
    vat,
    vat_advance,
)
from controller.domain.packs import (
    ISSUED,
    LAPSED,
    PACK_MACHINES_MAX,
    PACK_SECONDS_MAX,
    PACKS_MAX,
    SECOND,
    USED,
    PackMove,
    entitled_s,
    pack_moves_in,
    packs_of,
    take,
)
from controller.domain.receipt import RateTotal, Receipt, vat_of
from controller.domain.scope import owners_part
from controller.domain.tariff import charge, covered_s

if TYPE_CHECKING:
    from controller.domain.canonical import Json
    from controller.domain.ids import AccountId, MachineId
    from controller.domain.ledger import Entry
    from controller.domain.packs import Pack
    from controller.domain.tariff import Price

PACK_PREFIX = "pack:"
PACK_END_PREFIX = "pack_end:"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackSale:
    """Minutes sold for `cents`, or included (`cents` 0, `means` null). `rate_bp` is the VAT's, at the sale or later as
    `vat_point` says; `plan` names what they are of.
    """

    pack: str
    account: AccountId
    means: MeansOfPayment | None
    cents: int
    seconds: int
    event_at: int
    from_at: int
    until_at: int | None
    machines: tuple[MachineId, ...] = ()
    vat_point: Literal["at_topup", "at_use"] = "at_use"
    rate_bp: int = 0
    plan: str = ""

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        return f"{PACK_PREFIX}{self.pack}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        paid_by = None if self.means is None else self.means.value
        said: list[Json] = [self.pack, self.account, paid_by, self.cents, self.seconds, self.event_at, self.until_at]
        return sha256_hex(canonical([*said, [*self.machines], self.plan]))


@dataclass(frozen=True, slots=True, kw_only=True)
class PackEnd:
    """What is left of a pack lapses at `event_at`; `number` and `vat_rate_bp` as for credit that expires."""

    pack: str
    account: AccountId
    event_at: int
    number: int = 1
    vat_rate_bp: int | None = None

    @property
    def key(self) -> str:
        """The name under which this is posted once."""
        return f"{PACK_END_PREFIX}{self.pack}:{self.number}"

    @property
    def fingerprint(self) -> str:
        """What the event itself says."""
        return sha256_hex(canonical([self.pack, self.account, self.event_at, self.number]))


@dataclass(frozen=True, slots=True)
class Timed:
    """What a use is priced from, so that it can be priced with the minutes its account has when it is posted.

    `most_s`: it may take so many seconds at most; null: all there are. A use that is posted anew takes no more than
    it had. `kept` are the components of a price that earn nothing for owners.
    """

    price: Price
    seconds: int
    idle_s: int
    energy_wh: int | None
    began_at: int
    most_s: int | None = None
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PaidByPacks:
    """What is left to pay in money, and the legs, the net earned and the details of what minutes paid. `due` is the VAT
    that falls due with them; `owners_part` that of the money beside them, `kept_net_cents` what of their own net is the
    books'.
    """

    gross_cents: int
    legs: list[Posting]
    net_cents: int
    details: dict[str, Json]
    due: list[RateTotal]
    owners_part: Fraction
    kept_net_cents: int

    def beside(self, receipt: Receipt) -> Receipt:
        """Return the receipt of what minutes have left to pay of a use."""
        return Receipt(tuple(vat_of(min(self.gross_cents, each.gross_cents), each.rate_bp) for each in receipt.rates))

    def added_to(self, said: dict[str, Json], receipt: Receipt, beside: Receipt, *, at_use: bool) -> dict[str, Json]:
        """Return an entry's details of lots with those of packs."""
        due = said.get("due", beside.to_data() if at_use and beside.gross_cents else [])
        rows = [*(due if isinstance(due, list) else []), *(each.to_data() for each in self.due)]
        return {**said, **self.details, "due": rows, "list_cents": receipt.gross_cents}


def paid_by_packs(account: AccountId, machine: MachineId, timed: Timed, packs: tuple[Pack, ...]) -> PaidByPacks | None:
    """Return what packs pay of a use; `None` where no pack of the account holds for it."""
    most_s = entitled_s(packs, machine, timed.began_at)
    if timed.most_s is not None:
        most_s = min(most_s, timed.most_s)
    if not most_s:
        return None
    seconds = covered_s(timed.price, timed.seconds, timed.idle_s, most_s)
    taken = take(packs, machine, timed.began_at, seconds)
    again = charge(timed.price, timed.seconds, idle_s=timed.idle_s, energy_wh=timed.energy_wh, entitled_s=most_s)
    legs: list[Posting] = []
    due: list[RateTotal] = []
    cents = sum(move.cents for _, move in taken)
    net_cents = cents
    for pack, move in taken:
        if pack.vat_point == "at_topup":
            legs.append(Posting(vat_advance(pack.rate_bp), -move.vat_cents))
            net_cents -= move.vat_cents
        else:
            total = vat_of(move.cents, pack.rate_bp)
            legs.append(Posting(vat(pack.rate_bp), -total.vat_cents))
            net_cents -= total.vat_cents
            due.append(total)
    legs += [
        Posting(packs_of(account), cents),
        Posting(packs_of(account), seconds, SECOND),
        Posting(USED, -seconds, SECOND),
    ]
    used = Used(
        seconds=timed.seconds,
        running_s=timed.seconds - timed.idle_s,
        energy_wh=timed.energy_wh,
        entitled_s=most_s,
    )
    details: dict[str, Json] = {
        "packs": [move.to_data() for _, move in taken],
        "packs_cents": cents,
        "entitled_s": most_s,
    }
    time_kept = "per_time" in timed.kept
    owners = Fraction(0) if time_kept and again.gross_cents == 0 else owners_part(timed.kept, timed.price, used)
    kept_net_cents = net_cents if time_kept else 0
    return PaidByPacks(again.gross_cents, legs, net_cents, details, due, owners, kept_net_cents)


def minutes_in(details: dict[str, Any]) -> int:
    """Return the seconds that packs have paid of a use, by its entry's details."""
    return sum(int(seconds) for _, seconds, _, _ in details.get("packs", ()))


def sale_entry(sale: PackSale, packs: tuple[Pack, ...], booked_at: int) -> Draft:
    """Post minutes sold or included; raise `LedgerRefusedError` for what is none."""
    if (sale.means is None) != (sale.cents == 0) or sale.cents < 0:
        raise LedgerRefusedError(f"{sale.key}: minutes are paid by a means of payment, or included and cost nothing")
    if not 0 < sale.seconds <= PACK_SECONDS_MAX or len(sale.machines) > PACK_MACHINES_MAX:
        raise LedgerRefusedError(f"{sale.key}: {sale.seconds} s for {len(sale.machines)} machines is no pack")
    if sale.until_at is not None and sale.until_at <= sale.from_at:
        raise LedgerRefusedError(f"{sale.key}: minutes that have ended already are none")
    if sum(pack.left_s > 0 for pack in packs) >= PACKS_MAX:
        raise LedgerRefusedError(f"{sale.key}: there are {PACKS_MAX} open packs already")
    total = vat_of(sale.cents if sale.vat_point == "at_topup" else 0, sale.rate_bp)
    legs = [
        Posting(packs_of(sale.account), -sale.cents),
        Posting(vat_advance(sale.rate_bp), total.vat_cents),
        Posting(vat(sale.rate_bp), -total.vat_cents),
        Posting(packs_of(sale.account), -sale.seconds, SECOND),
        Posting(ISSUED, sale.seconds, SECOND),
    ]
    if sale.means is not None:
        legs.insert(0, Posting(means(sale.means), sale.cents))
    return Draft(
        key=sale.key,
        kind="pack",
        fingerprint=sale.fingerprint,
        event_at=sale.event_at,
        booked_at=booked_at,
        details=canonical(
            {
                "means": None if sale.means is None else sale.means.value,
                "amount_cents": sale.cents,
                "pack": {
                    "seconds": sale.seconds,
                    "from_at": sale.from_at,
                    "until_at": sale.until_at,
                    "machines": [*sale.machines],
                    "plan": sale.plan,
                },
                "vat_point": sale.vat_point,
                "rate_bp": sale.rate_bp,
                "packs": [PackMove(sale.pack, -sale.seconds, -sale.cents, -total.vat_cents).to_data()],
                "due": [total.to_data()] if total.gross_cents else [],
            }
        ).decode(),
        postings=tuple(leg for leg in legs if leg.amount),
    )


def end_entry(end: PackEnd, packs: tuple[Pack, ...], booked_at: int) -> Draft:
    """Post the end of a pack: what was paid and not used is income, what was included was none."""
    pack = next((each for each in packs if each.pack == end.pack), None)
    if pack is None or pack.left_s <= 0:
        raise LedgerRefusedError(f"{end.key}: nothing is left of this pack")
    if pack.until_at is None or end.event_at < pack.until_at:
        raise LedgerRefusedError(f"{end.key}: this pack has not ended")
    move = drawn_whole(pack)
    legs = [
        Posting(packs_of(end.account), move.cents),
        Posting(packs_of(end.account), move.seconds, SECOND),
        Posting(LAPSED, -move.seconds, SECOND),
    ]
    due: list[Json] = []
    if pack.vat_point == "at_use" and end.vat_rate_bp is not None:
        total = vat_of(move.cents, end.vat_rate_bp)
        legs += [Posting(vat(total.rate_bp), -total.vat_cents), Posting(EXPIRED, -total.net_cents)]
        due = [total.to_data()] if total.gross_cents else []
    else:
        legs += [Posting(vat_advance(pack.rate_bp), -move.vat_cents), Posting(EXPIRED, move.vat_cents - move.cents)]
    return Draft(
        key=end.key,
        kind="expiry",
        fingerprint=end.fingerprint,
        event_at=end.event_at,
        booked_at=booked_at,
        details=canonical({"packs": [move.to_data()], "due": due}).decode(),
        postings=tuple(leg for leg in legs if leg.amount),
    )


def drawn_whole(pack: Pack) -> PackMove:
    """Return the move of all that is left."""
    return PackMove(pack.pack, pack.left_s, pack.left_cents, pack.vat_cents)


def packs_back(original: Entry, packs: tuple[Pack, ...]) -> tuple[PackMove, ...]:
    """Return the opposite of an entry's moves; raise `LedgerRefusedError` for a sale of which something is used."""
    moves = tuple(move.back for move in pack_moves_in(original.draft.details))
    for move in moves:
        known = next((each for each in packs if each.pack == move.pack), None)
        if move.seconds > 0 and (known is None or known.left_s != move.seconds):
            raise LedgerRefusedError(
                f"{original.draft.key}: some of these minutes are used or have ended; take those entries back first"
            )
    return moves


def pack_payer_of(entry: Entry) -> str | None:
    """Return whose minutes an entry moves; `None` for none."""
    return next(
        (
            leg.account.partition(":")[2]
            for leg in entry.draft.postings
            if leg.commodity == SECOND and leg.account.startswith("packs:")
        ),
        None,
    )
