"""The ledger's store: entries once, balances and wheels that add up, and a database that refuses the rest."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from controller.domain.ids import AccountId, BooksId
from controller.domain.ledger import LedgerRefusedError, pool, prepaid
from controller.domain.payer import PayerState
from controller.domain.posting import Reversal, SessionCharge, TopUp
from controller.office.ledger.caches import Recount, check
from controller.office.ledger.store import (
    BATCH_LIMIT,
    balance,
    chain_end,
    open_books,
    owners_parts,
    payer_state,
    post,
    wheel_position,
)
from controller.office.ledger.tables import ledger_balance, ledger_entry, ledger_posting, ledger_wheel
from controller.office.ledger.triggers import trigger_ddl
from controller.office.ledger.verification import verify
from tests.office.ledger_file import BOOKS, CERAMICS, new_ledger, posted, taken_back, top_up, use

ACCOUNT = AccountId("acc-1")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty ledger."""
    engine = new_ledger(tmp_path / "office.db")
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A transaction that is never committed."""
    with engine.connect() as connection:
        yield connection


def earned(connection: Connection) -> list[int]:
    """What each line of the agreement has earned."""
    return [cents for _, cents in owners_parts(connection, BOOKS, CERAMICS)]


def test_the_cent_goes_from_the_card_to_each_co_owner(connection: Connection) -> None:
    """Fifty euros in, two uses: the credit left, the pool and every owner's cents add up."""
    results = posted(connection, top_up(1), use(1), use(2, 37))

    assert [(result.outcome, result.seq) for result in results] == [
        ("posted", 1),
        ("posted", 2),
        ("posted", 3),
    ]
    assert payer_state(connection, BOOKS, ACCOUNT) == PayerState(5_000 - 637, 0)
    assert balance(connection, BOOKS, pool("ceramics", 1)) == -531
    assert earned(connection) == [266, 53, 53, 53, 53, 53]


def test_the_same_event_again_changes_nothing(connection: Connection) -> None:
    """A replay, in the same batch or a later one, is answered "already" with the first entry's number."""
    posted(connection, top_up(1), use(1))
    before = (chain_end(connection, BOOKS), earned(connection))

    replayed = posted(connection, use(1), use(1, pool=None), top_up(1))

    assert [(result.outcome, result.seq) for result in replayed] == [
        ("already", 2),
        ("already", 2),
        ("already", 1),
    ]
    assert (chain_end(connection, BOOKS), earned(connection)) == before


def test_the_same_event_twice_in_one_batch_counts_once(connection: Connection) -> None:
    """Two controllers may bring the same session at the same moment."""
    results = posted(connection, use(1), use(1))

    assert [result.outcome for result in results] == ["posted", "already"]
    assert wheel_position(connection, BOOKS, CERAMICS) == 500


def test_the_same_name_with_other_content_is_refused(connection: Connection) -> None:
    """The first content stands; the refused one leaves no trace, stops no other and stays refused."""
    posted(connection, use(1))

    again = posted(connection, use(1, 700), use(2))
    once_more = posted(connection, use(1, 700))

    assert [result.outcome for result in again] == ["refused", "posted"]
    assert "other content" in (again[0].reason or "")
    assert once_more[0].outcome == "refused"
    assert wheel_position(connection, BOOKS, CERAMICS) == 1_000


def test_a_reversal_restores_every_balance_and_cent(connection: Connection) -> None:
    """After the reversal the credit, the pool and each owner are where they were."""
    posted(connection, top_up(1), use(1, 37))
    before = (payer_state(connection, BOOKS, ACCOUNT), earned(connection))

    results = posted(connection, use(2, 41), taken_back("session:branch-2"))

    assert [result.outcome for result in results] == ["posted", "posted"]
    assert (payer_state(connection, BOOKS, ACCOUNT), earned(connection)) == before


