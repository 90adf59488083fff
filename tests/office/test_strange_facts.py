"""A fact that makes no sense stops nobody: it waits in the tray, and everything beside it is read."""

from dataclasses import replace

from controller.domain.codec import fact_from
from controller.domain.facts import SessionEnded
from controller.domain.ids import MachineId
from controller.domain.tariff import Price
from controller.office.directory import places
from controller.office.intake import store_facts
from controller.office.money import account_state
from controller.office.tray import retry_tray
from tests.office.workshop import Journal, Workshop

HUGE = 2**53 - 10_000
"""Near the greatest number that travels; two of them no longer fit into one."""


def test_a_fact_that_cannot_be_worked_with_does_not_hold_up_the_others(shop: Workshop) -> None:
    """Two holds whose sum has no form leave the second in the tray; what is before and after it is read."""
    journal = Journal(shop)
    journal.used(1)
    journal.used(2, "laser")
    journal.opened(3, hold_cents=HUGE)
    journal.opened(4, "laser", hold_cents=HUGE)
    journal.unknown_badge()

    done = shop.told(journal)

    assert (done.facts, done.posted, shop.reasons()) == (8, 2, ["not_understood"])
    assert shop.interpret().facts == 0
    assert shop.vector() == {"b1": 6}  # what is in the tray is not contained


def test_a_fact_that_was_put_aside_is_read_when_its_cause_is_gone(shop: Workshop) -> None:
    """Once the first of the two uses is over, the second can be held."""
    journal = Journal(shop)
    journal.opened(2, hold_cents=HUGE)
    journal.opened(3, "laser", hold_cents=HUGE)
    shop.told(journal)
    journal.ended(2)
    shop.told(journal)

    with shop.changing() as change:
        retry_tray(change)

    assert (shop.reasons(), shop.vector()) == ([], {"b1": 4})


def test_a_hold_below_nothing_gives_no_credit(shop: Workshop) -> None:
    """A controller that says it holds less than nothing would give credit to whoever it likes: it is not believed."""
    journal = Journal(shop)
    journal.opened(1, hold_cents=-100_000)

    shop.told(journal)

    assert (shop.reasons(), shop.entry("balance", shop.account)["holds"]) == (["not_understood"], [])


def test_a_use_that_announces_or_lasts_less_than_nothing_is_not_believed(shop: Workshop) -> None:
    """Neither the credit in the tray nor the hours of the owners go backwards."""
    journal = Journal(shop)
    journal.ended(1, announced_cents=-100_000, machine="saw")
    short = fact_from("session_ended", 1, journal.ended(2, price=None, announced_cents=0).body)
    journal.facts.pop()
    assert isinstance(short, SessionEnded)
    journal.add(replace(short, seconds=-3_600))

    shop.told(journal)

    assert shop.reasons() == ["not_understood"] * 2
    assert shop.entry("balance", shop.account)["balance_cents"] == 5_000
    assert shop.entries() == 0


def test_a_use_that_costs_more_than_any_movement_is_kept_from_being_posted(shop: Workshop) -> None:
    """A price of ten million euros a minute is a slip or a fault: the use waits for a person, the rest is posted."""
    journal = Journal(shop)
    dear = Price(machine=MachineId("kiln"), version=1, per_minute_num=10**9)
    journal.ended(1, price=dear, announced_cents=0)
    journal.used(2)

    done = shop.told(journal)

    with shop.store.read() as tx:
        assert account_state(tx, shop.account).credit_cents == 4_400
    assert (done.posted, shop.reasons()) == (1, ["refused"])


def test_stored_facts_are_read_whatever_another_controller_has_sent(shop: Workshop) -> None:
    """One controller's nonsense is no reason for another's owners to wait."""
    with shop.changing() as change:
        places.create_controller(change, "pi-2", "crest", "Pi du fond")
    strange, plain = Journal(shop), Journal(shop, "c1", "pi-2")
    for number, machine in enumerate(("kiln", "laser", "saw"), start=1):
        strange.opened(number, machine, hold_cents=HUGE)
    plain.used(9)
    with shop.changing() as change:
        store_facts(change, "pi-1", "b1", strange.facts)
        store_facts(change, "pi-2", "c1", plain.facts)

    done = shop.interpret()

    assert (done.posted, shop.reasons()) == (1, ["not_understood"] * 2)
