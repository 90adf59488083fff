"""The owners own the kiln and not the electricity: the agreement says which components of a price are theirs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.domain.agreement import AgreementRefusedError, Terms, reading
from controller.domain.components import Component, Offer, Used
from controller.domain.ids import MachineId
from controller.domain.ledger import REVENUE
from controller.domain.scope import owners_part
from controller.domain.tariff import OFFERS_SCHEMA, Price, charge
from controller.office.correcting import correct
from controller.office.directory import agreements, machines
from controller.office.ledger.caches import check
from controller.office.ledger.verification import verify
from tests.office.closing_kit import AFTER, DAY, account, close
from tests.office.workshop import NOON, PRICE, Journal, Workshop

PARTS = (
    Component(kind="per_time", cents=60, per=60),
    Component(kind="per_energy", cents=30, per=1_000, max_w=10_000),
)
PRICED = replace(PRICE, version=2, schema=OFFERS_SCHEMA, per_minute_num=0, offers=(Offer(components=PARTS),))
KEEPING = Terms(manager="manager", legal_basis="convention", kept_components=("per_energy",))


def fire(shop: Workshop, *numbers: int) -> None:
    """Uses of the kiln: ten minutes at a cent a second, and a kilowatt-hour and a bit for forty cents."""
    journal = Journal(shop)
    with shop.changing() as change:
        price = machines.set_offers(change, "kiln", [offer.to_data() for offer in PRICED.offers])
    for number in numbers:
        journal.opened(number)
        cents = charge(price, 600, energy_wh=1_333).gross_cents
        journal.ended(number, price=price, energy_wh=1_333, announced_cents=cents)
    shop.told(journal)


def agree(shop: Workshop) -> None:
    """From before every use, the electricity is the workshop's."""
    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON - DAY, lines=reading("B"), terms=KEEPING)


@pytest.mark.parametrize("agreed_first", [True, False])
def test_machine_time_is_shared_and_electricity_stays_with_the_workshop(shop: Workshop, *, agreed_first: bool) -> None:
    """6.40 € with 20 % of tax are 5.33 net: 5.00 for the time, 0.33 kept; the same when it is written down late."""
    if agreed_first:
        agree(shop)
    fire(shop, 1, 20)
    if not agreed_first:
        agree(shop)

    closed = close(shop)

    version = closed.body["versions"][-1]
    assert (version["income_cents"], version["gross_cents"]) == (1_000, 1_200)
    assert account(shop, REVENUE) == -66
    assert sum(each["net_cents"] for each in closed.body["days"]) == 1_000
    with shop.store.read() as tx:
        assert check(tx) == []
        assert verify(tx, None).ok


def test_a_corrected_use_is_divided_anew(shop: Workshop) -> None:
    """It lasted five minutes: 2.50 € net for the time, and no more electricity than the kiln can have drawn in them."""
    agree(shop)
    fire(shop, 1)
    shop.now_ms = AFTER
    with shop.changing() as change:
        correct(change, "s-1", 300, "forgotten")

    assert close(shop).body["versions"][-1]["income_cents"] == 250
    assert account(shop, REVENUE) == -21


def test_a_use_of_which_the_books_keep_everything_is_none_of_the_owners(shop: Workshop) -> None:
    """Its hours stand among those without income."""
    terms = replace(KEEPING, kept_components=("per_energy", "per_time"))
    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON - DAY, lines=reading("B"), terms=terms)
    fire(shop, 1)

    closed = close(shop)

    assert closed.body["versions"][-1]["income_cents"] == 0
    assert [each["uses"] for each in closed.body["unshared"]] == [1]


@given(st.integers(0, 90_000), st.integers(0, 50_000), st.sampled_from([(), ("per_time",), ("per_energy",)]))
def test_the_parts_make_the_whole_and_a_discount_bears_on_both(
    seconds: int, energy_wh: int, kept: tuple[str, ...]
) -> None:
    """What one side keeps the other has not, whatever bounds or lessens the sum."""
    more = (*PARTS, Component(kind="minimum", cents=500), Component(kind="discount", percent=20))
    plain, bounded = (
        Price(machine=MachineId("kiln"), version=1, per_minute_num=0, schema=2, offers=(Offer(components=each),))
        for each in (PARTS, more)
    )
    used = Used(seconds=seconds, running_s=seconds, energy_wh=energy_wh)
    rest = tuple({"per_time", "per_energy"} - set(kept))

    part = owners_part(kept, plain, used)

    assert part == owners_part(kept, bounded, used)
    assert 0 <= part <= 1
    if kept and seconds:
        assert part + owners_part(rest, plain, used) == 1


def test_a_minimum_alone_is_the_owners() -> None:
    """Nothing adds up, so there is nothing that the books could keep."""
    price = replace(PRICED, offers=(Offer(components=(*PARTS, Component(kind="minimum", cents=500))),))

    assert owners_part(("per_energy",), price, Used(seconds=0, running_s=0)) == Fraction(1)


@pytest.mark.parametrize("kept", [("minimum",), ("per_time", "per_time"), ("per_unit:",), ("clay",)])
def test_what_adds_nothing_to_a_price_cannot_be_kept(kept: tuple[str, ...]) -> None:
    """A slip of the keyboard would share what was not meant to be."""
    with pytest.raises(AgreementRefusedError, match="keep"):
        Terms(manager="manager", legal_basis="convention", kept_components=kept)
