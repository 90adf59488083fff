"""Lots of credit: in which order they are spent, what VAT goes with them, what ends, and what may be handed back."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.chain import GENESIS_HASH
from controller.domain.ids import AccountId, BooksId, MachineId, SessionId
from controller.domain.ledger import (
    EXPIRED,
    GIFTS,
    GRANTS_UNSPENT,
    Draft,
    LedgerRefusedError,
    MeansOfPayment,
    means,
    pool,
    prepaid,
    receivable,
    seal,
    vat,
    vat_advance,
)
from controller.domain.lot_expiry import CreditRefund, LotExpiry, expiry_entry, refund_entry, refundable_cents
from controller.domain.lots import LOTS_MAX, Lot, LotKind, Move, moves_in, spend
from controller.domain.payer import PayerState
from controller.domain.posting import (
    Reversal,
    SessionCharge,
    TopUp,
    VatPoint,
    reversal_entry,
    session_entry,
    topup_entry,
)
from controller.domain.receipt import ReceiptLine, receipt_of, vat_of
from controller.domain.sessions import SessionKind

ACCOUNT, POOL = AccountId("acc-1"), ("ceramics", 1)


def a_lot(name: str = "t1", left: int = 1_000, **changes: object) -> Lot:
    """Ten euros, paid, taxed when used, until instant 5,000."""
    lot = Lot(
        lot=name,
        kind=LotKind.PAID,
        expires_at=5_000,
        vat_point="at_use",
        rate_bp=2_000,
        opened_seq=1,
        left_cents=left,
    )
    return replace(lot, **changes)  # type: ignore[arg-type]


def sold_before(name: str = "t1", left: int = 1_000, **changes: object) -> Lot:
    """The same as a single-purpose voucher: its VAT fell due when it was sold."""
    return a_lot(name, left, vat_point="at_topup", vat_cents=vat_of(left, 2_000).vat_cents, **changes)


def gift(name: str = "g1", left: int = 1_000, **changes: object) -> Lot:
    """Ten euros that the books gave."""
    return a_lot(name, left, **{"kind": LotKind.GIFT, "vat_point": "none", **changes})


def has(*lots: Lot, plain: int = 0, owed: int = 0) -> PayerState:
    """An account with these lots and so much plain credit."""
    return PayerState(plain + sum(lot.left_cents for lot in lots), owed, lots)


def use(gross_cents: int = 600, **changes: object) -> SessionCharge:
    """A use of the kiln that ends at instant 1,000."""
    charge = SessionCharge(
        session=SessionId("branch-1"),
        account=ACCOUNT,
        machine=MachineId("kiln"),
        kind=SessionKind.PAID,
        event_at=1_000,
        seconds=600,
        price_hash=None,
        receipt=receipt_of([ReceiptLine(gross_cents, 2_000)]),
        pool=POOL,
    )
    return replace(charge, **changes)  # type: ignore[arg-type]


def posted(payer: PayerState, **changes: object) -> Draft:
    """The use's entry."""
    return session_entry(use(**changes), payer, wheel_before=0, booked_at=9)  # type: ignore[arg-type]


def legs(*drafts: Draft) -> dict[str, int]:
    """What some entries move together, by account."""
    sums: Counter[str] = Counter()
    for draft in drafts:
        for leg in draft.postings:
            sums[leg.account] += leg.amount
    return {account: cents for account, cents in sums.items() if cents}


def test_the_oldest_expiry_pays_first_and_what_may_be_refunded_last() -> None:
    """Two dates, then what has no end: a gift, a grant, plain credit, paid lots by their age."""
    lots = [
        a_lot("paid", expires_at=None, opened_seq=9),
        gift("gift", expires_at=None, opened_seq=8),
        a_lot("grant", expires_at=None, kind=LotKind.GRANT),
        a_lot("june", expires_at=6_000),
        a_lot("may", expires_at=5_500, opened_seq=7),
    ]

    spent = spend(lots, 1_000, 5_500, at_ms=1_000)

    assert [move.lot for move in spent.moves] == ["may", "june", "gift", "grant", "paid"]
    assert (spent.moves[-1].cents, spent.plain_cents, spent.missing_cents) == (500, 1_000, 0)


