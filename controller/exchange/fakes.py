"""Journal, replica and office store in memory: what the real ones promise, for tests and for trying the exchange by
hand.

House rules: they hold committed things only, can be copied like a card or a backup, and never check what the sides
check.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.canonical import sha256_hex
from controller.domain.chain import GENESIS_HASH, SealedFact, commitment_of
from controller.domain.codec import body_of
from controller.domain.facts import BranchOpened
from controller.exchange.directory_side import digest_of
from controller.exchange.messages import Contained, Entry, LedgerHead, Link, SnapshotOffer
from controller.exchange.ports import Head, Slice
from controller.exchange.wire import chunk_of, entries_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.canonical import Json
    from controller.domain.facts import Fact, Stamp
    from controller.domain.ids import BranchId, ControllerId
    from controller.exchange.branches import BranchRecord
    from controller.exchange.outputs import Apply

CHUNK_ENTRIES = 5
"""Entries in a chunk of the fake's snapshots: small, so that a handful of entries takes several chunks."""


class MemoryJournal:
    """A card's journal. Salts are derived from names, so that the same history gives the same bytes."""

    def __init__(self, controller: ControllerId) -> None:
        self.controller = controller
        self.facts: list[SealedFact] = []
        self.links: list[Link] = []

    def copy(self) -> MemoryJournal:
        """Return an image of the card."""
        image = MemoryJournal(self.controller)
        image.facts, image.links = list(self.facts), list(self.links)
        return image

    def open_branch(self, branch: BranchId, at: Stamp) -> None:
        """Begin a new branch after the newest fact."""
        parent = self.facts[-1] if self.facts else None
        link = Link(
            branch=branch,
            parent_branch=parent.branch if parent else None,
            parent_n=parent.n if parent else 0,
            parent_hash=parent.hash if parent else GENESIS_HASH,
        )
        self.links.insert(0, link)
        self.append(
            BranchOpened(
                parent_branch=link.parent_branch,
                parent_n=link.parent_n,
                parent_hash=link.parent_hash,
                software="fake",
                at=at,
            )
        )

    def append(self, fact: Fact) -> SealedFact:
        """Commit a fact."""
        return self.append_raw(fact.KIND, fact.SCHEMA, body_of(fact))

    def append_raw(self, kind: str, schema: int, body: dict[str, Json]) -> SealedFact:
        """Commit a fact of any kind, also of one from a later version."""
        link = self.links[0]
        last = self.facts[-1] if self.facts else None
        n = (last.n if last else 0) + 1
        salt = sha256_hex(f"{link.branch}/{n}".encode())[:32]
        sealed = SealedFact(
            controller=self.controller,
            branch=link.branch,
            n=n,
            kind=kind,
            schema=schema,
            prev=last.hash if last else GENESIS_HASH,
            commitment=commitment_of(salt, body),
            salt=salt,
            body=body,
        )
        self.facts.append(sealed)
        return sealed

    def trim(self, n: int) -> None:
        """Let facts up to `n` go, but never the newest."""
        self.facts = [fact for fact in self.facts[:-1] if fact.n > n] + self.facts[-1:]

    def head(self) -> Head:
        """See `ports.Journal`."""
        last = self.facts[-1]
        return Head(last.branch, last.n, last.hash)

    def lineage(self) -> Sequence[Link]:
        """See `ports.Journal`."""
        return self.links

    def oldest_n(self) -> int:
        """See `ports.Journal`."""
        return self.facts[0].n

    def hash_at(self, n: int) -> str | None:
        """See `ports.Journal`."""
        place = n - self.facts[0].n
        if place == -1:
            return self.facts[0].prev
        return self.facts[place].hash if 0 <= place < len(self.facts) else None

    def read(self, from_n: int, limit: int) -> Sequence[SealedFact]:
        """See `ports.Journal`."""
        place = max(0, from_n - self.facts[0].n)
        return self.facts[place : place + limit]

    def last_n_before(self, wall_ms: int) -> int:
        """See `ports.Journal`."""
        n = self.facts[0].n - 1
        for fact in self.facts:
            at = (fact.body or {}).get("at")
            dated = at.get("wall_ms") if isinstance(at, dict) else None
            if not isinstance(dated, int) or dated >= wall_ms:
                break
            n = fact.n
        return n


class MemoryReplica:
    """A card's copy of the directory, with its staging place for a snapshot."""

    def __init__(self) -> None:
        self.office: str | None = None
        self.at = 0
        self.rows: dict[tuple[str, str], dict[str, Json]] = {}
        self.vector: tuple[Contained, ...] = ()
        self.staged: list[str] = []

    def copy(self) -> MemoryReplica:
        """Return an image of the card."""
        image = MemoryReplica()
        image.office, image.at, image.rows = self.office, self.at, dict(self.rows)
        image.vector = self.vector
        return image

    def incarnation(self) -> str | None:
        """See `ports.Replica`."""
        return self.office

    def revision(self) -> int:
        """See `ports.Replica`."""
        return self.at

    def entries(self) -> int:
        """See `ports.Replica`."""
        return len(self.rows)

    def apply(self, changes: Apply) -> None:
        """Commit changes and vector together."""
        for entry in changes.entries:
            if entry.body is None:
                self.rows.pop((entry.kind, entry.key), None)
            else:
                self.rows[entry.kind, entry.key] = entry.body
        self.at = changes.to_revision
        self.vector = changes.vector or self.vector

    def apply_snapshot(self, offer: SnapshotOffer) -> None:
        """Switch to what is staged."""
        entries = [entry for chunk in self.staged for entry in entries_of(chunk)]
        self.rows = {(entry.kind, entry.key): entry.body for entry in entries if entry.body is not None}
        self.office, self.at, self.vector = offer.incarnation, offer.revision, offer.vector


