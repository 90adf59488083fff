"""Which facts of a controller the office takes, and what their arrival tells about its branches.

House rules: understanding is no condition; a fact is taken if it is well formed, stands on what is held, and is not
there yet. What has no ground to stand on yet is left for later, never refused; only the same name with other content
is a forgery.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.chain import GENESIS_HASH, SealedFact, broken_because
from controller.domain.facts import BranchOpened, JournalRestored
from controller.domain.ids import BranchId
from controller.exchange.branches import BranchRecord, rivals_of
from controller.exchange.outputs import Alarm, AlarmCode, Gap, OfficeOutput, Store

if TYPE_CHECKING:
    from controller.exchange.messages import BranchStanding, Facts, Link
    from controller.exchange.ports import OfficeStore

PENDING_MAX = 1_000
"""Facts taken and not yet committed; while the disk is behind by that many, more are left to be sent again."""


class Intake:
    """The facts of one controller on their way into the office's store. `records` run ahead of the commit."""

    def __init__(self, store: OfficeStore) -> None:
        self._store = store
        self.records: dict[BranchId, BranchRecord] = {record.branch: record for record in store.branches()}
        self.held_back: dict[BranchId, BranchStanding] = {}
        self.claimed: dict[BranchId, int] = {}
        self._pending: dict[tuple[BranchId, int], str] = {}

    @property
    def waiting(self) -> bool:
        """Whether something taken is not committed yet."""
        return bool(self._pending)

    def committed(self, branch: BranchId, n: int) -> None:
        """The store has committed this branch up to `n`."""
        for name in [name for name in self._pending if name[0] == branch and name[1] <= n]:
            del self._pending[name]

    def committed_n(self, record: BranchRecord) -> int:
        """Return up to which number a branch is committed; below its first number: nothing is."""
        first_pending = min((n for branch, n in self._pending if branch == record.branch), default=None)
        return record.stored_n if first_pending is None else first_pending - 1

    def hash_at(self, branch: BranchId, n: int) -> str | None:
        """Return the hash of a fact that was taken, committed or not."""
        record = self.records.get(branch)
        if record is not None and n == record.stored_n and n >= record.first_n:
            return record.stored_hash
        return self._pending.get((branch, n)) or self._store.hash_at(branch, n)

    def take(self, message: Facts) -> list[OfficeOutput]:
        """Take what stands on what is held: one `Store` at most, then what a person has to know."""
        taken: list[SealedFact] = []
        notices: list[OfficeOutput] = []
        changed: set[BranchId] = set()
        for fact in message.facts:
            if len(self._pending) >= PENDING_MAX:
                break
            verdict = self._place(message, fact, notices)
            if verdict == "known":
                continue
            if verdict != "new":
                break
            taken.append(fact)
            changed.add(fact.branch)
            self._append(fact, notices)
        if not taken:
            return notices
        records = tuple(self.records[branch] for branch in sorted(changed))
        return [Store(facts=tuple(taken), branches=records), *notices]

    def standing_of(self, branch: BranchId, parent: BranchId | None) -> BranchStanding:
        """Return a branch's standing; one that is not stored yet has its parent's."""
        record = self.records.get(branch)
        if record is not None:
            return record.standing
        if branch in self.held_back:
            return self.held_back[branch]
        above = self.records.get(parent) if parent is not None else None
        return above.standing if above is not None else "open"

    def _place(self, message: Facts, fact: SealedFact, notices: list[OfficeOutput]) -> str:
        """Tell whether a fact is `new`, `known`, or nothing that can be taken now (with a notice when it never can)."""
        where = f"{fact.branch}/{fact.n}"
        if broken_because(fact, None) is not None:
            notices.append(Alarm(code=AlarmCode.BROKEN_FACT, detail=where))
            return "refused"
        if fact.branch not in self.records and not self._open(message, fact, notices):
            return "later"
        record = self.records[fact.branch]
        if record.link != message.link:
            notices.append(Alarm(code=AlarmCode.BROKEN_CHAIN, detail=where))
            return "refused"
        if fact.n <= record.stored_n:
            known = self.hash_at(fact.branch, fact.n)
            if known is not None and known != fact.hash:
                notices.append(Alarm(code=AlarmCode.FORGERY, detail=where))
                return "refused"
            return "known"
        if fact.n > record.stored_n + 1:
            if fact.n != message.oldest_n:
                return "later"
            notices.append(Gap(branch=fact.branch, from_n=record.stored_n + 1, to_n=fact.n - 1, why="trimmed"))
            self.records[fact.branch] = replace(record, stored_n=fact.n - 1, stored_hash=fact.prev)
        elif fact.prev != record.stored_hash:
            notices.append(Alarm(code=AlarmCode.BROKEN_CHAIN, detail=where))
            return "refused"
        return "new"

    def _open(self, message: Facts, fact: SealedFact, notices: list[OfficeOutput]) -> bool:
        """Begin a branch with its first fact, or with the oldest one left; `False` when its parent is not here yet."""
        link = message.link
        if fact.n == link.parent_n + 1:
            if not _says_the_same(fact, link):
                notices.append(Alarm(code=AlarmCode.BROKEN_CHAIN, detail=f"{fact.branch}/{fact.n}"))
                return False
            ground = self._parent_hash(link)
            if ground is not None and ground != link.parent_hash:
                notices.append(Alarm(code=AlarmCode.BROKEN_CHAIN, detail=f"{fact.branch}/{fact.n}"))
                return False
            if ground is None and fact.n != message.oldest_n:
                return False
            if ground is None:
                notices.append(self._gap_before(link, fact.n))
            stored_n, stored_hash = link.parent_n, link.parent_hash
        elif fact.n == message.oldest_n:
            notices.append(self._gap_before(link, fact.n))
            stored_n, stored_hash = fact.n - 1, fact.prev
        else:
            return False
        self.records[link.branch] = BranchRecord(
            link=link,
            born=len(self.records),
            stored_n=stored_n,
            stored_hash=stored_hash,
            standing=self.standing_of(link.branch, link.parent_branch),
            restored=False,
        )
        return True

    def _parent_hash(self, link: Link) -> str | None:
        if link.parent_branch is None:
            return GENESIS_HASH
        parent = self.records.get(link.parent_branch)
        if parent is None or parent.stored_n < link.parent_n:
            return None
        return self.hash_at(link.parent_branch, link.parent_n)

    def _gap_before(self, link: Link, n: int) -> Gap:
        parent = self.records.get(link.parent_branch) if link.parent_branch is not None else None
        held = min(parent.stored_n, link.parent_n) if parent is not None else 0
        return Gap(branch=link.branch, from_n=held + 1, to_n=n - 1, why="trimmed")

    def _append(self, fact: SealedFact, notices: list[OfficeOutput]) -> None:
        record = self.records[fact.branch]
        second = fact.n == record.first_n + 1
        record = replace(
            record,
            stored_n=fact.n,
            stored_hash=fact.hash,
            restored=record.restored or (second and fact.kind == JournalRestored.KIND),
        )
        self.records[fact.branch] = record
        self._pending[(fact.branch, fact.n)] = record.stored_hash
        if second:
            notices.extend(self._judge(record))
        # A branch that goes on after a copy of it has begun: the copy was taken before anybody could know.
        notices.extend(
            Alarm(code=AlarmCode.FORKED, detail=f"{copy.branch} and {record.branch} after {fact.n - 1}")
            for copy in self.records.values()
            if copy.link.parent_branch == record.branch
            and copy.link.parent_n == fact.n - 1
            and copy.stored_n > copy.first_n
            and not copy.restored
        )

    def _judge(self, record: BranchRecord) -> list[OfficeOutput]:
        """A branch has shown its first two facts: a declared restore names its gap, another second child is a fork."""
        rivals = rivals_of(record, self.records)
        link = record.link
        if record.restored:
            lost = [self._tip(rival) for rival in rivals] or [
                parent for parent in [self.records.get(link.parent_branch or BranchId(""))] if parent is not None
            ]
            return [
                Gap(branch=tip.branch, from_n=tip.stored_n + 1, to_n=self._claimed_beyond(tip), why="restored")
                for tip in lost
            ]
        return [
            Alarm(code=AlarmCode.FORKED, detail=f"{record.branch} and {rival.branch} after {link.parent_n}")
            for rival in rivals
            if not rival.restored
        ]

    def _tip(self, record: BranchRecord) -> BranchRecord:
        """Return the newest branch that goes on from this one's end."""
        children = [
            other
            for other in self.records.values()
            if other.link.parent_branch == record.branch and other.link.parent_n == record.stored_n
        ]
        return self._tip(max(children, key=lambda child: child.born)) if children else record

    def _claimed_beyond(self, record: BranchRecord) -> int | None:
        claimed = self.claimed.get(record.branch, 0)
        return claimed if claimed > record.stored_n else None


def _says_the_same(fact: SealedFact, link: Link) -> bool:
    """Whether an opening fact stands on, and in the kind we know names, the parent that the message names."""
    if fact.prev != link.parent_hash:
        return False
    if fact.kind != BranchOpened.KIND or fact.body is None:
        return True
    return (fact.body.get("parent_branch"), fact.body.get("parent_n")) == (link.parent_branch, link.parent_n)
