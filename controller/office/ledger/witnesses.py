"""Hashes that somebody noted earlier, and where in the chain they stand now.

House rules: what a witness brings is never doubted; a bare hash either stands somewhere or does not, one with its
number (a published head) also says between which entries the chain stopped being what it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.chain import GENESIS_HASH

if TYPE_CHECKING:
    from collections.abc import Iterable

WITNESSES_MAX = 10_000
"""Witnessed hashes of one verification, kept in memory: a head a day for 27 years. More are refused by the command."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A hash that was seen once, and the number of the entry that had it, where that was noted."""

    hash: str
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A witnessed hash that is still in the chain, and where."""

    hash: str
    books: str
    seq: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A witnessed hash that is not there any more; with a number, from which to which entry that must have happened."""

    hash: str
    from_seq: int | None = None
    to_seq: int | None = None


class Witnesses:
    """What witnesses bring to one walk along the chains, and what came of it."""

    def __init__(self, brought: Iterable[Witness] = ()) -> None:
        self._brought: dict[str, set[Witness]] = {}
        for each in brought:
            if each.hash != GENESIS_HASH:
                self._brought.setdefault(each.hash, set()).add(each)
        self._standing: dict[Witness, Standing] = {}

    @classmethod
    def of(cls, head: str | Witnesses | None) -> Witnesses:
        """Return what was brought: a bare hash, many, or nothing."""
        if isinstance(head, Witnesses):
            return head
        return cls([] if head is None else [Witness(head)])

    def see(self, books: str, seq: int, found: str) -> None:
        """Note that entry `seq` has the hash `found`."""
        for known in self._brought.get(found, ()):
            if known.seq in {None, seq}:
                self._standing[known] = Standing(found, books, seq)

    def standing(self) -> list[Standing]:
        """Return those that are still in the chain, first entry first."""
        return sorted(self._standing.values(), key=lambda each: (each.books, each.seq))

    def broken(self) -> list[Broken]:
        """Return those that are not, each with the closest bounds that the others give."""
        kept = [each.seq for each in self._standing.values()]
        brought = {each for known in self._brought.values() for each in known}
        missing = brought - self._standing.keys()
        found = []
        for each in sorted(missing, key=lambda witness: (witness.seq or 0, witness.hash)):
            if each.seq is None:
                found.append(Broken(each.hash))
            else:
                before = max((seq for seq in kept if seq < each.seq), default=0)
                found.append(Broken(each.hash, before + 1, each.seq))
        return found
