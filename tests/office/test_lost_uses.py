"""A use whose end was on a card that is gone holds nobody's credit for ever."""

from dataclasses import replace

from controller.domain.codec import fact_from
from controller.domain.facts import JournalRestored, SessionOpened
from controller.domain.ids import BranchId, SessionId
from controller.domain.reasons import StopReason
from controller.office.sessions import open_sessions
from tests.office.workshop import Journal, Workshop


def holds(shop: Workshop) -> list[int]:
    """What open uses keep of the member's credit."""
    return [each["cents"] for each in shop.entry("balance", shop.account)["holds"]]


def test_the_next_use_of_a_machine_ends_the_waiting_for_one_that_was_lost(shop: Workshop) -> None:
    """A card from before the use was put in: its machine starts again, so the use is over, and a person is told."""
    journal = Journal(shop)
    before = journal.facts[-1].n
    journal.opened(1, hold_cents=700)
    shop.told(journal)
    old_card = journal.child("b2", after=before)
    old_card.opened(2, hold_cents=300)

    shop.told(old_card)

    with shop.store.read() as tx:
        assert [use["id"] for use in open_sessions(tx)] == ["s-2"]
    assert (holds(shop), shop.alarms()) == ([300], ["forked_journal", "use_lost"])


def test_a_declared_restore_ends_the_waiting_for_what_its_backup_does_not_hold(shop: Workshop) -> None:
    """Nobody need use the machine again; a use that the backup holds is closed by its own controller and is posted."""
    journal = Journal(shop)
    journal.opened(1, machine="laser")
    in_backup = journal.facts[-1].n
    journal.opened(2, hold_cents=700)
    shop.told(journal)
    restored = journal.child("b2", after=in_backup)
    restored.add(
        JournalRestored(
            backup_id="bk-1",
            restored_by="system",
            up_to_branch=BranchId("b1"),
            up_to_n=in_backup,
            at=restored.stamp(180),
        )
    )
    restored.ended(1, machine="laser")

    done = shop.told(restored)

    assert (done.posted, holds(shop)) == (1, [])
    assert shop.alarms().count("use_lost") == 1


def test_a_lost_use_that_is_told_after_all_is_posted(shop: Workshop) -> None:
    """Its card was found again."""
    journal = Journal(shop)
    journal.opened(1)
    shop.told(journal)
    old_card = journal.child("b2", after=1)
    old_card.used(2)
    shop.told(old_card)
    journal.ended(1)

    shop.told(journal)

    assert (shop.entries(), shop.credit_cents(), holds(shop)) == (2, 3_800, [])


def test_what_an_older_branch_tells_late_ends_no_use_that_runs(shop: Workshop) -> None:
    """A use that began later is the one that goes on."""
    journal = Journal(shop)
    copy = journal.child("b2", after=1)
    copy.opened(9, hold_cents=300)
    shop.told(copy)
    journal.opened(1)

    shop.told(journal)

    with shop.store.read() as tx:
        assert "s-9" in [use["id"] for use in open_sessions(tx)]
    assert "use_lost" not in shop.alarms()


def test_a_use_that_is_handed_over_is_not_taken_for_lost(shop: Workshop) -> None:
    """Its end is the fact after the next one's beginning, and may come in another batch."""
    journal = Journal(shop)
    journal.opened(1)
    opened = journal.opened(2)
    journal.facts.pop()
    fact = fact_from(opened.kind, opened.schema, opened.body or {})
    assert isinstance(fact, SessionOpened)
    journal.add(replace(fact, takes_over=SessionId("s-1")))
    shop.told(journal)
    journal.ended(1, reason=StopReason.HANDED_OVER)

    shop.told(journal)

    with shop.store.read() as tx:
        assert [use["id"] for use in open_sessions(tx)] == ["s-2"]
    assert (shop.alarms(), shop.entries()) == ([], 1)
