"""Prices that workshops really have, set over the API, frozen at the machine, and explained for each use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.domain.access import audiences_of
from controller.domain.codec import decode
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price, charge, for_whom
from controller.office.accounts import Role
from controller.office.asking import would_fit
from controller.office.directory import machines, people
from controller.office.directory.policies import Policy
from tests.office.door import Door
from tests.office.workshop import NOON, Journal

START_UP = {"kind": "per_use", "cents": 1_250}
BURNING = {"kind": "per_time", "cents": 75, "per": 60}
ENERGY = {"kind": "per_energy", "cents": 20, "per": 1_000, "max_w": 3_000}
TO_ALL = {"components": [START_UP, BURNING]}
TO_FABLAB = {"components": [{"kind": "per_use", "cents": 500}, BURNING, ENERGY], "audiences": ["fablab"]}
ON_FRIDAYS = {"components": [], "days": [5]}
PRICES = "/api/v1/machines/kiln/prices"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One workshop for all that is told here; each story sets the kiln's price anew."""
    folder: Path = tmp_path_factory.mktemp("prices")
    door = Door.opened(folder)
    with door.shop.changing() as change:
        people.set_audience(change, door.shop.member, "fablab")
    yield door
    door.shop.store.close()


def price_below(door: Door) -> Price:
    """The kiln's price as it comes down to the controllers."""
    price = decode(Price, door.shop.entry("machine", "kiln")["price"], "price")
    assert isinstance(price, Price)
    return price


@pytest.fixture(scope="module")
def till(door: Door) -> Any:  # noqa: ANN401 - a client
    """The treasurer, who sets prices."""
    return door.signed_in(Role.TREASURER)


def test_a_price_of_offers_comes_down_as_it_was_sent_and_is_read_in_words(door: Door, till: Any) -> None:  # noqa: ANN401
    """For members of the fablab, on Fridays, for everybody else; French and English say what is counted."""
    answer = till.post(PRICES, json={"offers": [TO_FABLAB, ON_FRIDAYS, TO_ALL]})
    read = till.get("/api/v1/machines/kiln").json()["price"]

    assert (answer.status_code, answer.json()) == (201, read)
    assert read["offers"] == [TO_FABLAB, ON_FRIDAYS, TO_ALL]
    assert read["said"]["en"] == [
        "For fablab: €5.00 a use, €0.75 a minute, €0.20 a kWh by the meter (3 kW at most)",
        "For everybody Fridays: free",
        "For everybody: €12.50 a use, €0.75 a minute",
    ]
    assert read["said"]["fr"][1:] == [
        "Pour tout le monde le vendredi\u00a0: gratuit",
        "Pour tout le monde\u00a0: 12,50\u00a0€ par utilisation, 0,75\u00a0€ par minute",
    ]
    assert price_below(door).version == read["version"]
    assert door.shop.entry("member", door.shop.member)["audience"] == "fablab"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"offers": []}, 422, "0 offers"),
        ({"offers": [TO_FABLAB]}, 422, "everybody at all hours"),
        ({"offers": [ON_FRIDAYS]}, 422, "everybody at all hours"),
        ({"offers": [{"components": [{"kind": "per_unit", "cents": 5, "unit": "g"}]}]}, 422, "counts 'g'"),
        ({"offers": [{"components": [{"kind": "per_time", "cents": 5, "step": -1}]}]}, 422, "step is -1"),
        ({"offers": [{"components": [{**BURNING, "measured": "running"}]}]}, 422, "running time"),
        ({"offers": [{**TO_FABLAB, "audiences": ["No Id"]}, TO_ALL]}, 422, "No Id"),
        ({"offers": [TO_ALL], "per_minute_num": 1}, 422, "nothing beside"),
        ({}, 422, "per_minute_num"),
    ],
)
def test_a_price_that_leaves_a_doubt_is_refused(door: Door, till: Any, body: Any, status: int, said: str) -> None:  # noqa: ANN401
    """Nobody without a price, nothing counted that no machine counts; the price that stands goes on."""
    before = price_below(door)

    answer = till.post(PRICES, json=body, headers={"Accept-Language": "en"})

    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert price_below(door) == before


def test_running_time_in_an_offer_needs_a_threshold(door: Door, till: Any) -> None:  # noqa: ANN401
    """With one it is taken."""
    with door.shop.changing() as change:
        machines.set_policy(change, "laser", Policy(running_above_w=50, running_below_w=20))

    running = {"components": [{**BURNING, "measured": "running"}]}
    assert till.post("/api/v1/machines/laser/prices", json={"offers": [running]}).status_code == 201


def test_what_would_fit_is_asked_at_ones_own_price(door: Door, till: Any) -> None:  # noqa: ANN401
    """The member of the fablab is told five euros and what time and energy may cost; another one twelve and a half."""
    till.post(PRICES, json={"offers": [TO_FABLAB, TO_ALL]})

    def told() -> int:
        with door.shop.store.read() as tx:
            return would_fit(tx, "kiln", door.shop.member, 600, NOON).cents

    mine = told()
    with door.shop.changing() as change:
        people.set_audience(change, door.shop.member, "")
    others = told()
    with door.shop.changing() as change:
        people.set_audience(change, door.shop.member, "fablab")

    assert (mine, others) == (500 + 750 + 10, 1_250 + 750)
    assert till.patch(f"/api/v1/members/{door.shop.member}", json={"audience": "x"}).status_code == 403


def test_the_office_comes_to_the_announced_price_from_the_end_alone(door: Door, till: Any) -> None:  # noqa: ANN401
    """Frozen offer, seconds, watt-hours; a later price changes nothing of it, and no alarm is raised."""
    till.post(PRICES, json={"offers": [TO_FABLAB, TO_ALL]})
    frozen = for_whom(price_below(door), audiences_of("fablab", SessionKind.PAID), None)
    till.post(PRICES, json={"per_minute_num": 1})
    announced = charge(frozen, 720, energy_wh=450)
    before = door.shop.credit_cents()
    journal = Journal(door.shop)
    journal.opened(hold_cents=2_000)
    journal.ended(seconds=720, price=frozen, announced_cents=announced.gross_cents, energy_wh=450)

    door.shop.told(journal)

    assert (announced.gross_cents, before - door.shop.credit_cents()) == (1_409, 1_409)
    assert (door.shop.alarms(), door.shop.reasons()) == ([], [])
