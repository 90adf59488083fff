"""The office's database: one writer, readers that see one state, migrations that lose nothing."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, insert, select
from sqlalchemy.exc import OperationalError

from controller.domain.chain import GENESIS_HASH
from controller.errors import DataError, OperatingError, ProgrammerError
from controller.office.directory.tables import audit
from controller.office.ledger.triggers import trigger_ddl
from controller.office.migrations import migrate
from controller.office.store import OfficeStore, renew_incarnation
from controller.office.tables import metadata


@pytest.fixture
def store(tmp_path: Path) -> Iterator[OfficeStore]:
    """A new office database."""
    store = OfficeStore(tmp_path / "office.db")
    yield store
    store.close()


def notes(store: OfficeStore) -> list[str]:
    """What the audit holds."""
    with store.read() as tx:
        return list(tx.execute(select(audit.c.what).order_by(audit.c.id)).scalars())


def test_a_database_made_by_migrations_has_the_tables_of_the_code(store: OfficeStore) -> None:
    """The frozen statements of the migrations and the tables that the code declares cannot drift apart."""
    with store.read() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        differences = compare_metadata(context, metadata)
        triggers = set(tx.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars())

    assert differences == []
    assert triggers == {statement.split()[2] for statement in trigger_ddl("sqlite")}


def test_the_same_tables_are_frozen_for_postgresql() -> None:
    """Every table and ledger trigger has its statement for the other database too."""
    folder = Path(__file__).parents[2] / "controller" / "office" / "migrations" / "versions"
    later = "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.py")))
    frozen = (folder / "0001_first.postgresql.sql").read_text(encoding="utf-8") + later

    assert all(
        f"CREATE TABLE {table.name} (" in frozen or f'CREATE TABLE "{table.name}" (' in frozen
        for table in metadata.sorted_tables
    )
    assert all(statement in frozen for statement in trigger_ddl("postgresql"))


def test_a_writing_block_is_whole_or_nothing(store: OfficeStore) -> None:
    """An exception takes everything back."""
    with store.changing("tester", 1) as change:
        change.audit("kept", "x")

    with pytest.raises(ZeroDivisionError):
        write_and_fail(store)

    assert notes(store) == ["kept"]


def write_and_fail(store: OfficeStore) -> None:
    """Write, then fail before the end of the block."""
    with store.changing("tester", 2) as change:
        change.audit("lost", "x")
        raise ZeroDivisionError


def test_a_reader_cannot_write(store: OfficeStore) -> None:
    """A reading transaction refuses every change."""
    with store.read() as tx, pytest.raises(OperationalError):
        tx.execute(insert(audit).values(at=1, actor="x", what="x", subject="x"))


def test_a_reader_sees_one_state_from_beginning_to_end(store: OfficeStore) -> None:
    """What is committed meanwhile does not appear in the middle of a reading."""
    with store.read() as tx:
        before = tx.execute(select(audit.c.what)).all()
        with store.changing("tester", 1) as change:
            change.audit("meanwhile", "x")
        after = tx.execute(select(audit.c.what)).all()

    assert (before, after, notes(store)) == ([], [], ["meanwhile"])


def test_writers_take_turns(store: OfficeStore) -> None:
    """Many threads that write at once all get their turn, and none loses anything."""

    def write(number: int) -> None:
        for _ in range(10):
            with store.changing("tester", number) as change:
                change.audit("written", str(number))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(notes(store)) == 40


def test_a_write_within_a_write_is_named_as_our_fault(store: OfficeStore) -> None:
    """It would wait for itself; it is refused at once, and the outer one goes on."""
    with store.changing("tester", 1) as change:
        with pytest.raises(ProgrammerError), store.write():
            pass
        change.audit("outer", "x")

    assert notes(store) == ["outer"]


def test_every_commit_is_on_the_disk(store: OfficeStore) -> None:
    """WAL with synchronous FULL and foreign keys, as the documents promise."""
    with store.write() as tx:
        said = [
            tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert said == ["wal", 2, 1]


def test_a_database_of_a_newer_version_is_refused_and_untouched(tmp_path: Path) -> None:
    """One sentence, no change, no copy."""
    path = tmp_path / "office.db"
    OfficeStore(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    raw.close()
    before = path.read_bytes()

    with pytest.raises(DataError, match="9999"):
        OfficeStore(path)

    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir() if "before" in file.name] == []


def test_a_pending_step_leaves_a_copy_beside_the_file(tmp_path: Path) -> None:
    """Before a step changes a file with data, the whole of it is copied."""
    path = tmp_path / "office.db"
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0000')")
        connection.exec_driver_sql("CREATE TABLE treasure (gold INTEGER)")
        connection.exec_driver_sql("INSERT INTO treasure VALUES (7)")

    migrate(engine, path, steps=Path(__file__).parent / "later_steps")

    engine.dispose()
    with sqlite3.connect(path.with_name("office.db.before-0001")) as copy:
        kept = copy.execute("SELECT gold FROM treasure").fetchall()
    copy.close()
    with sqlite3.connect(path) as changed:
        now = changed.execute("SELECT gold FROM treasure").fetchall()
    changed.close()
    assert (kept, now) == ([(7,)], [(8,)])


def test_a_damaged_file_is_refused_and_never_replaced(tmp_path: Path) -> None:
    """A file that is no database stays as it is; a person restores a backup."""
    path = tmp_path / "office.db"
    path.write_bytes(b"not a database at all, but somebody's file" * 100)

    with pytest.raises(DataError):
        OfficeStore(path)

    assert path.read_bytes().startswith(b"not a database")


def test_an_empty_file_in_the_place_of_the_database_is_refused_and_not_filled_anew(tmp_path: Path) -> None:
    """A card that lost what was in the file must not give the lab an empty office by the same name."""
    path = tmp_path / "office.db"
    path.touch()

    with pytest.raises(DataError, match="vide"):
        OfficeStore(path)

    assert path.stat().st_size == 0


def test_a_first_start_that_was_cut_short_is_begun_again(tmp_path: Path) -> None:
    """What an interrupted making left behind is no database yet and in nobody's way."""
    (tmp_path / "office.db.new").write_bytes(b"half")
    (tmp_path / "office.db.new-wal").write_bytes(b"half")

    OfficeStore(tmp_path / "office.db").close()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["office.db"]


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    """One sentence with the path."""
    with pytest.raises(OperatingError, match="nowhere"):
        OfficeStore(tmp_path / "nowhere" / "office.db")


def test_the_incarnation_stays_until_a_restore_renews_it(store: OfficeStore, tmp_path: Path) -> None:
    """Controllers tell by it that the office went back in time."""
    first = store.incarnation()
    store.close()
    again = OfficeStore(tmp_path / "office.db")
    second = again.incarnation()
    with again.write() as tx:
        renew_incarnation(tx)
    third = again.incarnation()
    again.close()

    assert first == second != third
    assert first != GENESIS_HASH
