"""What comes up to the office over a real database: nothing acknowledged early, nothing lost or doubled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from controller.domain.ids import BooksId, BranchId, ControllerId
from controller.exchange.messages import Ack
from controller.exchange.topics import up_topic
from controller.exchange.wire import to_json
from controller.office.directory import opening
from controller.office.directory.places import create_controller
from controller.office.downlink_store import standings
from controller.office.inbox import Judged
from controller.office.intake import set_quarantine, stored_up_to
from controller.office.last_backup import NAME
from controller.office.ledger.signing import last_head
from controller.office.ledger.tables import ledger_entry
from controller.office.overview import backup_at
from controller.office.upkeep import HOURS_EVERY_MS
from tests.office.downlink_kit import PI, Desk, hello, told
from tests.office.workshop import Journal, Workshop


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The office of the fictional workshop."""
    desk = Desk(Workshop.founded(tmp_path))
    yield desk
    desk.closes()


def test_what_is_acknowledged_is_in_the_database(desk: Desk) -> None:
    """The number that goes down is that of the commit, and it is said as soon as it is committed."""
    journal = Journal(desk.shop)
    journal.used()

    desk.hears(hello(journal), told(journal))

    assert desk.acknowledged() == [0, 3]
    with desk.shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1") == (3, journal.facts[-1].hash)


def test_facts_told_twice_are_posted_once(desk: Desk) -> None:
    """A repeated message is acknowledged again and changes nothing: one use, one entry, one payment."""
    journal = Journal(desk.shop)
    journal.used(seconds=600)
    desk.hears(hello(journal), told(journal))
    desk.turn()

    desk.hears(told(journal), hello(journal))
    desk.turn()

    assert (desk.stored(), desk.entries(), desk.shop.credit_cents()) == (3, 1, 4_400)
    assert desk.acknowledged()[-1] == 3


def test_a_kill_between_storing_and_reading_loses_nothing(desk: Desk) -> None:
    """Facts that were acknowledged and not yet read are read by the next process, without being sent again."""
    journal = Journal(desk.shop)
    journal.used(seconds=600)
    desk.hears(hello(journal), told(journal))
    before = desk.entries()
    desk.is_killed_and_starts_again()

    desk.turn()
    desk.turn()

    assert (before, desk.entries(), desk.shop.credit_cents()) == (0, 1, 4_400)


def test_a_commit_that_failed_is_not_acknowledged(desk: Desk) -> None:
    """When the file cannot be written nothing is acknowledged, and the same facts are taken when they come again."""
    journal = Journal(desk.shop)
    journal.used()
    desk.hears(hello(journal))
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON journal_fact BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
        )
    desk.hears(told(journal))
    while_full = (desk.stored(), desk.acknowledged())
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql("DROP TRIGGER full")

    desk.hears(hello(journal), told(journal))

    assert while_full == (0, [0])
    assert (desk.stored(), desk.acknowledged()[-1]) == (3, 3)


def test_nothing_is_said_of_what_could_not_be_written(desk: Desk) -> None:
    """An answer whose own note was not committed is not given; the controller asks again, and is answered."""
    journal = Journal(desk.shop)
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON controller BEGIN SELECT RAISE(ABORT, 'full'); END")
    desk.hears(hello(journal))
    while_full = desk.acknowledged()
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql("DROP TRIGGER full")

    desk.hears(hello(journal))

    assert (while_full, desk.acknowledged()) == ([], [0])


def test_numbers_that_a_card_no_longer_has_are_stepped_over_and_told(desk: Desk) -> None:
    """The card let go of two facts that this office never had: what follows is stored and posted, the gap is named."""
    journal = Journal(desk.shop)
    journal.used(1)
    desk.hears(hello(journal), told(journal))
    journal.used(2)
    journal.used(3)

    desk.hears(told(journal, journal.facts[5:], oldest_n=6))
    desk.turn()
    desk.turn()

    assert (desk.acknowledged()[-1], desk.stored(), desk.entries()) == (7, 5, 2)
    assert desk.alarms() == ["journal_gap"]


def test_an_unknown_controller_is_refused(desk: Desk) -> None:
    """What a controller says that the directory does not have is neither stored nor answered."""
    journal = Journal(desk.shop, controller="stranger")

    desk.hears(hello(journal), told(journal))
    desk.turn()

    assert (desk.stored(), desk.sent) == (0, [])


