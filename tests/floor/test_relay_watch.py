"""A contact that welds while nobody is there is found between two switchings."""

from __future__ import annotations

from dataclasses import replace

from controller.domain.events import RelayRead
from controller.domain.ids import BranchId
from controller.domain.workshop import Idle, Limits, Machine, Situation, Startup, Workshop
from controller.floor.relay_watch import RelayWatch
from tests.floor.directory_kit import LASER

FOUND = (RelayRead(machine=LASER.machine, wanted_on=False, read_on=True),)


def workshop(situation: Situation) -> Workshop:
    """A workshop with the laser in that situation."""
    empty = Workshop(branch=BranchId("b1"), limits=Limits())
    return replace(empty, machines={LASER.machine: Machine(policy=LASER, situation=situation)})


def test_an_idle_machine_that_reads_on_twice_is_told_to_the_engine() -> None:
    """Commanded off and reading on is a welded contact; one look alone may be a contact on its way."""
    watch = RelayWatch()

    first = watch.look(workshop(Idle()), lambda _machine: True)
    second = watch.look(workshop(Idle()), lambda _machine: True)

    assert (first, second) == ((), FOUND)


def test_a_reading_that_does_not_last_is_no_fault() -> None:
    """On, off, on again: never twice in a row."""
    watch = RelayWatch()

    first = watch.look(workshop(Idle()), lambda _machine: True)
    off = watch.look(workshop(Idle()), lambda _machine: False)
    again = watch.look(workshop(Idle()), lambda _machine: True)

    assert (first, off, again) == ((), (), ())


def test_a_machine_that_is_not_idle_is_left_to_the_rules_of_its_use() -> None:
    """Before it was seen off, and in use, other rules read the relay."""
    watch = RelayWatch()

    told = [watch.look(workshop(Startup()), lambda _machine: True) for _ in range(2)]

    assert told == [(), ()]
