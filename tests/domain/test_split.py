"""The cent wheel: vectors computed elsewhere, what makes it fair, and the weights it refuses."""

import json
import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.split import LINE_LIMIT, WHEEL_LIMIT, Wheel, WheelRefusedError

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors_splits.json").read_text())["cases"]
WEIGHTS = st.lists(st.integers(0, 60), min_size=1, max_size=12).filter(any)
AMOUNTS = st.integers(-5_000, 5_000)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_wheel_and_its_parts_are_those_of_the_vectors(case: dict[str, Any]) -> None:
    """The wheel, each posting's parts and the cumulative parts are those computed independently."""
    wheel = Wheel.of(case["weights"])

    position, parts = 0, []
    for amount in case["postings"]:
        parts.append(list(wheel.parts(position, amount)))
        position += amount

    assert list(wheel.order) == case["wheel"]
    assert parts == case["parts"]
    assert list(wheel.position(position)) == case["cumulative"]


@given(WEIGHTS)
def test_the_order_is_the_quota_method_by_definition(weights: list[int]) -> None:
    """Cent h goes to the greatest weight/(given + 1) among lines with given·W < h·weight, first written on a
    tie.
    """
    wheel = Wheel.of(weights)
    total, handed = wheel.size, [0] * len(weights)

    for h, line in enumerate(wheel.order, start=1):
        may = [i for i, weight in enumerate(wheel.weights) if handed[i] * total < h * weight]

        assert line == max(may, key=lambda i: (Fraction(wheel.weights[i], handed[i] + 1), -i))
        handed[line] += 1


@given(WEIGHTS, AMOUNTS, AMOUNTS)
def test_parts_sum_to_the_amount(weights: list[int], position: int, amount: int) -> None:
    """No cent appears or vanishes, for any amount and any position."""
    parts = Wheel.of(weights).parts(position, amount)

    assert sum(parts) == amount


@given(WEIGHTS)
def test_every_line_stays_within_one_cent_of_its_due(weights: list[int]) -> None:
    """At every prefix of two turns, |f(h) - h·weight/W| < 1 for each line."""
    wheel = Wheel.of(weights)

    deviations = [
        abs(Fraction(h * weight, wheel.size) - part)
        for h in range(2 * wheel.size + 1)
        for weight, part in zip(wheel.weights, wheel.position(h), strict=True)
    ]

    assert max(deviations) < 1


@given(WEIGHTS, AMOUNTS, AMOUNTS)
def test_no_line_moves_against_the_amount(weights: list[int], position: int, amount: int) -> None:
    """Money coming in takes a cent from nobody, and a refund gives none."""
    parts = Wheel.of(weights).parts(position, amount)

    assert all(part * amount >= 0 for part in parts)


@given(WEIGHTS, AMOUNTS, AMOUNTS)
def test_a_line_without_weight_gets_nothing(weights: list[int], position: int, amount: int) -> None:
    """A zero weight is never given a cent, and the only line gets everything."""
    parts = Wheel.of([0, *weights]).parts(position, amount)
    alone = Wheel.of([7]).parts(position, amount)

    assert parts[0] == 0
    assert alone == (amount,)


@given(WEIGHTS, st.lists(AMOUNTS, max_size=12), st.randoms(use_true_random=False))
def test_order_and_grouping_of_postings_do_not_matter(
    weights: list[int], amounts: list[int], chance: random.Random
) -> None:
    """The same net total gives the same cumulative parts, split per use, per period or in any order."""
    wheel = Wheel.of(weights)
    shuffled = chance.sample(amounts, len(amounts))

    in_order, in_disorder = cumulative(wheel, amounts), cumulative(wheel, shuffled)

    assert in_order == in_disorder == wheel.parts(0, sum(amounts))


@given(WEIGHTS, AMOUNTS, AMOUNTS, st.integers(1, 50))
def test_scale_and_sign_change_nothing(weights: list[int], position: int, amount: int, factor: int) -> None:
    """Weights times k make the same wheel; f(-h) = -f(h); a posting and its refund net to zero."""
    wheel = Wheel.of(weights)

    scaled = Wheel.of([weight * factor for weight in weights])
    there, back = wheel.parts(position, amount), wheel.parts(position + amount, -amount)

    assert scaled == wheel
    assert wheel.position(-position) == tuple(-part for part in wheel.position(position))
    assert tuple(map(sum, zip(there, back, strict=True))) == (0,) * len(weights)


def test_two_thousand_small_uses_leave_no_owner_behind() -> None:
    """Reading A over 2,000 uses of 1 to 99 cents: each line ends within a cent of its exact due."""
    chance = random.Random(2026)
    amounts = [chance.randint(1, 99) for _ in range(2_000)]
    weights = [4, 1, 1, 1, 1]

    earned = cumulative(Wheel.of(weights), amounts)

    drift = [abs(part - Fraction(sum(amounts) * weight, 8)) for part, weight in zip(earned, weights, strict=True)]
    assert max(drift) < 1
    assert max(earned[1:]) - min(earned[1:]) <= 1


def test_the_finest_permitted_quotas_make_a_fair_wheel() -> None:
    """A wheel at the limit of 100,000 cents still gives each line exactly its weight per turn."""
    wheel = Wheel.of([50_001, 49_999])

    assert wheel.size == WHEEL_LIMIT
    assert wheel.position(WHEEL_LIMIT) == (50_001, 49_999)
    assert all(abs(one[0] - other[0]) <= 1 for one, other in pairwise(map(wheel.position, range(200))))


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        ([], "no line"),
        ([0, 0], "all weights are zero"),
        ([3, -1], "weight 2 is -1"),
        ([1, True], "weight 2 is True"),
        ([50_001, 50_000], "100001 cents, more than 100000"),
        ([1] * (LINE_LIMIT + 1), "1001 lines are more than 1000"),
    ],
)
def test_weights_that_nobody_can_split_by_are_refused(weights: list[int], said: str) -> None:
    """No line, all zero, a negative or a wheel beyond the limit is refused with its reason, never guessed."""
    with pytest.raises(WheelRefusedError, match=said) as refused:
        Wheel.of(weights)

    assert refused.value.sentence.fr


def test_large_weights_that_reduce_are_accepted() -> None:
    """The limit counts after reduction: millions in equal parts are a wheel of two."""
    assert Wheel.of([5_000_000, 5_000_000]).order == (0, 1)


def cumulative(wheel: Wheel, amounts: list[int]) -> tuple[int, ...]:
    """Each line's sum of parts over `amounts`, posted one after the other."""
    position, total = 0, [0] * len(wheel.weights)
    for amount in amounts:
        for line, part in enumerate(wheel.parts(position, amount)):
            total[line] += part
        position += amount
    return tuple(total)
