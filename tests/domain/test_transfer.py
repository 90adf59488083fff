"""A share is handed over whole or in part, and nobody else's part moves."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.agreement import Line, reading
from controller.domain.transfer import TransferRefusedError, transferred


def parts(lines: tuple[Line, ...]) -> dict[tuple[str, str], Fraction]:
    """What part of the income each has, by role."""
    total = sum(line.weight for line in lines)
    found: dict[tuple[str, str], Fraction] = {}
    for line in lines:
        place = (line.role, line.party)
        found[place] = found.get(place, Fraction(0)) + Fraction(line.weight, total)
    return found


def test_a_new_owner_stands_where_the_seller_stood() -> None:
    """All of it: the seller is in no line any more; half of it: right behind them."""
    whole = transferred(reading("B"), "owner-2", "newcomer", Fraction(1))
    half = transferred(reading("B"), "owner-2", "newcomer", Fraction(1, 2))

    assert [(line.party, line.weight) for line in whole] == [
        ("manager", 5), ("manager", 1), ("owner-1", 1), ("newcomer", 1), ("owner-3", 1), ("owner-4", 1),
    ]  # fmt: skip
    assert [(line.party, line.weight) for line in half] == [
        ("manager", 10), ("manager", 2), ("owner-1", 2), ("owner-2", 1), ("newcomer", 1), ("owner-3", 2),
        ("owner-4", 2),
    ]  # fmt: skip


@given(
    st.sampled_from("ABCD"),
    st.sampled_from(["owner-1", "owner-2", "owner-3"]),
    st.sampled_from(["owner-2", "manager", "newcomer"]),
    st.fractions(0, 1, max_denominator=9).filter(bool),
)
def test_what_one_gives_the_other_has_and_all_else_stays(letter: str, seller: str, buyer: str, part: Fraction) -> None:
    """To the exact fraction, whoever stands first, the manager's fee included."""
    if seller == buyer:
        return
    before = parts(reading(letter))  # type: ignore[arg-type]

    after = parts(transferred(reading(letter), seller, buyer, part))  # type: ignore[arg-type]

    moved = before["share", seller] * part
    wanted = {**before, ("share", seller): before["share", seller] - moved}
    wanted["share", buyer] = wanted.get(("share", buyer), Fraction(0)) + moved
    assert {place: each for place, each in after.items() if each} == {
        place: each for place, each in wanted.items() if each
    }


@pytest.mark.parametrize(
    ("seller", "buyer", "part"),
    [("nobody", "owner-1", 1), ("owner-1", "owner-1", 1), ("owner-1", "owner-2", 0), ("owner-1", "owner-2", 2)],
)
def test_there_must_be_a_share_to_hand_over(seller: str, buyer: str, part: int) -> None:
    """And somebody else to take it, and no more than all of it."""
    with pytest.raises(TransferRefusedError):
        transferred(reading("B"), seller, buyer, Fraction(part))
