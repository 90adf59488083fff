"""What became of each fact that was read, and how far each branch is read: written once for a whole batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, update

from controller.office.journal_tables import journal_branch, journal_fact
from controller.office.ledger.rows import chunks

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

Name = tuple[str, str, int]
"""A fact's name: controller, branch, number."""


class Outcomes:
    """The facts of a batch with their state; the last word on each counts."""

    def __init__(self, tx: Connection) -> None:
        """Begin with none."""
        self._tx = tx
        self._said: dict[Name, tuple[str, str | None, str | None]] = {}

    def __len__(self) -> int:
        return len(self._said)

    @property
    def in_tray(self) -> int:
        """How many of them are in the tray."""
        return sum(state == "tray" for state, _, _ in self._said.values())

    def settle(self, row: Row[Any], state: str, reason: str | None = None, detail: str | None = None) -> None:
        """Say what became of a fact."""
        self._said[row.controller, row.branch, row.n] = (state, reason, detail)

    def write(self) -> None:
        """Write it all down."""
        if not self._said:
            return
        alike: dict[tuple[str, str, str, str | None, str | None], list[int]] = {}
        for (controller, branch, n), said in self._said.items():
            alike.setdefault((controller, branch, *said), []).append(n)
        fact = journal_fact.c
        for (controller, branch, state, reason, detail), numbers in alike.items():
            for chunk in chunks(numbers):
                named = and_(fact.controller == controller, fact.branch == branch, fact.n.in_(chunk))
                now = {"state": state, "tray_reason": reason, "tray_detail": detail}
                self._tx.execute(update(journal_fact).where(named).values(now))
        ends: dict[tuple[str, str], int] = {}
        for controller, branch, n in self._said:
            ends[controller, branch] = max(n, ends.get((controller, branch), 0))
        for (controller, branch), n in ends.items():
            place = and_(
                journal_branch.c.controller == controller,
                journal_branch.c.branch == branch,
                journal_branch.c.interpreted_n < n,
            )
            self._tx.execute(update(journal_branch).where(place).values(interpreted_n=n))
