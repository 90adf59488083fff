"""The office of the simulated workshop: who may what, what accounts hold, what was posted, and what the owners share.

House rules: it posts each ended use once, by the announced price, VAT and the cent wheel of the real books; what the
controller hears of it comes down as directory entries, with the vector of what they contain. A fault that the floor
found is a lock here, until somebody lifts it; a class is admitted while its order has something left.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.codec import encode
from controller.domain.directory import (
    BalanceEntry,
    DirectoryEntry,
    GroupEntry,
    LessonSeen,
    LockEntry,
    RightEntry,
    key_of,
)
from controller.domain.facts import FaultRaised, LessonMarked, RightGranted, SessionEnded
from controller.domain.receipt import ReceiptLine, receipt_of
from controller.domain.split import Wheel
from controller.exchange.messages import Contained, Entry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

    from controller.domain.canonical import Json
    from controller.domain.directory import LessonWindow
    from controller.domain.facts import Fact
    from controller.domain.ids import AccountId, BranchId, GroupId, LockId, SessionId
    from controller.floor.replica_memory import MemoryReplica
    from controller.simulation.cast import Cast

VAT_BP = 2_000
OWNERS = (4, 1, 1, 1, 1)
"""The manager's fee of one half, and four co-owners in equal parts."""


class HandOffice:
    """Everything that the office knows; `entries` are those that have changed since the controller heard of them."""

    def __init__(self, cast: Cast, dice: Random) -> None:
        self.paid_in_cents = 0
        self.balances: dict[AccountId, int] = {}
        self.debts_cents: dict[AccountId, int] = {}
        self.posted: dict[SessionId, int] = {}
        self.net_cents = self.vat_cents = 0
        self.wheel = Wheel.of(OWNERS)
        self.parts = [0] * len(OWNERS)
        self.contained: dict[BranchId, int] = {}
        self.read_n = 0
        self.groups = {group.group: group for group in cast.groups}
        self.orders_cents = {group.account: cents for group, cents in zip(cast.groups, cast.orders_cents, strict=True)}
        self.told_to_admit: dict[GroupId, bool] = {}
        self.faults: dict[LockId, LockEntry] = {}
        self.faults_lifted: set[LockId] = set()
        self._revision = 1
        self._changed: dict[tuple[str, str], DirectoryEntry | None] = {}
        entries: tuple[DirectoryEntry, ...] = (*cast.machines, *cast.members, *cast.badges, *cast.rights, cast.policy)
        for entry in entries:
            self.says(entry)
        for account in self.orders_cents:
            self.orders(account, 0)
        for account in sorted({member.account for member in cast.members}):
            self.pays_in(account, dice.choice([0, 500, 2_000, 10_000]))

    def says(self, entry: DirectoryEntry) -> None:
        """An entry holds from now on."""
        self._changed[entry.KIND, key_of(entry)] = entry

    def takes_back(self, entry: DirectoryEntry) -> None:
        """An entry holds no more."""
        self._changed[entry.KIND, key_of(entry)] = None

    def pays_in(self, account: AccountId, cents: int) -> None:
        """Money comes to the desk."""
        self.paid_in_cents += cents
        self._moves(account, cents)

    def plans(self, group: GroupId, lessons: tuple[LessonWindow, ...]) -> None:
        """A class has these lessons from now on."""
        self._admits(replace(self.groups[group], lessons=lessons))

    def orders(self, account: AccountId, cents: int) -> None:
        """An organisation orders more."""
        self.orders_cents[account] += cents
        self._moves(account, 0)
        for group in self.groups.values():
            if group.account == account:
                self._admits(group)

    def lifts_faults(self) -> None:
        """A maintainer has looked at all that the floor found."""
        for lock in self.faults.values():
            self.takes_back(lock)
        self.faults_lifted.update(self.faults)
        self.faults.clear()

    def hears(self, facts: Iterable[tuple[int, BranchId, Fact]]) -> None:
        """Take in the controller's facts, in order; what was heard before changes nothing."""
        for n, branch, fact in facts:
            if n <= self.read_n:
                continue
            self.read_n = n
            self.contained[branch] = n
            if isinstance(fact, SessionEnded) and fact.session not in self.posted:
                self._posts(fact)
            elif isinstance(fact, RightGranted):
                self._takes_over(fact)
            elif isinstance(fact, LessonMarked):
                self._saw(fact)
            elif isinstance(fact, FaultRaised):
                lock = LockEntry(lock=fact.lock, machine=fact.machine, reason=fact.cause, emergency=False)
                self.faults[lock.lock] = lock
                self.says(lock)

    def tells(self, replica: MemoryReplica) -> tuple[Contained, ...]:
        """Send what has changed, with the vector of what that contains; return the vector."""
        self._revision += 1
        entries = [
            Entry(kind=kind, key=key, body=None if entry is None else _body(entry), revision=self._revision)
            for (kind, key), entry in self._changed.items()
        ]
        self._changed.clear()
        self.told_to_admit = {name: group.admits for name, group in self.groups.items()}
        vector = tuple(Contained(branch=branch, n=n) for branch, n in self.contained.items())
        replica.apply_changes(incarnation="sim-office", to_revision=self._revision, entries=entries, vector=vector)
        return vector

    def _posts(self, ended: SessionEnded) -> None:
        gross = ended.announced_cents
        self.posted[ended.session] = gross
        if ended.debt_cents:
            self.debts_cents[ended.account] = self.debts_cents.get(ended.account, 0) + ended.debt_cents
        receipt = receipt_of([ReceiptLine(gross, VAT_BP)])
        before = self.net_cents
        self.net_cents += receipt.net_cents
        self.vat_cents += receipt.vat_cents
        parts = self.wheel.parts(before, receipt.net_cents)
        self.parts = [old + new for old, new in zip(self.parts, parts, strict=True)]
        self._moves(ended.account, -gross)
        if ended.account in self.orders_cents:
            self.orders(ended.account, 0)

    def _moves(self, account: AccountId, cents: int) -> None:
        self.balances[account] = self.balances.get(account, 0) + cents
        self.says(BalanceEntry(account=account, balance_cents=self.balances[account], floor_cents=0, holds=()))

    def _admits(self, group: GroupEntry) -> None:
        spent_cents = -self.balances[group.account]
        self.groups[group.group] = replace(group, admits=spent_cents < self.orders_cents[group.account])
        self.says(self.groups[group.group])

    def _saw(self, mark: LessonMarked) -> None:
        """What the floor told of a lesson goes back to it, as to every other controller."""
        over_ms = mark.at.wall_ms if mark.phase == "over" else None
        seen = LessonSeen(trainer=mark.member, machines=mark.machines, over_ms=over_ms)
        lessons = self.groups[mark.group].lessons
        self.plans(
            mark.group, tuple(replace(each, seen=seen) if each.from_ms == mark.from_ms else each for each in lessons)
        )

    def _takes_over(self, given: RightGranted) -> None:
        self.says(
            RightEntry(member=given.member, training=given.training, from_ms=given.at.wall_ms or 0, until_ms=None)
        )


def _body(entry: DirectoryEntry) -> dict[str, Json]:
    body = encode(entry)
    if not isinstance(body, dict):
        raise TypeError("an entry is an object")
    return body
