"""One look at the directory: every answer from the same revision, as typed entries.

House rules: whoever stores the entries gives their texts by kind and key, and in order by kind and beginning of key;
the rest is here, so that the fake and the file read alike. An entry that cannot be read sets `needs_upgrade`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeVar

from controller.domain.directory import (
    BadgeEntry,
    BalanceEntry,
    BookingsEntry,
    CreditPolicyEntry,
    DirectoryEntry,
    GroupEntry,
    LockEntry,
    MachineEntry,
    MemberEntry,
    NeedsUpgradeError,
    OpeningEntry,
    RightEntry,
    entry_from,
)
from controller.domain.ids import AccountId, BadgeToken, BooksId, BranchId, ControllerId, MachineId, MemberId
from controller.domain.now import Now

READ_KEPT = 512
"""Entries kept as they were read, the least used dropped first: a floor's machines, policies and today's makers. The
text is part of what is asked, so a changed entry is read anew.
"""

E = TypeVar("E", bound=DirectoryEntry)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """When the copy was last known to be the office's newest, by both clocks."""

    boot_id: str
    boot_ms: int
    wall_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaState:
    """Which state of which office this is. `needs_upgrade` says what could not be understood."""

    incarnation: str | None
    revision: int
    needs_upgrade: str | None
    contact: Contact | None


def age_ms(contact: Contact | None, now: Now) -> int | None:
    """Return how long ago the office was last heard; `None` when that was never, or nobody can tell.

    Within one boot by its clock, else by the date: a clock that stands on its floor then gives the least it can be.
    """
    if contact is None:
        return None
    if contact.boot_id == now.boot_id:
        return max(0, now.boot_ms - contact.boot_ms)
    if contact.wall_ms is None or now.wall_ms is None:
        return None
    return max(0, now.wall_ms - contact.wall_ms)


def credit_age_ms(contact: Contact | None, now: Now) -> int | None:
    """Return how old balances are, `None` unless that is certain: after a restart of the computer a clock that stands
    on its floor would call a balance of last week a second old, and let it be spent whole.
    """
    certain = contact is not None and (contact.boot_id == now.boot_id or now.clock == "synced")
    return age_ms(contact, now) if certain else None


class Bodies(Protocol):
    """Where a look finds bodies, all of one revision."""

    def body(self, kind: str, key: str) -> str | None:
        """Give an entry's body as JSON text, `None` when there is none."""
        ...

    def bodies(self, kind: str, prefix: str) -> Iterable[tuple[str, str]]:
        """Give key and text of every entry of a kind whose key begins with `prefix`, in order of key."""
        ...

    def contained(self, branch: BranchId) -> int:
        """Give the number up to which everything of a branch is in this revision, 0 for none."""
        ...


class View:
    """The directory at one revision; valid only while the look lasts."""

    def __init__(self, bodies: Bodies, state: ReplicaState) -> None:
        """Read nothing yet."""
        self._bodies = bodies
        self.state = state
        self.needs_upgrade = state.needs_upgrade is not None

    @property
    def empty(self) -> bool:
        """Whether nothing ever came down."""
        return self.state.revision == 0

    def badge(self, token: BadgeToken) -> BadgeEntry | None:
        """Whose badge this is."""
        return self._one(BadgeEntry, token)

    def member(self, member: MemberId) -> MemberEntry | None:
        """The member's standing."""
        return self._one(MemberEntry, member)

    def member_by_token(self, token: BadgeToken) -> MemberEntry | None:
        """The member who carries this badge, blocked or not."""
        badge = self.badge(token)
        return None if badge is None else self.member(badge.member)

    def rights_of(self, member: MemberId) -> tuple[RightEntry, ...]:
        """Every grant of the member, expired ones too."""
        return self._all(RightEntry, f"{member}/")

    def balance(self, account: AccountId) -> BalanceEntry | None:
        """What the account may spend, as the office knows it."""
        return self._one(BalanceEntry, account)

    def policy(self, books: BooksId) -> CreditPolicyEntry | None:
        """How the books trust credit without the office."""
        return self._one(CreditPolicyEntry, books)

    def machine(self, machine: MachineId) -> MachineEntry | None:
        """What the machine demands."""
        return self._one(MachineEntry, machine)

    def machines(self, controller: ControllerId) -> tuple[MachineEntry, ...]:
        """Every machine that is placed at this controller."""
        return tuple(entry for entry in self._all(MachineEntry, "") if entry.controller == controller)

    def locks(self) -> tuple[LockEntry, ...]:
        """Every open lock."""
        return self._all(LockEntry, "")

    def openings(self) -> tuple[OpeningEntry, ...]:
        """When each place is open."""
        return self._all(OpeningEntry, "")

    def bookings(self) -> tuple[BookingsEntry, ...]:
        """Who has booked which machine."""
        return self._all(BookingsEntry, "")

    def groups(self) -> tuple[GroupEntry, ...]:
        """Every class, with its lessons to come."""
        return self._all(GroupEntry, "")

    def contained(self, branch: BranchId) -> int:
        """Up to which number everything of that branch is in these figures."""
        return self._bodies.contained(branch)

    def _one(self, kind: type[E], key: str) -> E | None:
        text = self._bodies.body(kind.KIND, key)
        return None if text is None else self._read(kind, key, text)

    def _all(self, kind: type[E], prefix: str) -> tuple[E, ...]:
        read = (self._read(kind, key, text) for key, text in self._bodies.bodies(kind.KIND, prefix))
        return tuple(entry for entry in read if entry is not None)

    def _read(self, kind: type[E], key: str, text: str) -> E | None:
        try:
            entry = _entry_of(kind.KIND, key, text)
        except NeedsUpgradeError:
            self.needs_upgrade = True
            return None
        return entry if isinstance(entry, kind) else None


@lru_cache(maxsize=READ_KEPT)
def _entry_of(kind: str, key: str, text: str) -> DirectoryEntry:
    return entry_from(kind, key, json.loads(text))
