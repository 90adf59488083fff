"""An id that a caller has chosen pays in once, wherever and whatever it is said again for."""

import pytest
from sqlalchemy import func, select

from controller.domain.ledger import AMOUNT_LIMIT_CENTS, MeansOfPayment
from controller.office import money
from controller.office.directory import people, places
from controller.office.directory.people import NewMember, member_row
from controller.office.directory.tables import audit
from controller.office.refusals import ConflictError, InvalidError
from tests.office.workshop import Workshop


def audited(shop: Workshop, what: str) -> int:
    """How often the audit has a change of that name."""
    with shop.store.read() as tx:
        return tx.execute(select(func.count()).where(audit.c.what == what)).scalar_one()


def test_a_repeated_request_pays_in_once_and_is_noted_once(shop: Workshop) -> None:
    """The till that did not hear the answer asks again, a minute later."""
    before = audited(shop, "top_up")
    for _ in range(2):
        with shop.changing() as change:
            money.top_up(change, shop.account, 1_000, MeansOfPayment.CASH, "till 7", "k-1")
        shop.now_ms += 60_000

    assert (shop.credit_cents(), audited(shop, "top_up") - before) == (6_000, 1)


@pytest.mark.parametrize(
    ("cents", "means", "reference"),
    [
        (1_001, MeansOfPayment.CASH, "till 7"),
        (1_000, MeansOfPayment.CARD, "till 7"),
        (1_000, MeansOfPayment.CASH, "till 8"),
    ],
)
def test_the_same_id_for_something_else_is_refused(
    shop: Workshop, cents: int, means: MeansOfPayment, reference: str
) -> None:
    """Nothing is paid in, and the caller is told."""
    with shop.changing() as change:
        money.top_up(change, shop.account, 1_000, MeansOfPayment.CASH, "till 7", "k-1")

    with shop.changing() as change, pytest.raises(ConflictError):
        money.top_up(change, shop.account, cents, means, reference, "k-1")

    assert shop.credit_cents() == 6_000


def test_the_same_id_in_other_books_is_refused(shop: Workshop) -> None:
    """One id names one payment, also in an office that serves two legal entities."""
    with shop.changing() as change:
        places.create_books(change, "other", "Autre Atelier")
        member = people.create_member(change, shop.vault, NewMember(name="Max Fictif", books="other"))
        account = member_row(change.tx, member)["account"]
        money.top_up(change, shop.account, 1_000, MeansOfPayment.CASH, "till 7", "k-1")

    with shop.changing() as change, pytest.raises(ConflictError):
        money.top_up(change, account, 1_000, MeansOfPayment.CASH, "till 7", "k-1")

    with shop.store.read() as tx:
        assert money.account_state(tx, account).credit_cents == 0


@pytest.mark.parametrize("cents", [0, -1, AMOUNT_LIMIT_CENTS + 1])
def test_nothing_less_and_too_much_are_not_paid_in(shop: Workshop, cents: int) -> None:
    """A negative top-up would be a debt nobody has made; ten million euros are a slip."""
    with shop.changing() as change, pytest.raises(InvalidError):
        money.top_up(change, shop.account, cents, MeansOfPayment.CASH, "till 7")

    assert shop.credit_cents() == 5_000


def test_a_reversal_is_noted_once_and_not_reversed(shop: Workshop) -> None:
    """The same again is the same; the reversal of a reversal is refused, with other words for the first too."""
    with shop.changing() as change:
        key = money.top_up(change, shop.account, 1_000, MeansOfPayment.CASH, "till 7")
    for _ in range(2):
        with shop.changing() as change:
            money.reverse(change, "lab", f"topup:{key}", "wrong member")

    with shop.changing() as change, pytest.raises(InvalidError):
        money.reverse(change, "lab", f"reversal:topup:{key}", "no, right member")
    with shop.changing() as change, pytest.raises(ConflictError):
        money.reverse(change, "lab", f"topup:{key}", "another reason")

    assert (shop.credit_cents(), audited(shop, "reverse")) == (5_000, 1)
