"""A network of two sites notices a badge that is used at both at once: somebody has copied it."""

from controller.office.directory import machines, places
from tests.office.workshop import Journal, Workshop


def opens_in_die(shop: Workshop) -> Journal:
    """A second site of the same books, an hour's drive away, and the journal of its controller."""
    with shop.changing() as change:
        places.create_site(change, "die", "lab", "Die")
        places.create_controller(change, "pi-2", "die", "Pi de Die")
        machines.create_machine(change, "loom", "die", "Métier à tisser")
        machines.set_price(change, "loom", (60, 1))
        places.place_machine(change, "loom", "pi-2", "relay-1")
    return Journal(shop, branch="b2", controller="pi-2", boot_id="boot-2")


def test_a_badge_used_at_two_sites_at_once_raises_an_alarm(shop: Workshop) -> None:
    """The alarm names the member, so that a person can block the badge."""
    here, there = Journal(shop), opens_in_die(shop)
    here.opened(number=1)
    there.opened(number=2, machine="loom")

    shop.told(here)
    shop.told(there)

    assert shop.alarms() == ["badge_in_two_places"]


def test_two_machines_of_one_site_are_one_place(shop: Workshop) -> None:
    """A maker may start the laser while the kiln burns."""
    here = Journal(shop)
    opens_in_die(shop)
    here.opened(number=1)
    here.opened(number=2, machine="laser")

    shop.told(here)

    assert shop.alarms() == []


def test_a_use_that_ended_long_before_leaves_time_to_travel(shop: Workshop) -> None:
    """Ten minutes apart is no proof of anything."""
    here, there = Journal(shop), opens_in_die(shop)
    here.opened(number=1)
    here.ended(number=1, seconds=60)
    there.opened(number=30, machine="loom")

    shop.told(here)
    shop.told(there)

    assert shop.alarms() == []