@pytest.mark.parametrize(("ended_at", "paid_by"), [(4_999, "t1"), (5_000, "")])
def test_a_lot_pays_what_ended_before_its_expiry_and_nothing_from_then_on(ended_at: int, paid_by: str) -> None:
    """The instant of the use counts, not that of the booking: midnight belongs to the next day."""
    draft = posted(has(a_lot(), plain=1_000), event_at=ended_at)

    assert [move.lot for move in moves_in(draft.details)] == ([paid_by] if paid_by else [])
    assert legs(draft)[prepaid(ACCOUNT)] == 600


def test_a_gift_bears_no_vat_and_earns_owners_nothing_unless_they_agreed() -> None:
    """Four euros of a gift and two of money: VAT and the pool see the two euros alone."""
    draft = posted(has(gift(left=400), plain=1_000))

    assert legs(draft) == {prepaid(ACCOUNT): 600, GIFTS: -400, vat(2_000): -33, pool(*POOL): -167}
    assert json.loads(draft.details)["unshared_cents"] == 400


def test_owners_who_agreed_earn_the_net_of_a_gift_at_the_books_cost() -> None:
    """The pool gets what it would have got; no VAT falls due; the net stays as the books' cost of giving."""
    draft = posted(has(gift()), gifts_credited=True)
    given = topup_entry(top_up(600, kind=LotKind.GIFT, means=None), has(), booked_at=1)

    assert legs(draft) == {prepaid(ACCOUNT): 600, GIFTS: -100, pool(*POOL): -500}
    assert legs(given, draft)[GIFTS] == 500


