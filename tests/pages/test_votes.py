"""Co-owners vote on the manager's fee: on the page and by the API, with the manager left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from controller.office.accounts import Role
from tests.office.door import Door
from tests.office.workshop import NOON

PLACE = "/agreements/ceramics/votes"
API = "/api/v1/agreements/ceramics/votes"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The workshop with its five owners, of whom the manager is one."""
    door = Door.opened(tmp_path_factory.mktemp("votes"))
    door.shop.now_ms = NOON
    yield door
    door.shop.store.close()


@pytest.fixture(scope="module")
def treasurer(door: Door) -> TestClient:
    """Who writes down and settles."""
    return door.signed_in(Role.TREASURER)


@pytest.fixture(scope="module")
def manager(door: Door) -> TestClient:
    """Who manages for all, and owns a share."""
    return door.signed_in(Role.CO_OWNER, Role.MAKER, party="manager")


def send(client: TestClient, place: str, **form: str) -> str:
    """Send a form of the page as a browser does, and return the page that it leads to."""
    token = re.search(r'name="csrf" value="([^"]+)"', client.get(PLACE).text)
    assert token is not None
    page = client.post(place, data={**form, "csrf": token[1]}, headers={"Origin": "https://testserver"})
    return " ".join(page.text.split())


def proposed(treasurer: TestClient, percent: str, day: str) -> str:
    """Put a fee to the vote on the page and return the decision's id."""
    send(treasurer, PLACE, question=f"{percent} % ?", percent=percent, per_hour="", day=day, majority="two_thirds")
    found = treasurer.get(API).json()["items"]
    return str(next(each["id"] for each in found if each["question"] == f"{percent} % ?"))


def test_a_lower_fee_is_voted_by_the_owners_without_the_manager_and_becomes_the_version(
    door: Door, treasurer: TestClient, manager: TestClient
) -> None:
    """Three of the four others agree: three quarters of who may vote, so 40 % holds from the day named on."""
    decision = proposed(treasurer, "40", "2027-03-01")
    owner = door.signed_in(Role.CO_OWNER, party="owner-1")

    own_pay = manager.post(f"/api/v1/votes/{decision}/ballots", json={"choice": "for"})
    for_another = owner.post(f"/api/v1/votes/{decision}/ballots", json={"choice": "for", "party": "owner-2"})
    send(owner, f"{PLACE}/{decision}", choice="against")
    after = send(owner, f"{PLACE}/{decision}", choice="for")
    for party in ("owner-2", "owner-3"):
        treasurer.post(f"/api/v1/votes/{decision}/ballots", json={"choice": "for", "party": party})
    forbidden = owner.post(f"/api/v1/votes/{decision}/settle")
    settled = treasurer.post(f"/api/v1/votes/{decision}/settle").json()

    assert (own_pay.status_code, for_another.status_code, forbidden.status_code) == (409, 404, 403)
    assert "Ne vote pas : manager" in after
    assert "owner-1 : pour" in after
    assert settled["result"] | {"votes": None} == {
        "for_weight": 3, "against_weight": 0, "total_weight": 4, "excluded": ["manager"], "carried": True,
        "version": 2, "votes": None,
    }  # fmt: skip
    versions = treasurer.get("/api/v1/agreements").json()["items"][0]["versions"]
    weights = [line["weight"] for line in versions[-1]["lines"]]
    assert (weights[0] * 5, versions[-1]["from_at"]) == (sum(weights) * 2, 1_803_855_600_000)
    assert "adopté : version 2" in " ".join(treasurer.get(PLACE).text.split())
    assert treasurer.post(f"/api/v1/votes/{decision}/settle").status_code == 409


def test_a_vote_that_is_lost_changes_nothing_and_stays_to_be_read(treasurer: TestClient) -> None:
    """Nobody said anything: silence is not consent."""
    decision = proposed(treasurer, "60", "2027-04-01")
    before = treasurer.get("/api/v1/agreements").json()

    page = send(treasurer, f"{PLACE}/{decision}/settle")

    assert "rejeté" in page
    assert treasurer.get("/api/v1/agreements").json() == before


def test_terms_other_than_the_fee_are_voted_on_by_everybody(treasurer: TestClient, manager: TestClient) -> None:
    """Losses are to be called: the manager, who owns a share, votes on that."""
    last = treasurer.get("/api/v1/agreements").json()["items"][0]["versions"][-1]
    terms = {name: value for name, value in last["terms"].items() if name not in {"schema", "kinds"}}
    said = {"question": "Appels de fonds ?", "majority": "majority", "from_at": last["from_at"] + 86_400_000}
    body = {**said, "lines": last["lines"], "terms": {**terms, "loss_rule": "call_for_funds"}}
    decision = treasurer.post(API, json=body).json()["id"]

    voted = manager.post(f"/api/v1/votes/{decision}/ballots", json={"choice": "for"})

    assert voted.status_code == 204
    shown = next(each for each in treasurer.get(API).json()["items"] if each["id"] == decision)
    assert shown["result"]["total_weight"] == 5 * last["lines"][1]["weight"]


def test_a_percentage_that_is_none_is_told_and_nothing_is_put_to_the_vote(treasurer: TestClient) -> None:
    """A hundred and forty per cent of the income is no fee."""
    before = len(treasurer.get(API).json()["items"])

    page = send(treasurer, PLACE, question="?", percent="140", per_hour="", day="2027-05-01", majority="majority")

    assert "de 0 à 100" in page
    assert len(treasurer.get(API).json()["items"]) == before
