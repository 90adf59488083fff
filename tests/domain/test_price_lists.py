"""What workshops really ask: thirteen published price lists, priced to the cent, and what holds of any such price."""

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from controller.domain.canonical import canonical
from controller.domain.codec import decode, encode
from controller.domain.components import QUANTITY_LIMIT, Component, Offer
from controller.domain.ids import MachineId
from controller.domain.tariff import SECONDS_LIMIT, Price, affordable_s, charge, cost_cents, for_whom, most_cents

LASER = MachineId("laser")
LISTS = json.loads((Path(__file__).parent / "price_lists.json").read_text("utf-8"))["lists"]
MINUTE_S = 60


def price_of(offers: list[Any]) -> Price:
    """Read a price as it comes over the API or down to the floor."""
    body: dict[str, Any] = {
        "machine": "laser",
        "version": 1,
        "per_minute_num": 0,
        "per_minute_den": 1,
        "minimum_cents": 0,
    }
    made: Price = decode(Price, {**body, "schema": 2, "offers": offers}, "price")
    return made


def made_of(*components: Component) -> Price:
    """A price of one offer."""
    return Price(machine=LASER, version=1, per_minute_num=0, schema=2, offers=(Offer(components=components),))


def uses() -> Iterator[Any]:
    """Return each use of each list, with the offers it is priced by."""
    for each in LISTS:
        for priced in each["prices"]:
            for use in priced["uses"]:
                said = {name: value for name, value in use.items() if name != "given"}
                yield pytest.param(priced["offers"], use, id=f"{each['place']}-{said}")


@pytest.mark.parametrize(("offers", "use"), [*uses()])
def test_the_price_lists_of_workshops_come_out_to_the_cent(offers: list[Any], use: dict[str, Any]) -> None:
    """Start-up fees, free minutes, started steps, bands, audiences, days of the week, energy, units: one rounding."""
    price = for_whom(price_of(offers), (use.get("audience", ""),), use.get("week_min"))

    priced = charge(
        price,
        use.get("seconds", 0),
        idle_s=use.get("idle_s", 0),
        energy_wh=use.get("energy_wh"),
        units=use.get("units"),
    )

    assert priced.gross_cents == use["cents"]


def test_all_thirteen_lists_are_there_with_the_figures_that_were_given() -> None:
    """Thirteen places; the ten figures that the lists' own examples give are among the uses."""
    given_uses = [use for each in LISTS for priced in each["prices"] for use in priced["uses"] if use.get("given")]

    assert len({each["place"] for each in LISTS}) == 13
    assert sorted(use["cents"] for use in given_uses) == [0, 200, 250, 350, 400, 1000, 1400, 2000, 2042, 2150, 4900]


RATES = {"cents": st.integers(0, 500), "den": st.integers(1, 7)}
COUNTED = RATES | {
    "after": st.sampled_from([0, 0, 60, 600]),
    "up_to": st.sampled_from([0, 0, 1_200, 9_000]),
    "step": st.sampled_from([0, 0, 60, 1_200]),
    "steps": st.sampled_from(["begun", "complete"]),
}
TIMES = {"kind": st.just("per_time"), "per": st.sampled_from([1, 60, 3_600])}
COMPONENTS = st.one_of(
    st.builds(Component, kind=st.just("per_use"), **RATES),
    st.builds(Component, **TIMES, **COUNTED, measured=st.sampled_from(["badge_on", "running"])),
    st.builds(Component, kind=st.just("per_energy"), per=st.just(1_000), max_w=st.integers(1, 5_000), **RATES),
    st.builds(Component, kind=st.sampled_from(["minimum", "maximum"]), cents=st.integers(0, 3_000)),
    st.builds(Component, kind=st.just("discount"), percent=st.integers(1, 100)),
)
PRICES = st.lists(COMPONENTS, max_size=4).map(lambda parts: made_of(*parts))


