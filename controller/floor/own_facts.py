"""What this controller's own facts add to its replica, shared between the engine and the exchange.

House rules: the exchange's thread folds committed facts and trims what the office has counted; the engine adds what
it has just
recorded and asks. A use that has just ended counts from that instant, not from its commit, so one badge cannot spend
the same
cent at two machines; for a moment it may count twice, never less than once. The lock is held for microseconds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from controller.domain.events import Effect, Record
from controller.domain.facts import Fact, FaultRaised, SessionEnded
from controller.exchange.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.ids import AccountId, BranchId, LockId, SessionId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.messages import Contained


class OwnFacts:
    """Spending and faults that the replica does not hold yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._overlay = Overlay()
        self._just_ended: dict[SessionId, tuple[AccountId, int]] = {}
        self._faults: dict[tuple[BranchId, int], LockId] = {}
        self._contained: dict[BranchId, int] = {}

    def after_step(self, _workshop: Workshop, effects: tuple[Effect, ...], _now: Now) -> None:
        """Count what the engine has just recorded; bounded by the journal's queue, whose commits take it over."""
        for effect in effects:
            if isinstance(effect, Record) and isinstance(effect.fact, SessionEnded):
                with self._lock:
                    self._just_ended[effect.fact.session] = (effect.fact.account, effect.fact.announced_cents)

    def fold(self, n: int, branch: BranchId, fact: Fact) -> None:
        """Take in a committed fact, in order."""
        with self._lock:
            self._overlay.fold(n, branch, fact)
            if isinstance(fact, SessionEnded):
                self._just_ended.pop(fact.session, None)
            if isinstance(fact, FaultRaised):
                self._faults[branch, n] = fact.lock

    def start_anew(self, vector: Iterable[Contained]) -> None:
        """Begin from a replica's vector; the journal's facts above it are folded next."""
        with self._lock:
            self._overlay = Overlay(vector)
            self._contained = {place.branch: place.n for place in vector}

    def trim(self, vector: Iterable[Contained]) -> None:
        """Forget what the replica contains now."""
        with self._lock:
            self._overlay.trim(vector)
            self._contained.update({place.branch: place.n for place in vector})

    def contact(self, stored_n: int) -> None:
        """The replica was fresh when the office held our facts up to `stored_n`."""
        with self._lock:
            self._overlay.contact(stored_n)

    def spent_cents(self, account: AccountId) -> int:
        """Return what ended uses cost the account beyond the replica's balance."""
        with self._lock:
            just_ended = sum(cents for payer, cents in self._just_ended.values() if payer == account)
            return self._overlay.spent_cents(account) + just_ended

    def open_holds_cents(self, _account: AccountId) -> int:
        """Return nothing: open uses are in the workshop, and `decide` counts them at the very instant of a tap."""
        return 0

    def offline_spent_cents(self, account: AccountId) -> int:
        """Return what uses begun since the last fresh contact have cost."""
        with self._lock:
            return self._overlay.offline_ended_cents(account)

    def lifted(self, open_locks: frozenset[LockId]) -> tuple[LockId, ...]:
        """Return the faults raised here that the office took in and a person has lifted since; each is told once."""
        with self._lock:
            gone = {
                place: lock
                for place, lock in self._faults.items()
                if place[1] <= self._contained.get(place[0], 0) and lock not in open_locks
            }
            for place in gone:
                del self._faults[place]
            return tuple(gone.values())
