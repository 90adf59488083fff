"""A month is closed once: what it earned is shared out and frozen, and whatever comes later is the next month's."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from controller.domain.agreement import reading
from controller.domain.ids import BooksId
from controller.domain.sessions import SessionKind
from controller.office import money
from controller.office.directory import agreements
from controller.office.ledger.caches import check
from controller.office.ledger.signing import last_head
from controller.office.ledger.verification import verify
from controller.office.refusals import ConflictError, InvalidError, NotFoundError
from controller.office.settlement import closing, expenses, statements
from tests.office.closing_kit import AFTER, DAY, HEARD, LATER, MONTH, NEXT, account, close, due, used
from tests.office.workshop import NOON, Journal, Workshop


def test_a_month_is_shared_out_and_its_pool_is_empty(shop: Workshop) -> None:
    """Ten euros net: half for the management, one each for five owners; each cent on somebody's account."""
    used(shop, 1, 20)

    closed = close(shop)

    assert due(closed) == [100, 100, 100, 100, 100]
    assert [closed.body["versions"][0][name] for name in ("income_cents", "fee_cents", "distributed_cents")] == [
        1_000,
        500,
        500,
    ]
    assert account(shop, "pool:ceramics:1") == 0
    assert account(shop, "fee:ceramics:manager") == -500
    assert account(shop, "owner:ceramics:owner-4") == -100
    assert shop.owned_cents() == [500, 100, 100, 100, 100, 100]
    with shop.store.read() as tx:
        assert check(tx) == []
        assert verify(tx, None).ok


@pytest.mark.soak
def test_the_days_of_a_closing_add_up_to_its_income(shop: Workshop) -> None:
    """The trail goes down to uses by day and machine, without a person or a time of day."""
    used(shop, 1, 20)

    body = close(shop).body

    assert body["days"] == [
        {
            "day": "2027-01-15", "machine": "kiln", "name": "Kiln", "uses": 2, "seconds": 1_200,
            "gross_cents": 1_200, "net_cents": 1_000, "earlier": False,
        }
    ]  # fmt: skip
    assert shop.member not in json.dumps(body)
    assert shop.account not in json.dumps(body)


def test_closing_again_changes_nothing_and_answers_the_same(shop: Workshop) -> None:
    """The treasurer clicks twice, another time a month later."""
    used(shop, 1)
    first = close(shop)

    again = close(shop, at=LATER)

    assert again == first
    assert account(shop, "owner:ceramics:owner-1") == -50


def test_a_use_that_arrives_late_is_settled_by_the_next_closing(shop: Workshop) -> None:
    """The first month stays as it was; the next one shows the use as from earlier periods."""
    journal = used(shop, 1)
    first = close(shop)
    journal.used(20)
    shop.told(journal)

    second = close(shop, NEXT, LATER)

    version = second.body["versions"][0]
    assert (version["income_cents"], version["earlier_cents"]) == (500, 500)
    assert [day["earlier"] for day in second.body["days"]] == [True]
    assert due(second) == [100] * 5
    assert [owner["before_cents"] for owner in second.body["owners"]] == [50] * 5
    assert close(shop) == first


def test_a_use_of_the_next_month_is_not_counted_before_it(shop: Workshop) -> None:
    """January is closed in February, when February's uses are posted already."""
    journal = used(shop, 1)
    journal.used(30 * 24 * 60)
    shop.now_ms = AFTER
    shop.now_ms = NOON + 31 * DAY
    shop.told(journal)

    january, february = close(shop, at=NOON + 31 * DAY), close(shop, NEXT, LATER)

    assert [each.body["versions"][0]["income_cents"] for each in (january, february)] == [500, 500]
    assert february.body["versions"][0]["earlier_cents"] == 0


@pytest.mark.soak
def test_a_use_taken_back_after_its_month_was_closed_lessens_the_next(shop: Workshop) -> None:
    """What was paid out stays paid out; the balance of each owner says so."""
    used(shop, 1)
    close(shop)
    with shop.changing() as change:
        money.reverse(change, "lab", "session:s-1", "stopped by mistake")

    second = close(shop, NEXT, LATER)

    assert second.body["versions"][0]["income_cents"] == -500
    assert due(second) == [0] * 5


