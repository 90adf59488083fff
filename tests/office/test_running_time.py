"""Running time is paid for as the meter saw it; what no meter saw waits for a person's word and is never free."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from controller.domain.ids import MachineId
from controller.domain.tariff import charge
from controller.errors import UserError
from controller.office.directory import machines
from controller.office.directory.policies import Policy
from controller.office.journal_tables import session
from controller.office.tray import retry_tray, say_running_time
from tests.office.workshop import PRICE, Journal, Workshop

if TYPE_CHECKING:
    from controller.domain.chain import SealedFact

RUNNING = replace(PRICE, machine=MachineId("kiln"), measured="running")


def used(
    shop: Workshop, busy_s: int | None = None, idle_s: int | None = None, energy_wh: int | None = None
) -> SealedFact:
    """Twenty minutes at a euro a minute of running, at most six of which were held for."""
    journal = Journal(shop)
    journal.opened(hold_cents=1_200)
    unseen_s = 1_200 - (idle_s or 0)
    fact = journal.ended(
        seconds=1_200,
        price=RUNNING,
        announced_cents=charge(RUNNING, unseen_s).gross_cents,
        busy_s=busy_s,
        idle_s=idle_s,
        energy_wh=energy_wh,
    )
    shop.told(journal)
    return fact


def test_standby_costs_nothing_where_running_is_paid_for(shop: Workshop) -> None:
    """Seven of twenty minutes ran; the use's row says both."""
    used(shop, busy_s=420, idle_s=780, energy_wh=950)

    assert (shop.credit_cents(), shop.reasons(), shop.alarms()) == (5_000 - 420, [], [])
    with shop.store.read() as tx:
        row = tx.execute(select(session)).one()
    assert (row.seconds, row.busy_s, row.idle_s, row.energy_wh) == (1_200, 420, 780, 950)


@pytest.mark.parametrize("metered", [{}, {"busy_s": 300, "idle_s": 200}, {"busy_s": 0, "idle_s": 1_199}])
def test_a_silent_meter_makes_the_charge_wait_and_never_free(shop: Workshop, metered: dict[str, int]) -> None:
    """In the tray, with the most that it can cost kept from being spent; trying again finds nothing new."""
    used(shop, **metered)
    with shop.changing() as change:
        again = retry_tray(change)

    assert (shop.reasons(), shop.entries(), again.posted) == (["meter_missing"], 0, 0)
    assert shop.entry("balance", shop.account)["balance_cents"] == 5_000 - 1_200 + metered.get("idle_s", 0)


def test_a_person_says_how_long_it_ran_and_it_is_posted(shop: Workshop) -> None:
    """Once, within the use, with a note; another announced price is no fault then."""
    fact = used(shop)
    name = (fact.controller, fact.branch, fact.n)
    with shop.changing() as change, pytest.raises(UserError):
        say_running_time(change, name, 1_201, "the maker's notebook")

    with shop.changing() as change:
        done = say_running_time(change, name, 600, "the maker's notebook")

    assert (done.posted, shop.reasons(), shop.credit_cents(), shop.alarms()) == (1, [], 5_000 - 600, [])
    assert shop.entry("balance", shop.account)["balance_cents"] == 4_400
    with shop.changing() as change, pytest.raises(UserError):
        say_running_time(change, name, 500, "again")


def test_running_time_is_not_priced_where_nothing_tells_it(shop: Workshop) -> None:
    """Neither by the price nor by taking the threshold away."""
    with shop.changing() as change:
        with pytest.raises(UserError):
            machines.set_price(change, "kiln", (60, 1), measured="running")
        machines.set_policy(change, "kiln", Policy(running_above_w=100))
        price = machines.set_price(change, "kiln", (60, 1), measured="running")
        with pytest.raises(UserError):
            machines.set_policy(change, "kiln", Policy())

    assert shop.entry("machine", "kiln")["price"]["measured"] == price.measured == "running"
