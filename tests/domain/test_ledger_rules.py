"""What each event posts: legs that sum to zero, debts made explicit, reversals that restore, hashes that
tell.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.chain import GENESIS_HASH
from controller.domain.ids import AccountId, BooksId, MachineId, SessionId
from controller.domain.ledger import (
    AMOUNT_LIMIT_CENTS,
    REVENUE,
    Draft,
    LedgerRefusedError,
    MeansOfPayment,
    Posting,
    entry_hash,
    means,
    pool,
    prepaid,
    receivable,
    seal,
    vat,
    vat_advance,
)
from controller.domain.payer import PayerState
from controller.domain.posting import (
    TEXT_LIMIT,
    Reversal,
    SessionCharge,
    TopUp,
    reversal_entry,
    session_entry,
    topup_entry,
)
from controller.domain.receipt import ReceiptLine, receipt_of
from controller.domain.sessions import SessionKind

ACCOUNT, BOOKS = AccountId("acc-1"), BooksId("workshop")
POOL = ("ceramics", 1)
RICH = PayerState(credit_cents=10_000, owed_cents=0)
CENTS = st.integers(0, 5_000)


def use(gross_cents: int = 600, **changes: object) -> SessionCharge:
    """A use of the kiln under reading B, 20 % VAT included."""
    charge = SessionCharge(
        session=SessionId("branch-1"),
        account=ACCOUNT,
        machine=MachineId("kiln"),
        kind=SessionKind.PAID,
        event_at=1_000,
        seconds=600,
        price_hash="a" * 64,
        receipt=receipt_of([ReceiptLine(gross_cents, 2000)]),
        pool=POOL,
    )
    return replace(charge, **changes)  # type: ignore[arg-type]


def top_up(amount_cents: int = 5_000, **changes: object) -> TopUp:
    """Fifty euros by card."""
    made = TopUp(
        topup="t1",
        account=ACCOUNT,
        means=MeansOfPayment.CARD,
        reference="till 12",
        amount_cents=amount_cents,
        event_at=500,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def legs(draft: Draft) -> dict[str, int]:
    """Each account's amount."""
    return {leg.account: leg.amount for leg in draft.postings}


def test_a_use_is_paid_from_the_credit_and_credits_the_pool() -> None:
    """The payer pays gross; VAT and the owners' pool share it; the pool's leg keeps the wheel's position."""
    draft = session_entry(use(), RICH, wheel_before=37, booked_at=2_000)

    assert legs(draft) == {prepaid(ACCOUNT): 600, vat(2000): -100, pool(*POOL): -500}
    assert [leg.wheel_before for leg in draft.postings] == [None, None, 37]
    assert (draft.event_at, draft.booked_at) == (1_000, 2_000)


def test_what_passes_the_floor_is_a_receivable() -> None:
    """The credit goes down to its floor and no further; the rest is owed, in a fourth leg."""
    draft = session_entry(use(floor_cents=-50), PayerState(200, 0), wheel_before=0, booked_at=2_000)

    assert legs(draft)[prepaid(ACCOUNT)] == 250
    assert legs(draft)[receivable(ACCOUNT)] == 350
    assert len(draft.postings) == 4


def test_a_machine_that_nobody_shares_earns_for_the_books() -> None:
    """Without an agreement the net is the books' own revenue, and no wheel turns."""
    draft = session_entry(use(pool=None), RICH, wheel_before=0, booked_at=2_000)

    assert legs(draft)[REVENUE] == -500
    assert all(leg.wheel_before is None for leg in draft.postings)


def test_a_free_use_is_recorded_without_legs() -> None:
    """A use that costs nothing is still an entry, so that its hours and its place in the chain are proven."""
    draft = session_entry(use(0, kind=SessionKind.MAINTENANCE), RICH, wheel_before=0, booked_at=2_000)

    assert draft.postings == ()
    assert '"kind":"maintenance"' in draft.details


def test_vat_due_at_the_top_up_is_drawn_down_by_the_use() -> None:
    """With VAT due at the top-up, the use takes it from the advance and nothing falls due twice."""
    paid_in = topup_entry(top_up(600, vat_point="at_topup", rate_bp=2000), RICH, booked_at=1)
    used = session_entry(use(vat_point="at_topup"), RICH, wheel_before=0, booked_at=2)

    assert legs(paid_in)[vat(2000)] == -100
    assert legs(paid_in)[vat_advance(2000)] + legs(used)[vat_advance(2000)] == 0
    assert vat(2000) not in legs(used)


def test_a_top_up_settles_what_is_owed_first() -> None:
    """Money paid in goes to the debt, then to the credit."""
    draft = topup_entry(top_up(), PayerState(0, 300), booked_at=1)

    assert legs(draft) == {
        means(MeansOfPayment.CARD): 5_000,
        receivable(ACCOUNT): -300,
        prepaid(ACCOUNT): -4_700,
    }


@given(
    gross_cents=CENTS,
    credit_cents=CENTS,
    owed_cents=CENTS,
    floor_cents=st.integers(-500, 0),
    vat_at_topup=st.booleans(),
)
def test_every_entry_sums_to_zero_and_respects_the_floor(
    *, gross_cents: int, credit_cents: int, owed_cents: int, floor_cents: int, vat_at_topup: bool
) -> None:
    """Whatever the state before, legs sum to zero and no use takes the credit below its floor."""
    payer = PayerState(credit_cents, owed_cents)
    charge = use(gross_cents, floor_cents=floor_cents, vat_point="at_topup" if vat_at_topup else "at_use")

    draft = session_entry(charge, payer, wheel_before=0, booked_at=1)

    assert sum(leg.amount for leg in draft.postings) == 0
    assert credit_cents - legs(draft).get(prepaid(ACCOUNT), 0) >= floor_cents


