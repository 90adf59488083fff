"""A school's class from its organisation to its lesson, on pages; no pupil's name is asked anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import unescape
from typing import Any

import pytest

from controller.office.directory import groups, orders, rights
from controller.office.web.pages_format import TIME_ZONE
from tests.pages.house import House, founded, send

NEW = "/classes/new"
CLASS = "/classes/pottery"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office on Friday 15 January 2027, where Zoé gives the ceramics training; its stories follow each other."""
    made = founded(tmp_path_factory.mktemp("classes"))
    with made.office.changing("tester") as change:
        rights.set_trainer(change, made.members["zoe"], "ceramics", may_train=True, may_be_named=False)
    yield made
    made.office.store.close()


def _classes(house: House) -> list[dict[str, Any]]:
    with house.office.store.read() as tx:
        return groups.classes(tx, house.clock[0])


def _organisations(house: House) -> list[dict[str, Any]]:
    with house.office.store.read() as tx:
        return orders.organisations(tx)


def test_a_treasurer_adds_a_school_and_its_order(house: House) -> None:
    """The organisation has an account that may owe, and an order of 200 €."""
    till = house.browser("treasurer")

    made = send(till, "/organisations", "/organisations", name="Collège Exemple", books="lab", debt="50")
    place = made.headers["Location"].split("?")[0]
    ordered = send(till, f"{place}/order", place, number="BC-2027-14", ceiling="200")

    assert ordered.headers["Location"] == f"{place}?done=done.order"
    (school,) = _organisations(house)
    assert (school["name"], school["order"]["number"], school["order"]["ceiling_cents"]) == (
        "Collège Exemple", "BC-2027-14", 20_000,
    )  # fmt: skip
    page = till.get(place).text
    assert "BC-2027-14" in page
    assert "0,00" in page
    assert "/api/v1/reports/lessons.csv?from_at=" in till.get("/organisations").text


@pytest.mark.parametrize(
    ("path", "typed", "field"),
    [
        ("", {"name": "Lycée", "books": "lab", "debt": "beaucoup"}, "debt"),
        ("", {"name": " ", "books": "lab", "debt": ""}, "name"),
        ("/order", {"number": "BC-2", "ceiling": "0"}, "ceiling"),
        ("/order", {"number": " ", "ceiling": "10"}, "number"),
    ],
)
def test_a_slip_at_the_till_comes_back_and_stores_nothing(
    house: House, path: str, typed: dict[str, str], field: str
) -> None:
    """What was typed is still there, the reason stands beside it."""
    before = _organisations(house)
    place = f"/organisations/{before[0]['id']}" if path else "/organisations"

    answer = send(house.browser("treasurer"), place + path, place, **typed)

    assert answer.status_code == 422
    assert f'id="e-{field}"' in answer.text
    assert _organisations(house) == before


def test_a_fabmanager_makes_the_class_and_a_trainer_its_lesson(house: House) -> None:
    """Twelve pupils on Tuesday afternoon; the trainer takes it back again."""
    school, zoe = _organisations(house)[0]["id"], house.members["zoe"]
    form = {"id": "pottery", "name": "Poterie 5e B", "account": school, f"trainer.{zoe}": "yes", "machine.kiln": "yes"}

    made = send(house.browser("fabmanager"), NEW, NEW, **form)
    trainer = house.browser("trainer")
    send(trainer, f"{CLASS}/lessons", CLASS, day="2027-01-19", hours="14:00-16:30", headcount="12")

    assert made.headers["Location"] == f"{CLASS}?done=done.class"
    (row,) = _classes(house)
    assert (row["trainers"], row["machines"], row["account"]) == ([zoe], ["kiln"], school)
    (lesson,) = row["lessons"]
    begins = round(datetime(2027, 1, 19, 14, tzinfo=TIME_ZONE).timestamp() * 1_000)
    assert (lesson["from_at"], lesson["until_at"], lesson["headcount"]) == (begins, begins + 150 * 60_000, 12)
    page = trainer.get(CLASS).text
    assert ["14:00 – 16:30" in page, "12 personnes" in page, "Zoé Fictive" in page] == [True] * 3
    assert "/organisations" not in page
    send(trainer, f"{CLASS}/lessons/{lesson['id']}/cancel", CLASS)
    assert _classes(house)[0]["lessons"] == []


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"hours": "bientôt"}, "hours", "Ce temps ne se lit pas"),
        ({"headcount": "0"}, "headcount", "Ce nombre ne se lit pas"),
        ({"headcount": "5000"}, "hours", "séance à venir"),
        ({"day": "2027-01-14"}, "hours", "séance à venir"),
    ],
)
def test_a_lesson_that_cannot_be_says_why(house: House, typed: dict[str, str], field: str, said: str) -> None:
    """Unreadable, empty, too many or past: nothing is stored."""
    form = {"day": "2027-01-20", "hours": "9-11", "headcount": "8", **typed}

    answer = send(house.browser("trainer"), f"{CLASS}/lessons", CLASS, **form)

    assert answer.status_code == 422
    assert said in unescape(answer.text.split(f'id="e-{field}"')[1].split("</p>")[0])
    assert f'value="{form["hours"]}"' in answer.text
    assert _classes(house)[0]["lessons"] == []


def test_a_class_without_trainers_comes_back_with_what_was_ticked(house: House) -> None:
    """A class that nobody could begin is none."""
    form = {"id": "saws", "name": "Bois", "account": _organisations(house)[0]["id"], "machine.mill": "yes"}

    answer = send(house.browser("fabmanager"), NEW, NEW, **form)

    assert answer.status_code == 422
    assert 'id="e-class"' in answer.text
    assert 'name="machine.mill" value="yes" checked' in answer.text
    assert len(_classes(house)) == 1
