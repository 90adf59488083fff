"""The rows of uses and of what they hold, while a batch of facts changes them.

House rules: loaded once, changed in memory, written once; a use that was posted is never opened or ended
again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from controller.office.bulk import insert_rows
from controller.office.journal_tables import hold, session
from controller.office.ledger.rows import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

_EMPTY: dict[str, Any] = {column.name: None for column in session.columns}

SETTLED = frozenset({"posted", "abandoned", "reversed"})


class SessionRows:
    """The uses that a batch speaks of; `touched` are the accounts whose balance must come down anew."""

    def __init__(self, tx: Connection) -> None:
        """Start with nothing loaded."""
        self._tx = tx
        self._rows: dict[str, dict[str, Any]] = {}
        self._stored: set[str] = set()
        self._loaded: set[str] = set()
        self._changed: set[str] = set()
        self._holds: dict[str, tuple[Any, ...] | None] = {}
        self.touched: set[str] = set()

    def load(self, keys: Iterable[str]) -> None:
        """Read the rows of `keys` that are not known yet."""
        missing = sorted(set(keys) - self._loaded)
        for chunk in chunks(missing):
            rows = self._tx.execute(select(session).where(session.c.id.in_(chunk))).mappings()
            self._rows.update({row["id"]: dict(row) for row in rows})
        self._stored.update(key for key in missing if key in self._rows)
        self._loaded.update(missing)

    def state(self, key: str) -> str | None:
        """Return how a use stands; `None` when nothing was told of it."""
        row = self._rows.get(key)
        return None if row is None else row["state"]

    def change(self, key: str, **values: Any) -> None:  # noqa: ANN401 - cells of a row
        """Set cells of a use's row, which begins empty."""
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = {**_EMPTY, "id": key}
        row.update(values)
        self._changed.add(key)
        self.touched.add(row["account"])

    def hold(self, key: str, cents: int, *, in_tray: bool = False) -> None:
        """Keep `cents` of the use's account from being spent twice."""
        row = self._rows[key]
        self._holds[key] = (key, row["account"], row["controller"], cents, int(in_tray))

    def touch(self, key: str) -> None:
        """Have the balance of the use's account told anew."""
        self.touched.add(self._rows[key]["account"])

    def release(self, key: str) -> None:
        """Let go of what the use held."""
        self._holds[key] = None

    def flush(self) -> None:
        """Write everything that changed."""
        changed = sorted(self._changed)
        for chunk in chunks([key for key in changed if key in self._stored]):
            self._tx.execute(delete(session).where(session.c.id.in_(chunk)))
        insert_rows(self._tx, session, [tuple(self._rows[key].values()) for key in changed])
        for chunk in chunks(sorted(self._holds)):
            self._tx.execute(delete(hold).where(hold.c.session.in_(chunk)))
        insert_rows(self._tx, hold, [row for _, row in sorted(self._holds.items()) if row is not None])
        self._stored.update(changed)
        self._changed.clear()
        self._holds.clear()
