"""What cannot be posted waits with its reason, is kept from being spent, and is posted or settled once."""

from sqlalchemy import select, update

from controller.domain.facts import StartAbandoned
from controller.domain.ids import AccountId, MachineId, SessionId
from controller.domain.reasons import Refusal
from controller.office.directory import machines, places
from controller.office.directory.tables import machine
from controller.office.intake import set_quarantine, stored_up_to
from controller.office.ledger.tables import ledger_entry
from controller.office.tray import dismiss, retry_tray
from tests.office.workshop import NOON, Journal, Workshop


def test_a_use_without_a_date_waits_for_the_anchor_of_its_boot(shop: Workshop) -> None:
    """Undated, it is in the tray and its price is kept from being spent; dated, it is posted at its own
    instant.
    """
    journal = Journal(shop, clock=False)
    journal.used(seconds=600)
    shop.told(journal)
    waiting = (shop.reasons(), shop.entry("balance", shop.account)["balance_cents"], shop.entries())
    journal.anchored()

    done = shop.told(journal)

    assert waiting == (["undated"], 4_400, 0)
    assert (done.posted, shop.reasons()) == (1, [])
    assert shop.entry("balance", shop.account)["balance_cents"] == 4_400
    with shop.store.read() as tx:
        assert tx.execute(select(ledger_entry.c.event_at).where(ledger_entry.c.kind == "session")).scalar() == (
            NOON + 660_000
        )


def test_an_anchor_in_the_same_batch_dates_what_came_before_it(shop: Workshop) -> None:
    """When use and anchor arrive together, nothing is left in the tray."""
    journal = Journal(shop, clock=False)
    journal.used()
    journal.anchored()

    done = shop.told(journal)

    assert (done.posted, done.in_tray) == (1, 0)


def test_an_anchor_of_another_boot_dates_nothing(shop: Workshop) -> None:
    """Each boot has its own zero."""
    journal = Journal(shop, clock=False)
    journal.used()
    journal.anchored("boot-2")

    done = shop.told(journal)

    assert (done.posted, shop.reasons()) == (0, ["undated"])


def test_a_use_of_an_unknown_machine_waits_until_the_machine_is_known(shop: Workshop) -> None:
    """The tray keeps it, its price is not spent twice, and it is posted when tried again."""
    journal = Journal(shop)
    journal.used(machine="saw")
    shop.told(journal)
    waiting = (shop.reasons(), shop.entry("balance", shop.account)["balance_cents"])
    with shop.changing() as change:
        machines.create_machine(change, "saw", "crest", "Scie")

    with shop.changing() as change:
        done = retry_tray(change)

    assert waiting == (["unknown_machine"], 4_400)
    assert (done.posted, shop.reasons(), shop.credit_cents()) == (1, [], 4_400)


def test_a_person_may_settle_a_use_in_the_tray(shop: Workshop) -> None:
    """With a note it leaves the tray, costs nothing, and the fact stays stored."""
    journal = Journal(shop)
    journal.used(machine="saw")
    shop.told(journal)

    with shop.changing() as change:
        dismiss(change, ("pi-1", "b1", 3), "test of a borrowed saw")

    assert (shop.reasons(), shop.entry("balance", shop.account)["balance_cents"]) == ([], 5_000)
    with shop.store.read() as tx:
        assert stored_up_to(tx, "pi-1", "b1")[0] == 3


def test_credit_of_other_books_pays_nothing_here(shop: Workshop) -> None:
    """Credit never crosses books: such a use goes to the tray."""
    with shop.changing() as change:
        places.create_books(change, "other", "Autre Atelier")
        places.create_site(change, "valence", "other", "Valence")
        machines.create_machine(change, "mill", "valence", "Fraiseuse")
    journal = Journal(shop)
    journal.used(machine="mill")

    shop.told(journal)

    assert (shop.reasons(), shop.credit_cents()) == (["other_books"], 5_000)


def test_a_branch_that_is_held_back_posts_nothing_out_of_the_tray_either(shop: Workshop) -> None:
    """Neither trying again nor a date that becomes known reads what a rejected copy of a card has told."""
    journal = Journal(shop, clock=False)
    journal.used(1)
    journal.used(2, machine="saw")
    shop.told(journal)
    with shop.changing() as change:
        machines.create_machine(change, "saw", "crest", "Scie")
        set_quarantine(change, "pi-1", "b1", quarantined=True)
    after = journal.child("b2")
    after.anchored()
    shop.told(after)

    with shop.changing() as change:
        done = retry_tray(change)

    assert (done.facts, shop.entries(), len(shop.reasons())) == (0, 0, 2)
    with shop.changing() as change:
        set_quarantine(change, "pi-1", "b1", quarantined=False)
        assert retry_tray(change).posted == 2


def test_a_use_that_a_person_has_settled_is_not_charged_when_a_copy_tells_of_it_again(shop: Workshop) -> None:
    """It waits for a person again, and its price is not kept from being spent."""
    journal = Journal(shop)
    journal.opened(machine="saw")
    copy = journal.child("b2", after=2)
    journal.ended(machine="saw")
    shop.told(journal)
    with shop.changing() as change:
        dismiss(change, ("pi-1", "b1", 3), "test of a borrowed saw")
        machines.create_machine(change, "saw", "crest", "Scie")
    copy.ended(machine="saw")

    shop.told(copy)

    assert (shop.reasons(), shop.entries(), shop.credit_cents()) == (["settled_otherwise"], 0, 5_000)
    assert shop.entry("balance", shop.account)["balance_cents"] == 5_000


def test_a_use_that_never_had_power_is_closed_on_an_old_card_without_a_word(shop: Workshop) -> None:
    """A card put back from before the start was abandoned finds the use open and closes it with no second on it."""
    journal = Journal(shop)
    journal.opened()
    old_card = journal.child("b2", after=2)
    journal.add(
        StartAbandoned(
            session=SessionId("s-1"),
            machine=MachineId("kiln"),
            account=AccountId(shop.account),
            reason=Refusal.STORAGE_SLOW,
            rules=1,
            at=journal.stamp(61),
        )
    )
    shop.told(journal)
    old_card.ended(seconds=0)

    shop.told(old_card)

    assert (shop.reasons(), shop.credit_cents()) == ([], 5_000)


def test_a_machine_that_moved_to_other_books_posts_an_old_use_nowhere(shop: Workshop) -> None:
    """Its payer is of the old books: the use waits for a person, it is neither lost nor posted to the wrong ones."""
    journal = Journal(shop)
    journal.used(1)
    shop.told(journal)
    with shop.changing() as change:
        places.create_books(change, "other", "Autre Atelier")
        change.tx.execute(update(machine).where(machine.c.id == "kiln").values(books="other"))
    late = journal.child("b2")
    late.ended(1)
    late.used(2)

    shop.told(late)

    assert (sorted(shop.reasons()), shop.entries()) == (["other_books", "other_books"], 1)
