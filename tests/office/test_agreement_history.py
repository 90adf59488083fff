"""A version that is written down late holds from its own date: what was posted under the one before is posted anew."""

import pytest
from sqlalchemy import select

from controller.domain.agreement import OwnersShare, Terms, reading
from controller.domain.sessions import SessionKind
from controller.office import money, reposting
from controller.office.directory import agreements
from controller.office.journal_tables import session
from controller.office.ledger.caches import check
from controller.office.ledger.tables import ledger_entry
from controller.office.ledger.verification import verify
from controller.office.refusals import ConflictError
from tests.office.workshop import NOON, Journal, Workshop

TERMS = Terms(manager="manager", legal_basis="convention")


def split(shop: Workshop, agreement: str = "ceramics") -> list[tuple[int, int, int]]:
    """(net cents, uses, seconds) under each version."""
    with shop.store.read() as tx:
        return [(each.income_cents, each.sessions, each.seconds) for each in money.running_split(tx, agreement)]


def test_a_sale_that_is_written_down_late_divides_the_month_at_its_instant(shop: Workshop) -> None:
    """Two uses are posted, then a share is sold as of the minute between them: each earns for those who owned then."""
    journal = Journal(shop)
    journal.used(1, seconds=600)
    journal.used(20, seconds=300)
    shop.told(journal)

    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON + 900_000, lines=reading("A"))

    assert split(shop) == [(500, 1, 600), (250, 1, 300)]
    assert shop.credit_cents() == 5_000 - 900
    with shop.store.read() as tx:
        assert check(tx) == []
        assert verify(tx, None).ok
        assert [tuple(row) for row in tx.execute(select(session.c.agreement_version).order_by(session.c.id))] == [
            (1,),
            (2,),
        ]


def test_a_use_that_is_told_again_after_that_counts_once(shop: Workshop) -> None:
    """The floor's word for it is the same event still."""
    journal = Journal(shop)
    journal.used(1)
    copy = journal.child("b2")
    shop.told(journal)
    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON, lines=reading("A"))
    copy.ended(1)

    shop.told(copy)

    assert (split(shop), shop.credit_cents(), shop.reasons()) == ([(0, 0, 0), (500, 1, 600)], 4_400, [])


def test_an_agreement_that_begins_in_the_past_takes_what_its_machines_earned_since(shop: Workshop) -> None:
    """The laser cutter earned for the books; from the date of the agreement on it earned for its owners."""
    journal = Journal(shop)
    journal.used(1, "laser")
    journal.used(20, "laser")
    shop.told(journal)

    with shop.changing() as change:
        agreements.create_agreement(
            change, "light", "Lumière", ["laser"], from_at=NOON + 900_000, lines=reading("B"), terms=TERMS
        )

    assert split(shop, "light") == [(500, 1, 600)]
    assert shop.owned_cents() == [0] * 6


def test_a_version_that_frees_a_kind_of_use_gives_back_what_was_paid_and_one_that_does_not_takes_it(
    shop: Workshop,
) -> None:
    """What the floor announced is what a use costs, whatever it was posted for before."""
    journal = Journal(shop)
    journal.opened(1)
    journal.ended(1, kind=SessionKind.STAFF)
    journal.used(20)
    shop.told(journal)
    kinds = {SessionKind.STAFF: OwnersShare.CREDITED, SessionKind.PAID: OwnersShare.FREE}
    turned = Terms(manager="manager", legal_basis="convention", kinds=kinds)

    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON, lines=reading("B"), terms=turned)

    assert (split(shop), shop.credit_cents()) == ([(0, 0, 0), (500, 1, 600)], 4_400)
    assert shop.entry("balance", shop.account)["balance_cents"] == 4_400


def test_versions_that_follow_each_other_in_time_post_nothing_anew(shop: Workshop) -> None:
    """A version from now on touches nothing that is over."""
    journal = Journal(shop)
    journal.used(1)
    shop.told(journal)

    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON + 661_000, lines=reading("A"))

    with shop.store.read() as tx:
        assert tx.execute(select(ledger_entry.c.kind).order_by(ledger_entry.c.seq)).scalars().all() == [
            "topup",
            "session",
        ]


def test_a_version_too_far_back_is_refused_with_its_cure(shop: Workshop) -> None:
    """A slip in the date does not rewrite years in one transaction."""
    journal = Journal(shop)
    for number in (1, 20, 40):
        journal.used(number)
    shop.told(journal)

    with shop.changing() as change, pytest.raises(ConflictError, match="plus de 2"):
        reposting.repost_since(change, "lab", ["kiln"], NOON, agreements.agreements_of(change.tx, "lab"), limit=2)


def test_hours_of_a_use_that_was_taken_back_are_not_the_owners(shop: Workshop) -> None:
    """Money and hours of the running split speak of the same uses, and a word of the floor brings none back."""
    journal = Journal(shop)
    journal.used(1)
    journal.used(20)
    copy = journal.child("b2")
    shop.told(journal)

    with shop.changing() as change:
        money.reverse(change, "lab", "session:s-1", "forgotten stop")
    copy.ended(1)
    shop.told(copy)

    assert (split(shop), shop.credit_cents()) == ([(500, 1, 600)], 4_400)
