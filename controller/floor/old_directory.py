"""Who and what a past decision was about, from the directory's copy as it is now.

House rules: the copy keeps one revision, so an entry that changed since a decision is not what was decided from; who
asks is told whether anything may have changed (`same_as`). What the floor itself had given by then is added from its
journal.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from controller.domain.access import Credit, HeldRight, Holder
from controller.domain.directory import BadgeEntry
from controller.domain.events import DirectoryChanged
from controller.domain.facts import RightGranted, SessionOpened
from controller.domain.reasons import Refusal
from controller.floor.replica_reading import Rows, state_of
from controller.floor.replica_view import View
from controller.floor.resolver import week_min_of

if TYPE_CHECKING:
    from controller.domain.ids import BranchId, ControllerId, MemberId
    from controller.domain.replay import Decision

_UNTOLD = Credit(available_cents=None, fresh=False)
"""A decision carries the credit that it saw; the copy's present one is not asked."""


class OldDirectory:
    """The copy, and the rights that the journal has given so far (`given`)."""

    def __init__(self, connection: sqlite3.Connection, controller: ControllerId) -> None:
        """Read the machines; members are looked up as they appear."""
        self._connection = connection
        self._view = View(Rows(connection), state_of(connection))
        self._given: list[tuple[BranchId, int, RightGranted]] = []
        self.machines = DirectoryChanged(
            machines=self._view.machines(controller),
            locks=(),
            openings=self._view.openings(),
            bookings=self._view.bookings(),
            groups=self._view.groups(),
        )

    def same_as(self, revision: int) -> bool:
        """Tell whether this is the very revision of a decision."""
        return self._view.state.revision == revision

    def given(self, n: int, branch: BranchId, fact: RightGranted) -> None:
        """A right was given at a machine of this controller."""
        self._given.append((branch, n, fact))

    def holder(self, decision: Decision) -> Holder | None:
        """Return who the decision was about, without credit; `None` for somebody who is not known here."""
        badge = None if decision.token is None else self._view.badge(decision.token)
        member = self._view.member(decision.member) if decision.member is not None else None
        if member is None and badge is not None:
            member = self._view.member(badge.member)
        if member is None:
            return None
        blocked = badge is not None and badge.status == "blocked"
        if not isinstance(decision, SessionOpened) and decision.reason is Refusal.BADGE_BLOCKED:
            blocked = self._has_blocked_badge(member.member)
        rights = tuple(
            HeldRight(
                training=right.training, from_ms=right.from_ms, until_ms=right.until_ms, may_train=right.may_train
            )
            for right in self._view.rights_of(member.member)
        )
        return Holder(
            member=member.member,
            account=member.account,
            use_kind=member.use_kind,
            badge_blocked=blocked,
            suspended=member.status == "suspended",
            membership_until_ms=member.membership_until_ms,
            rights=(*rights, *self._rights_given_to(member.member)),
            credit=_UNTOLD,
            language=member.language,
            audience=member.audience,
            longer_windows=member.longer_windows,
            wishes=member.wishes,
            week_min=week_min_of(decision.at.wall_ms),
        )

    def _rights_given_to(self, member: MemberId) -> tuple[HeldRight, ...]:
        return tuple(
            HeldRight(training=fact.training, from_ms=fact.at.wall_ms or 0, until_ms=None)
            for branch, n, fact in self._given
            if fact.member == member and n > self._view.contained(branch)
        )

    def _has_blocked_badge(self, member: MemberId) -> bool:
        found = self._connection.execute(
            "SELECT 1 FROM entry WHERE kind = ? AND body ->> 'member' = ? AND body ->> 'status' = 'blocked'",
            (BadgeEntry.KIND, member),
        )
        return found.fetchone() is not None