def test_a_controller_made_known_is_heard_at_once(desk: Desk) -> None:
    """Once a fabmanager has added a controller, the office listens to it without a restart."""
    journal = Journal(desk.shop, controller="pi-2")
    desk.hears(hello(journal), told(journal))
    with desk.office.changing("tester") as change:
        create_controller(change, "pi-2", "crest", "Deuxième Pi")

    desk.hears(hello(journal), told(journal))

    assert (desk.stored(), desk.acknowledged()[-1]) == (1, 1)


def test_the_trouble_of_one_controller_is_not_the_others(desk: Desk) -> None:
    """A damaged row of one controller ends its conversation alone: what another says in the same turn is stored."""
    damaged, sound = Journal(desk.shop, controller="pi-2"), Journal(desk.shop)
    with desk.office.changing("tester") as change:
        create_controller(change, "pi-2", "crest", "Deuxième Pi")
    desk.hears(hello(damaged), told(damaged))
    desk.is_killed_and_starts_again()
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql("UPDATE journal_branch SET stored_n = 'x' WHERE controller = 'pi-2'")
    sound.used(seconds=600)

    desk.hears(hello(damaged), hello(sound), told(sound))
    desk.turn()

    assert (desk.acknowledged()[-1], desk.entries()) == (3, 1)


def test_a_message_on_anothers_topic_is_refused(desk: Desk) -> None:
    """A controller speaks for itself only: the name in the message must be the topic's, which the broker guards."""
    journal = Journal(desk.shop)
    with desk.office.changing("tester") as change:
        create_controller(change, "pi-2", "crest", "Deuxième Pi")

    desk.hears(hello(journal), told(journal), topic=up_topic(ControllerId("pi-2")))

    assert (desk.stored(), desk.sent) == (0, [])


def test_a_retained_or_broken_message_is_nobodys_word(desk: Desk) -> None:
    """Neither what a broker kept nor bytes that are no message reach the database."""
    journal = Journal(desk.shop)
    desk.inbox.arrived(up_topic(PI), to_json(hello(journal)), True)  # noqa: FBT003
    desk.inbox.arrived(up_topic(PI), b"{", False)  # noqa: FBT003

    desk.turn()

    assert (desk.stored(), desk.sent) == (0, [])


def test_heads_that_moved_are_signed_once(desk: Desk) -> None:
    """After a posting the chain's end is signed within the minute, and not again while it stands."""
    journal = Journal(desk.shop)
    journal.used()
    desk.hears(hello(journal), told(journal))
    desk.turn()

    desk.shop.now_ms += 60_000
    desk.turn()
    desk.shop.now_ms += 60_000
    desk.turn()

    with desk.shop.store.read() as tx:
        head = last_head(tx, BooksId("lab"))
        newest = tx.execute(select(func.max(ledger_entry.c.seq))).scalar_one()
    assert head is not None
    assert (head.n, head.seq) == (1, newest)


def test_a_chore_that_fails_keeps_no_other_from_being_done(desk: Desk) -> None:
    """New opening hours that cannot be written hold up neither the signing of the chain nor what the floor is told."""
    journal = Journal(desk.shop)
    journal.used()
    with desk.shop.changing() as change:
        opening.set_hours(
            change, "crest", opening.OpeningHours(time_zone="Europe/Paris", week=((("09:00", "18:00"),),) * 7)
        )
    with desk.shop.store.write() as tx:
        tx.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON opening_hours BEGIN SELECT RAISE(ABORT, 'x'); END")
    desk.shop.now_ms += 48 * HOURS_EVERY_MS

    desk.hears(hello(journal), told(journal))
    desk.turn()
    desk.turn()

    with desk.shop.store.read() as tx:
        head = last_head(tx, BooksId("lab"))
    assert (desk.acknowledged()[-1], head is None) == (3, False)


