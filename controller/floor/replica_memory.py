"""The directory's copy in memory: the same answers as the file's, for tests and the replaying of journals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from controller.domain.canonical import canonical
from controller.domain.ids import BadgeToken, BranchId, MachineId
from controller.exchange.messages import Contained, Entry
from controller.floor.replica_reading import Reader
from controller.floor.replica_view import Contact, ReplicaState, View


class _Bodies:
    """A revision that no later change touches."""

    def __init__(self, entries: dict[tuple[str, str], str], vector: dict[BranchId, int]) -> None:
        self._entries = entries
        self._vector = vector

    def body(self, kind: str, key: str) -> str | None:
        return self._entries.get((kind, key))

    def bodies(self, kind: str, prefix: str) -> Iterable[tuple[str, str]]:
        return [
            (key, self._entries[held, key])
            for held, key in sorted(self._entries)
            if held == kind and key.startswith(prefix)
        ]

    def contained(self, branch: BranchId) -> int:
        return self._vector.get(branch, 0)


class MemoryReplica:
    """Changes replace whole dictionaries, so a look that has begun keeps what it saw."""

    def __init__(self) -> None:
        """Empty."""
        self._entries: dict[tuple[str, str], str] = {}
        self._vector: dict[BranchId, int] = {}
        self._state = ReplicaState(incarnation=None, revision=0, needs_upgrade=None, contact=None)
        self._stopped_version = ""

    def incarnation(self) -> str | None:
        return self._state.incarnation

    def revision(self) -> int:
        return self._state.revision

    def entries(self) -> int:
        """How many entries it holds."""
        return len(self._entries)

    def reader(self) -> Reader:
        """Give a reader; here it is this object."""
        return self

    def apply_changes(
        self, *, incarnation: str, to_revision: int, entries: Iterable[Entry], vector: Iterable[Contained]
    ) -> None:
        """Take entries, revision and vector over together."""
        changed = dict(self._entries)
        for entry in entries:
            if entry.body is None:
                changed.pop((entry.kind, entry.key), None)
            else:
                changed[entry.kind, entry.key] = canonical(entry.body).decode()
        self._entries = changed
        self._vector = {one.branch: one.n for one in vector} or self._vector
        self._state = replace(self._state, incarnation=incarnation, revision=to_revision, needs_upgrade=None)

    def stop_at(self, detail: str, version: str) -> None:
        """Remember what was not understood, and by whom."""
        self._state, self._stopped_version = replace(self._state, needs_upgrade=detail), version

    def stopped(self, version: str) -> bool:
        """Say whether this very version stopped."""
        return self._state.needs_upgrade is not None and self._stopped_version == version

    def heard(self, contact: Contact) -> None:
        """The office was heard."""
        self._state = replace(self._state, contact=contact)

    def contact(self) -> Contact | None:
        return self._state.contact

    @contextmanager
    def view(self) -> Iterator[View]:
        """Look at what is there now."""
        yield View(_Bodies(self._entries, self._vector), self._state)

    def tap(self, _token: BadgeToken, _machine: MachineId) -> View:
        """Look at what is there now."""
        return View(_Bodies(self._entries, self._vector), self._state)

    def close(self) -> None:
        """Nothing to let go."""
