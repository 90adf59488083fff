"""Prices and charges: one rounding, a minimum, an explanation, and how long a credit lasts."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.ids import MachineId
from controller.domain.tariff import SECONDS_LIMIT, Price, affordable_s, charge

LASER = MachineId("laser")
PRICES = st.builds(
    Price,
    machine=st.just(LASER),
    version=st.integers(1, 9),
    per_minute_num=st.integers(0, 5_000),
    per_minute_den=st.integers(1, 60),
    minimum_cents=st.integers(0, 2_000),
)


@pytest.mark.parametrize(
    ("num", "den", "minimum_cents", "seconds", "gross_cents"),
    [
        (50, 1, 0, 420, 350),  # 0.50 € a minute, 7 minutes
        (100, 60, 0, 9_000, 250),  # 1 € an hour, 2 h 30
        (75, 1, 500, 60, 500),  # below the minimum
        (75, 1, 500, 720, 900),  # above it
        (1, 2, 0, 60, 1),  # half a cent rounds up
        (1, 2, 0, 59, 0),  # less than half rounds down
        (50, 1, 300, 0, 0),  # never had power
    ],
)
def test_a_charge_is_the_time_at_its_rate_and_at_least_the_minimum(
    num: int, den: int, minimum_cents: int, seconds: int, gross_cents: int
) -> None:
    """Exact fractions of a cent are rounded half up once; the minimum applies to any use that had power."""
    price = Price(machine=LASER, version=1, per_minute_num=num, per_minute_den=den, minimum_cents=minimum_cents)

    assert charge(price, seconds).gross_cents == gross_cents


@given(PRICES, st.integers(1, 100_000))
def test_a_charge_is_rounded_exactly_once(price: Price, seconds: int) -> None:
    """The charge differs from the exact price by half a cent at most."""
    exact = max(Fraction(price.per_minute_num * seconds, price.per_minute_den * 60), Fraction(price.minimum_cents))

    due = charge(price, seconds).gross_cents

    assert -Fraction(1, 2) < due - exact <= Fraction(1, 2)


@given(PRICES, st.integers(0, 50_000))
def test_a_credit_lasts_to_the_last_second_it_pays(price: Price, cents: int) -> None:
    """The affordable time costs no more than the credit, and one second more would."""
    seconds = affordable_s(price, cents)

    assert charge(price, seconds).gross_cents <= cents
    assert seconds == SECONDS_LIMIT or charge(price, seconds + 1).gross_cents > cents


def test_no_credit_buys_no_time() -> None:
    """A debt buys nothing, and a credit below the minimum buys nothing either."""
    price = Price(machine=LASER, version=1, per_minute_num=0, minimum_cents=100)

    assert [affordable_s(price, cents) for cents in (-1, 99, 100)] == [0, 0, SECONDS_LIMIT]


def test_a_charge_explains_itself() -> None:
    """Each step names its component and the exact sum so far; the last one is what is due."""
    price = Price(machine=LASER, version=3, per_minute_num=10, minimum_cents=25)

    explained = charge(price, 61)

    steps = [(step.component, step.exact_num, step.exact_den) for step in explained.steps]
    assert steps == [("per_time", 61, 6), ("minimum", 25, 1), ("rounded_half_up", 25, 1)]
    assert (explained.price_version, explained.price_hash) == (3, price.content_hash)


def test_the_content_hash_names_the_content() -> None:
    """The same price has the same hash anywhere; another rate, minimum or machine another one."""
    price = Price(machine=LASER, version=1, per_minute_num=10)

    others = [
        replace(price, per_minute_num=11),
        replace(price, minimum_cents=1),
        replace(price, machine=MachineId("mill")),
    ]

    assert price.content_hash == replace(price).content_hash
    assert price.content_hash not in {other.content_hash for other in others}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 3}, "schema 3 is not known"),
        ({"version": 0}, "version 0"),
        ({"per_minute_den": 0}, "per_minute_den is 0"),
        ({"per_minute_num": -1}, "per_minute_num is -1"),
        ({"minimum_cents": -5}, "minimum_cents is -5"),
        ({"machine": "No Id"}, "not a machine's id"),
    ],
)
def test_what_is_no_price_is_refused(change: dict[str, object], said: str) -> None:
    """A price of a schema not known here, or with a value out of bounds, is refused with the field's name."""
    fields: dict[str, object] = {"machine": LASER, "version": 1, "per_minute_num": 10, **change}

    with pytest.raises(ValueError, match=said):
        Price(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("seconds", [-1, SECONDS_LIMIT + 1])
def test_what_is_no_duration_is_refused(seconds: int) -> None:
    """A negative time or one of more than a year is a broken clock, and is not priced."""
    with pytest.raises(ValueError, match="not a duration"):
        charge(Price(machine=LASER, version=1, per_minute_num=1), seconds)