def test_a_sale_written_down_late_is_an_adjustment_of_the_next_month(shop: Workshop) -> None:
    """The closed month stays; the next takes the use from those who had sold and gives it to those who had bought."""
    used(shop, 1)
    close(shop)
    with shop.changing() as change:
        agreements.create_version(change, "ceramics", from_at=NOON, lines=reading("A"))

    second = close(shop, NEXT, LATER)

    assert [(each["version"], each["income_cents"]) for each in second.body["versions"]] == [(1, -500), (2, 500)]
    owners = {owner["party"]: owner["after_cents"] for owner in second.body["owners"]}
    assert owners == {"manager": 0, "owner-1": 63, "owner-2": 63, "owner-3": 62, "owner-4": 62}


@pytest.mark.soak
@pytest.mark.soak
@pytest.mark.soak
def test_a_closing_waits_for_what_is_in_the_way_and_names_it(shop: Workshop) -> None:
    """A controller that was not heard, a use that still runs, a dispute: each by its id."""
    journal = used(shop, 1)
    journal.opened(40)
    shop.told(journal)
    with shop.changing() as change:
        named = expenses.dispute(change, "ceramics", MONTH, "owner-1", "the counter says more")

    with pytest.raises(ConflictError) as refused:
        close(shop, waive={})

    said = refused.value.sentence("en")
    assert all(name in said for name in ("controllers_heard", "pi-1", "uses_over", "s-40", "disputes", named))
    assert account(shop, "owner:ceramics:owner-1") == 0


def test_a_line_is_waived_by_somebody_with_a_reason_and_the_statement_says_so(shop: Workshop) -> None:
    """An empty reason is none."""
    used(shop, 1)

    with pytest.raises(ConflictError, match="controllers_heard"):
        close(shop, waive={**HEARD, "controllers_heard": "  "})
    line = close(shop).body["check_list"][0]

    assert (line["code"], line["waived_by"]) == ("controllers_heard", "treasurer")
    assert (line["reason"], line["names"]) == (HEARD["controllers_heard"], ["pi-1"])


def test_a_controller_that_was_heard_past_the_end_is_not_waited_for(shop: Workshop) -> None:
    """It told something in February."""
    journal = used(shop, 1)
    shop.now_ms = AFTER
    journal.unknown_badge()
    shop.told(journal)

    counted = {"top_ups": HEARD["top_ups"]}
    assert [line["code"] for line in close(shop, waive=counted).body["check_list"] if not line["green"]] == ["top_ups"]


def test_a_use_in_the_tray_and_one_without_a_date_stand_in_the_way(shop: Workshop) -> None:
    """One is on a machine that nobody knows, the other has no clock yet and the agreement changed about then."""
    journal = Journal(shop)
    journal.ended(1, machine="unheard-of")
    journal.clock = False
    journal.ended(2)
    shop.told(journal)

    with pytest.raises(ConflictError) as refused:
        close(shop)

    assert "tray" in refused.value.sentence("en")
    assert "undated" in refused.value.sentence("en")


@pytest.mark.soak
def test_a_settled_dispute_is_in_nobodys_way(shop: Workshop) -> None:
    """It is answered once."""
    used(shop, 1)
    with shop.changing() as change:
        key = expenses.dispute(change, "ceramics", MONTH, "owner-1", "the counter says more")
        expenses.settle_dispute(change, key, "tests of the maintainer")
    with shop.changing() as change, pytest.raises(NotFoundError):
        expenses.settle_dispute(change, key, "again")

    assert close(shop).final


def test_a_month_that_is_not_over_or_is_none_is_not_closed(shop: Workshop) -> None:
    """One sentence, with what to do."""
    for month, at, said in (
        ("2027-01", NOON, "not over"),
        ("2027-13", AFTER, "no period"),
        ("May", AFTER, "no period"),
    ):
        with pytest.raises(InvalidError) as refused:
            close(shop, month, at)

        assert said in refused.value.sentence("en")


