"""How long each person has used each machine here lately: what a day's limit is counted from.

House rules: a use belongs to the day on which it began; counted from the step that ends it, once, whoever tells of it
first; a use that nobody can date is not counted. Used under the lock of `OwnFacts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.domain.facts import SessionEnded
    from controller.domain.ids import MachineId, MemberId, SessionId

KEPT_MS = 2 * 86_400_000
"""Two days: every use that a day's limit of today can count, and those of yesterday that may still be told of."""

USES_MAX = 20_000
"""Uses remembered: ten thousand a day is beyond the busiest floor. Beyond it the oldest is forgotten, and its maker
may use that machine longer today.
"""


class OwnUses:
    """The ended uses of two days, by their ids."""

    def __init__(self) -> None:
        self._uses: dict[SessionId, tuple[MemberId, MachineId, int, int]] = {}
        self._newest_ms = 0

    def ended(self, fact: SessionEnded) -> None:
        """Count a use, if it is not counted yet."""
        began_ms = _began_ms(fact)
        if began_ms is None or began_ms < self._newest_ms - KEPT_MS or fact.session in self._uses:
            return
        self._newest_ms = max(self._newest_ms, began_ms)
        self._uses[fact.session] = (fact.member, fact.machine, began_ms, fact.seconds)
        while len(self._uses) > USES_MAX or self._oldest_ms() < self._newest_ms - KEPT_MS:
            del self._uses[next(iter(self._uses))]

    def seconds(self, member: MemberId, machine: MachineId, since_ms: int) -> int:
        """Return how long the member's uses of the machine lasted that began since an instant."""
        return sum(
            seconds
            for who, where, began_ms, seconds in self._uses.values()
            if who == member and where == machine and began_ms >= since_ms
        )

    def _oldest_ms(self) -> int:
        return next(iter(self._uses.values()))[2]


def _began_ms(fact: SessionEnded) -> int | None:
    if fact.started.wall_ms is not None:
        return fact.started.wall_ms
    return None if fact.ended.wall_ms is None else fact.ended.wall_ms - 1000 * fact.seconds