def test_an_entry_is_reversed_once(connection: Connection) -> None:
    """The same reversal again is the same event; another reason is another content."""
    posted(connection, use(1), taken_back("session:branch-1"))

    again = posted(connection, taken_back("session:branch-1"), taken_back("session:branch-1", "another reason"))

    assert [result.outcome for result in again] == ["already", "refused"]


def test_a_corrected_use_is_posted_anew_under_its_next_revision(connection: Connection) -> None:
    """A forgotten stop: the use is reversed and posted with its true duration, under the same session."""
    posted(connection, top_up(1), use(1, 4_800))

    results = posted(connection, taken_back("session:branch-1"), use(1, 600, revision=2))

    assert [result.outcome for result in results] == ["posted", "posted"]
    assert payer_state(connection, BOOKS, ACCOUNT) == PayerState(4_400, 0)
    assert wheel_position(connection, BOOKS, CERAMICS) == 500


def test_an_unknown_entry_is_not_reversed(connection: Connection) -> None:
    """A reversal names what it takes back."""
    result = posted(connection, taken_back("session:nowhere"))[0]

    assert (result.outcome, result.seq) == ("refused", None)
    assert "not posted" in (result.reason or "")


def test_credit_is_followed_within_one_batch(connection: Connection) -> None:
    """Uses posted together see what the ones before them left: the third one finds nothing and is owed."""
    posted(connection, top_up(1, 1_000), use(1, 600), use(2, 600), use(3, 600))

    assert payer_state(connection, BOOKS, ACCOUNT) == PayerState(0, 800)


def test_a_pool_keeps_its_wheel_from_entry_to_entry(connection: Connection) -> None:
    """Each pool leg starts where the one before it stopped, over batches and reversals."""
    posted(connection, use(1, 37), use(2, 37))
    posted(connection, taken_back("session:branch-1"), use(3, 1_000))

    legs = connection.execute(
        select(ledger_posting.c.wheel_before, ledger_posting.c.amount)
        .where(ledger_posting.c.wheel_before.is_not(None))
        .order_by(ledger_posting.c.seq)
    ).all()

    assert legs[0].wheel_before == 0
    assert all(later.wheel_before == leg.wheel_before - leg.amount for leg, later in pairwise(legs))


def test_books_have_chains_of_their_own(connection: Connection) -> None:
    """Numbers, credit and wheels never cross books."""
    other = BooksId("second-workshop")
    open_books(connection, other)
    posted(connection, top_up(1), use(1))

    results = post(connection, other, [use(1)], booked_at=9_000)

    assert results[0].seq == 1
    assert payer_state(connection, other, ACCOUNT) == PayerState(0, 600)
    assert payer_state(connection, BOOKS, ACCOUNT) == PayerState(4_400, 0)


def test_books_that_were_never_opened_take_nothing(connection: Connection) -> None:
    """A mistyped name makes no new books."""
    with pytest.raises(LedgerRefusedError, match="open them first"):
        post(connection, BooksId("mistyped"), [use(1)], booked_at=1)


FEW = 19
"""No divisor of a batch: the last post is a smaller one."""


def test_the_size_of_a_batch_changes_nothing(tmp_path: Path) -> None:
    """More requests than one batch holds give the same chain, byte for byte, as few at a time."""
    requests: list[SessionCharge | TopUp] = [use(number, 37 + number % 50) for number in range(BATCH_LIMIT + 20)]
    whole, parted = new_ledger(tmp_path / "whole.db"), new_ledger(tmp_path / "parted.db")

    with whole.begin() as at_once, parted.begin() as few_by_few:
        post(at_once, BOOKS, requests, booked_at=9_000)
        for first in range(0, len(requests), FEW):
            post(few_by_few, BOOKS, requests[first : first + FEW], booked_at=9_000)

        assert chain_end(at_once, BOOKS) == chain_end(few_by_few, BOOKS)
        assert earned(at_once) == earned(few_by_few)
        assert check(at_once) == check(few_by_few) == []


