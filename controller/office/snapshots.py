"""Whole directories kept for pulling: one state of everything, cut into chunks that lie in a nameless file.

House rules: a snapshot is read in one transaction together with every controller's vector, so it serves them all. The
file is unlinked from the start: it goes with the process. Memory holds places of chunks, never their text.
"""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from sqlalchemy import select

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.ids import BranchId, ControllerId
from controller.exchange.directory_side import digest_of
from controller.exchange.messages import VECTOR_MAX, Contained, Entry, SnapshotOffer
from controller.exchange.wire import RUN_BYTES_MAX
from controller.office.directory.entries import EntryChange, revision
from controller.office.directory.places import controllers
from controller.office.directory.tables import directory_entry
from controller.office.intake import contained_vector

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from controller.office.store import OfficeStore

READ_AHEAD = 1_000
"""Rows read at a time, so that memory stays flat whatever the size of the directory."""

KEPT_MAX = 3
"""Snapshots kept at once: a slow controller may finish the one it is pulling; before, it begins again with the newest.
"""

RECENT_MS = 60_000
"""A snapshot this young is offered again: what changed since follows as changes, and many cards cost one reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """One snapshot: its file, where each chunk begins (and the end), what is offered to whom."""

    file: IO[bytes]
    places: tuple[int, ...]
    total: int
    sha256: str
    vectors: Mapping[ControllerId, tuple[Contained, ...]]
    made_at: int


class Snapshots:
    """The snapshots of one office; used by the thread of the exchange only."""

    def __init__(self, store: OfficeStore, folder: Path | None) -> None:
        """Keep them in `folder`, or where the system keeps what is temporary."""
        self._store, self._folder = store, folder
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def offer(self, controller: ControllerId, incarnation: str, now_ms: int) -> SnapshotOffer:
        """Return the offer of a recent snapshot with that controller's vector; make one when there is none."""
        newest = next(reversed(self._kept), None)
        if newest is None or not self._serves(self._kept[newest], controller, now_ms):
            newest = self._make(now_ms)
        kept = self._kept[newest]
        return SnapshotOffer(
            incarnation=incarnation,
            revision=newest,
            chunks=len(kept.places) - 1,
            total=kept.total,
            sha256=kept.sha256,
            vector=kept.vectors.get(controller, ()),
            confirmed=False,
        )

    def chunk(self, at_revision: int, number: int) -> str | None:
        """Return a chunk's text; `None` when its snapshot is gone or has no such chunk."""
        kept = self._kept.get(at_revision)
        if kept is None or not 0 <= number < len(kept.places) - 1:
            return None
        kept.file.seek(kept.places[number])
        return kept.file.read(kept.places[number + 1] - kept.places[number]).decode()

    def close(self) -> None:
        """Let every file go."""
        while self._kept:
            self._drop_oldest()

    def _serves(self, kept: _Kept, controller: ControllerId, now_ms: int) -> bool:
        return controller in kept.vectors and 0 <= now_ms - kept.made_at < RECENT_MS

    def _make(self, now_ms: int) -> int:
        file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - lives as long as the snapshot
        digests: list[str] = []
        places = [0]
        total = 0
        with self._store.read() as tx:
            at = revision(tx)
            vectors = {ControllerId(row["id"]): vector_of(tx, row["id"]) for row in controllers(tx)}
            for data, entries in _chunks(tx):
                digests.append(sha256_hex(data))
                places.append(places[-1] + file.write(data))
                total += entries
        if at in self._kept:
            self._kept.pop(at).file.close()
        self._kept[at] = _Kept(
            file=file,
            places=tuple(places),
            total=total,
            sha256=digest_of(digests),
            vectors=vectors,
            made_at=now_ms,
        )
        while len(self._kept) > KEPT_MAX:
            self._drop_oldest()
        return at

    def _drop_oldest(self) -> None:
        with suppress(OSError):
            self._kept.popitem(last=False)[1].file.close()


def _chunks(tx: Connection) -> Iterator[tuple[bytes, int]]:
    """Yield each chunk of the living entries, in the order of (kind, key), with how many it holds."""
    rows = tx.execution_options(yield_per=READ_AHEAD).execute(
        select(directory_entry)
        .where(directory_entry.c.body.is_not(None))
        .order_by(directory_entry.c.kind, directory_entry.c.key)
    )
    run: list[bytes] = []
    size = 0
    for row in rows:
        text = _entry_text(row.kind, row.key, row.body, row.revision)
        if run and size + len(text) + 1 > RUN_BYTES_MAX:
            yield b"[" + b",".join(run) + b"]", len(run)
            run, size = [], 0
        run.append(text)
        size += len(text) + 1
    if run:
        yield b"[" + b",".join(run) + b"]", len(run)


def _entry_text(kind: str, key: str, body: str, at: int) -> bytes:
    """Return an entry's canonical JSON; its body lies in the table in that form and is not taken apart for it."""
    rest = canonical({"key": key, "kind": kind, "revision": at})
    return b'{"body":' + body.encode() + b"," + rest[1:]


def vector_of(tx: Connection, controller: str) -> tuple[Contained, ...]:
    """Return up to where each branch is in the directory's figures, at most `VECTOR_MAX`, youngest last."""
    contained = contained_vector(tx, controller)
    return tuple(Contained(branch=BranchId(branch), n=n) for branch, n in contained.items())[-VECTOR_MAX:]


def entry_of(row: EntryChange) -> Entry:
    """Return an entry as it travels."""
    body = row.body
    assert body is None or isinstance(body, dict)  # noqa: S101 - narrows the type; entries encode to objects
    return Entry(kind=row.kind, key=row.key, body=body, revision=row.revision)
