"""The same office on a real PostgreSQL: same tables, same path from tap to cent, same refusals by the database."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from beancount.loader import load_string
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import URL, insert, select
from sqlalchemy.exc import DBAPIError

from controller.domain.ledger import MeansOfPayment
from controller.domain.receipt import vat_of
from controller.office import money
from controller.office.export.archive import archive_lines
from controller.office.export.archive_reading import verify_archive
from controller.office.export.beancount import beancount_text
from controller.office.export.chart import load_chart
from controller.office.export.documents import documents
from controller.office.export.period import period_of
from controller.office.ledger.caches import check
from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.ledger.triggers import trigger_ddl
from controller.office.ledger.verification import verify
from controller.office.settlement import closing
from controller.office.settlement.books_closing import close_books
from controller.office.settlement.proof import changed_closings
from controller.office.store import OfficeStore
from controller.office.tables import metadata
from controller.office.vault import open_vault
from tests.office.closing_kit import HEARD
from tests.office.postgres_server import new_database, running_server, server_programs
from tests.office.workshop import NOON, Journal, Workshop

pytestmark = pytest.mark.postgres

DATABASES = count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[URL]:
    """One server for all stories of this module."""
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    with running_server(programs) as url:
        yield url


@contextmanager
def workshop(server: URL, folder: Path) -> Iterator[Workshop]:
    """The workshop in a new database."""
    store = OfficeStore(new_database(server, f"office_{next(DATABASES)}"))
    shop = Workshop(folder, store, open_vault(folder / "vault.key", store))
    with shop.changing() as change:
        shop.furnish(change)
    yield shop
    store.close()


@pytest.fixture
def shop(server: URL, tmp_path: Path) -> Iterator[Workshop]:
    """A workshop for one story."""
    with workshop(server, tmp_path) as shop:
        yield shop


@pytest.fixture(scope="module")
def guarded(server: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A workshop for all attempts that are refused: each leaves it as it was."""
    with workshop(server, tmp_path_factory.mktemp("guarded")) as shop:
        yield shop


def refused(shop: Workshop, statement: str) -> str:
    """What the database says to a statement of somebody with an SQL shell."""
    with pytest.raises(DBAPIError) as error, shop.store.write() as tx:
        tx.exec_driver_sql(statement)
    return str(error.value.orig)


def test_a_database_made_by_migrations_has_the_tables_of_the_code(shop: Workshop) -> None:
    """The frozen statements for PostgreSQL run, and give what the code declares; the guards are in place."""
    with shop.store.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
        triggers = set(tx.exec_driver_sql("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal").scalars())

    assert [each for each in differences if each[0] != "add_table_comment"] == []
    declared = [statement.split()[2] for statement in trigger_ddl("postgresql") if "CREATE TRIGGER" in statement]
    assert triggers == set(declared)


def test_the_path_from_a_tap_to_each_co_owner_is_the_same(shop: Workshop) -> None:
    """A morning of uses: credit, owners' cents, caches and chain are those of the same morning on SQLite."""
    journal = Journal(shop)
    for number in range(1, 8):
        journal.used(number, "kiln" if number % 2 else "laser", seconds=37 * number)
    journal.unknown_badge()

    done = shop.told(journal)

    assert (done.facts, done.posted, done.in_tray) == (16, 7, 0)
    assert shop.credit_cents() == 5_000 - sum(37 * number for number in range(1, 8))
    assert sum(shop.owned_cents()) == sum(vat_of(37 * number, 2_000).net_cents for number in (1, 3, 5, 7))
    with shop.store.read() as tx:
        assert check(tx) == []
        assert verify(tx, None).ok


def test_what_the_accountant_takes_is_the_same(shop: Workshop, tmp_path: Path) -> None:
    """The same morning gives the same journals and VAT, byte by byte, and an archive that proves itself."""
    chart, key = load_chart(None), Ed25519PrivateKey.generate()
    (tmp_path / "sqlite").mkdir()
    other = Workshop.founded(tmp_path / "sqlite")
    taken = []
    for each in (shop, other):
        journal = Journal(each)
        journal.used(1)
        journal.used(20, "laser")
        each.told(journal)
        with each.store.read() as tx:
            taken.append([documents(tx, sort, "lab", "2027", chart)[0].data for sort in ("csv", "vat")])
    other.store.close()
    year = period_of("2027", chart.entity_of("lab"))
    with shop.store.read() as tx:
        archive = b"".join(archive_lines(tx, "lab", year, key, year.to_ms))
        text = b"".join(beancount_text(tx, "lab", year.zone)).decode()

    assert taken[0] == taken[1]
    assert b";706100;" in taken[0][0]
    assert verify_archive(io.BytesIO(archive), key.public_key()).ok
    assert load_string(text, dedent=False)[1] == []