Event = SessionCharge | TopUp | Reversal
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        use,
        st.integers(1, 12),
        st.integers(0, 99),
        st.sampled_from(["acc-1", "acc-2"]),
        floor_cents=st.sampled_from([0, -20]),
    ),
    st.builds(top_up, st.integers(1, 6), st.integers(1, 200), st.sampled_from(["acc-1", "acc-2"])),
    st.builds(taken_back, st.integers(1, 12).map("session:branch-{}".format)),
    st.builds(taken_back, st.integers(1, 6).map("topup:t{}".format)),
)


@pytest.fixture(scope="module")
def histories(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One file for all random histories; each is rolled back."""
    engine = new_ledger(tmp_path_factory.mktemp("histories") / "office.db")
    yield engine
    engine.dispose()


@given(st.lists(st.lists(EVENTS, max_size=8), max_size=5))
@settings(max_examples=40)
def test_any_history_conserves_every_cent(histories: Engine, batches: list[list[Event]]) -> None:
    """After any history with replays, conflicts and reversals: all accounts sum to zero, no credit is below
    its floor, owners' parts sum to the pool, caches equal a replay from zero, and the chain verifies.
    """
    with histories.connect() as connection:
        for batch in batches:
            posted(connection, *batch)

        total = connection.execute(select(func.coalesce(func.sum(ledger_balance.c.amount), 0))).scalar_one()
        assert total == 0
        for account in ("acc-1", "acc-2"):
            assert -balance(connection, BOOKS, prepaid(AccountId(account))) >= -20
        assert sum(earned(connection)) == -balance(connection, BOOKS, pool("ceramics", 1))
        assert check(connection) == []
        assert verify(connection, None).ok


@given(st.lists(EVENTS, max_size=12))
@settings(max_examples=40)
def test_replaying_a_whole_history_leaves_one_effect(histories: Engine, events: list[Event]) -> None:
    """Every message may come again, any number of times: nothing moves."""
    with histories.connect() as connection:
        posted(connection, *events)
        before = chain_end(connection, BOOKS)

        outcomes = {result.outcome for result in posted(connection, *events) if result.seq is not None}

        grown = chain_end(connection, BOOKS).seq - before.seq
        assert grown == 0 or any(isinstance(each, Reversal) for each in events)
        assert "posted" not in outcomes or grown > 0


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE ledger_entry SET reason = 'x' WHERE seq = 1", "append-only"),
        ("DELETE FROM ledger_entry WHERE seq = 2", "append-only"),
        ("UPDATE ledger_posting SET amount = amount + 1", "append-only"),
        ("DELETE FROM ledger_posting WHERE seq = 2", "append-only"),
        ("INSERT INTO ledger_posting VALUES ('workshop', 2, 9, 'a', 'EUR', 1, NULL)", "sealed already"),
        ("REPLACE INTO ledger_posting VALUES ('workshop', 2, 1, 'a', 'EUR', 1, NULL)", "sealed already"),
    ],
)
def test_the_database_refuses_to_change_what_is_posted(connection: Connection, statement: str, said: str) -> None:
    """No program, not even a person with an SQL shell, changes an entry without removing the guards first."""
    posted(connection, top_up(1), use(1))

    with pytest.raises(IntegrityError, match=said):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seq": 9}, "does not follow"),
        ({"seq": 2}, "does not follow"),
        ({"previous": "1" * 64}, "hash of the one before"),
        ({"key": "session:branch-1"}, "posted already"),
        ({"legs": 2}, "number of legs"),
    ],
)
@pytest.mark.parametrize("verb", ["INSERT", "INSERT OR REPLACE"])
def test_the_database_refuses_an_entry_that_does_not_fit(
    connection: Connection, verb: str, change: dict[str, object], said: str
) -> None:
    """A gap, a wrong hash before it, a key that is taken or missing legs: the row is not inserted, nor does
    it replace.
    """
    posted(connection, top_up(1), use(1))
    row = {
        **connection.execute(select(ledger_entry).where(ledger_entry.c.seq == 2)).mappings().one(),
        "seq": 3,
        "key": "new",
        "legs": 0,
        "previous": chain_end(connection, BOOKS).hash,
        **change,
    }

    with pytest.raises(IntegrityError, match=said):
        connection.execute(insert(ledger_entry).prefix_with(verb.removeprefix("INSERT").strip()), row)


def test_the_database_refuses_an_unbalanced_entry(connection: Connection) -> None:
    """Legs that do not sum to zero per commodity are never sealed."""
    row = {"books": BOOKS, "seq": 1, "leg": 1, "account": "a", "commodity": "EUR", "amount": 5}
    connection.execute(insert(ledger_posting), [row, {**row, "leg": 2, "commodity": "minutes", "amount": -5}])
    entry = {
        "books": BOOKS,
        "seq": 1,
        "key": "k",
        "kind": "topup",
        "fingerprint": "f",
        "event_at": 1,
        "booked_at": 1,
        "details": "{}",
        "legs": 2,
        "previous": chain_end(connection, BOOKS).hash,
        "hash": "h",
    }

    with pytest.raises(IntegrityError, match="do not sum to zero"):
        connection.execute(insert(ledger_entry), entry)


def test_postings_without_their_entry_are_refused_at_commit(engine: Engine) -> None:
    """What was never sealed never becomes durable."""
    row = {"books": BOOKS, "seq": 1, "leg": 1, "account": "a", "commodity": "EUR", "amount": 5}

    with pytest.raises(IntegrityError, match="FOREIGN KEY"), engine.begin() as connection:
        connection.execute(insert(ledger_posting), row)


def test_a_cache_that_drifts_is_told(connection: Connection) -> None:
    """`check` adds everything up from zero and names the account or wheel that says something else."""
    posted(connection, top_up(1), use(1))
    connection.execute(update(ledger_balance).where(ledger_balance.c.account == prepaid(ACCOUNT)).values(amount=1))
    connection.execute(update(ledger_wheel).values(position=3))

    found = [(difference.what, difference.cached, difference.rebuilt) for difference in check(connection)]

    assert found == [(f"{prepaid(ACCOUNT)} EUR", 1, -4_400), (pool("ceramics", 1), 3, 500)]


def test_a_recount_goes_on_where_it_stopped_and_sees_every_cache_anew(connection: Connection) -> None:
    """Whoever closes several agreements in one go has each entry added up once, and still hears of every drift."""
    recount = Recount()
    posted(connection, top_up(1), use(1))
    before = recount.differences(connection)
    posted(connection, use(2), use(3))
    went_on = recount.differences(connection)
    connection.execute(update(ledger_wheel).values(position=ledger_wheel.c.position + 1))
    drifted = recount.differences(connection)

    assert (before, went_on) == ([], [])
    assert drifted == check(connection)
    assert [difference.what for difference in drifted] == [pool("ceramics", 1)]


def test_both_databases_have_the_same_rules() -> None:
    """Each rule's sentence is in the triggers of SQLite and PostgreSQL; another database is refused."""
    sqlite, postgresql = " ".join(trigger_ddl("sqlite")), " ".join(trigger_ddl("postgresql"))

    for said in ("append-only", "does not follow", "hash of the one before", "number of legs", "sum to zero"):
        assert said in sqlite
        assert said in postgresql
    with pytest.raises(ValueError, match="no triggers for mysql"):
        trigger_ddl("mysql")


def test_a_version_of_an_agreement_has_a_wheel_of_its_own(connection: Connection) -> None:
    """A sale of a share starts a new pool: what was earned before it does not move."""
    posted(connection, use(1, 37))
    before = earned(connection)

    posted(connection, use(2, 600, pool=("ceramics", 2)))

    after_sale = replace(CERAMICS, version=2)
    assert earned(connection) == before
    assert wheel_position(connection, BOOKS, after_sale) == 500