@given(amount_cents=CENTS, credit_cents=CENTS, floor_cents=st.integers(-500, 0), is_use=st.booleans())
def test_an_entry_and_its_reversal_restore_every_balance(
    *, amount_cents: int, credit_cents: int, floor_cents: int, is_use: bool
) -> None:
    """Reversed at once, a use or a top-up leaves each account as it was."""
    before = PayerState(credit_cents, owed_cents=40 if credit_cents == 0 else 0)
    made = (
        session_entry(use(amount_cents, floor_cents=floor_cents), before, wheel_before=7, booked_at=1)
        if is_use
        else topup_entry(top_up(amount_cents + 1), before, booked_at=1)
    )
    after = PayerState(
        before.credit_cents - legs(made).get(prepaid(ACCOUNT), 0),
        before.owed_cents + legs(made).get(receivable(ACCOUNT), 0),
    )
    entry = seal(made, BOOKS, 1, GENESIS_HASH)
    position = 7 - legs(made).get(pool(*POOL), 0)

    back = reversal_entry(Reversal(target=made.key, reason="wrong badge"), entry, after, position, booked_at=2)

    sums = {account: legs(made).get(account, 0) + legs(back).get(account, 0) for account in legs(made) | legs(back)}
    assert not any(sums.values())
    assert (back.reverses, back.event_at) == (1, made.event_at)


def test_reversing_a_top_up_that_is_spent_leaves_a_debt() -> None:
    """The credit does not go below its floor when money is taken back; what is missing is owed."""
    entry = seal(topup_entry(top_up(), PayerState(0, 0), booked_at=1), BOOKS, 1, GENESIS_HASH)

    back = reversal_entry(
        Reversal(target=entry.draft.key, reason="cheque bounced"), entry, PayerState(1_200, 0), 0, booked_at=2
    )

    assert legs(back)[prepaid(ACCOUNT)] == 1_200
    assert legs(back)[receivable(ACCOUNT)] == 3_800


def test_a_reversal_is_not_reversed() -> None:
    """Two wrongs are not chained: the event is posted anew instead."""
    entry = seal(topup_entry(top_up(), RICH, booked_at=1), BOOKS, 1, GENESIS_HASH)
    back = reversal_entry(Reversal(target=entry.draft.key, reason="wrong"), entry, RICH, 0, booked_at=2)

    with pytest.raises(LedgerRefusedError, match="is a reversal itself"):
        reversal_entry(
            Reversal(target=back.key, reason="wrong"), seal(back, BOOKS, 2, entry.hash), RICH, 0, booked_at=3
        )


def test_what_the_office_looked_up_is_no_part_of_the_event() -> None:
    """A replayed use with a pool, floor or VAT point that has changed meanwhile is the same event; other
    seconds are not.
    """
    same = [use(pool=None), use(floor_cents=-5), use(vat_point="at_topup")]

    assert {charge.fingerprint for charge in same} == {use().fingerprint}
    assert use(seconds=601).fingerprint != use().fingerprint
    assert use(601).fingerprint != use().fingerprint


def test_legs_that_do_not_sum_to_zero_make_no_entry() -> None:
    """Per commodity: minutes never balance cents."""
    with pytest.raises(LedgerRefusedError, match="do not sum to zero"):
        Draft(
            key="k",
            kind="topup",
            fingerprint="f",
            event_at=1,
            booked_at=1,
            postings=(Posting("a", 5), Posting("b", -5, commodity="minutes")),
        )


@pytest.mark.parametrize(
    ("topup", "said"),
    [
        (top_up(0), "0 cents is none"),
        (top_up(-5), "-5 cents is none"),
        (top_up(AMOUNT_LIMIT_CENTS + 1), "more than 1000000000"),
        (top_up(reference=" "), "the reference"),
        (top_up(reference="x" * (TEXT_LIMIT + 1)), "501 characters"),
    ],
)
def test_a_top_up_that_is_none_is_refused(topup: TopUp, said: str) -> None:
    """Nothing, less than nothing, absurd sums and missing references are refused with the reason."""
    with pytest.raises(LedgerRefusedError, match=said):
        topup_entry(topup, RICH, booked_at=1)


def test_a_use_that_costs_less_than_nothing_is_refused() -> None:
    """Money goes back by a reversal only."""
    with pytest.raises(LedgerRefusedError, match="costs nothing or more"):
        session_entry(use(-1), RICH, wheel_before=0, booked_at=1)


def test_the_hash_covers_everything_that_is_stored() -> None:
    """Changing any field, any leg or the hash before gives another hash."""
    draft = session_entry(use(), RICH, wheel_before=37, booked_at=2_000)
    first_leg, *others = draft.postings
    changed = [
        replace(draft, key="session:other"),
        replace(draft, kind="topup"),
        replace(draft, fingerprint="f"),
        replace(draft, event_at=1_001),
        replace(draft, booked_at=2_001),
        replace(draft, machine=None),
        replace(draft, reason="why"),
        replace(draft, reverses=1),
        replace(draft, details="{}"),
        replace(draft, postings=(replace(first_leg, account=prepaid(AccountId("acc-2"))), *others)),
        replace(draft, postings=(replace(first_leg, wheel_before=1), *others)),
        replace(draft, postings=(*others, first_leg)),
    ]

    hashes = {entry_hash(each, BOOKS, 1, GENESIS_HASH) for each in (draft, *changed)}
    hashes |= {
        entry_hash(draft, BooksId("other"), 1, GENESIS_HASH),
        entry_hash(draft, BOOKS, 2, GENESIS_HASH),
        entry_hash(draft, BOOKS, 1, "1" * 64),
    }

    assert len(hashes) == len(changed) + 4
