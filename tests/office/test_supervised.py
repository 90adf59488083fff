"""So many uses under a trainer's eyes become the right, where the training says so."""

from __future__ import annotations

import pytest

from controller.errors import UserError
from controller.office.directory import machines, rights, supervised
from tests.office.workshop import NOON, Journal, Workshop


def holds(shop: Workshop) -> bool:
    """Whether the right has come down."""
    return shop.entry("right", f"{shop.member}/firing") is not None


def needs(shop: Workshop, uses: int) -> Journal:
    """A training of the kiln that so many supervised uses give."""
    with shop.changing() as change:
        machines.create_training(change, "firing", "Cuisson", ["kiln"], supervised_uses=uses)
    shop.now_ms += 1_000_000
    return Journal(shop)


def test_the_last_supervised_use_that_is_needed_is_the_right(shop: Workshop) -> None:
    """Three firings with a trainer; the grant names who stood by."""
    journal = needs(shop, 3)
    seen = []
    for number in range(3):
        journal.supervised(f"s-{number}", after_s=number)
        shop.told(journal)
        seen.append(holds(shop))

    with shop.store.read() as tx:
        newest = rights.grants_of(tx, shop.member)[-1]
        uses = supervised.uses_of(tx, shop.member)
    assert seen == [False, False, True]
    assert (newest["granted_by"], newest["note"]) == ("trainer-1", "sous surveillance / supervised uses: 3")
    assert [(use["session"], use["supervisor"], use["seen_at"]) for use in uses] == [
        (f"s-{number}", "trainer-1", NOON + 1_000 * number) for number in (2, 1, 0)
    ]


def test_a_pupil_counts_once_in_a_use(shop: Workshop) -> None:
    """However often the badge is held to the reader."""
    journal = needs(shop, 2)
    journal.supervised("s-1")
    journal.supervised("s-1", after_s=5)

    done = shop.told(journal)

    assert (done.in_tray, holds(shop)) == (0, False)


def test_a_training_that_says_no_number_is_never_given_so(shop: Workshop) -> None:
    """The uses are kept all the same."""
    journal = needs(shop, 0)
    for number in range(5):
        journal.supervised(f"s-{number}")

    shop.told(journal)

    with shop.store.read() as tx:
        assert len(supervised.uses_of(tx, shop.member)) == 5
    assert not holds(shop)


def test_what_came_before_the_right_was_taken_back_counts_no_more(shop: Workshop) -> None:
    """Who lost it begins anew."""
    journal = needs(shop, 2)
    for number in range(2):
        journal.supervised(f"s-{number}", after_s=number)
    shop.told(journal)
    with shop.changing() as change:
        rights.revoke(change, shop.member, "firing")
    shop.now_ms += 1_000_000

    journal.supervised("s-3", after_s=1_500)
    shop.told(journal)
    after_one = holds(shop)
    journal.supervised("s-4", after_s=1_600)
    shop.told(journal)

    assert (after_one, holds(shop)) == (False, True)


def test_who_holds_the_right_gains_nothing_by_another_use(shop: Workshop) -> None:
    """The grant of the desk stays as it is, though it has no end."""
    journal = needs(shop, 1)
    with shop.changing() as change:
        kept = rights.grant(change, shop.member, "firing")
    journal.supervised("s-1")

    shop.told(journal)

    with shop.store.read() as tx:
        grants = [row for row in rights.grants_of(tx, shop.member) if row["training"] == "firing"]
    assert [(row["id"], row["revoked_at"]) for row in grants] == [(kept, None)]


def test_a_number_that_nobody_reaches_is_refused(shop: Workshop) -> None:
    """A slip of the keyboard."""
    with pytest.raises(UserError):
        needs(shop, 1_001)


def test_a_trainer_stays_one_when_the_desk_renews_the_training(shop: Workshop) -> None:
    """Unless it says otherwise."""
    with shop.changing() as change:
        rights.grant(change, shop.member, "ceramics", may_train=True)
        rights.grant(change, shop.member, "ceramics")
    kept = shop.entry("right", f"{shop.member}/ceramics")["may_train"]
    with shop.changing() as change:
        rights.grant(change, shop.member, "ceramics", may_train=False)

    assert kept is True
    assert "may_train" not in shop.entry("right", f"{shop.member}/ceramics")
