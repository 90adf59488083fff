"""What the world outside says is compared: counted money at a closing, and hashes that co-owners keep."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from controller.domain.ledger import MeansOfPayment
from controller.office import money
from controller.office.accounts import Role, create_web_account
from controller.office.refusals import ConflictError, InvalidError, NotFoundError
from controller.office.settlement import till, witnessing
from controller.office.settlement.books_closing import close_books
from controller.office.settlement.periods import period
from tests.office.closing_kit import AFTER, HEARD, MONTH, close, used
from tests.office.door import PASSWORD
from tests.office.workshop import Workshop

WAIVED = {"controllers_heard": HEARD["controllers_heard"]}


def test_top_ups_are_held_against_till_and_bank_and_a_difference_waits_for_a_reason(shop: Workshop) -> None:
    """Fifty euros by card are in the ledger; what nobody counted is not green; a top-up taken back is none."""
    used(shop, 1)
    with shop.changing() as change:
        taken_back = money.top_up(change, shop.account, 700, MeansOfPayment.CASH, "till 2")
        money.reverse(change, "lab", f"topup:{taken_back}", "typed twice")
    with pytest.raises(ConflictError, match=r"card:\?"):
        close(shop, waive=WAIVED)

    with shop.changing() as change:
        till.count_till(change, "lab", MONTH, MeansOfPayment.CARD, 4_900)
        till.count_till(change, "lab", MONTH, MeansOfPayment.CASH, 0)
    with pytest.raises(ConflictError, match="card:-100"):
        close(shop, waive=WAIVED)

    with shop.changing() as change:
        till.count_till(change, "lab", MONTH, MeansOfPayment.CARD, 5_000)
        with pytest.raises(NotFoundError):
            till.count_till(change, "elsewhere", MONTH, MeansOfPayment.CARD, 1)
    with shop.store.read() as tx:
        lines = till.till_lines(tx, "lab", period("month", MONTH))
    assert [(each.means, each.booked_cents, each.counted_cents) for each in lines] == [
        ("cash", 0, 0),
        ("card", 5_000, 5_000),
    ]
    assert close(shop, waive=WAIVED).final


def test_each_closed_days_hash_waits_for_who_wishes_it(shop: Workshop) -> None:
    """A co-owner of these books who wished it, once; nobody who did not, nobody of another agreement."""
    used(shop, 1)
    with shop.changing() as change:
        wishes, silent, foreign = (
            create_web_account(change, login, PASSWORD, [Role.CO_OWNER], party=party)
            for login, party in (("one", "owner-1"), ("two", "owner-2"), ("other", "somebody"))
        )
        for account in (wishes, foreign):
            witnessing.wish(change, account, wished=True)
    shop.now_ms = AFTER
    with shop.changing() as change:
        days = close_books(change, "lab", "month", MONTH)
        close_books(change, "lab", "month", MONTH)

    with shop.store.read() as tx:
        letters = witnessing.waiting_letters(tx)
        assert (witnessing.is_wished(tx, wishes), witnessing.is_wished(tx, silent)) == (True, False)
        found = witnessing.find_hash(tx, letters[0]["hash"].upper())
    assert [(each["account"], each["day"]) for each in letters] == [(wishes, "2027-01-15")]
    assert (found.books, found.seq, found.whole) == ("lab", letters[0]["entry"], True)
    assert days["entry"] == letters[0]["entry"] + 1

    with shop.changing() as change:
        witnessing.note_taken(change, [letters[0]["id"]])
        witnessing.wish(change, wishes, wished=False)
    with shop.store.read() as tx:
        assert witnessing.waiting_letters(tx) == []
        assert [each["hash"] for each in witnessing.letters_of(tx, wishes)] == [letters[0]["hash"]]


def test_a_hash_that_was_kept_is_found_or_missed_and_a_changed_entry_is_told(shop: Workshop) -> None:
    """The closing's own hash; one of nowhere; one whose number has another by now; an entry changed behind our back."""
    used(shop, 1)
    closed = close(shop)
    number, digest = closed.entry, closed.hash
    with shop.store.read() as tx:
        assert witnessing.find_hash(tx, f"{number}:{digest}").whole
        assert witnessing.find_hash(tx, "0" * 64).books is None
        assert witnessing.find_hash(tx, f"{number}:{'0' * 64}").now == digest
        for wrong in ("", "abc", "z" * 64):
            with pytest.raises(InvalidError):
                witnessing.find_hash(tx, wrong)

    with shop.store.write() as tx:
        for (trigger,) in tx.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            tx.execute(text(f"DROP TRIGGER {trigger}"))
        tx.execute(text("UPDATE ledger_entry SET event_at = event_at + 1 WHERE seq = :seq"), {"seq": number})
        assert not witnessing.find_hash(tx, f"{digest}").whole