def test_an_acknowledgement_says_how_far_the_backup_reaches(desk: Desk) -> None:
    """Only what a verified copy holds may be trimmed, so that number is told apart from what is stored."""
    journal = Journal(desk.shop)
    journal.used()
    desk.hears(hello(journal), told(journal))
    backup = {"at": "2027-01-15T03:00:00+01:00", "reached": [{"controller": "pi-1", "branch": "b1", "n": 2}]}
    (desk.shop.folder / NAME).write_text(json.dumps(backup))
    desk.turn()

    desk.hears(hello(journal))

    [*_, ack] = [message for _, message in desk.sent if isinstance(message, Ack)]
    assert (ack.stored_up_to, ack.backed_up_to) == (3, 2)
    with desk.shop.store.read() as tx:
        assert backup_at(tx) == 1_799_978_400_000


@pytest.mark.parametrize("said", ["", "[]", '{"at": "2027-01-15", "reached": [{"n": "3"}]}', '{"reached": []}'])
def test_a_note_of_a_backup_that_is_not_understood_lets_nothing_be_trimmed(desk: Desk, said: str) -> None:
    """A damaged note counts as no backup, and the exchange goes on."""
    journal = Journal(desk.shop)
    journal.used()
    (desk.shop.folder / NAME).write_text(said)
    desk.turn()

    desk.hears(hello(journal), told(journal))

    [*_, ack] = [message for _, message in desk.sent if isinstance(message, Ack)]
    assert (ack.stored_up_to, ack.backed_up_to) == (3, 0)


def test_facts_that_are_gone_for_good_leave_a_gap_that_is_told(desk: Desk) -> None:
    """A card that trimmed what this office never saw is taken from where it begins, and a person hears of the gap."""
    journal = Journal(desk.shop)
    journal.used()
    journal.used(2)

    desk.hears(hello(journal), told(journal, journal.facts[3:], oldest_n=4))

    assert (desk.stored(), desk.acknowledged()[-1]) == (2, 5)
    assert desk.alarms() == ["journal_gap"]


def copies(desk: Desk) -> tuple[Journal, Journal]:
    """Two children of one branch that both speak and have both heard the office: a card was copied."""
    parent = Journal(desk.shop)
    elder, younger = parent.child("b2"), parent.child("b3")
    desk.hears(told(parent), hello(elder, parent), told(elder), hello(younger, parent), told(younger))
    desk.shop.now_ms += 1_000
    heard_ms = desk.shop.now_ms
    desk.hears(
        hello(elder, parent, at_ms=2_000, heard_ms=heard_ms), hello(younger, parent, at_ms=2_000, heard_ms=heard_ms)
    )
    return elder, younger


def test_of_two_cards_that_speak_at_once_the_younger_is_stored_and_not_posted(desk: Desk) -> None:
    """A copy's uses are kept and wait for a person; the elder card goes on."""
    elder, younger = copies(desk)
    elder.used(1)
    younger.used(2)

    desk.hears(told(elder), told(younger))
    desk.turn()

    assert (desk.stored(), desk.entries()) == (7, 1)
    assert "quarantined" in desk.alarms()
    with desk.shop.store.read() as tx:
        assert standings(tx, "pi-1") == {"b1": "open", "b2": "open", "b3": "quarantined"}


@pytest.mark.parametrize("by", ["exchange", "database"])
def test_a_card_that_a_person_accepts_is_posted(desk: Desk, by: str) -> None:
    """What was held back is posted once a person has decided, through the exchange or in the database."""
    _, younger = copies(desk)
    younger.used(2)
    desk.hears(told(younger))
    desk.turn()
    before = desk.entries()

    if by == "exchange":
        desk.inbox.ask(Judged(controller=PI, branch=BranchId("b3"), verdict="accept"))
    else:
        with desk.office.changing("tester") as change:
            set_quarantine(change, "pi-1", "b3", quarantined=False)
    desk.turn()
    desk.turn()

    with desk.shop.store.read() as tx:
        assert standings(tx, "pi-1")[BranchId("b3")] == "accepted"
    assert (before, desk.entries()) == (0, 1)


def test_an_alarm_that_is_open_is_not_raised_again(desk: Desk) -> None:
    """A forgery that comes again every minute is one thing to look at, not a flood."""
    journal, forged = Journal(desk.shop), Journal(desk.shop)
    journal.used(1)
    forged.used(2)
    desk.hears(hello(journal), told(journal))

    desk.hears(told(forged), told(forged))

    assert desk.alarms() == ["forgery"]
    assert desk.stored() == 3
