"""Another program's arithmetic: beancount, without any tolerance, finds the ledger's own balances."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from beancount.loader import load_string
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from controller.cli import main
from controller.domain.ids import BooksId
from controller.domain.posting import Reversal, SessionCharge, TopUp
from controller.office.export.beancount import beancount_account, beancount_commodity, beancount_text
from controller.office.ledger.caches import check
from controller.office.ledger.store import open_books, post
from controller.office.ledger.tables import ledger_balance, ledger_posting
from tests.export.kit import at, spring
from tests.office.ledger_file import BOOKS, new_ledger, taken_back, top_up, use

CREST = ZoneInfo("Europe/Paris")
NUMBERS = count()


def text_of(connection: Connection, books: str = BOOKS) -> str:
    """The export."""
    return b"".join(beancount_text(connection, books, CREST)).decode()


def read_back(text: str) -> tuple[list[Any], dict[str, int]]:
    """What beancount finds wrong, and the cents that it counts on each account."""
    entries, errors, _ = load_string(text, dedent=False)
    sums: dict[str, int] = {}
    for each in (posting for entry in entries for posting in getattr(entry, "postings", [])):
        sums[each.account] = sums.get(each.account, 0) + int(each.units.number * 100)
    return errors, sums


def stored(connection: Connection, books: str) -> dict[str, int]:
    """The ledger's own balances, by beancount's names."""
    cached = ledger_balance.c
    rows = connection.execute(select(cached.account, cached.amount).where(cached.books == books))
    return {beancount_account(row.account): row.amount for row in rows}


def from_zero(connection: Connection, books: str) -> dict[str, int]:
    """Every leg added up again."""
    leg = ledger_posting.c
    rows = connection.execute(select(leg.account, func.sum(leg.amount)).where(leg.books == books).group_by(leg.account))
    return {beancount_account(account): int(amount) for account, amount in rows}


def test_beancount_counts_what_the_ledger_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every entry and every stored balance, taken away by the command, and no error."""
    engine = spring(tmp_path / "office.db")
    code = main(["export", "beancount", str(tmp_path / "office.db"), "--to", str(tmp_path)])
    errors, sums = read_back(Path(capsys.readouterr().out.strip()).read_text())
    with engine.connect() as connection:
        assert (code, errors, sums) == (0, [], stored(connection, BOOKS))
    engine.dispose()


def test_one_cent_is_too_much(tmp_path: Path) -> None:
    """A leg or a balance that is one cent off is an error: beancount's usual half cent is not granted."""
    engine = spring(tmp_path / "office.db")
    with engine.connect() as connection:
        text = text_of(connection)
    engine.dispose()

    assert read_back(text.replace("  50.00 EUR", "  50.001 EUR", 1))[0]
    assert read_back(text.replace(" 50.00 ~ 0 EUR", " 50.001 ~ 0 EUR", 1))[0]
    assert read_back(text)[0] == []


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One file for many histories, each in books of its own."""
    engine = new_ledger(tmp_path_factory.mktemp("beancount") / "office.db")
    yield engine
    engine.dispose()


WHO = st.sampled_from(["acc-1", "a_b", "7"])
USES = st.builds(
    use,
    st.integers(1, 30),
    st.integers(0, 900),
    WHO,
    pool=st.sampled_from([None, ("ceramics", 1), ("kiln-2", 3)]),
    vat_point=st.sampled_from(["at_use", "at_topup"]),
    floor_cents=st.sampled_from([0, -500]),
)
TOP_UPS = st.builds(top_up, st.integers(1, 10), st.integers(1, 3_000), WHO)
BACK = st.builds(
    taken_back, st.integers(1, 30).map("session:branch-{}".format) | st.integers(1, 10).map("topup:t{}".format)
)
HISTORIES = st.lists(st.tuples(st.integers(0, 400), USES | TOP_UPS | BACK), min_size=1, max_size=40)


def disagreements(ledger: Engine, history: list[tuple[int, SessionCharge | TopUp | Reversal]]) -> list[object]:
    """Where the export, the stored balances and a replay from zero differ after this history."""
    books = BooksId(f"books-{next(NUMBERS)}")
    with ledger.connect() as connection:
        open_books(connection, books)
        for day, request in history:
            post(connection, books, [request], booked_at=at("2026-01-01T23:30") + day * 86_400_000)
        errors, sums = read_back(text_of(connection, books))
        known = [each for each in (stored(connection, books), from_zero(connection, books)) if each != sums]
        found = [*errors, *known, *check(connection)]
        connection.rollback()
    return found


@given(HISTORIES)
@settings(max_examples=15)
def test_any_history_is_counted_alike(
    ledger: Engine, history: list[tuple[int, SessionCharge | TopUp | Reversal]]
) -> None:
    """Top-ups, uses, debts, refunds, in any order, refused ones between them, clocks that step back."""
    assert disagreements(ledger, history) == []


@pytest.mark.soak
@given(HISTORIES)
@settings(max_examples=3_000)
def test_thousands_of_histories_are_counted_alike(
    ledger: Engine, history: list[tuple[int, SessionCharge | TopUp | Reversal]]
) -> None:
    """The same at length."""
    assert disagreements(ledger, history) == []


PARTS = st.lists(st.text("ab-_zX:é2d", max_size=4), min_size=2, max_size=3).map(":".join)


@given(PARTS, PARTS)
def test_two_accounts_never_share_a_name(one: str, other: str) -> None:
    """What beancount cannot write is written otherwise, and stays apart."""
    assert (beancount_account(one) == beancount_account(other)) == (one == other)


def test_packs_are_units_of_their_own() -> None:
    """Minutes are no euros."""
    assert (beancount_commodity("EUR"), beancount_commodity("min")) == ("EUR", "U-6D696E")
