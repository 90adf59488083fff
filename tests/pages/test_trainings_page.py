"""A fabmanager adds a training on a page; trainers say there who gives it and who agreed to be named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from controller.office.directory import access, machines, rights
from tests.pages.house import NOW, House, founded, send

NEW = "/trainings/new"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office, whose stories follow each other."""
    made = founded(tmp_path_factory.mktemp("trainings"))
    yield made
    made.office.store.close()


def _trainings(house: House) -> dict[str, dict[str, Any]]:
    with house.office.store.read() as tx:
        return {row["id"]: row for row in machines.trainings(tx)}


def _trainers_named(house: House) -> list[str]:
    with house.office.store.read() as tx:
        return list(access.access_of(tx, house.office.vault, house.members["ines"], "kiln", NOW)["trainers"])


def test_a_training_is_added_with_all_that_it_asks_for(house: House) -> None:
    """What was typed is what the floor is told; an empty field is no limit."""
    desk = house.browser("fabmanager")

    made = send(
        desk, NEW, NEW, id="mill-5", name="Fraisage", valid_days="730", unused_max_days="", supervised_uses="3",
        **{"machine.mill": "yes", "need.laser-basics": "yes"},
    )  # fmt: skip

    assert made.headers["Location"] == "/trainings/mill-5?done=done.training"
    assert _trainings(house)["mill-5"] == {
        "id": "mill-5", "name": "Fraisage", "valid_days": 730, "supervised_uses": 3, "needs": ["laser-basics"],
        "unused_max_days": None, "machines": ["mill"],
    }  # fmt: skip
    shown = house.browser("maker").get("/trainings/mill-5").text
    assert "valable 730 jours" in shown
    assert "demande aussi" in shown
    assert "Fraiseuse CNC" in house.browser("maker").get("/trainings").text


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"id": "new", "valid_days": "bientôt"}, "valid_days"),
        ({"id": "new", "supervised_uses": "-1"}, "supervised_uses"),
        ({"id": "ceramics"}, "training"),
        ({"id": "Pas bon"}, "training"),
    ],
)
def test_a_training_that_cannot_be_made_comes_back_as_it_was_typed(
    house: House, typed: dict[str, str], field: str
) -> None:
    """The reason stands in the form, the ticked machines stay ticked, nothing is stored."""
    before = _trainings(house)

    answer = send(house.browser("fabmanager"), NEW, NEW, **{"name": "Essai", "machine.mill": "yes", **typed})

    assert answer.status_code in {409, 422}
    assert f'id="e-{field}"' in answer.text
    assert 'value="Essai"' in answer.text
    assert 'name="machine.mill" value="yes" checked' in answer.text
    assert _trainings(house) == before


def test_a_trainings_rules_are_changed_and_no_training_comes_to_need_itself(house: House) -> None:
    """The floor hears of the new need at once; the other way round is a circle, and comes back as it was typed."""
    desk, milling = house.browser("fabmanager"), "/trainings/mill-5"

    form = {
        "part": "rules",
        "name": "Fraisage, 5 axes",
        "valid_days": "",
        "unused_max_days": "90",
        "supervised_uses": "",
    }
    saved = send(desk, milling, milling, **form, **{"need.ceramics": "yes"})
    circle = send(
        desk,
        "/trainings/ceramics",
        milling,
        part="rules",
        name="Céramique",
        **{"need.mill-5": "yes", "valid_days": "77"},
    )

    assert saved.headers["Location"] == f"{milling}?done=done.training_rules"
    row = _trainings(house)["mill-5"]
    assert (row["name"], row["needs"], row["valid_days"], row["unused_max_days"], row["supervised_uses"]) == (
        "Fraisage, 5 axes", ["ceramics"], None, 90, 0,
    )  # fmt: skip
    with house.office.store.read() as tx:
        entry = machines.machine_entry(tx, "mill")
    assert entry is not None
    assert [(each.training, each.needs) for each in entry.prerequisites] == [("mill-5", ("ceramics",))]
    assert circle.status_code == 409
    assert ['id="e-training"' in circle.text, 'value="77"' in circle.text] == [True, True]
    assert _trainings(house)["ceramics"]["needs"] == []


def test_the_machines_of_a_training_are_ticked(house: House) -> None:
    """What is ticked opens, what is not does not."""
    path = "/trainings/ceramics"

    send(house.browser("fabmanager"), f"{path}/machines", path, **{"machine.kiln": "yes", "machine.mega": "yes"})

    assert _trainings(house)["ceramics"]["machines"] == ["kiln", "mega"]


def test_a_trainer_is_named_only_with_consent_and_no_longer_once_it_is_withdrawn(house: House) -> None:
    """Zoé gives the training without being named, agrees, and gives it no more; her own right stays as it was."""
    path, zoe = "/trainings/ceramics", house.members["zoe"]
    trainer = house.browser("trainer")
    with house.office.store.read() as tx:
        right = rights.grants_of(tx, zoe)[-1]

    named = []
    for wanted in ("unnamed", "named", "not"):
        send(trainer, f"{path}/trainers", path, member=zoe, do=wanted)
        named.append(_trainers_named(house))

    assert named == [[], ["Zoé Fictive"], []]
    with house.office.store.read() as tx:
        after = rights.grants_of(tx, zoe)[-1]
    assert [after[name] for name in ("id", "from_at", "until_at")] == [
        right[name] for name in ("id", "from_at", "until_at")
    ]
    refused = send(trainer, f"{path}/trainers", path, member=house.members["marc"], do="named")
    assert (refused.status_code, "e-member" in refused.text) == (409, True)


def test_names_stand_behind_the_trainers_door(house: House) -> None:
    """A maker reads what a training asks for, never who holds it."""
    seen = {who: "Zoé Fictive" in house.browser(who).get("/trainings/ceramics").text for who in ("maker", "trainer")}

    assert seen == {"maker": False, "trainer": True}