def top_up(amount_cents: int = 1_000, **changes: object) -> TopUp:
    """Ten euros by card, for a year that ends at instant 5,000."""
    made = TopUp(
        topup="t1",
        account=ACCOUNT,
        means=MeansOfPayment.CARD,
        reference="till 1",
        amount_cents=amount_cents,
        event_at=500,
        expires_at=5_000,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_money_settles_debts_and_overdraft_before_it_is_a_lot_and_a_gift_settles_nothing() -> None:
    """Three euros owed and one of overdraft: six of ten are the lot; of a gift all ten."""
    payer = PayerState(-100, 300)

    paid = topup_entry(top_up(), payer, booked_at=1)
    given = topup_entry(top_up(kind=LotKind.GIFT, means=None), payer, booked_at=1)

    assert legs(paid) == {means(MeansOfPayment.CARD): 1_000, receivable(ACCOUNT): -300, prepaid(ACCOUNT): -700}
    assert [move.cents for move in moves_in(paid.details)] == [-600]
    assert (legs(given), moves_in(given.details)[0].cents) == ({GIFTS: 1_000, prepaid(ACCOUNT): -1_000}, -1_000)


@pytest.mark.parametrize(
    ("topup", "payer", "said"),
    [
        (top_up(kind=LotKind.GIFT), has(), "without means"),
        (top_up(means=None), has(), "without means"),
        (top_up(expires_at=500), has(), "expired already"),
        (top_up(), has(*[a_lot(str(n)) for n in range(LOTS_MAX)]), "open lots"),
    ],
)
def test_credit_that_is_none_is_not_opened(topup: TopUp, payer: PayerState, said: str) -> None:
    """A gift that is paid, money without means, the past, one lot too many."""
    with pytest.raises(LedgerRefusedError, match=said):
        topup_entry(topup, payer, booked_at=1)


@pytest.mark.parametrize(
    ("lot", "rate_bp", "moved"),
    [
        (a_lot(), None, {EXPIRED: -1_000}),
        (a_lot(), 2_000, {vat(2_000): -167, EXPIRED: -833}),
        (sold_before(), 2_000, {vat_advance(2_000): -167, EXPIRED: -833}),
        (gift(), 2_000, {GIFTS: -1_000}),
        (a_lot(kind=LotKind.GRANT), 2_000, {GRANTS_UNSPENT: -1_000}),
    ],
)
def test_an_expired_lot_becomes_what_its_kind_says(lot: Lot, rate_bp: int | None, moved: dict[str, int]) -> None:
    """Paid: income, with VAT where the terms or the sale made it due; a gift: nothing; a grant: kept apart."""
    expiry = LotExpiry(lot="t1" if lot.lot == "t1" else "g1", account=ACCOUNT, event_at=5_000, vat_rate_bp=rate_bp)

    assert legs(expiry_entry(expiry, has(lot, plain=70), booked_at=9)) == {prepaid(ACCOUNT): 1_000, **moved}


def test_what_has_not_expired_or_is_spent_does_not_expire() -> None:
    """Not a millisecond early, and not twice."""
    expiry = LotExpiry(lot="t1", account=ACCOUNT, event_at=4_999)

    with pytest.raises(LedgerRefusedError, match="has not expired"):
        expiry_entry(expiry, has(a_lot()), booked_at=9)
    with pytest.raises(LedgerRefusedError, match="nothing is left"):
        expiry_entry(replace(expiry, event_at=5_000), has(a_lot(left=0)), booked_at=9)


def back(amount_cents: int, **changes: object) -> CreditRefund:
    """Cash over the counter at instant 1,000."""
    made = CreditRefund(
        refund="r1",
        account=ACCOUNT,
        means=MeansOfPayment.CASH,
        amount_cents=amount_cents,
        reason="moves away",
        event_at=1_000,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_only_paid_unused_credit_is_handed_back() -> None:
    """Ten paid in a lot and five plain, less one owed: fourteen; never the gift, the grant, or what has expired."""
    payer = has(a_lot(), gift(), a_lot("s1", kind=LotKind.GRANT), a_lot("old", expires_at=900), plain=500, owed=100)

    draft = refund_entry(back(1_400), payer, booked_at=9)

    assert refundable_cents(payer, 1_000) == 1_400
    assert legs(draft) == {prepaid(ACCOUNT): 1_400, means(MeansOfPayment.CASH): -1_400}
    assert [(move.lot, move.cents) for move in moves_in(draft.details)] == [("t1", 1_000)]
    for cents in (1_401, 0, -5):
        with pytest.raises(LedgerRefusedError, match="1400 of the credit are paid and unused"):
            refund_entry(back(cents), payer, booked_at=9)


def test_a_refund_of_a_voucher_gives_its_vat_back() -> None:
    """What fell due at the sale is taken off what is due, in the lot's own rate."""
    draft = refund_entry(back(600), has(sold_before()), booked_at=9)

    assert legs(draft)[vat(2_000)] == 100
    assert json.loads(draft.details)["due"] == [[2_000, -600, -500, -100]]


KINDS = st.sampled_from(["paid", "sold", "gift", "grant"])


def opened(kind: str, name: str, left: int, expires_at: int | None, seq: int) -> Lot:
    """A lot of that kind."""
    if kind == "sold":
        return sold_before(name, left, expires_at=expires_at, opened_seq=seq)
    if kind == "gift":
        return gift(name, left, expires_at=expires_at, opened_seq=seq)
    return a_lot(name, left, kind=LotKind(kind), expires_at=expires_at, opened_seq=seq)


LOTS = st.lists(st.tuples(KINDS, st.integers(1, 900), st.sampled_from([None, 900, 2_000, 5_000])), max_size=5).map(
    lambda many: tuple(opened(kind, f"l{n}", left, at, n) for n, (kind, left, at) in enumerate(many))
)


@given(
    lots=LOTS,
    plain=st.integers(-300, 900),
    gross=st.integers(0, 3_000),
    floor=st.sampled_from([0, -300]),
    point=st.sampled_from(["at_use", "at_topup"]),
    credited=st.booleans(),
)
def test_whatever_pays_the_legs_sum_to_zero_lots_never_pass_their_ends_and_all_is_restored(
    *, lots: tuple[Lot, ...], plain: int, gross: int, floor: int, point: VatPoint, credited: bool
) -> None:
    """Conservation, no overdraft, no lot below nothing or after its end; taken back at once, all is as it was."""
    before = has(*lots, plain=plain)
    draft = posted(before, gross_cents=gross, floor_cents=floor, vat_point=point, gifts_credited=credited)
    moves = {move.lot: move for move in moves_in(draft.details)}
    after = tuple(moved(lot, moves) for lot in lots)
    paid, owed = legs(draft).get(prepaid(ACCOUNT), 0), legs(draft).get(receivable(ACCOUNT), 0)
    state = PayerState(before.credit_cents - paid, owed, after)

    assert paid + owed == gross
    assert all(lot.left_cents >= 0 and lot.vat_cents >= 0 for lot in after)
    assert all(lot.pays_at(1_000) for lot in lots if lot.lot in moves)
    assert state.plain_cents >= min(plain, floor)
    assert owed == 0 or not any(lot.left_cents for lot in after if lot.pays_at(1_000))

    entry = seal(draft, BooksId("lab"), 1, GENESIS_HASH)
    earned = -legs(draft).get(pool(*POOL), 0)
    undone = reversal_entry(Reversal(target=draft.key, reason="wrong"), entry, state, earned, booked_at=10)
    restored = tuple(moved(lot, {move.lot: move for move in moves_in(undone.details)}) for lot in after)

    assert legs(draft, undone) == {}
    assert restored == lots


def moved(lot: Lot, moves: dict[str, Move]) -> Lot:
    """The lot after an entry."""
    if lot.lot not in moves:
        return lot
    move = moves[lot.lot]
    return replace(lot, left_cents=lot.left_cents - move.cents, vat_cents=lot.vat_cents - move.vat_cents)


@given(st.lists(st.integers(1, 120), min_size=1, max_size=40))
def test_a_vouchers_vat_is_spent_with_its_last_cent_however_many_uses_share_it(parts: list[int]) -> None:
    """Rounded use by use it would drift; the VAT of the sale is drawn down to nothing, never past, never back."""
    lot = sold_before(left=sum(parts))
    drawn = 0
    for number, cents in enumerate(parts):
        draft = posted(has(lot), gross_cents=cents, session=SessionId(f"s-{number}"))
        lot = moved(lot, {move.lot: move for move in moves_in(draft.details)})
        drawn -= legs(draft).get(vat_advance(2_000), 0)

    assert (lot.left_cents, lot.vat_cents, drawn) == (0, 0, vat_of(sum(parts), 2_000).vat_cents)


def test_a_bounced_cheque_takes_its_own_lot_then_plain_credit_then_a_debt_and_no_gift() -> None:
    """Ten were paid, seven spent, two plain are left: three, two and five; the gift beside them stays."""
    entry = seal(topup_entry(top_up(), has(), booked_at=1), BooksId("lab"), 1, GENESIS_HASH)
    payer = has(a_lot(left=300), gift(), plain=200)

    undone = reversal_entry(Reversal(target=entry.draft.key, reason="bounced"), entry, payer, 0, booked_at=9)

    assert legs(undone) == {means(MeansOfPayment.CARD): -1_000, prepaid(ACCOUNT): 500, receivable(ACCOUNT): 500}
    assert [(move.lot, move.cents) for move in moves_in(undone.details)] == [("t1", 300)]


def test_an_entry_of_plain_credit_keeps_its_bytes_and_its_name() -> None:
    """What was written before there were lots is written so still."""
    plain = top_up(expires_at=None)
    draft = topup_entry(plain, has(), booked_at=1)

    assert "lot" not in draft.details
    assert plain.fingerprint == replace(plain, vat_point="at_topup").fingerprint
    assert plain.fingerprint != top_up().fingerprint
    assert "lots" not in posted(has(plain=1_000)).details
