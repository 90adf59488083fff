"""A machine's counters never go back, and what is to be done to it is due by hours, uses or the calendar."""

from dataclasses import replace
from typing import Any

import pytest

from controller.errors import UserError
from controller.office.directory import maintenance
from controller.office.directory.maintenance import DAY_MS, Plan
from controller.office.machine_hours import Hours, hours_of
from controller.office.tray import retry_tray
from tests.office.workshop import NOON, Journal, Workshop

HOUR_S = 3_600


def hours(shop: Workshop, machine: str = "kiln") -> Hours:
    """What the machine has done."""
    with shop.store.read() as tx:
        return hours_of(tx, machine)


def plans(shop: Workshop) -> list[tuple[Any, ...]]:
    """The kiln's plans: name, what is left, state."""
    with shop.store.read() as tx:
        found = maintenance.plans_of(tx, "kiln", shop.now_ms)
    return [(plan["id"], plan["left_s"], plan["left_uses"], plan["left_days"], plan["state"]) for plan in found]


def planned(shop: Workshop, key: str, plan: Plan) -> None:
    """A maintainer writes a plan down."""
    with shop.changing() as change:
        maintenance.set_plan(change, "kiln", key, plan)


def test_every_use_counts_once_whatever_becomes_of_its_price(shop: Workshop) -> None:
    """Posted, in the tray and tried again, told by two branches: each is on the counter once."""
    journal = Journal(shop)
    journal.opened()
    journal.ended(seconds=600, busy_s=400, idle_s=200, energy_wh=900)
    journal.opened(2, machine="saw")
    journal.ended(2, "saw", 300)
    shop.told(journal)
    with shop.changing() as change:
        retry_tray(change)
    again = journal.child("b2")
    again.ended(seconds=600, busy_s=400, idle_s=200, energy_wh=900)
    shop.told(again)

    assert hours(shop) == Hours(powered_s=600, busy_s=400, uses=1, energy_wh=900)
    assert hours(shop, "saw") == Hours(powered_s=300, uses=1)
    assert hours(shop, "laser") == Hours()


def test_maintenance_is_due_by_hours_uses_or_days_whichever_comes_first(shop: Workshop) -> None:
    """A tenth before it is due it is soon."""
    planned(shop, "coils", Plan(name="Résistances", every_s=10 * HOUR_S, every_days=365))
    planned(shop, "seal", Plan(name="Joint", every_uses=2))
    journal = Journal(shop)
    for number in (1, 2):
        journal.used(number, seconds=9 * HOUR_S // 2)
    shop.told(journal)

    assert plans(shop) == [("coils", HOUR_S, None, 365, "soon"), ("seal", None, 0, None, "due")]
    shop.now_ms = NOON + 365 * DAY_MS
    assert plans(shop)[0] == ("coils", HOUR_S, None, 0, "due")
    with shop.store.read() as tx:
        assert [plan["id"] for plan in maintenance.due_plans(tx, NOON)] == ["seal", "coils"]


def test_what_was_done_counts_anew_and_the_counter_goes_on(shop: Workshop) -> None:
    """Hobbs time is never set back."""
    planned(shop, "seal", Plan(name="Joint", every_uses=1))
    journal = Journal(shop)
    journal.used()
    shop.told(journal)

    with shop.changing() as change:
        maintenance.note_done(change, "kiln", "seal", "changed")

    assert plans(shop) == [("seal", None, 1, None, "later")]
    assert hours(shop).uses == 1


def test_a_plan_by_work_counts_work_alone(shop: Workshop) -> None:
    """Standby wears no blade."""
    planned(shop, "blade", Plan(name="Lame", measured="running", every_s=500))
    journal = Journal(shop)
    journal.opened()
    journal.ended(seconds=600, busy_s=100, idle_s=500)
    shop.told(journal)

    assert plans(shop) == [("blade", 400, None, None, "later")]


def test_a_changed_plan_counts_on_from_when_it_was_done(shop: Workshop) -> None:
    """Shorter intervals do not forgive what was worn already."""
    planned(shop, "seal", Plan(name="Joint", every_uses=10))
    journal = Journal(shop)
    journal.used()
    shop.told(journal)

    planned(shop, "seal", replace(Plan(name="Joint", every_uses=1)))

    assert plans(shop) == [("seal", None, 0, None, "due")]
    with shop.changing() as change:
        maintenance.drop_plan(change, "kiln", "seal")
    assert plans(shop) == []


@pytest.mark.parametrize("wrong", [{}, {"every_s": 0}, {"every_uses": -1}, {"every_days": 10**10}])
def test_a_plan_that_is_never_or_always_due_is_refused(wrong: dict[str, int]) -> None:
    """With what to give."""
    with pytest.raises(UserError):
        Plan(name="Joint", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("machine", ["saw"])
def test_plans_are_for_machines_that_are_there(shop: Workshop, machine: str) -> None:
    """And what is not planned cannot be done."""
    with shop.changing() as change, pytest.raises(UserError):
        maintenance.set_plan(change, machine, "seal", Plan(name="Joint", every_uses=1))
    with shop.changing() as change, pytest.raises(UserError):
        maintenance.note_done(change, machine, "seal", "")
