"""What cannot be posted waits with its reason, is kept from being spent, and is posted or settled once."""

from sqlalchemy import select

from controller.office.directory import machines, places
from controller.office.intake import (
    stored_up_to,
)
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