def test_months_are_closed_one_after_the_other(shop: Workshop) -> None:
    """Neither leaving one out nor going back."""
    used(shop, 1)
    close(shop)

    for month in ("2027-03", "2026-12"):
        with pytest.raises(InvalidError, match=NEXT):
            close(shop, month, LATER + 60 * DAY)


def test_the_head_is_signed_at_the_closing(shop: Workshop) -> None:
    """The closing's own entry is what was signed."""
    used(shop, 1)
    key = Ed25519PrivateKey.generate()

    closed = close(shop, key=key)

    with shop.store.read() as tx:
        head = last_head(tx, BooksId("lab"))
        assert verify(tx, key.public_key(), closed.hash).ok
    assert head is not None
    assert (head.seq, head.hash, head.is_signed_by(key.public_key())) == (closed.entry, closed.hash, True)


@pytest.mark.soak
def test_a_closing_is_not_taken_back(shop: Workshop) -> None:
    """What was wrong with it is settled by the next one."""
    used(shop, 1)
    close(shop)

    with shop.changing() as change, pytest.raises(InvalidError, match="closing"):
        money.reverse(change, "lab", "closing:agreement:ceramics:2027-01", "please")


def test_a_statement_has_the_same_bytes_whenever_it_is_asked_for(shop: Workshop) -> None:
    """Also after the machine has a new name and more was earned; it says part, balance and the hash of the closing."""
    journal = used(shop, 1, 20)
    first = statements.statement(close(shop), "owner-1")
    journal.used(40)
    shop.told(journal)
    with shop.changing() as change:
        change.tx.execute(text("UPDATE machine SET name = 'Grand four'"))

    again = statements.statement(close(shop, at=LATER), "owner-1")

    assert statements.as_json(again) == statements.as_json(first)
    assert statements.as_csv(again) == statements.as_csv(first)
    assert first["mine"]["after_cents"] == 100
    assert first["closing"]["hash"] == close(shop).hash


def test_the_table_of_a_statement_reads_like_its_data(shop: Workshop) -> None:
    """French spreadsheets open it; no cell of it is a formula."""
    used(shop, 1, 20)

    table = statements.as_csv(statements.statement(close(shop), "owner-1")).decode("utf-8-sig").splitlines()

    assert table[0] == "rubrique;libellé;jour;machine;utilisations;secondes;euros"
    assert "convention version 1;Rémunération du gérant;;;;;-5,00" in table
    assert "mon compte;Solde dû;;;;;1,00" in table
    assert "détail;;2027-01-15;Kiln;2;1200;10,00" in table


def test_a_provisional_statement_is_reckoned_and_kept_nowhere(shop: Workshop) -> None:
    """In the middle of the month: the figures so far, no hash, and the list of what a closing would wait for."""
    used(shop, 1)
    with shop.store.read() as tx:
        so_far = closing.provisional(tx, "ceramics", MONTH, NOON + 60_000)
        said = statements.statement(so_far, "owner-1")

    assert (said["status"], said["mine"]["part_cents"], said["closing"]) == ("provisional", 50, None)
    assert [line["code"] for line in said["check_list"] if not line["green"]] == ["controllers_heard", "top_ups"]
    assert close(shop).body["owners"][1]["part_cents"] == 50


@pytest.mark.soak
def test_uses_that_brought_nothing_are_told_by_kind(shop: Workshop) -> None:
    """The hours of the machine's own counter are explained: a test by the maintainer."""
    journal = Journal(shop)
    journal.opened(1)
    journal.ended(1, kind=SessionKind.TEST)
    shop.told(journal)

    body = close(shop).body

    assert body["unshared"] == [{"machine": "kiln", "kind": "test", "uses": 1, "seconds": 600, "name": "Kiln"}]
    assert body["versions"][0]["income_cents"] == 0


@pytest.mark.soak
def test_somebody_who_is_in_no_line_has_no_statement(shop: Workshop) -> None:
    """Named in the refusal."""
    used(shop, 1)

    with pytest.raises(NotFoundError, match="somebody"):
        statements.statement(close(shop), "somebody")
