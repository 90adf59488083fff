"""What this controller's own facts add to its replica, shared between the engine and the exchange.

House rules: the exchange's thread folds committed facts and trims what the office has counted; the engine adds what
it has just
recorded and asks. A use that has just ended counts from that instant, not from its commit, so one badge cannot spend
the same
cent at two machines; for a moment it may count twice, never less than once. The lock is held for microseconds.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

from controller.domain.events import Effect, Record
from controller.domain.facts import Fact, FaultRaised, SessionEnded
from controller.exchange.overlay import Overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from controller.domain.ids import AccountId, BranchId, LockId, SessionId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.messages import Contained


JUST_COMMITTED = 256
"""Uses remembered whose commit came before the engine's own word: four times what can be open at once. A word later
than that would count its use twice until the next snapshot, which refuses a start and gives nothing away.
"""


class OwnFacts:
    """Spending and faults that the replica does not hold yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._overlay = Overlay()
        self._just_ended: dict[SessionId, tuple[AccountId, int]] = {}
        self._just_committed: deque[SessionId] = deque(maxlen=JUST_COMMITTED)
        self._faults: dict[tuple[BranchId, int], LockId] = {}
        self._contained: dict[BranchId, int] = {}

    def after_step(self, _workshop: Workshop, effects: tuple[Effect, ...], _now: Now) -> None:
        """Count what the engine has just recorded; bounded by the journal's queue, whose commits take it over."""
        for effect in effects:
            if isinstance(effect, Record) and isinstance(effect.fact, SessionEnded):
                self._count(effect.fact)

    def fold(self, n: int, branch: BranchId, fact: Fact) -> None:
        """Take in a committed fact, in order."""
        with self._lock:
            self._overlay.fold(n, branch, fact)
            self._take_over(n, branch, fact)

    def start_anew(self, vector: Sequence[Contained], facts: Iterable[tuple[int, BranchId, Fact]]) -> None:
        """Begin from a replica's vector and the journal's facts, committed ones in order: (n, branch, fact).

        Built aside and switched in one step: whoever asks meanwhile gets the older, larger sum.
        """
        overlay = Overlay(vector)
        taken: list[tuple[int, BranchId, Fact]] = []
        for n, branch, fact in facts:
            overlay.fold(n, branch, fact)
            if isinstance(fact, SessionEnded | FaultRaised):
                taken.append((n, branch, fact))
        with self._lock:
            self._overlay = overlay
            self._contained = {place.branch: place.n for place in vector}
            for place in taken:
                self._take_over(*place)

    def _count(self, ended: SessionEnded) -> None:
        with self._lock:
            if ended.session not in self._just_committed:
                self._just_ended[ended.session] = (ended.account, ended.announced_cents)

    def _take_over(self, n: int, branch: BranchId, fact: Fact) -> None:
        """Let the overlay count what the engine counted; the lock is held."""
        if isinstance(fact, SessionEnded):
            if self._just_ended.pop(fact.session, None) is None:
                self._just_committed.append(fact.session)
        elif isinstance(fact, FaultRaised):
            self._faults[branch, n] = fact.lock

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
