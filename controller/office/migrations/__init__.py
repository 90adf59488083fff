"""The history of the office's tables: each step is a module in `versions`, run at start in its own
transaction.

House rules: a step that was released is never changed; its statements are frozen text, not the tables of
today. Before a step changes a file that holds data, a copy is made beside it. A database of a newer version
is refused, never touched.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from controller.errors import DataError, Message

if TYPE_CHECKING:
    from sqlalchemy import Engine

FOLDER = Path(__file__).parent


def migrate(engine: Engine, path: Path | None, steps: Path = FOLDER) -> None:
    """Bring the database up to date; raise `DataError` when a newer version wrote it.

    With a `path` (SQLite), a copy `<name>.before-<step>` is left beside it when a step is pending and data
    exists.
    """
    known, head = _steps_in(steps)
    with engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in known:
        raise DataError(
            Message(
                "la base du bureau a été écrite par une version plus récente",
                "a newer version wrote the office's database",
            ),
            why=Message(f"l'étape {present} est inconnue ici", f"step {present} is unknown here"),
            cure=Message("mettez Indivis à jour", "upgrade Indivis"),
        )
    if present == head:
        return
    if present is not None and path is not None:
        _copy(engine, path.with_name(f"{path.name}.before-{head}"))
    config = _config(steps)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@lru_cache(maxsize=4)
def _steps_in(folder: Path) -> tuple[frozenset[str], str | None]:
    """Return (every step's name, the newest one's): read once in a process, for each reading compiles them all."""
    scripts = ScriptDirectory.from_config(_config(folder))
    return frozenset(step.revision for step in scripts.walk_revisions()), scripts.get_current_head()


def _config(steps: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(steps))
    return config


def _copy(engine: Engine, target: Path) -> None:
    """Write a whole and checked copy of a SQLite file to `target`, replacing an older copy of the same name."""
    target.unlink(missing_ok=True)
    raw = engine.raw_connection()  # VACUUM runs outside every transaction
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(target),))
    finally:
        raw.close()
