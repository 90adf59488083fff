"""The history of the controller's two files: each step is a module in `journal` or `replica`, its SQL frozen text.

House rules: a step that was released is never changed. Start-up compares one number with plain sqlite3 and loads
alembic only when a step is pending; a file of a newer version is refused, never touched. `STEPS` names
every step in order, which a test checks against the folders.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import sqlite3

Store = Literal["journal", "replica"]

STEPS: dict[Store, tuple[str, ...]] = {
    "journal": ("journal_1", "journal_2"),
    "replica": ("replica_1", "replica_2"),
}

FOLDER = Path(__file__).parent


def step_of(connection: sqlite3.Connection) -> str | None:
    """Return the step a file is at, `None` for one that holds nothing yet; a damaged file raises."""
    held = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    if held is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def upgrade(path: Path, store: Store) -> None:
    """Bring the file at `path` up to the newest step; all pending steps happen or none does."""
    from alembic import command  # noqa: PLC0415 - 0.3 s and 15 MB that a start without a pending step does not pay
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine, event  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("version_locations", str(FOLDER / store))
    config.set_main_option("path_separator", "os")
    engine = create_engine(f"sqlite:///{path}", poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _by_hand(raw: sqlite3.Connection, _record: object) -> None:
        # The driver would otherwise commit before each CREATE, and half a step could stay.
        raw.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: object) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # type: ignore[attr-defined]

    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
