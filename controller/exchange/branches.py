"""Branches of one controller as the office knows them: whose parent is whose, where two part, which is the elder.

House rules: numbers go on through branches, so on one line of parents a number names one fact. Nothing here is stored;
everything is worked out from the records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.ids import BranchId
from controller.exchange.messages import BranchStanding, Link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.exchange.messages import Contained


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRecord:
    """One start of a controller. `born` counts branches in the order in which the office met them.

    `stored_n` and `stored_hash` name the newest fact that is held; with none yet, the parent's. `restored`: its
    second fact declares that a backup was put back.
    """

    link: Link
    born: int
    stored_n: int
    stored_hash: str
    standing: BranchStanding
    restored: bool

    @property
    def branch(self) -> BranchId:
        """The branch's own id."""
        return self.link.branch

    @property
    def first_n(self) -> int:
        """The number of its opening fact."""
        return self.link.parent_n + 1


def line_of(
    leaf: BranchId, records: Mapping[BranchId, BranchRecord], hello: Mapping[BranchId, Link]
) -> list[Link] | None:
    """Return the links from `leaf` to its oldest known ancestor; `None` when the leaf itself is not known."""
    line: list[Link] = []
    at: BranchId | None = leaf
    while at is not None:
        record = records.get(at)
        link = record.link if record is not None else hello.get(at)
        if link is None or len(line) > len(records) + len(hello):
            break
        line.append(link)
        at = link.parent_branch
    return line or None


def contained_up_to(lineage: Sequence[Link], vector: Iterable[Contained], oldest_n: int, head_n: int) -> int:
    """Return the newest n such that every fact from `oldest_n` to it is contained; `lineage` has the youngest first."""
    contained = {place.branch: place.n for place in vector}
    up_to = oldest_n - 1
    for place in range(len(lineage) - 1, -1, -1):
        end = lineage[place - 1].parent_n if place else head_n
        if end > up_to:
            up_to = max(up_to, min(end, contained.get(lineage[place].branch, 0)))
            if up_to < end:
                break
    return up_to


def rivals_of(record: BranchRecord, records: Mapping[BranchId, BranchRecord]) -> list[BranchRecord]:
    """Return the elder branches that also go on from the point where `record` begins."""
    parent = record.link.parent_branch
    return [
        other
        for other in records.values()
        if other.branch != record.branch
        and other.born < record.born
        and (
            (other.link.parent_branch == parent and other.link.parent_n == record.link.parent_n)
            or (other.branch == parent and other.stored_n > record.link.parent_n)
        )
    ]


def younger_of(
    one: BranchId,
    other: BranchId,
    records: Mapping[BranchId, BranchRecord],
    hello: Mapping[BranchId, Link],
) -> BranchId:
    """Return the one of two speakers whose line, after the two part, was met later; a line not stored yet is the later.

    A speaker that is the other's ancestor is the elder: the copy was made from it.
    """
    lines = {leaf: [link.branch for link in reversed(line_of(leaf, records, hello) or [])] for leaf in (one, other)}
    apart = next(
        (place for place, (a, b) in enumerate(zip(lines[one], lines[other], strict=False)) if a != b),
        min(len(lines[one]), len(lines[other])),
    )

    def age(leaf: BranchId) -> int:
        if apart >= len(lines[leaf]):
            return -1
        record = records.get(lines[leaf][apart])
        return record.born if record is not None else len(records) + 1

    return one if age(one) > age(other) else other