def test_a_month_is_closed_here_as_on_sqlite(shop: Workshop) -> None:
    """An agreement's month and the books' own: the same sums, a chain that holds, closings that are what was closed."""
    journal = Journal(shop)
    journal.used(1)
    journal.used(20)
    shop.told(journal)
    shop.now_ms = NOON + 20 * 86_400_000
    with shop.changing() as change:
        closed = closing.close(change, "ceramics", "2027-01", waive=HEARD)
        month = close_books(change, "lab", "month", "2027-01")

    assert [owner["after_cents"] for owner in closed.body["owners"]] == [100] * 5
    assert month["totals"]["sales_cents"] == 1_200
    with shop.store.read() as tx:
        assert changed_closings(tx) == []
        assert check(tx) == []
        assert verify(tx, None).ok


def test_one_odd_fact_is_put_aside_here_too(shop: Workshop) -> None:
    """What fails is taken back alone; PostgreSQL would otherwise give up the whole transaction."""
    journal = Journal(shop)
    journal.used(1, "laser")
    journal.opened(2, hold_cents=2**53 - 10_000)
    journal.opened(3, "laser", hold_cents=2**53 - 10_000)

    done = shop.told(journal)

    assert (done.posted, shop.reasons()) == (1, ["not_understood"])


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE ledger_entry SET reason = 'x' WHERE seq = 1", "append-only"),
        ("DELETE FROM ledger_entry WHERE seq = 1", "append-only"),
        ("UPDATE ledger_posting SET amount = amount + 1", "append-only"),
        ("DELETE FROM ledger_posting", "append-only"),
        ("TRUNCATE ledger_entry, ledger_posting", "append-only"),
        ("TRUNCATE ledger_head", "append-only"),
        ("INSERT INTO ledger_posting VALUES ('lab', 1, 9, 'a', 'EUR', 1, NULL)", "sealed already"),
        (
            "INSERT INTO ledger_posting SELECT * FROM ledger_posting ON CONFLICT (books, seq, leg) DO NOTHING",
            "sealed already",
        ),
        ("INSERT INTO ledger_posting VALUES ('lab', 9, 1, 'a', 'EUR', 1, NULL)", "fk_ledger_posting_sealed"),
    ],
)
def test_the_database_refuses_to_change_what_is_posted(guarded: Workshop, statement: str, said: str) -> None:
    """No program, not even a person with an SQL shell, changes an entry without removing the guards first."""
    assert said in refused(guarded, statement)
    with guarded.store.read() as tx:
        assert verify(tx, None).ok


@pytest.mark.parametrize(
    ("change", "amount", "said"),
    [
        ({"seq": 9}, 0, "does not follow"),
        ({"previous": "1" * 64}, 0, "hash of the one before"),
        ({"key": None}, 0, "posted already"),
        ({"legs": 3}, 0, "number of legs"),
        ({}, 1, "do not sum to zero"),
    ],
)
def test_the_database_refuses_an_entry_that_does_not_fit(
    guarded: Workshop, change: dict[str, object], amount: int, said: str
) -> None:
    """A gap, a wrong hash before it, a taken key, missing or unbalanced legs."""
    with guarded.store.read() as tx:
        last = tx.execute(select(ledger_entry).order_by(ledger_entry.c.seq.desc()).limit(1)).mappings().one()
    row = {**last, "seq": last["seq"] + 1, "key": "new", "legs": 2, "previous": last["hash"], **change}
    row["key"] = row["key"] or last["key"]
    leg = {"books": "lab", "seq": row["seq"], "leg": 1, "account": "a", "commodity": "EUR", "amount": 5 + amount}

    with guarded.store._writer.connect() as tx:  # noqa: SLF001 - past every guard but the database's own
        tx.execute(insert(ledger_posting), [leg, {**leg, "leg": 2, "amount": -5}])
        with pytest.raises(DBAPIError, match=said):
            tx.execute(insert(ledger_entry), row)


def test_a_reader_cannot_write(guarded: Workshop) -> None:
    """A reading transaction refuses every change, as it does on SQLite."""
    with pytest.raises(DBAPIError, match="read-only"), guarded.store.read() as tx:
        tx.exec_driver_sql("DELETE FROM audit")


def test_two_offices_on_one_database_keep_one_chain(shop: Workshop) -> None:
    """Each appends to the end that the other has left."""
    second = OfficeStore(shop.store._writer.url.render_as_string(hide_password=False))  # noqa: SLF001 - same place
    for number, store in enumerate((shop.store, second, shop.store, second)):
        with store.changing("tester", NOON + number) as change:
            money.top_up(change, shop.account, 100, MeansOfPayment.CASH, f"till {number}")
    second.close()

    assert shop.credit_cents() == 5_400
    with shop.store.read() as tx:
        assert verify(tx, None).ok
        assert check(tx) == []
