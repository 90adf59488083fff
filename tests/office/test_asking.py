"""Do two hours fit my balance? Asked before starting, answered by the rules of a start."""

from typing import Any

import pytest

from controller.domain.reasons import StopReason
from controller.errors import UserError
from controller.office.accounts import Role
from controller.office.asking import would_fit
from controller.office.directory import machines
from controller.office.directory.policies import Policy
from tests.office.door import Door
from tests.office.workshop import Journal, Workshop

CREDIT, TIME = StopReason.CREDIT_EXHAUSTED, StopReason.MAXIMUM_DURATION


def asked(shop: Workshop, seconds: int, **policy: Any) -> tuple[Any, ...]:  # noqa: ANN401 - fields of a policy
    """What Zoé is told, who has fifty euros, of the kiln, which costs a cent a second."""
    with shop.changing() as change:
        machines.set_policy(change, "kiln", Policy(**policy))
    with shop.store.read() as tx:
        told = would_fit(tx, "kiln", shop.member, seconds)
    return (told.fits, told.cents, told.longest_s, told.ends_by)


def test_the_balance_says_how_long(shop: Workshop) -> None:
    """Eighty-three minutes and a third; one second more does not fit, and costs what it would cost."""
    assert asked(shop, 5_000) == (True, 5_000, 5_000, CREDIT)
    assert asked(shop, 5_001) == (False, 5_001, 5_000, CREDIT)


def test_the_machine_says_how_long_too(shop: Workshop) -> None:
    """Its longest use, as far as its maker may extend it."""
    assert asked(shop, 1_000, max_duration_s=900) == (False, 1_000, 900, TIME)
    assert asked(shop, 1_000, max_duration_s=900, extend_s=300, extended_max_s=1_200) == (True, 1_000, 1_200, TIME)


def test_what_another_use_holds_is_not_there(shop: Workshop) -> None:
    """One cent pays one machine."""
    journal = Journal(shop)
    journal.opened(1, machine="laser", hold_cents=4_000)
    shop.told(journal)

    assert asked(shop, 1_001) == (False, 1_001, 1_000, CREDIT)


def test_a_machine_that_costs_nothing_fits_every_balance(shop: Workshop) -> None:
    """Only its own time counts; and where more is asked for at the start than there is, nothing fits."""
    assert asked(shop, 28_800, free_of_charge=True) == (True, 0, 28_800, TIME)
    assert asked(shop, 60, minimum_start_cents=5_001) == (False, 60, 0, CREDIT)


def test_what_cannot_be_answered_is_said(shop: Workshop) -> None:
    """No duration, no price."""
    with shop.changing() as change:
        machines.create_machine(change, "saw", "crest", "Scie")
    with shop.store.read() as tx:
        for machine, seconds in (("kiln", 0), ("saw", 60), ("nothing", 60)):
            with pytest.raises(UserError):
                would_fit(tx, machine, shop.member, seconds)


def test_makers_ask_for_themselves(shop: Workshop) -> None:
    """And for nobody else."""
    door = Door(shop)
    maker = door.signed_in(Role.MAKER, member=door.shop.member)

    told = maker.get(f"/api/v1/members/{door.shop.member}/fits", params={"machine": "kiln", "seconds": 7_200})
    other = maker.get("/api/v1/members/m-2/fits", params={"machine": "kiln", "seconds": 7_200})

    assert told.json() == {
        "seconds": 7_200, "cents": 7_200, "available_cents": 5_000, "longest_s": 5_000, "ends_by": "credit_exhausted",
        "fits": False,
    }  # fmt: skip
    assert other.status_code == 403
