"""What the two sides read, as Protocols that the shells implement. Every change goes through an output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.chain import SealedFact
    from controller.domain.ids import BranchId
    from controller.exchange.branches import BranchRecord
    from controller.exchange.messages import Contained, Entry, LedgerHead, Link, SnapshotOffer


@dataclass(frozen=True, slots=True)
class Head:
    """The newest committed fact of a journal."""

    branch: BranchId
    n: int
    hash: str


class Journal(Protocol):
    """The controller's own facts on its present line of branches; committed ones only."""

    def head(self) -> Head:
        """Return the newest fact; a started controller has at least its `branch_opened`."""
        ...

    def lineage(self) -> Sequence[Link]:
        """Return where each branch begins that has a fact here, the present one first."""
        ...

    def oldest_n(self) -> int:
        """Return the number of the oldest fact still held."""
        ...

    def hash_at(self, n: int) -> str | None:
        """Return the hash of fact `n`, also of the one just before the oldest, and for 0 the genesis; else `None`."""
        ...

    def read(self, from_n: int, limit: int) -> Sequence[SealedFact]:
        """Return at most `limit` facts from `from_n` on, in order."""
        ...

    def last_n_before(self, wall_ms: int) -> int:
        """Return the newest n such that it and all before it are dated earlier than `wall_ms`; undated ones are not."""
        ...


class Replica(Protocol):
    """The controller's copy of the directory; what was committed last."""

    def incarnation(self) -> str | None:
        """Return the incarnation of the office it came from; `None` while empty."""
        ...

    def revision(self) -> int:
        """Return the newest revision applied; 0 while empty."""
        ...

    def entries(self) -> int:
        """Return how many living entries it holds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Directory entries after a revision, whole revisions in order; the vector only if `up_to` is the newest revision.

    A shell whose single transaction changed more entries than fit numbers them by several revisions.
    """

    up_to: int
    entries: tuple[Entry, ...]
    vector: tuple[Contained, ...]


class OfficeStore(Protocol):
    """What the office holds of one controller, and its directory; what was committed last."""

    def incarnation(self) -> str:
        """Return the office's present incarnation: a new random one after each restore."""
        ...

    def branches(self) -> Sequence[BranchRecord]:
        """Return the controller's branches, in any order."""
        ...

    def hash_at(self, branch: BranchId, n: int) -> str | None:
        """Return the hash of a stored fact."""
        ...

    def backed_up(self) -> Mapping[BranchId, int]:
        """Return up to which number each branch is in the newest verified backup off this machine."""
        ...

    def ledger_heads(self) -> Sequence[LedgerHead]:
        """Return the newest entry of each books this controller's machines belong to."""
        ...

    def revision(self) -> int:
        """Return the directory's newest revision."""
        ...

    def changes_after(self, revision: int, limit: int, bytes_max: int) -> Slice:
        """Return what follows `revision`, at least one if there is one, read with its vector in one transaction."""
        ...

    def snapshot_offer(self) -> SnapshotOffer:
        """Return the offer of a whole directory (not confirmed), kept for pulling; the same one while it is recent."""
        ...

    def snapshot_chunk(self, revision: int, chunk: int) -> str | None:
        """Return a chunk of the snapshot of `revision`; `None` when it is no longer kept."""
        ...
