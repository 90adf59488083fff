"""Reading the journal beside its writer: the exchange's port `Journal`, and proof of the whole chain.

House rules: a connection of its own that can neither write nor checkpoint, used from one thread; every read is short,
for a long one would keep the writer from starting its log anew. Nothing is judged here but the chain.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from controller.domain.chain import SealedFact, broken_because
from controller.domain.ids import BranchId, ControllerId
from controller.exchange.messages import Link
from controller.exchange.ports import Head
from controller.floor.store_file import connect_reader
from controller.floor.tables import SELECT_FACT

Row = tuple[int, str, str, int, str, str, str, int | None, str | None, str | None]

SELECT_START = "SELECT coalesce(branch, ''), n, hash FROM chain_start"
"""The last trimmed fact's place; before anything was trimmed, number 0 of no branch (an empty text)."""

READ_AT_ONCE = 500
"""Facts of one read: about a quarter of a megabyte, and well under a millisecond of a reader's hold on the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What `verify` found: how many facts from which number on, and the first broken one with the reason, if any."""

    checked: int
    after: Head
    head: Head
    broken_n: int | None = None
    because: str | None = None


def sealed_from(row: Row, controller: ControllerId) -> SealedFact:
    """Build the fact of a row of `SELECT_FACT`; a body that is no JSON raises `sqlite3.DatabaseError`."""
    n, branch, kind, schema, prev, commitment, _, _, salt, body = row
    try:
        read = None if body is None else json.loads(body)
    except ValueError as error:
        raise sqlite3.DatabaseError(f"fact {n}: its body is no JSON") from error
    return SealedFact(
        controller=controller,
        branch=BranchId(branch),
        n=n,
        kind=kind,
        schema=schema,
        prev=prev,
        commitment=commitment,
        salt=salt,
        body=read,
    )


def wall_before(connection: sqlite3.Connection, wall_ms: int) -> int:
    """Return the last n that is surely older than `wall_ms`: the one before the first fact dated then or later.

    Undated facts count with the next dated one; with none of that date yet, the last dated fact is the answer.
    """
    young = connection.execute("SELECT min(n) FROM fact WHERE wall_ms >= ?", (wall_ms,)).fetchone()[0]
    if young is not None:
        return int(young) - 1
    old = connection.execute("SELECT max(n) FROM fact WHERE wall_ms < ?", (wall_ms,)).fetchone()[0]
    return 0 if old is None else int(old)


class JournalReader:
    """Reads one journal; made and used in one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open an existing journal; `sqlite3.Error` when that cannot be done."""
        self._connection = connect_reader(path)
        try:
            row = self._connection.execute("SELECT controller FROM chain_start").fetchone()
        except sqlite3.Error:
            self._connection.close()
            raise
        self._controller = ControllerId("" if row is None else row[0])

    @property
    def controller(self) -> ControllerId:
        """Whose journal this is; empty for one that never held a fact."""
        return self._controller

    def head(self) -> Head:
        """Return the last fact's place, or the trimmed end when nothing is left."""
        row = self._connection.execute("SELECT branch, n, hash FROM fact ORDER BY n DESC LIMIT 1").fetchone()
        return self.start() if row is None else Head(*row)

    def start(self) -> Head:
        """Return the place of the last trimmed fact: the first one kept follows it. Number 0 when none was trimmed."""
        return Head(*self._connection.execute(SELECT_START).fetchone())

    def read(self, from_n: int, limit: int) -> tuple[SealedFact, ...]:
        """Return the facts numbered `from_n` and up, at most `limit` and at most `READ_AT_ONCE`."""
        rows = self._connection.execute(
            f"{SELECT_FACT} WHERE n >= ? ORDER BY n LIMIT ?", (from_n, min(limit, READ_AT_ONCE))
        ).fetchall()
        return tuple(sealed_from(row, self._controller) for row in rows)

    def hash_at(self, n: int) -> str | None:
        """Return the hash of fact `n`, also of the last trimmed one; `None` when it is not held."""
        row = self._connection.execute(
            "SELECT hash FROM fact WHERE n = ? UNION ALL SELECT hash FROM chain_start WHERE n = ?", (n, n)
        ).fetchone()
        return None if row is None else str(row[0])

    def oldest_n(self) -> int:
        """Return the number of the oldest fact held; one after the head when none is."""
        return self.start().n + 1

    def lineage(self) -> tuple[Link, ...]:
        """Return where each branch begins that has a fact here, the present one first."""
        rows = self._connection.execute(
            "SELECT branch, parent_branch, first_n - 1, parent_hash FROM branch ORDER BY first_n DESC"
        )
        return tuple(
            Link(branch=own, parent_branch=parent, parent_n=n, parent_hash=prev) for own, parent, n, prev in rows
        )

    def last_n_before(self, wall_ms: int) -> int:
        """Return the last n that is surely older than `wall_ms`, 0 for none (see `wall_before`)."""
        return wall_before(self._connection, wall_ms)

    def facts(self) -> Iterator[SealedFact]:
        """Go through all facts in order, in short reads."""
        n = self.start().n + 1
        while part := self.read(n, READ_AT_ONCE):
            yield from part
            n = part[-1].n + 1

    def verify(self) -> Proof:
        """Check every fact's number, place in the chain, stored hash and commitment; stop at the first broken one."""
        start = self.start()
        previous, checked = start, 0
        while rows := self._rows_after(previous.n):
            for row in rows:
                because = self._broken(row, previous)
                if because is not None:
                    broken_n = previous.n + 1
                    return Proof(checked=checked, after=start, head=previous, broken_n=broken_n, because=because)
                previous = Head(BranchId(row[1]), row[0], row[6])
                checked += 1
        return Proof(checked=checked, after=start, head=previous)

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def _rows_after(self, n: int) -> list[Row]:
        return self._connection.execute(f"{SELECT_FACT} WHERE n > ? ORDER BY n LIMIT ?", (n, READ_AT_ONCE)).fetchall()

    def _broken(self, row: Row, previous: Head) -> str | None:
        if row[0] != previous.n + 1:
            return "it is missing"
        try:
            link = sealed_from(row, self._controller)
        except sqlite3.DatabaseError:
            return "its body is no JSON"
        if link.hash != row[6]:
            return "its hash is not that of its header"
        return broken_because(link, previous.hash)