class MemoryOffice:
    """Everything the exchange reads of an office; `view` gives one controller's part."""

    def __init__(self, incarnation: str) -> None:
        self.incarnation = incarnation
        self.facts: dict[tuple[ControllerId, BranchId, int], SealedFact] = {}
        self.records: dict[ControllerId, dict[BranchId, BranchRecord]] = {}
        self.contained: dict[tuple[ControllerId, BranchId], int] = {}
        self.backed_up: dict[tuple[ControllerId, BranchId], int] = {}
        self.directory: dict[tuple[str, str], Entry] = {}
        self.revision = 0
        self.heads: tuple[LedgerHead, ...] = ()
        self.slice_entries = 1_000
        self.kept: dict[int, tuple[SnapshotOffer, list[str]]] = {}

    def copy(self) -> MemoryOffice:
        """Return a backup of the whole office."""
        image = MemoryOffice(self.incarnation)
        image.facts, image.contained = dict(self.facts), dict(self.contained)
        image.records = {name: dict(records) for name, records in self.records.items()}
        image.backed_up, image.directory = dict(self.backed_up), dict(self.directory)
        image.revision, image.heads, image.slice_entries = self.revision, self.heads, self.slice_entries
        return image

    def commit(self, facts: Sequence[SealedFact], records: Sequence[BranchRecord], controller: ControllerId) -> None:
        """Store facts and branch records in one transaction."""
        for fact in facts:
            self.facts[fact.controller, fact.branch, fact.n] = fact
        self.records.setdefault(controller, {}).update({record.branch: record for record in records})

    def put(self, kind: str, key: str, body: dict[str, Json] | None) -> None:
        """Change one entry of the directory: one revision."""
        self.revision += 1
        self.directory[kind, key] = Entry(kind=kind, key=key, body=body, revision=self.revision)

    def view(self, controller: ControllerId) -> OfficeView:
        """Return what one controller's side reads."""
        return OfficeView(self, controller)


class OfficeView:
    """One controller's part of a `MemoryOffice`: see `ports.OfficeStore`."""

    def __init__(self, office: MemoryOffice, controller: ControllerId) -> None:
        self._office = office
        self._controller = controller

    def incarnation(self) -> str:
        """See `ports.OfficeStore`."""
        return self._office.incarnation

    def branches(self) -> Sequence[BranchRecord]:
        """See `ports.OfficeStore`."""
        return tuple(self._office.records.get(self._controller, {}).values())

    def hash_at(self, branch: BranchId, n: int) -> str | None:
        """See `ports.OfficeStore`."""
        fact = self._office.facts.get((self._controller, branch, n))
        return fact.hash if fact is not None else None

    def backed_up(self) -> Mapping[BranchId, int]:
        """See `ports.OfficeStore`."""
        return {branch: n for (name, branch), n in self._office.backed_up.items() if name == self._controller}

    def ledger_heads(self) -> Sequence[LedgerHead]:
        """See `ports.OfficeStore`."""
        return self._office.heads

    def revision(self) -> int:
        """See `ports.OfficeStore`."""
        return self._office.revision

    def changes_after(self, revision: int, limit: int, bytes_max: int) -> Slice:
        """See `ports.OfficeStore`."""
        newer = sorted(
            (entry for entry in self._office.directory.values() if entry.revision > revision),
            key=lambda entry: entry.revision,
        )
        cut = newer[: min(limit, self._office.slice_entries)]
        if len(cut) < len(newer):
            return Slice(up_to=cut[-1].revision, entries=tuple(cut), vector=())
        return Slice(up_to=self._office.revision, entries=tuple(cut), vector=self._vector())

    def snapshot_offer(self) -> SnapshotOffer:
        """See `ports.OfficeStore`."""
        office = self._office
        living = sorted(
            (entry for entry in office.directory.values() if entry.body is not None),
            key=lambda entry: (entry.kind, entry.key),
        )
        chunks = [chunk_of(living[at : at + CHUNK_ENTRIES]) for at in range(0, len(living), CHUNK_ENTRIES)]
        offer = SnapshotOffer(
            incarnation=office.incarnation,
            revision=office.revision,
            chunks=len(chunks),
            total=len(living),
            sha256=digest_of([sha256_hex(chunk.encode()) for chunk in chunks]),
            vector=self._vector(),
            confirmed=False,
        )
        office.kept = {office.revision: (offer, chunks)}
        return offer

    def snapshot_chunk(self, revision: int, chunk: int) -> str | None:
        """See `ports.OfficeStore`."""
        kept = self._office.kept.get(revision)
        return kept[1][chunk] if kept is not None and 0 <= chunk < len(kept[1]) else None

    def _vector(self) -> tuple[Contained, ...]:
        return tuple(
            Contained(branch=branch, n=n)
            for (name, branch), n in self._office.contained.items()
            if name == self._controller
        )


def backed_up_by(backup: MemoryOffice, office: MemoryOffice) -> None:
    """Note in `office` that `backup` has been verified and lies on another medium."""
    for name, records in backup.records.items():
        for branch, record in records.items():
            office.backed_up[name, branch] = record.stored_n


def restored_from(backup: MemoryOffice, incarnation: str) -> MemoryOffice:
    """Return the office put back from a backup, under the new incarnation this takes; the backup itself remains."""
    office = backup.copy()
    office.incarnation = incarnation
    for name, records in office.records.items():
        office.backed_up.update({(name, branch): record.stored_n for branch, record in records.items()})
    office.records = {name: {key: replace(r) for key, r in rows.items()} for name, rows in office.records.items()}
    return office
