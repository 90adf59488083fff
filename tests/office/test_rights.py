"""What trainings need, when they are lost unused, and one answer to what is missing and who gives it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.domain.sessions import SessionKind
from controller.office.accounts import Role
from controller.office.directory import machines, people, rights
from controller.office.directory.people import NewMember
from controller.office.directory.rights import DAY_MS
from controller.office.refusals import InvalidError, NotFoundError
from controller.office.upkeep import HOURS_EVERY_MS
from tests.office.door import Door
from tests.office.downlink_kit import Desk
from tests.office.workshop import NOON, Journal, Workshop


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """The fictional workshop behind its web door."""
    door = Door.opened(tmp_path)
    yield door
    door.shop.store.close()


def cutting(shop: Workshop, *, unused_max_days: int | None = None) -> None:
    """The laser asks for `cutting`, which needs `safety`; Zoé holds the first."""
    with shop.changing() as change:
        machines.create_training(change, "safety", "Sécurité", [])
        machines.create_training(
            change, "cutting", "Découpe", ["laser"], needs=["safety"], unused_max_days=unused_max_days
        )
        rights.grant(change, shop.member, "cutting")


def until(shop: Workshop) -> int:
    """When Zoé's right to the laser ends, as the floor has it, in days from noon."""
    at: int = shop.entry("right", f"{shop.member}/cutting")["until_ms"]
    return (at - NOON) // DAY_MS


def test_what_a_training_needs_comes_down_with_its_machines(door: Door) -> None:
    """The floor judges it without the office; other machines know nothing of it."""
    desk = door.signed_in(Role.FABMANAGER)
    desk.post("/api/v1/trainings", json={"id": "safety", "name": "Sécurité", "machines": []})
    asked = {"id": "cutting", "name": "Découpe", "machines": ["laser"], "needs": ["safety"]}
    made = desk.post("/api/v1/trainings", json=asked).status_code
    listed = {each["id"]: each["needs"] for each in desk.get("/api/v1/trainings").json()["items"]}

    assert made == 201
    assert door.shop.entry("machine", "laser")["prerequisites"] == [{"training": "cutting", "needs": ["safety"]}]
    assert "prerequisites" not in door.shop.entry("machine", "kiln")
    assert listed["cutting"] == ["safety"]


def test_a_training_needs_only_what_was_there_before_it(door: Door) -> None:
    """So no circle can be made; and no validity is of no day."""
    with door.shop.changing() as change:
        with pytest.raises(NotFoundError):
            machines.create_training(change, "a", "A", ["laser"], needs=["b"])
        with pytest.raises(InvalidError):
            machines.create_training(change, "a", "A", ["laser"], unused_max_days=0)


def test_a_right_is_lost_unused_and_a_use_moves_that_on(tmp_path: Path) -> None:
    """Ninety days from the grant; a use after thirty makes it a hundred and twenty; the floor is told by itself."""
    desk = Desk(Workshop.founded(tmp_path))
    shop = desk.shop
    cutting(shop, unused_max_days=90)
    first = until(shop)
    journal = Journal(shop)
    journal.ended(30 * 1_440, machine="laser")
    shop.now_ms += 31 * DAY_MS + HOURS_EVERY_MS
    shop.told(journal)

    desk.turn()

    assert (first, until(shop)) == (90, 120)
    desk.closes()


def test_an_end_by_date_is_not_moved_by_use(door: Door) -> None:
    """Whichever comes first."""
    shop = door.shop
    cutting(shop, unused_max_days=90)
    with shop.changing() as change:
        rights.grant(change, shop.member, "cutting", until_at=NOON + 10 * DAY_MS)

    assert until(shop) == 10


def test_notice_is_given_before_a_right_ends(door: Door) -> None:
    """By its date or for want of use, which says that a use keeps it."""
    cutting(door.shop, unused_max_days=20)
    desk = door.signed_in(Role.TRAINER)

    soon = desk.get("/api/v1/rights/expiring", params={"within_days": 30}).json()["items"]
    sooner = desk.get("/api/v1/rights/expiring", params={"within_days": 10}).json()["items"]

    assert soon == [{"member": door.shop.member, "training": "cutting", "until_at": NOON + 20 * DAY_MS, "unused": True}]
    assert sooner == []


def test_one_answer_says_what_is_missing_and_who_gives_it(door: Door) -> None:
    """Zoé lacks the training before; of two trainers one agreed to be named."""
    shop = door.shop
    cutting(shop)
    with shop.changing() as change:
        for name, named in (("Ada Fictive", True), ("Ben Fictif", False)):
            key = people.create_member(change, shop.vault, NewMember(name=name, books="lab"))
            rights.grant(change, key, "cutting", may_train=True, may_be_named=named)
    zoe = door.signed_in(Role.MAKER, member=shop.member)
    where = f"/api/v1/members/{shop.member}/access/laser"

    before = zoe.get(where).json()
    with shop.changing() as change:
        rights.grant(change, shop.member, "safety", until_at=NOON + 5 * DAY_MS)
        rights.grant(change, shop.member, "cutting", until_at=NOON + 9 * DAY_MS)
    after = zoe.get(where).json()

    assert (before["reason"], before["trainers"]) == ("prerequisite_missing", ["Ada Fictive"])
    assert before["sentence"]["fr"].startswith("Votre habilitation en demande une autre")
    assert before["trainings"] == [
        {"id": "cutting", "name": "Découpe", "held": False, "until_at": None, "needs": ["Sécurité"]}
    ]
    assert (after["reason"], after["until_at"], after["trainers"]) == (None, NOON + 9 * DAY_MS, [])


def test_what_somebody_lacks_concerns_nobody_else(door: Door) -> None:
    """A maker asks for themselves; a fabmanager for anybody, with no more right at the machine for being one."""
    shop = door.shop
    cutting(shop)
    with shop.changing() as change:
        other = people.create_member(
            change, shop.vault, NewMember(name="Cy Fictif", books="lab", use_kind=SessionKind.STAFF)
        )
    maker = door.signed_in(Role.MAKER, member=shop.member)
    desk = door.signed_in(Role.FABMANAGER, member=other)

    assert maker.get(f"/api/v1/members/{other}/access/laser").status_code == 403
    assert desk.get(f"/api/v1/members/{other}/access/laser").json()["reason"] == "training_missing"
