"""A share sold on the 14th divides the month at midnight, also when it is written down late."""

from __future__ import annotations

from typing import Any

import pytest

from controller.domain.agreement import AgreementRefusedError, Terms, reading
from controller.office.directory import agreements
from controller.office.ledger.caches import check
from controller.office.refusals import InvalidError
from controller.office.settlement import transfers
from controller.office.store import Change
from controller.office.web.agreement_words import term_alert, terms_lines
from tests.office.closing_kit import DAY, LATER, MONTH, NEXT, close, used
from tests.office.workshop import NOON, Workshop

TOLD = {"notified_on": "2026-11-30"}


def sell(shop: Workshop, buyer: str = "newcomer", day: str = "2027-01-15", **how: str) -> int:
    """The second owner sells."""
    with shop.changing("treasurer") as change:
        return transfers.transfer_share(change, "ceramics", "owner-2", buyer, day, **how)


def shares(shop: Workshop, month: str, at: int) -> dict[str, int]:
    """What each owner has of a month."""
    return {owner["party"]: owner["part_cents"] for owner in close(shop, month, at).body["owners"]}


def test_a_sale_written_down_in_its_own_month_re_splits_what_was_used_since_midnight(shop: Workshop) -> None:
    """The use was on the 15th, in the afternoon; the sale of the 15th is written down afterwards."""
    used(shop, 1, 20)

    assert sell(shop, **TOLD) == 2

    assert shares(shop, MONTH, LATER) == {
        "manager": 100, "owner-1": 100, "owner-2": 0, "newcomer": 100, "owner-3": 100, "owner-4": 100,
    }  # fmt: skip
    with shop.store.read() as tx:
        assert check(tx) == []
        assert transfers.transfer_views(tx, "ceramics")[0]["notified_on"] == "2026-11-30"


def test_after_the_closing_it_is_an_adjustment_of_the_next_month(shop: Workshop) -> None:
    """The closed month stays what it was."""
    used(shop, 1, 20)
    first = close(shop)

    sell(shop, **TOLD)
    second = shares(shop, NEXT, LATER)

    assert (second["owner-2"], second["newcomer"]) == (-100, 100)
    assert close(shop) == first


def test_the_day_after_nothing_of_the_day_before_moves(shop: Workshop) -> None:
    """A use of the 15th, a sale of the 16th."""
    used(shop, 1, 20)

    sell(shop, day="2027-01-16", **TOLD)

    parts = shares(shop, MONTH, LATER)
    assert (parts["owner-2"], parts["newcomer"]) == (100, 0)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({}, "815-14"),
        ({"notified_on": "2026-12-16"}, "815-14"),
        ({"notified_on": "soon"}, "période"),
        ({**TOLD, "part": "half"}, "part"),
        ({**TOLD, "part": "1/0"}, "part"),
        ({**TOLD, "part": "3/2"}, "part"),
        ({**TOLD, "day": "2027-02-30"}, "période"),
        ({**TOLD, "buyer": "owner-2"}, "part"),
    ],
)
def test_what_cannot_be_sold_like_this_is_refused(shop: Workshop, how: dict[str, str], why: str) -> None:
    """The others must know a month before of an outsider; a part is a fraction; a day is a day."""
    with pytest.raises(InvalidError, match=why):
        sell(shop, **how)


def test_an_owner_may_sell_to_another_at_once_and_an_outsider_with_everybodys_word(shop: Workshop) -> None:
    """No notice is due then; half a share is half."""
    assert sell(shop, "owner-1", part="1/2") == 2
    assert sell(shop, "newcomer", "2027-01-16", note="the others gave up their right in writing") == 3


def test_an_agreement_has_a_term_and_its_owners_are_told_before_and_after(shop: Workshop) -> None:
    """Five years at most (Code civil 1873-3); three months before the end the page says so, and once it is over."""
    term = NOON + 365 * DAY
    with shop.changing() as change:
        for until, renewal in ((NOON + 6 * 366 * DAY, "none"), (None, "tacit")):
            with pytest.raises((InvalidError, AgreementRefusedError)):
                agree(change, until, renewal)
        agree(change, term, "tacit")
        version = agreements.agreement_by_id(change.tx, "ceramics").versions[-1]

    told = [term_alert(version, term + days * DAY, "en") for days in (-91, -89, 1)]

    assert (told[0], "ends on" in told[1], "renewed tacitly" in told[1], "over since" in told[2]) == (
        "",
        True,
        True,
        True,
    )
    assert any("Agreed until" in line for line in terms_lines(version, "en"))


def agree(change: Change, until: int | None, renewal: Any) -> None:  # noqa: ANN401 - a rule's word
    """A version from now on that ends at an instant."""
    terms = Terms(manager="manager", legal_basis="convention", term_until_at=until, renewal=renewal)
    agreements.create_version(change, "ceramics", from_at=NOON, lines=reading("B"), terms=terms)