@given(PRICES, st.integers(0, 40_000), st.integers(0, 40_000), st.integers(0, 50_000), st.integers(0, 50_000))
def test_who_uses_more_never_pays_less(price: Price, seconds: int, idle_s: int, energy_wh: int, more: int) -> None:
    """More time, more running, more energy: no step, band, bound or discount makes it cheaper."""
    assume(idle_s <= seconds)
    least = cost_cents(price, seconds, idle_s, energy_wh)

    assert least <= cost_cents(price, seconds, idle_s // 2, energy_wh)
    assert least <= cost_cents(price, seconds + more, idle_s, energy_wh)
    assert least <= cost_cents(price, seconds, idle_s, energy_wh + more)


@given(PRICES, st.integers(0, 40_000), st.integers(0, 40_000), st.none() | st.integers(0, 10**9))
def test_no_charge_is_above_what_was_held(price: Price, limit_s: int, idle_s: int, energy_wh: int | None) -> None:
    """Whatever the meter says in the end, even a counter gone mad: the use costs what was held for it, or less."""
    seconds = limit_s // 2 if limit_s % 2 else limit_s

    assert cost_cents(price, seconds, min(idle_s, seconds), energy_wh) <= most_cents(price, limit_s)


@given(PRICES, st.integers(0, 50_000), st.sampled_from([SECONDS_LIMIT, 14_400, 0]))
def test_a_credit_lasts_to_the_last_second_that_it_pays_whatever_runs(price: Price, cents: int, up_to_s: int) -> None:
    """The affordable time is held within the credit, and one second more would not be."""
    seconds = affordable_s(price, cents, up_to_s)

    assert seconds == 0 or most_cents(price, seconds) <= cents
    assert seconds == up_to_s or most_cents(price, seconds + 1) > cents


@given(PRICES, st.integers(0, 40_000), st.none() | st.integers(0, 50_000))
def test_a_charge_is_exact_until_its_one_rounding(price: Price, seconds: int, energy_wh: int | None) -> None:
    """The last exact sum is within half a cent of what is due; the sum's own way is the same as the explained one."""
    priced = charge(price, seconds, energy_wh=energy_wh)
    *exact, rounded = priced.steps
    due = Fraction(exact[-1].exact_num, exact[-1].exact_den) if exact else Fraction(0)

    assert -Fraction(1, 2) < priced.gross_cents - due <= Fraction(1, 2)
    assert rounded.component == "rounded_half_up"
    assert priced.gross_cents == cost_cents(price, seconds, 0, energy_wh)


@given(PRICES)
def test_a_price_is_the_same_after_its_way_to_the_floor_and_back(price: Price) -> None:
    """Every field that says something travels, and the content's hash with it."""
    there = decode(Price, json.loads(canonical(encode(price))), "price")

    assert there == price
    assert there.content_hash == price.content_hash


def test_a_price_as_it_was_written_before_offers_is_read_and_hashed_as_it_was() -> None:
    """What lies in journals and ledgers keeps its bytes and its name."""
    body: dict[str, Any] = {
        "machine": "laser",
        "version": 3,
        "per_minute_num": 50,
        "per_minute_den": 1,
        "minimum_cents": 100,
    }
    price = decode(Price, {**body, "schema": 1}, "price")

    assert encode(price) == {**body, "schema": 1}
    assert price.content_hash == "a83b177fbf438cb805d76a73352c87de13e272fbfa413f0a2e03e38ea5de8f3e"


def test_the_first_offer_that_fits_is_frozen_and_the_last_fits_everybody() -> None:
    """Members on Monday mornings, then members, then everybody; without a date no window is open."""
    hour = {"kind": "per_time", "per": 3600}
    price = price_of(
        [
            {"components": [], "audiences": ["member"], "days": [1], "until_min": 720},
            {"components": [{**hour, "cents": 500}], "audiences": ["member"]},
            {"components": [{**hour, "cents": 1000}]},
        ]
    )

    def of_an_hour(audience: str, week_min: int | None) -> int:
        return charge(for_whom(price, (audience, "paid"), week_min), 3600).gross_cents

    assert of_an_hour("member", 719) == 0
    assert of_an_hour("member", 720) == 500
    assert of_an_hour("member", None) == 500
    assert of_an_hour("", 0) == 1000


def test_a_frozen_offer_is_not_chosen_again() -> None:
    """What was theirs at the start is theirs to the end: an extension on Tuesday keeps Monday's price."""
    price = price_of([{"components": [], "days": [1]}, {"components": [{"kind": "per_use", "cents": 100}]}])
    frozen = for_whom(price, ("",), 0)

    assert for_whom(frozen, ("",), 2_000) == frozen
    assert charge(frozen, 60).gross_cents == 0
    assert {frozen.version, price.version} == {1}
    assert frozen.content_hash != price.content_hash


def test_energy_that_no_meter_tells_costs_nothing_and_is_held_at_the_most() -> None:
    """2 kW for an hour at 20 cents a kilowatt-hour: held 40, charged what the counter says, nothing without one."""
    price = made_of(Component(kind="per_energy", cents=20, per=1000, max_w=2000))

    assert most_cents(price, 3600) == 40
    assert [cost_cents(price, 3600, energy_wh=wh) for wh in (None, 0, 1500, 90_000)] == [0, 0, 30, 40]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "per_energy", "cents": 1, "per": 1000}, "max_w is missing"),
        ({"kind": "per_unit", "cents": 1}, "unit is ''"),
        ({"kind": "discount"}, "percent is 0"),
        ({"kind": "discount", "percent": 101}, "percent is 101"),
        ({"kind": "minimum", "cents": 1, "step": 60}, "step does not count for this kind"),
        ({"kind": "per_time", "cents": 1, "after": 60, "up_to": 60}, "ends at 60 and begins after 60"),
        ({"kind": "per_time", "cents": -1}, "cents is -1"),
        ({"kind": "per_time", "cents": 1, "per": 0}, "per is 0"),
        ({"kind": "per_time", "cents": 1, "after": QUANTITY_LIMIT + 1}, "after is"),
        ({"kind": "per_hour", "cents": 1}, "'per_hour' is not one of"),
        ({"kind": "per_use", "cents": 1, "extra": 1}, "unknown field 'extra'"),
    ],
)
def test_what_is_no_component_is_refused_by_its_field(change: dict[str, Any], said: str) -> None:
    """A slip of the keyboard says which field it is in."""
    with pytest.raises(ValueError, match=said):
        price_of([{"components": [change]}])


@pytest.mark.parametrize(
    ("offers", "said"),
    [
        ([], "0 offers"),
        ([{"components": []}] * 9, "9 offers"),
        ([{"components": [{"kind": "per_use", "cents": 1}] * 13}], "13 components"),
        ([{"components": [], "days": [1, 1]}], "days are"),
        ([{"components": [], "days": [8]}], "days are"),
        ([{"components": [], "from_min": 600, "until_min": 600}], "window from minute 600 to 600"),
        ([{"components": [], "audiences": [f"a{n}" for n in range(9)]}], "9 audiences"),
    ],
)
def test_what_is_no_offer_is_refused(offers: list[Any], said: str) -> None:
    """A price has few offers, each of few components, in a window that there is."""
    with pytest.raises(ValueError, match=said):
        price_of(offers)


def test_the_two_schemas_do_not_mix() -> None:
    """Offers with a rate beside them would be read in two ways; a price per minute has none."""
    offered = made_of()

    for change in ({"per_minute_num": 1}, {"minimum_cents": 1}, {"measured": "running"}, {"schema": 1}):
        with pytest.raises(ValueError, match="offers"):
            replace(offered, **change)
