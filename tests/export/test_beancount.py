"""Another program's arithmetic: beancount, without any tolerance, finds the ledger's own balances."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from beancount.loader import load_string
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from controller.cli import main
from controller.office.export.beancount import beancount_account, beancount_commodity, beancount_text
from controller.office.ledger.caches import check
from controller.office.ledger.tables import ledger_balance, ledger_posting
from tests.export.histories import HISTORIES, History, told
from tests.export.kit import spring
from tests.office.ledger_file import BOOKS, new_ledger

CREST = ZoneInfo("Europe/Paris")


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

    unasserted = "".join(line for line in text.splitlines(keepends=True) if " balance " not in line)
    assert read_back(unasserted.replace("  50.00 EUR", "  50.001 EUR", 1))[0]
    assert read_back(unasserted)[0] == []
    assert read_back(text.replace(" 50.00 ~ 0 EUR", " 50.001 ~ 0 EUR", 1))[0]
    assert read_back(text)[0] == []


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One file for many histories, each in books of its own."""
    engine = new_ledger(tmp_path_factory.mktemp("beancount") / "office.db")
    yield engine
    engine.dispose()


def disagreements(ledger: Engine, history: History) -> list[object]:
    """Where the export, the stored balances and a replay from zero differ after this history."""
    with ledger.connect() as connection:
        books = told(connection, history)
        errors, sums = read_back(text_of(connection, books))
        known = [each for each in (stored(connection, books), from_zero(connection, books)) if each != sums]
        found = [*errors, *known, *check(connection)]
        connection.rollback()
    return found


@given(HISTORIES)
@settings(max_examples=15)
def test_any_history_is_counted_alike(ledger: Engine, history: History) -> None:
    """Top-ups, uses, debts, refunds, closings, in any order, refused ones between them, clocks that step back."""
    assert disagreements(ledger, history) == []


@pytest.mark.soak
@given(HISTORIES)
@settings(max_examples=3_000)
def test_thousands_of_histories_are_counted_alike(ledger: Engine, history: History) -> None:
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
