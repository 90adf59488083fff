"""The steps of the two files lead to the tables that the code uses, and a start without a pending step stays light."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine

from controller.floor.migrations import FOLDER, STEPS, Store, step_of
from controller.floor.store_file import create, prepare
from controller.floor.tables import journal_metadata, replica_metadata

TABLES: dict[Store, MetaData] = {"journal": journal_metadata, "replica": replica_metadata}
STORES: tuple[Store, ...] = ("journal", "replica")


def shape(path: Path) -> dict[str, str]:
    """Each table's and index's own SQL, spaces evened out; alembic's table left out."""
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {name: re.sub(r"\s+", " ", sql).strip() for name, sql in rows if name != "alembic_version"}


@pytest.mark.parametrize("store", STORES)
def test_the_steps_make_exactly_the_declared_tables(store: Store, tmp_path: Path) -> None:
    """A table changed without a step, or a step without a table, is found here."""
    create(tmp_path / "stepped.db", store)
    engine = create_engine(f"sqlite:///{tmp_path / 'declared.db'}")
    TABLES[store].create_all(engine)
    engine.dispose()

    assert shape(tmp_path / "stepped.db") == shape(tmp_path / "declared.db")


@pytest.mark.parametrize("store", STORES)
def test_every_step_is_named_in_order_and_reached(store: Store, tmp_path: Path) -> None:
    """Start-up compares with the last name only, so the list must be complete."""
    create(tmp_path / "new.db", store)

    connection = sqlite3.connect(tmp_path / "new.db")
    reached = step_of(connection)
    connection.close()

    assert reached == STEPS[store][-1]
    assert len(list((FOLDER / store).glob("*.py"))) == len(STEPS[store])


def test_a_start_without_a_pending_step_does_not_load_alembic(tmp_path: Path) -> None:
    """The Pi pays for alembic only on the day of an upgrade."""
    path = tmp_path / "journal.db"
    prepare(path, "journal")
    program = (
        "import sys; from pathlib import Path; from controller.floor.store_file import prepare;"
        "prepare(Path(sys.argv[1]), 'journal'); print('alembic' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
