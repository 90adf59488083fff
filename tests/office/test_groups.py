"""Classes and the orders that pay for them: what comes down, what is said at 80 %, what the funder is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from controller.domain.facts import LessonMarked, Stamp
from controller.domain.ids import AccountId, BadgeToken, GroupId, MachineId, MemberId
from controller.domain.sessions import SessionKind
from controller.office.accounts import Role
from controller.office.directory import groups, orders, rights
from controller.office.directory.groups import AHEAD_DAYS, DAY_MS
from controller.office.refusals import ConflictError, InvalidError
from tests.office.door import Door
from tests.office.workshop import NOON, TOKEN, Journal, Workshop

HOUR_MS = 3_600_000


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """The fictional workshop behind its web door."""
    door = Door.opened(tmp_path)
    yield door
    door.shop.store.close()


def school(door: Door, ceiling_cents: int | None = 10_000) -> str:
    """A school whose class of twelve comes in an hour, with an order; its account."""
    desk = door.signed_in(Role.FABMANAGER)
    payer: str = desk.post("/api/v1/organisations", json={"name": "Collège Exemple", "books": "lab"}).json()["id"]
    if ceiling_cents is not None:
        order = {"number": "BC-2027-14", "ceiling_cents": ceiling_cents}
        assert desk.put(f"/api/v1/organisations/{payer}/purchase-order", json=order).status_code == 201
    made: dict[str, object] = {"id": "pottery", "name": "Poterie 5e B", "account": payer}
    made |= {"trainers": [door.shop.member], "machines": ["kiln", "laser"]}
    lesson = {"from_at": NOON + HOUR_MS, "until_at": NOON + 3 * HOUR_MS, "headcount": 12}
    assert desk.post("/api/v1/classes", json=made).status_code == 201
    assert desk.post("/api/v1/classes/pottery/lessons", json=lesson).status_code == 201
    return payer


def marked(shop: Workshop, payer: str, phase: Literal["begun", "over"], at_ms: int) -> LessonMarked:
    """What the floor writes of the lesson."""
    return LessonMarked(
        group=GroupId("pottery"),
        phase=phase,
        machine=MachineId("kiln"),
        member=MemberId(shop.member),
        token=BadgeToken(TOKEN),
        account=AccountId(payer),
        machines=(MachineId("kiln"),),
        headcount=12,
        from_ms=NOON + HOUR_MS,
        until_ms=NOON + 3 * HOUR_MS,
        rules=2,
        at=Stamp(boot_id="boot-1", boot_ms=at_ms - NOON, wall_ms=at_ms, clock="synced"),
    )


def used(shop: Workshop, journal: Journal, payer: str, number: int, minutes: int) -> None:
    """The class has used the kiln for so long, at 0.60 € a minute."""
    journal.ended(number, seconds=60 * minutes, account=AccountId(payer), kind=SessionKind.GROUP)
    shop.told(journal)


def test_a_class_comes_down_with_its_lessons_and_no_pupil(door: Door) -> None:
    """Who begins it, where, who pays, when, for how many."""
    payer = school(door)

    assert door.shop.entry("group", "pottery") == {
        "group": "pottery",
        "trainers": [door.shop.member],
        "machines": ["kiln", "laser"],
        "account": payer,
        "admits": True,
        "lessons": [{"from_ms": NOON + HOUR_MS, "until_ms": NOON + 3 * HOUR_MS, "headcount": 12}],
    }


def test_an_order_warns_at_eighty_percent_and_admits_no_lesson_when_it_is_used_up(door: Door) -> None:
    """Once each, whether the school has paid meanwhile or not; a new order admits again."""
    payer, shop = school(door), door.shop
    desk, journal = door.signed_in(Role.TREASURER), Journal(door.shop)
    seen = []
    for number, minutes in enumerate((132, 2, 32, 1), 1):
        used(shop, journal, payer, number, minutes)
        seen.append((shop.alarms(), shop.entry("group", "pottery")["admits"]))
    paid = {"amount_cents": 10_020, "means": "transfer", "reference": "BC-2027-14"}
    assert desk.post(f"/api/v1/payers/{payer}/top-ups", json=paid).status_code == 201
    still = shop.entry("group", "pottery")["admits"]

    shop.now_ms += 9_000_000  # after the last of these uses
    order = {"number": "BC-2027-15", "ceiling_cents": 5_000}
    desk.put(f"/api/v1/organisations/{payer}/purchase-order", json=order)

    assert seen == [
        ([], True),
        (["order_nearly_used_up"], True),
        (["order_nearly_used_up"], True),
        (["order_nearly_used_up", "order_used_up"], False),
    ]
    assert (still, shop.entry("group", "pottery")["admits"]) == (False, True)


def test_an_order_counts_from_its_own_date_and_is_listed_with_what_was_spent(door: Door) -> None:
    """The treasurer reads it beside the balance."""
    payer = school(door)
    used(door.shop, Journal(door.shop), payer, 1, 10)

    listed = door.signed_in(Role.TREASURER).get("/api/v1/organisations").json()["items"]

    assert [(each["name"], each["balance_cents"], each["order"]["spent_cents"]) for each in listed] == [
        ("Collège Exemple", -600, 600)
    ]


def test_without_an_order_the_accounts_credit_admits(door: Door) -> None:
    """A school that has paid ahead needs no order."""
    payer = school(door, ceiling_cents=None)
    before = door.shop.entry("group", "pottery")["admits"]
    paid = {"amount_cents": 5_000, "means": "transfer", "reference": "virement 3"}
    door.signed_in(Role.TREASURER).post(f"/api/v1/payers/{payer}/top-ups", json=paid)
    with door.shop.changing() as change:
        groups.refresh(change)

    assert (before, door.shop.entry("group", "pottery")["admits"]) == (False, True)


def test_the_funder_is_told_how_many_came_and_when(door: Door) -> None:
    """From what the floor saw: a lesson at which nobody came is not counted, one that was begun twice once."""
    payer, shop = school(door), door.shop
    journal = Journal(shop)
    journal.add(marked(shop, payer, "begun", NOON + HOUR_MS + 60_000))
    journal.add(marked(shop, payer, "begun", NOON + HOUR_MS + 120_000))
    journal.add(marked(shop, payer, "over", NOON + 2 * HOUR_MS))
    shop.told(journal)
    desk = door.signed_in(Role.TREASURER)
    span = {"from_at": NOON, "until_at": NOON + DAY_MS}

    listed = desk.get("/api/v1/reports/lessons", params=span).json()["items"]
    text = desk.get("/api/v1/reports/lessons.csv", params=span)

    assert listed == [
        {
            "group_class": "pottery",
            "class_name": "Poterie 5e B",
            "organisation": "Collège Exemple",
            "headcount": 12,
            "begun_at": NOON + HOUR_MS + 60_000,
            "over_at": NOON + 2 * HOUR_MS,
        }
    ]
    assert text.headers["content-type"].startswith("text/csv")
    assert text.text.splitlines()[1].split(",") == [str(cell) for cell in listed[0].values()]


def test_the_other_controllers_are_told_that_a_lesson_has_begun_and_is_over(door: Door) -> None:
    """With the machines that its trainer is trained for by then; a class that comes back from a pause goes on."""
    payer, shop = school(door), door.shop
    journal, told = Journal(shop), []
    for phase, minutes in (("begun", 1), ("over", 30), ("begun", 40)):
        at_ms = NOON + HOUR_MS + 60_000 * minutes
        if minutes == 40:
            with shop.changing("trainer-1") as change:
                rights.revoke(change, shop.member, "ceramics")
        journal.add(marked(shop, payer, "begun" if phase == "begun" else "over", at_ms))
        shop.told(journal)
        told.append(shop.entry("group", "pottery")["lessons"][0]["seen"])

    assert [each["over_ms"] for each in told] == [None, NOON + HOUR_MS + 30 * 60_000, None]
    assert {each["trainer"] for each in told} == {shop.member}
    assert [each["machines"] for each in told] == [["kiln", "laser"], ["kiln", "laser"], ["laser"]]


def test_what_nobody_here_knows_as_a_lesson_waits_for_a_person(door: Door) -> None:
    """A controller that tells of another lesson is not believed, and nothing is lost."""
    payer, shop = school(door), door.shop
    journal = Journal(shop)
    journal.add(replace(marked(shop, payer, "begun", NOON), from_ms=NOON))

    done = shop.told(journal)

    assert done.in_tray == 1


def test_a_lesson_that_has_begun_is_not_cancelled(door: Door) -> None:
    """Before, it is, and another one may be made for its hour."""
    payer, shop = school(door), door.shop
    desk = door.signed_in(Role.TRAINER)
    with shop.store.read() as tx:
        key = groups.classes(tx, shop.now_ms)[0]["lessons"][0]["id"]
    taken_back = desk.delete(f"/api/v1/lessons/{key}").status_code
    gone = shop.entry("group", "pottery")
    again = {"from_at": NOON + HOUR_MS, "until_at": NOON + 2 * HOUR_MS, "headcount": 8}
    made = desk.post("/api/v1/classes/pottery/lessons", json=again).json()["id"]
    journal = Journal(shop)
    journal.add(marked(shop, payer, "begun", NOON + HOUR_MS))
    shop.told(journal)

    too_late = desk.delete(f"/api/v1/lessons/{made}").status_code

    assert (taken_back, gone, too_late) == (204, None, 409)


def test_what_is_no_lesson_is_refused(door: Door) -> None:
    """Past, backwards, of nobody, of too many, or while the class has one."""
    school(door)
    wrong = [(-3, -2, 12), (5, 4, 12), (5, 6, 0), (5, 6, 1_001), (5, 30, 12)]
    for begins, ends, headcount in wrong:
        with door.shop.changing() as change, pytest.raises(InvalidError):
            groups.add_lesson(change, "pottery", NOON + begins * HOUR_MS, NOON + ends * HOUR_MS, headcount)
    with door.shop.changing() as change, pytest.raises(ConflictError):
        groups.add_lesson(change, "pottery", NOON + 2 * HOUR_MS, NOON + 4 * HOUR_MS, 12)


def test_lessons_come_nearer_and_pass_by_themselves(door: Door) -> None:
    """One beyond the horizon comes down when its time has come; what is past is gone."""
    school(door)
    far = (AHEAD_DAYS + 2) * DAY_MS
    with door.shop.changing() as change:
        groups.add_lesson(change, "pottery", NOON + far, NOON + far + HOUR_MS, 12)
    first = len(door.shop.entry("group", "pottery")["lessons"])

    door.shop.now_ms += 3 * DAY_MS
    with door.shop.store.read() as tx:
        due = groups.due(tx, door.shop.now_ms)
    with door.shop.changing() as change:
        groups.refresh(change)

    assert (first, due) == (1, ["pottery"])
    assert [each["from_ms"] for each in door.shop.entry("group", "pottery")["lessons"]] == [NOON + far]


def test_an_order_belongs_to_an_organisation(door: Door) -> None:
    """A member's own account has none, and a ceiling is a sum."""
    payer = school(door)
    desk = door.signed_in(Role.TREASURER)
    order = {"number": "BC-1", "ceiling_cents": 100}

    wrong = desk.put(f"/api/v1/organisations/{door.shop.account}/purchase-order", json=order).status_code
    nothing = desk.put(f"/api/v1/organisations/{payer}/purchase-order", json=order | {"ceiling_cents": 0}).status_code
    with door.shop.store.read() as tx:
        in_force = orders.order_of(tx, payer)

    assert (wrong, nothing) == (404, 422)
    assert in_force is not None
    assert in_force["number"] == "BC-2027-14"
