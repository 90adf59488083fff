"""Looking at the directory's copy: a whole view for those who go through it, one row for a tap.

House rules: every answer of a look is from one revision; a reader belongs to one thread, and opens anew by itself when
another file came into force.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from controller.domain.directory import (
    BadgeEntry,
    BalanceEntry,
    CreditPolicyEntry,
    MachineEntry,
    MemberEntry,
    RightEntry,
)
from controller.domain.ids import BadgeToken, BranchId, MachineId
from controller.floor.replica_view import Contact, ReplicaState, View
from controller.floor.store_file import connect_reader

_GET_TAP = """
    SELECT state.incarnation, state.revision, state.needs_upgrade, badge.body, member.key, member.body,
        balance.key, balance.body, machine.body, policy.key, policy.body,
        (SELECT json_group_array(json_array(key, body)) FROM entry
            WHERE kind = 'right' AND key >= member.key || '/' AND key < member.key || '/' || char(127))
    FROM replica_state AS state
    LEFT JOIN entry AS badge ON badge.kind = 'badge' AND badge.key = :token
    LEFT JOIN entry AS member ON member.kind = 'member' AND member.key = badge.body ->> 'member'
    LEFT JOIN entry AS balance ON balance.kind = 'balance' AND balance.key = member.body ->> 'account'
    LEFT JOIN entry AS machine ON machine.kind = 'machine' AND machine.key = :machine
    LEFT JOIN entry AS policy ON policy.kind = 'credit_policy' AND policy.key = machine.body ->> 'books'
"""
"""All that a tap needs, in one row of one statement. Each step of a statement lets go of the interpreter, and whatever
else runs may keep it from coming back: a look-up in nine statements was held up nine times.
"""

_GET_STATE = (
    "SELECT incarnation, revision, needs_upgrade, contact_boot_id, contact_boot_ms, contact_wall_ms FROM replica_state"
)


class Reader(Protocol):
    """What a thread that looks things up holds."""

    def view(self) -> AbstractContextManager[View]:
        """Begin a look at the newest revision."""
        ...

    def tap(self, token: BadgeToken, machine: MachineId) -> View:
        """Look at what a tap needs and at nothing else: who carries the badge, and the machine with its books."""
        ...

    def close(self) -> None:
        """End for good."""
        ...


class InForce(Protocol):
    """Which file is in force (`generation` changes with it), and when the office was last heard."""

    @property
    def generation(self) -> int:
        """Grow with each file that comes into force."""
        ...

    def resolved(self) -> Path:
        """Name the file in force."""
        ...

    def contact(self) -> Contact | None:
        """When the office was last heard."""
        ...


class Rows:
    """Bodies from a connection on which a transaction is open."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def body(self, kind: str, key: str) -> str | None:
        row = self._connection.execute("SELECT body FROM entry WHERE kind = ? AND key = ?", (kind, key)).fetchone()
        return None if row is None else str(row[0])

    def bodies(self, kind: str, prefix: str) -> Iterable[tuple[str, str]]:
        # Keys are ASCII without a byte above "~", so this range is exactly what begins with the prefix.
        rows: list[tuple[str, str]] = self._connection.execute(
            "SELECT key, body FROM entry WHERE kind = ? AND key >= ? AND key < ? ORDER BY key",
            (kind, prefix, prefix + "\x7f"),
        ).fetchall()
        return rows

    def contained(self, branch: BranchId) -> int:
        row = self._connection.execute("SELECT n FROM contained WHERE branch = ?", (branch,)).fetchone()
        return 0 if row is None else int(row[0])


class _Gathered:
    """The bodies of one tap, which outlive their read."""

    def __init__(self, found: Iterable[tuple[str, str | None, str | None]], rights: list[tuple[str, str]]) -> None:
        self._found = {(kind, key): body for kind, key, body in found}
        self._rights = rights

    def body(self, kind: str, key: str) -> str | None:
        return self._found.get((kind, key))

    def bodies(self, kind: str, prefix: str) -> Iterable[tuple[str, str]]:
        return [(key, body) for key, body in self._rights if kind == RightEntry.KIND and key.startswith(prefix)]

    def contained(self, branch: BranchId) -> int:
        return 0  # not asked for by a tap; for whoever asks all the same, nothing is counted yet


class FileReader:
    """One thread's connection, opened anew when another file came into force."""

    def __init__(self, replica: InForce) -> None:
        self._replica = replica
        self._generation = -1
        self._connection: sqlite3.Connection | None = None

    @contextmanager
    def view(self) -> Iterator[View]:
        connection = self._current()
        connection.execute("BEGIN")
        try:
            stored = state_of(connection)
            contact = self._replica.contact()
            state = ReplicaState(
                incarnation=stored.incarnation,
                revision=stored.revision,
                needs_upgrade=stored.needs_upgrade,
                contact=contact,
            )
            yield View(Rows(connection), state)
        finally:
            connection.execute("ROLLBACK")

    def tap(self, token: BadgeToken, machine: MachineId) -> View:
        row = self._current().execute(_GET_TAP, {"token": token, "machine": machine}).fetchone()
        incarnation, revision, needs_upgrade, badge, member, standing, account, balance, at, books, policy, rights = row
        found = (
            (BadgeEntry.KIND, token, badge),
            (MemberEntry.KIND, member, standing),
            (BalanceEntry.KIND, account, balance),
            (MachineEntry.KIND, machine, at),
            (CreditPolicyEntry.KIND, books, policy),
        )
        gathered = _Gathered(found, json.loads(rights))
        contact = self._replica.contact()
        state = ReplicaState(incarnation=incarnation, revision=revision, needs_upgrade=needs_upgrade, contact=contact)
        return View(gathered, state)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _current(self) -> sqlite3.Connection:
        generation = self._replica.generation
        if self._connection is None or generation != self._generation:
            self.close()
            self._connection = self._opened()
            self._generation = generation
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        try:
            return connect_reader(self._replica.resolved())
        except sqlite3.OperationalError:
            # The file may have been replaced and removed between reading the link and opening; the new one is there.
            return connect_reader(self._replica.resolved())


def state_of(connection: sqlite3.Connection) -> ReplicaState:
    """Return which state of which office a file holds."""
    incarnation, revision, needs_upgrade, boot_id, boot_ms, wall_ms = connection.execute(_GET_STATE).fetchone()
    contact = None if boot_id is None else Contact(boot_id=boot_id, boot_ms=boot_ms, wall_ms=wall_ms)
    return ReplicaState(incarnation=incarnation, revision=revision, needs_upgrade=needs_upgrade, contact=contact)
