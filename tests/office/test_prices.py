"""Prices that workshops really have, set over the API, frozen at the machine, and explained for each use."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from controller.domain.access import audiences_of
from controller.domain.codec import decode
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price, charge, for_whom
from controller.office.accounts import Role
from controller.office.asking import would_fit
from controller.office.directory import machines, people
from controller.office.directory.policies import Policy
from controller.office.tray import say_running_time
from tests.office.door import PASSWORD, Door
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
def journal(door: Door) -> Journal:
    """What the kiln's controller tells, one use after the other."""
    return Journal(door.shop)


@pytest.fixture(scope="module")
def till(door: Door) -> TestClient:
    """The treasurer, who sets prices."""
    return door.signed_in(Role.TREASURER)


def test_a_price_of_offers_comes_down_as_it_was_sent_and_is_read_in_words(door: Door, till: TestClient) -> None:
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
def test_a_price_that_leaves_a_doubt_is_refused(
    door: Door, till: TestClient, body: dict[str, Any], status: int, said: str
) -> None:
    """Nobody without a price, nothing counted that no machine counts; the price that stands goes on."""
    before = price_below(door)

    answer = till.post(PRICES, json=body, headers={"Accept-Language": "en"})

    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    assert price_below(door) == before


def test_running_time_in_an_offer_needs_a_threshold(door: Door, till: TestClient) -> None:
    """With one it is taken."""
    with door.shop.changing() as change:
        machines.set_policy(change, "laser", Policy(running_above_w=50, running_below_w=20))

    running = {"components": [{**BURNING, "measured": "running"}]}
    assert till.post("/api/v1/machines/laser/prices", json={"offers": [running]}).status_code == 201


def test_what_would_fit_is_asked_at_ones_own_price(door: Door, till: TestClient) -> None:
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


def test_the_office_comes_to_the_announced_price_from_the_end_alone(
    door: Door, till: TestClient, journal: Journal
) -> None:
    """Frozen offer, seconds, watt-hours; a later price changes nothing of it, and no alarm is raised."""
    till.post(PRICES, json={"offers": [TO_FABLAB, TO_ALL]})
    frozen = for_whom(price_below(door), audiences_of("fablab", SessionKind.PAID), None)
    till.post(PRICES, json={"per_minute_num": 1})
    announced = charge(frozen, 720, energy_wh=450)
    before = door.shop.credit_cents()
    journal.opened(hold_cents=2_000)
    journal.ended(seconds=720, price=frozen, announced_cents=announced.gross_cents, energy_wh=450)

    door.shop.told(journal)

    assert (announced.gross_cents, before - door.shop.credit_cents()) == (1_409, 1_409)
    assert (door.shop.alarms(), door.shop.reasons()) == ([], [])


def explained(client: TestClient, number: int) -> Any:  # noqa: ANN401 - JSON
    """What is said of a use."""
    return client.get(f"/api/v1/sessions/s-{number}/explanation").json()


def test_each_charge_explains_itself_from_the_version_that_the_ledger_names(
    door: Door, till: TestClient, journal: Journal
) -> None:
    """What was counted, in the order in which it was; a price given since changes no word of it."""
    till.post(PRICES, json={"offers": [TO_FABLAB, TO_ALL]})
    frozen = for_whom(price_below(door), ("fablab",), None)
    journal.ended(20, seconds=725, price=frozen, announced_cents=1_415, energy_wh=450)
    journal.ended(21, seconds=300, price=frozen, announced_cents=899)
    door.shop.told(journal)
    till.post(PRICES, json={"per_minute_num": 1})

    said = explained(till, 20)

    assert said["said"]["en"] == [
        "€5.00 a use: €5.00",
        "€0.75 a minute × 12\u00a0min 5\u00a0s: ≈ €14.06",
        "€0.20 a kWh by the meter (3 kW at most) × 450 Wh: ≈ €14.15",
        "rounded once to the cent: €14.15",
    ]
    assert said["said"]["fr"][0] == "5,00\u00a0€ par utilisation\u00a0: 5,00\u00a0€"
    assert said["charge"]["gross_cents"] == 1_415
    assert said["charge"]["price_hash"] == frozen.content_hash
    assert len(explained(till, 21)["said"]["en"]) == 2  # nothing was metered, nothing was to be rounded
    assert door.shop.alarms() == ["announced_otherwise"]  # 8.99 € were told for 8.75 €


def test_a_charge_of_the_short_form_is_explained_too(door: Door, till: TestClient, journal: Journal) -> None:
    """Prices per minute are components like any other, with the word of a person for running time that no meter saw."""
    with door.shop.changing() as change:
        machines.set_policy(change, "kiln", Policy(running_above_w=50, running_below_w=20))
    till.post(PRICES, json={"per_minute_num": 60, "minimum_cents": 200, "measured": "running"})
    journal.ended(30, seconds=600, price=price_below(door), announced_cents=600, busy_s=90, idle_s=400)
    fact = journal.facts[-1]
    door.shop.told(journal)
    waiting = explained(till, 30)
    with door.shop.changing() as change:
        say_running_time(change, (fact.controller, fact.branch, fact.n), 150, "the maker's notebook")

    assert waiting == {"charge": None, "said": None}
    assert explained(till, 30)["said"]["en"] == [
        "€0.60 a minute of running × 2\u00a0min 30\u00a0s: €1.50",
        "at least €2.00: €2.00",
    ]


def test_makers_are_told_of_their_own_uses_only(door: Door, till: TestClient) -> None:
    """Whoever else asks is refused, and a use that is none is not found."""
    other = people.NewMember(name="Léo Inventé", books="lab")
    with door.shop.changing() as change:
        leo = people.create_member(change, door.shop.vault, other)
    zoe = door.signed_in(Role.MAKER, member=door.shop.member)
    mine = zoe.get("/api/v1/sessions/s-1/explanation")
    page = unescape(zoe.get(f"/members/{door.shop.member}").text)
    door.account("leo", Role.MAKER, member=leo)
    stranger = door.stranger()
    stranger.post("/api/v1/session", json={"login": "leo", "password": PASSWORD})

    assert (mine.status_code, mine.json()["charge"]["gross_cents"]) == (200, 1_409)
    assert mine.json()["said"]["fr"][0] in page.split("Pourquoi ce prix")[-1]
    assert stranger.get("/api/v1/sessions/s-1/explanation").status_code == 403
    assert till.get("/api/v1/sessions/s-999/explanation").status_code == 404
