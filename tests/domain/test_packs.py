"""Packs of minutes: what a use takes, what it pays beside them, what owners receive, and that no minute is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.components import Component, Offer
from controller.domain.ids import AccountId, BooksId, MachineId, SessionId
from controller.domain.ledger import (
    EXPIRED,
    REVENUE,
    Draft,
    LedgerRefusedError,
    MeansOfPayment,
    means,
    pool,
    prepaid,
    seal,
    vat,
    vat_advance,
)
from controller.domain.pack_entries import PackEnd, PackSale, Timed, end_entry, sale_entry
from controller.domain.packs import ISSUED, LAPSED, SECOND, USED, Pack, PackMove, drawn, pack_moves_in, packs_of, take
from controller.domain.payer import PayerState
from controller.domain.posting import Reversal, SessionCharge, reversal_entry, session_entry
from controller.domain.receipt import ReceiptLine, receipt_of
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price, affordable_s, charge, cost_cents, most_cents

ACCOUNT, LASER, KILN = AccountId("a1"), MachineId("laser"), MachineId("kiln")
POOL = ("ceramics", 1)
EURO_A_MINUTE = Price(machine=LASER, version=1, per_minute_num=100)


def pack(name: str = "p1", minutes: int = 60, cents: int = 3_000, **changes: object) -> Pack:
    """An hour for thirty euros, for a use that begins from instant 0 on, its VAT due as it is used."""
    made = Pack(
        pack=name,
        machines=(),
        from_at=0,
        until_at=None,
        vat_point="at_use",
        rate_bp=2_000,
        opened_seq=1,
        opened_s=60 * minutes,
        opened_cents=cents,
        left_s=60 * minutes,
        left_cents=cents,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def posted(*packs: Pack, seconds: int = 600, price: Price = EURO_A_MINUTE, most_s: int | None = None) -> Draft:
    """The entry of a use of the laser that began at instant 1,000, of an account with packs and fifty euros."""
    list_cents = cost_cents(price, seconds)
    use = SessionCharge(
        session=SessionId("s1"),
        account=ACCOUNT,
        machine=LASER,
        kind=SessionKind.PAID,
        event_at=1_000 + 1_000 * seconds,
        seconds=seconds,
        price_hash=price.content_hash,
        receipt=receipt_of([ReceiptLine(list_cents, 2_000)]),
        pool=POOL,
        timed=Timed(price, seconds, 0, None, 1_000, most_s),
    )
    return session_entry(use, PayerState(5_000, 0, (), packs), wheel_before=0, booked_at=1)


def legs(*drafts: Draft) -> dict[tuple[str, str], int]:
    """What the entries move, by account and commodity, without what comes to nothing."""
    found: dict[tuple[str, str], int] = {}
    for draft in drafts:
        for leg in draft.postings:
            key = (leg.account, leg.commodity)
            found[key] = found.get(key, 0) + leg.amount
    return {key: amount for key, amount in found.items() if amount}


def sale(**changes: object) -> PackSale:
    """An hour for thirty euros, by card, at instant 500."""
    made = PackSale(
        pack="p1",
        account=ACCOUNT,
        means=MeansOfPayment.CARD,
        cents=3_000,
        seconds=3_600,
        event_at=500,
        from_at=500,
        until_at=9_000,
        rate_bp=2_000,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_use_within_its_minutes_costs_no_money_and_owners_get_what_the_minutes_were_sold_for() -> None:
    """Ten of sixty minutes of thirty euros: five euros are earned, of which 83 cents VAT; the price list says ten."""
    draft = posted(pack())

    assert legs(draft) == {
        (packs_of(ACCOUNT), "EUR"): 500,
        (vat(2_000), "EUR"): -83,
        (pool(*POOL), "EUR"): -417,
        (packs_of(ACCOUNT), SECOND): 600,
        (USED, SECOND): -600,
    }
    assert json.loads(draft.details)["list_cents"] == 1_000


def test_what_passes_the_minutes_is_paid_in_money_as_a_use_of_so_long() -> None:
    """Four minutes are left for a use of ten: six minutes are paid by the price."""
    draft = posted(pack(minutes=4, cents=120))
    said = json.loads(draft.details)

    assert legs(draft)[prepaid(ACCOUNT), "EUR"] == 600
    assert (said["receipt"], said["packs_cents"]) == ([[2_000, 600, 500, 100]], 120)
    assert legs(draft)[pool(*POOL), "EUR"] == -(500 + 100)


def test_packs_pay_in_the_order_of_their_end_what_is_included_first_and_only_where_they_hold() -> None:
    """One for the kiln, one that ended, one that begins later pay nothing."""
    late, early = pack("late", 5), pack("early", 5, until_at=20_000)
    included = pack("quota", 2, 0, until_at=20_000)
    others = (pack("kiln", machines=(KILN,)), pack("over", until_at=1_000), pack("to come", from_at=1_001))

    taken = take((late, early, included, *others), LASER, 1_000, 600)

    assert [(move.pack, move.seconds) for _, move in taken] == [("quota", 120), ("early", 300), ("late", 180)]


def test_minutes_that_are_included_bring_owners_nothing_and_say_so_in_the_entry() -> None:
    """Nobody has paid them: no leg of money, the minutes alone."""
    assert legs(posted(pack(cents=0))) == {(packs_of(ACCOUNT), SECOND): 600, (USED, SECOND): -600}


def test_a_sale_is_an_advance_and_taxed_when_it_is_sold_where_its_kind_says_so() -> None:
    """The use of such minutes draws the VAT that fell due, and makes none fall due again."""
    sold = sale_entry(sale(vat_point="at_topup"), (), booked_at=1)
    used = posted(pack(vat_point="at_topup", vat_cents=500))

    assert legs(sold) == {
        (means(MeansOfPayment.CARD), "EUR"): 3_000,
        (packs_of(ACCOUNT), "EUR"): -3_000,
        (vat_advance(2_000), "EUR"): 500,
        (vat(2_000), "EUR"): -500,
        (packs_of(ACCOUNT), SECOND): -3_600,
        (ISSUED, SECOND): 3_600,
    }
    assert legs(used)[vat_advance(2_000), "EUR"] == -83
    assert (vat(2_000), "EUR") not in legs(used)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"means": None}, "paid by a means"),
        ({"cents": 0}, "paid by a means"),
        ({"seconds": 0}, "is no pack"),
        ({"until_at": 500}, "have ended already"),
    ],
)
def test_what_is_no_pack_is_refused(changes: dict[str, object], said: str) -> None:
    """Minutes without money, money without minutes, minutes of yesterday."""
    with pytest.raises(LedgerRefusedError, match=said):
        sale_entry(sale(**changes), (), booked_at=1)


def test_what_is_left_at_the_end_is_income_and_its_minutes_lapse() -> None:
    """Twelve of sixty minutes of thirty euros are left: six euros."""
    left = pack(until_at=9_000, left_s=720, left_cents=600)

    ended = end_entry(PackEnd(pack="p1", account=ACCOUNT, event_at=9_000), (left,), booked_at=1)

    assert legs(ended) == {
        (packs_of(ACCOUNT), "EUR"): 600,
        (EXPIRED, "EUR"): -600,
        (packs_of(ACCOUNT), SECOND): 720,
        (LAPSED, SECOND): -720,
    }
    with pytest.raises(LedgerRefusedError, match="has not ended"):
        end_entry(PackEnd(pack="p1", account=ACCOUNT, event_at=8_999), (left,), booked_at=1)


def test_a_use_taken_back_gives_its_minutes_back_and_a_sale_only_while_none_is_used() -> None:
    """Every leg and every move is undone; a sale of which a minute is gone stays."""
    used = posted(pack())
    entry = seal(used, BooksId("lab"), 2, "0" * 64)
    payer = PayerState(5_000, 0, (), (pack(left_s=3_000, left_cents=2_500),))

    back = reversal_entry(Reversal(target=used.key, reason="error"), entry, payer, wheel_before=0, booked_at=2)

    assert legs(used, back) == {}
    assert pack_moves_in(back.details) == (PackMove("p1", -600, -500, 0),)
    sold = seal(sale_entry(sale(), (), booked_at=1), BooksId("lab"), 1, "0" * 64)
    with pytest.raises(LedgerRefusedError, match="minutes are used"):
        reversal_entry(Reversal(target="pack:p1", reason="error"), sold, payer, wheel_before=0, booked_at=2)


def test_a_use_posted_anew_takes_no_more_minutes_than_it_had() -> None:
    """Another pack has come since: the use still pays six of its ten minutes."""
    assert legs(posted(pack(), most_s=240))[prepaid(ACCOUNT), "EUR"] == 600


def test_minutes_take_the_place_of_time_and_of_a_minimum_but_not_of_a_start_up() -> None:
    """Start-up five euros, at least eight: with minutes for all of it five, with minutes for some of it eight."""
    offer = Offer(
        components=(
            Component(kind="per_use", cents=500),
            Component(kind="per_time", cents=10, per=60),
            Component(kind="minimum", cents=800),
        )
    )
    price = Price(machine=LASER, version=1, per_minute_num=0, schema=2, offers=(offer,))

    assert [cost_cents(price, 600, entitled_s=each) for each in (600, 599, 0)] == [500, 800, 800]
    assert [step.component for step in charge(price, 600, entitled_s=600).steps][:2] == ["covered", "per_use"]


def test_nobody_spends_minutes_where_time_costs_nothing() -> None:
    """A price by the use alone, and a free one: the pack stays whole."""
    by_use = Offer(components=(Component(kind="per_use", cents=500),))
    price = Price(machine=LASER, version=1, per_minute_num=0, schema=2, offers=(by_use,))

    assert legs(posted(pack(), price=price))[prepaid(ACCOUNT), "EUR"] == 500
    assert pack_moves_in(posted(pack(), price=price).details) == ()


PRICES = st.lists(
    st.one_of(
        st.builds(Component, kind=st.just("per_use"), cents=st.integers(0, 500)),
        st.builds(
            Component,
            kind=st.just("per_time"),
            cents=st.integers(0, 300),
            per=st.sampled_from([1, 60, 3_600]),
            after=st.sampled_from([0, 600]),
            step=st.sampled_from([0, 0, 1_200]),
            measured=st.sampled_from(["badge_on", "running"]),
        ),
        st.builds(Component, kind=st.sampled_from(["minimum", "maximum"]), cents=st.integers(0, 3_000)),
        st.builds(Component, kind=st.just("discount"), percent=st.integers(1, 100)),
    ),
    max_size=4,
).map(
    lambda parts: Price(machine=LASER, version=1, per_minute_num=0, schema=2, offers=(Offer(components=tuple(parts)),))
)
SECONDS = st.integers(0, 20_000)


@given(PRICES, SECONDS, SECONDS, SECONDS, SECONDS)
def test_with_minutes_too_more_use_never_costs_less_and_no_more_than_was_held(
    price: Price, seconds: int, idle_s: int, minutes_s: int, more: int
) -> None:
    """More time never costs less, more minutes never more, and what the meter says is within the hold."""
    idle_s = min(idle_s, seconds)
    cost = cost_cents(price, seconds, idle_s, entitled_s=minutes_s)

    assert cost <= cost_cents(price, seconds + more, idle_s, entitled_s=minutes_s)
    assert cost_cents(price, seconds, idle_s, entitled_s=minutes_s + more) <= cost
    assert cost <= most_cents(price, seconds, entitled_s=minutes_s)


@given(PRICES, SECONDS, SECONDS)
def test_a_credit_beside_minutes_lasts_to_the_last_second_that_it_pays(
    price: Price, cents: int, minutes_s: int
) -> None:
    """The affordable time is held within the credit, and one second more would not be."""
    seconds = affordable_s(price, cents, 14_400, entitled_s=minutes_s)

    assert seconds == 0 or most_cents(price, seconds, entitled_s=minutes_s) <= cents
    assert seconds == 14_400 or most_cents(price, seconds + 1, entitled_s=minutes_s) > cents


@given(st.integers(1, 400), st.integers(0, 9_999), st.lists(st.integers(1, 5_000), max_size=8), st.randoms())
def test_minutes_and_their_money_are_conserved_in_whatever_order_uses_arrive(
    minutes: int, cents: int, uses: list[int], order: object
) -> None:
    """What is taken and left sums to what was sold; the last second takes the last cent; order loses no minute."""

    def after(lengths: list[int]) -> tuple[int, int, int]:
        left = pack(minutes=minutes, cents=cents)
        taken_s = taken_cents = 0
        for seconds in lengths:
            for _, move in take((left,), LASER, 1_000, seconds):
                assert move.seconds > 0
                assert 0 <= move.cents <= left.left_cents
                left = replace(left, left_s=left.left_s - move.seconds, left_cents=left.left_cents - move.cents)
                taken_s, taken_cents = taken_s + move.seconds, taken_cents + move.cents
        assert (taken_s + left.left_s, taken_cents + left.left_cents) == (60 * minutes, cents)
        assert left.left_s > 0 or left.left_cents == 0
        return taken_s, left.left_s, left.left_cents

    shuffled = [*uses]
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert after(uses) == after(shuffled)
    assert after(uses)[0] == min(sum(uses), 60 * minutes)


def test_the_money_of_what_is_left_is_a_cent_off_at_most_after_returns_in_another_order() -> None:
    """A pack of a third of a cent a second: a return out of order leaves the sum whole and nothing below nothing."""
    whole = pack(minutes=5, cents=100)
    first = drawn(whole, 100)
    second = drawn(replace(whole, left_s=200, left_cents=100 - first.cents), 100)
    back = replace(whole, left_s=200, left_cents=100 - second.cents)
    last = drawn(back, 200)

    assert (first.cents, second.cents, last.cents) == (34, 33, 67)
    assert second.cents + last.cents == 100


def test_electricity_that_an_agreement_keeps_is_the_books_and_the_minutes_are_the_owners() -> None:
    """A euro a minute and twenty cents of energy: the pack's is the owners', the money the workshop's."""
    offer = Offer(
        components=(
            Component(kind="per_time", cents=100, per=60),
            Component(kind="per_energy", cents=20, per=1_000, max_w=6_000),
        )
    )
    price = Price(machine=LASER, version=1, per_minute_num=0, schema=2, offers=(offer,))
    use = SessionCharge(
        session=SessionId("s1"),
        account=ACCOUNT,
        machine=LASER,
        kind=SessionKind.PAID,
        event_at=601_000,
        seconds=600,
        price_hash=price.content_hash,
        receipt=receipt_of([ReceiptLine(cost_cents(price, 600, energy_wh=1_000), 2_000)]),
        pool=POOL,
        timed=Timed(price, 600, 0, 1_000, 1_000, None, ("per_energy",)),
        owners_part=Fraction(1_000, 1_020),
    )

    draft = session_entry(use, PayerState(5_000, 0, (), (pack(),)), wheel_before=0, booked_at=1)

    assert (legs(draft)[prepaid(ACCOUNT), "EUR"], legs(draft)[vat(2_000), "EUR"]) == (20, -3 - 83)
    assert (legs(draft)[pool(*POOL), "EUR"], legs(draft)[REVENUE, "EUR"]) == (-417, -17)
    all_kept = replace(use, timed=Timed(price, 600, 0, None, 1_000, None, ("per_time",)), owners_part=Fraction(1, 51))
    kept = session_entry(all_kept, PayerState(5_000, 0, (), (pack(),)), wheel_before=0, booked_at=1)
    assert ((pool(*POOL), "EUR") in legs(kept), legs(kept)[REVENUE, "EUR"]) == (False, -417)
