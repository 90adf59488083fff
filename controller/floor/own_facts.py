"""What this controller's own facts add to its replica, shared between the engine and the exchange.

House rules: the exchange's thread folds committed facts and trims what the office has counted; the engine adds what it
has just recorded and asks. A use that has just ended counts from that instant, not from its commit, so one badge cannot
spend the same cent at two machines; for a moment it may count twice, never less than once. Until the whole journal was
read nobody knows what was spent (`complete`). The lock is held for microseconds.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.events import Effect, Record
from controller.domain.facts import Fact, FaultRaised, RightGranted, SessionEnded
from controller.exchange.overlay import Overlay
from controller.floor.own_rights import OwnRights
from controller.floor.own_uses import OwnUses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from controller.domain.access import HeldRight
    from controller.domain.ids import AccountId, BranchId, LockId, MachineId, MemberId, SessionId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop
    from controller.exchange.messages import Contained


JUST_COMMITTED = 256
"""Uses remembered whose commit came before the engine's own word: four times what can be open at once. A word later
than that would count its use twice until the next snapshot, which refuses a start and gives nothing away.
"""


@dataclass(frozen=True, slots=True)
class Faults:
    """Faults raised here: those that stand, and those that the office took in and a person has lifted since."""

    standing: tuple[tuple[MachineId, LockId], ...]
    lifted: tuple[LockId, ...]


class OwnFacts:
    """Spending, faults and rights that the replica does not hold yet, and the uses of today."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._overlay = Overlay()
        self._coming: Overlay | None = None
        self._complete = False
        self._just_ended: dict[SessionId, tuple[AccountId, int]] = {}
        self._just_committed: deque[SessionId] = deque(maxlen=JUST_COMMITTED)
        self._faults: dict[tuple[BranchId, int], FaultRaised] = {}
        self._just_raised: dict[LockId, MachineId] = {}
        self._contained: dict[BranchId, int] = {}
        self._rights = OwnRights()
        self._uses = OwnUses()

    def after_step(self, _workshop: Workshop, effects: tuple[Effect, ...], _now: Now) -> None:
        """Count what the engine has just recorded; bounded by the journal's queue, whose commits take it over."""
        for effect in effects:
            match effect:
                case Record(fact=SessionEnded() as ended):
                    self._count(ended)
                case Record(fact=FaultRaised() as fault):
                    with self._lock:
                        self._just_raised[fault.lock] = fault.machine
                case Record(fact=RightGranted() as granted):
                    with self._lock:
                        self._rights.given(granted)
                case _:
                    pass

    def found(self, vector: Iterable[Contained], faults: Iterable[tuple[int, BranchId, FaultRaised]]) -> None:
        """Know the faults of before this start, ahead of everything else the journal holds."""
        with self._lock:
            self._contained = {place.branch: place.n for place in vector}
            self._faults.update({(branch, n): fault for n, branch, fault in faults})

    def fold(self, n: int, branch: BranchId, fact: Fact) -> None:
        """Take in a committed fact, in order."""
        with self._lock:
            self._overlay.fold(n, branch, fact)
            if self._coming is not None:
                self._coming.fold(n, branch, fact)
            self._take_over(n, branch, fact)

    def start_anew(self, vector: Sequence[Contained], facts: Iterable[tuple[int, BranchId, Fact]]) -> None:
        """Begin from a replica's vector and the journal's facts, committed ones in order: (n, branch, fact).

        Built aside, and joined to what is there: until `settled` whoever asks gets the larger of both sums, so the
        replica can be switched before or after this without a cent being forgotten. What `facts` raises goes up, and
        nothing has changed.
        """
        overlay = Overlay(vector)
        taken: list[tuple[int, BranchId, Fact]] = []
        for n, branch, fact in facts:
            overlay.fold(n, branch, fact)
            if isinstance(fact, SessionEnded | FaultRaised | RightGranted):
                taken.append((n, branch, fact))
        with self._lock:
            self._coming = overlay
            for place in taken:
                self._take_over(*place)

    def settled(self, vector: Iterable[Contained]) -> None:
        """The replica that `start_anew` was for is in force: what it contains counts no more."""
        with self._lock:
            if self._coming is not None:
                self._overlay, self._coming = self._coming, None
            self._contained = {place.branch: place.n for place in vector}
            self._rights.contained_now(self._contained)
            self._complete = True

    def given_up(self) -> None:
        """The replica that `start_anew` was for will not come."""
        with self._lock:
            self._coming = None

    def complete(self) -> bool:
        """Say whether the whole journal was read, so that what was spent is known."""
        with self._lock:
            return self._complete

    def _count(self, ended: SessionEnded) -> None:
        with self._lock:
            self._uses.ended(ended)
            if ended.session not in self._just_committed:
                self._just_ended[ended.session] = (ended.account, ended.announced_cents)

    def _take_over(self, n: int, branch: BranchId, fact: Fact) -> None:
        """Let the overlay count what the engine counted; the lock is held."""
        if isinstance(fact, SessionEnded):
            self._uses.ended(fact)
            if self._just_ended.pop(fact.session, None) is None:
                self._just_committed.append(fact.session)
        elif isinstance(fact, FaultRaised):
            self._just_raised.pop(fact.lock, None)
            self._faults[branch, n] = fact
        elif isinstance(fact, RightGranted):
            self._rights.committed(n, branch, fact)
            self._rights.contained_now(self._contained)

    def trim(self, vector: Iterable[Contained]) -> None:
        """Forget what the replica contains now."""
        with self._lock:
            self._overlay.trim(vector)
            self._contained.update({place.branch: place.n for place in vector})
            self._rights.contained_now(self._contained)

    def contact(self, stored_n: int) -> None:
        """The replica was fresh when the office held our facts up to `stored_n`."""
        with self._lock:
            self._overlay.contact(stored_n)

    def rights_of(self, member: MemberId) -> tuple[HeldRight, ...]:
        """Return the rights that the member was given here and the replica does not hold."""
        with self._lock:
            return self._rights.of(member)

    def used_s(self, member: MemberId, machine: MachineId, since_ms: int) -> int | None:
        """Return how long the member has used the machine in uses begun since; null until all was read."""
        with self._lock:
            return self._uses.seconds(member, machine, since_ms) if self._complete else None

    def spent_cents(self, account: AccountId) -> int:
        """Return what ended uses cost the account beyond the replica's balance."""
        with self._lock:
            just_ended = sum(cents for payer, cents in self._just_ended.values() if payer == account)
            return max(view.spent_cents(account) for view in self._views()) + just_ended

    def open_holds_cents(self, _account: AccountId) -> int:
        """Return nothing: open uses are in the workshop, and `decide` counts them at the very instant of a tap."""
        return 0

    def offline_spent_cents(self, account: AccountId, member: MemberId | None = None) -> int:
        """Return what uses begun since the last fresh contact have cost the account, all or one member's."""
        with self._lock:
            return max(view.offline_ended_cents(account, member) for view in self._views())

    def faults(self, open_locks: frozenset[LockId]) -> Faults:
        """Return what stands and what was lifted, given the locks that the replica holds; a lifted one is told once.

        A fault stands until the office has taken it in and holds its lock no more.
        """
        with self._lock:
            gone = {
                place: fault
                for place, fault in self._faults.items()
                if place[1] <= self._contained.get(place[0], 0) and fault.lock not in open_locks
            }
            for place in gone:
                del self._faults[place]
            standing = [(fault.machine, fault.lock) for fault in self._faults.values()]
            just_raised = [(machine, lock) for lock, machine in self._just_raised.items()]
            return Faults((*standing, *just_raised), tuple(fault.lock for fault in gone.values()))

    def _views(self) -> tuple[Overlay, ...]:
        return (self._overlay,) if self._coming is None else (self._overlay, self._coming)
