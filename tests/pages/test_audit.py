"""Whoever runs a workshop finds out who changed what, and takes it away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import controller.office
from controller.office.audit_trail import as_csv
from controller.office.directory import machines
from controller.office.web.texts import TEXTS
from tests.pages.house import NOW, House, founded, send

DAY_MS = 86_400_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A maintainer locked the laser cutter and let it go again, a day later."""
    made = founded(tmp_path_factory.mktemp("audit"))
    keeper = made.browser("maintainer")
    send(keeper, "/machines/laser/locks", "/machines/laser", reason="miroir sale")
    with made.office.store.read() as tx:
        (lock,) = machines.machine_view(tx, "laser").locks
    made.clock[0] = NOW + DAY_MS
    send(made.browser("maintainer", "en"), f"/machines/laser/locks/{lock['id']}/lift", "/machines/laser")
    yield made
    made.office.store.close()


def found(house: House, **query: str) -> list[str]:
    """What the page says of each change: who, what, about what."""
    page = house.browser("fabmanager").get("/audit", params=query).text
    lines = re.findall(r"<li><span.*?</span> (.*?)(?:<details>|</li>)", page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", "", line).split()) for line in lines]


def test_a_change_is_found_by_person_kind_thing_and_day(house: House) -> None:
    """In words, newest first, with what was before and after."""
    keeper = account_of(house, "maintainer")

    assert found(house, about="laser", who=keeper) == [
        "maintainer lève une mise hors service laser", "maintainer met hors service laser",
    ]  # fmt: skip
    assert found(house, what="set_lock") == ["maintainer met hors service laser"]
    assert found(house, what="lift_lock", until="2027-01-15") == []
    assert found(house, what="lift_lock", since="2027-01-16", until="2027-01-16") != []
    assert "miroir sale" in house.browser("fabmanager").get("/audit?what=set_lock").text


def account_of(house: House, login: str) -> str:
    """An account's id."""
    listed = house.browser("admin").get("/api/v1/accounts").json()["items"]
    return next(str(each["id"]) for each in listed if each["login"] == login)


def test_a_member_is_named_and_leads_to_their_page(house: House) -> None:
    """The audit holds ids; who may read names reads names."""
    zoe = house.members["zoe"]

    page = house.browser("fabmanager").get(f"/audit?about={zoe}&what=grant").text

    assert f'<a href="/members/{zoe}">Zoé Fictive</a>' in page


def test_only_the_desk_reads_it_and_a_program_gets_the_same(house: House) -> None:
    """Part after part, as the other lists of the API."""
    desk = house.browser("fabmanager")
    whole = desk.get("/api/v1/audit?limit=500").json()["items"]
    first = desk.get("/api/v1/audit?limit=2").json()
    second = desk.get(f"/api/v1/audit?limit=2&before={first['next']}").json()

    assert [*first["items"], *second["items"]] == whole[:4]
    assert {house.browser(who).get("/api/v1/audit").status_code for who in ("maker", "treasurer", "trainer")} == {403}
    assert {house.browser(who).get("/audit/file").status_code for who in ("maker", "treasurer", "trainer")} == {403}


def test_the_file_holds_what_the_page_looked_for_and_no_formula() -> None:
    """A spreadsheet that opens it computes nothing that somebody wrote into a reason."""
    row = {
        "id": 7,
        "at": NOW,
        "actor": "w_1",
        "what": "set_lock",
        "subject": "=1+1",
        "before": None,
        "after": '{"a":1}',
    }

    lines = list(csv.reader(io.StringIO(as_csv([row], {"w_1": "accueil"}).decode("utf-8-sig")), delimiter=";"))

    assert lines[1] == ["7", "2027-01-15T08:00:00+00:00", "accueil", "set_lock", "'=1+1", "", '{"a":1}']


def test_the_page_gives_the_file_of_what_it_shows(house: House) -> None:
    """The same words in the address."""
    answer = house.browser("fabmanager").get("/audit/file?what=set_lock")

    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    assert answer.text.count("set_lock") == 1
    assert "lift_lock" not in answer.text


def test_a_day_that_is_none_is_told(house: House) -> None:
    """And nothing is hidden by it."""
    answer = house.browser("fabmanager").get("/audit?since=hier")

    assert answer.status_code == 422
    assert "Ce jour n&#39;existe pas" in answer.text


def test_every_kind_of_change_is_said_in_words() -> None:
    """A new one asks for its words here."""
    folder = Path(controller.office.__file__).parent
    written = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    noted = set(re.findall(r'\.audit\(\s*"([a-z_]+)"', written))

    assert {kind for kind in noted if f"did.{kind}" not in TEXTS} == set()
