"""What this controller's own facts add to its replica: spending, open uses and locks the office has not counted yet.

House rules: a fact counts until the replica's vector contains it, no longer and no shorter, so nothing the floor just
learned is wiped and nothing is counted twice. Open uses are the controller's own truth and count until they end; the
replica's holds of this controller are left out in turn. Built anew from the journal at each start and after each
snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.domain.facts import EndMoved, Fact, FaultRaised, SessionEnded, SessionOpened, StartAbandoned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.directory import BalanceEntry
    from controller.domain.ids import AccountId, BranchId, ControllerId, LockId, MachineId, MemberId, SessionId
    from controller.exchange.messages import Contained


@dataclass(frozen=True, slots=True)
class _Spent:
    member: MemberId
    cents: int
    began_n: int


@dataclass(frozen=True, slots=True)
class _Hold:
    account: AccountId
    cents: int
    n: int


class Overlay:
    """The controller's view beyond its replica. Not safe for threads: the exchange's or the engine's alone.

    Its size is bounded by the journal's: one small record per ended use that the office has not counted.
    """

    def __init__(self, vector: Iterable[Contained] = ()) -> None:
        self._contained: dict[BranchId, int] = {place.branch: place.n for place in vector}
        self._told_n = 0
        self._holds: dict[SessionId, _Hold] = {}
        self._spent: dict[AccountId, dict[tuple[BranchId, int], _Spent]] = {}
        self._locks: dict[tuple[BranchId, int], tuple[MachineId, LockId]] = {}

    def fold(self, n: int, branch: BranchId, fact: Fact) -> None:
        """Take in one committed fact of this controller, in order."""
        match fact:
            case SessionOpened():
                self._holds[fact.session] = _Hold(fact.account, fact.hold_cents, n)
            case EndMoved() if (hold := self._holds.get(fact.session)) is not None:
                self._holds[fact.session] = replace(hold, cents=fact.hold_cents + fact.debt_cents)
            case StartAbandoned():
                self._holds.pop(fact.session, None)
            case SessionEnded():
                hold = self._holds.pop(fact.session, None)
                began_n = hold.n if hold is not None else n
                if not self._has(branch, n):
                    self._spent.setdefault(fact.account, {})[branch, n] = _Spent(
                        fact.member, fact.announced_cents, began_n
                    )
            case FaultRaised() if not self._has(branch, n):
                self._locks[branch, n] = (fact.machine, fact.lock)
            case _:
                pass

    def trim(self, vector: Iterable[Contained]) -> None:
        """The replica has committed a newer vector: what it contains is in its figures now. An empty one is no news."""
        for place in vector:
            self._contained[place.branch] = max(place.n, self._contained.get(place.branch, 0))
        for account, spent in list(self._spent.items()):
            left = {name: use for name, use in spent.items() if not self._has(*name)}
            if left:
                self._spent[account] = left
            else:
                del self._spent[account]
        self._locks = {name: lock for name, lock in self._locks.items() if not self._has(*name)}

    def contact(self, stored_n: int) -> None:
        """The replica was fresh while the office held our facts up to `stored_n`: uses begun before are not offline."""
        self._told_n = max(self._told_n, stored_n)

    def spent_cents(self, account: AccountId) -> int:
        """Return what ended uses cost the account beyond the replica's balance."""
        return sum(use.cents for use in self._spent.get(account, {}).values())

    def open_holds_cents(self, account: AccountId) -> int:
        """Return what this controller's open uses may still cost the account."""
        return sum(hold.cents for hold in self._holds.values() if hold.account == account)

    def offline_spent_cents(self, account: AccountId) -> int:
        """Return what uses begun since the last fresh contact have cost or may still cost the account."""
        holds = (hold for hold in self._holds.values() if hold.n > self._told_n and hold.account == account)
        return self.offline_ended_cents(account) + sum(hold.cents for hold in holds)

    def offline_ended_cents(self, account: AccountId, member: MemberId | None = None) -> int:
        """Return what uses begun and ended since the last fresh contact have cost the account, all or one member's."""
        offline = (use for use in self._spent.get(account, {}).values() if use.began_n > self._told_n)
        return sum(use.cents for use in offline if member is None or use.member == member)

    def locks(self, machine: MachineId) -> frozenset[LockId]:
        """Return the locks set here that the replica does not hold yet; the union with the replica's is what holds."""
        return frozenset(lock for place, lock in self._locks.values() if place == machine)

    def available_cents(self, entry: BalanceEntry, controller: ControllerId) -> int:
        """Return what the account may spend above its floor: balance, the other controllers' holds, our own facts."""
        others = sum(hold.cents for hold in entry.holds if hold.controller != controller)
        own = self.spent_cents(entry.account) + self.open_holds_cents(entry.account)
        return entry.balance_cents - entry.floor_cents - others - own

    def _has(self, branch: BranchId, n: int) -> bool:
        return n <= self._contained.get(branch, 0)
