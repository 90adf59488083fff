"""What the floor tells is stored once, without a gap, and nothing is thrown away."""

from dataclasses import replace

import pytest

from controller.domain.chain import commitment_of
from controller.office.intake import (
    ForgeryError,
    NotWellFormedError,
    set_quarantine,
    stored_facts,
    stored_up_to,
)
from controller.office.interpreting import interpret
from controller.office.refusals import NotFoundError
from controller.office.sessions import open_sessions
from controller.office.store import OfficeStore
from tests.office.workshop import Journal, Workshop


def interpret_and_fail(shop: Workshop) -> None:
    """Read what is stored, then lose the transaction."""
    with shop.changing() as change:
        interpret(change)
        raise RuntimeError


def test_facts_sent_again_change_nothing(shop: Workshop) -> None:
    """The same numbers with the same content are stored and posted once, however often they come."""
    journal = Journal(shop)
    journal.used()
    shop.told(journal)

    again = [shop.receive(journal), shop.receive(journal)]
    done = shop.interpret()

    assert again == [3, 3]
    assert (done.facts, shop.entries()) == (0, 1)


def test_the_same_name_with_other_content_is_a_forgery(shop: Workshop) -> None:
    """A stored number that comes with another hash is refused, and what is stored stays."""
    honest, copy = Journal(shop), Journal(shop)
    honest.used(seconds=600)
    copy.used(seconds=60)
    shop.receive(honest)

    with pytest.raises(ForgeryError):
        shop.receive(copy)

    with shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1") == (3, honest.facts[-1].hash)
        assert stored_facts(tx, "pi-1", "b1") == honest.facts


def test_a_gap_is_not_stored_and_not_acknowledged(shop: Workshop) -> None:
    """Facts behind a missing one wait at the controller: the acknowledgement stops before the gap."""
    journal = Journal(shop)
    journal.used(1)
    journal.used(2)
    whole = list(journal.facts)
    journal.facts[2:3] = []

    first = shop.receive(journal)
    journal.facts = whole
    second = shop.receive(journal)

    assert (first, second) == (2, 5)


def test_a_damaged_fact_is_refused(shop: Workshop) -> None:
    """A body that is not the one committed to, or a fact that does not follow the last one, is not stored."""
    journal = Journal(shop)
    journal.opened()
    good = journal.facts[1]
    bad_body = replace(good, body={**(good.body or {}), "hold_cents": 0})
    bad_place = replace(good, prev="0" * 64)

    for damaged in (bad_body, bad_place):
        journal.facts[1] = damaged
        with pytest.raises(NotWellFormedError):
            shop.receive(journal)

    with shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1")[0] == 0


def test_an_unknown_controller_stores_nothing(shop: Workshop) -> None:
    """Only controllers that a person has made known may write."""
    stranger = Journal(shop, controller="pi-9")

    with pytest.raises(NotFoundError):
        shop.receive(stranger)


def test_a_crash_between_storing_and_reading_loses_and_doubles_nothing(shop: Workshop) -> None:
    """What was stored by a process that died is read by the next one, once."""
    journal = Journal(shop)
    journal.used()
    shop.receive(journal)
    shop.store.close()
    shop.store = OfficeStore(shop.folder / "office.db")

    first, second = shop.interpret(), shop.interpret()

    assert (first.posted, second.posted, shop.entries()) == (1, 0, 1)


def test_a_transaction_that_fails_while_reading_leaves_everything_to_be_read(shop: Workshop) -> None:
    """Reading and posting are one transaction: taken back together, done again together."""
    journal = Journal(shop)
    journal.used()
    shop.receive(journal)

    with pytest.raises(RuntimeError):
        interpret_and_fail(shop)

    assert shop.entries() == 0
    assert shop.interpret().posted == 1


def test_a_session_told_by_two_branches_counts_once(shop: Workshop) -> None:
    """A copied card tells the same use twice: posted once, and an alarm says that a journal has forked."""
    first = Journal(shop)
    first.used()
    copy = first.child("b2", after=2)
    copy.ended()
    shop.told(first)

    shop.told(copy)

    assert (shop.entries(), shop.credit_cents()) == (1, 4_400)
    assert shop.alarms() == ["forked_journal"]


def test_a_use_that_is_over_is_not_opened_again(shop: Workshop) -> None:
    """When a copied card tells the opening after the end was posted, nothing is held and nothing is open."""
    first = Journal(shop)
    first.used()
    copy = first.child("b2", after=1)
    copy.opened()
    shop.told(first)

    shop.told(copy)

    assert shop.entry("balance", shop.account)["holds"] == []
    with shop.store.read() as tx:
        assert open_sessions(tx) == []


def test_a_plain_restart_raises_no_alarm(shop: Workshop) -> None:
    """A branch that goes on from the end of the one before it is what every start looks like."""
    first = Journal(shop)
    first.opened()
    second = first.child("b2")
    second.ended()
    shop.told(first)

    shop.told(second)

    assert (shop.entries(), shop.alarms()) == (1, [])


def test_two_ends_of_one_use_leave_the_second_in_the_tray(shop: Workshop) -> None:
    """Two copies that end the same use differently: the first is posted, a person decides on the other."""
    first = Journal(shop)
    first.used(seconds=600)
    copy = first.child("b2", after=2)
    copy.ended(seconds=60)
    shop.told(first)

    shop.told(copy)

    assert (shop.credit_cents(), shop.reasons()) == (4_400, ["counted_otherwise"])
    assert shop.entry("balance", shop.account)["balance_cents"] == 4_400


def test_a_quarantined_branch_is_stored_and_not_read(shop: Workshop) -> None:
    """It moves no money and is not contained until a person lets it go on."""
    journal = Journal(shop)
    shop.told(journal)
    with shop.changing() as change:
        set_quarantine(change, "pi-1", "b1", quarantined=True)
    journal.used()

    stored = shop.receive(journal)
    held_back = (shop.interpret().posted, shop.vector())
    with shop.changing() as change:
        set_quarantine(change, "pi-1", "b1", quarantined=False)
    released = (shop.interpret().posted, shop.vector())

    assert stored == 3
    assert held_back == (0, {"b1": 1})
    assert released == (1, {"b1": 3})


def test_a_fact_of_a_newer_version_is_stored_and_not_contained(shop: Workshop) -> None:
    """What is not understood goes to the tray, and the floor keeps its own view of everything from there on."""
    journal = Journal(shop)
    newer = journal.opened()
    body = {**(newer.body or {}), "colour": "red"}
    journal.facts[-1] = replace(newer, schema=2, body=body, commitment=commitment_of(newer.salt or "", body))
    journal.used(2)

    done = shop.told(journal)

    assert (done.posted, shop.reasons()) == (1, ["not_understood"])
    assert shop.vector() == {"b1": 1}


def test_what_is_stored_and_not_read_is_not_contained(shop: Workshop) -> None:
    """The vector tells what the directory knows, not what the disk holds."""
    journal = Journal(shop)
    journal.used()

    shop.receive(journal)
    before = shop.vector()
    shop.interpret()

    assert (before, shop.vector()) == ({"b1": 0}, {"b1": 3})
