"""Rights given at this controller's machines that its copy of the directory does not hold yet.

House rules: a right counts from the instant of its decision until the replica's vector contains its fact, no longer and
no shorter; what the office makes of it, an end or a revocation too, is in the copy by then. Used under the lock of
`OwnFacts`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from controller.domain.access import HeldRight

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.facts import RightGranted
    from controller.domain.ids import BranchId, MemberId


JUST_COMMITTED = 64
"""Rights remembered whose commit came before the engine's own word: more than a class of pupils in one second. A word
later than that would count until the next start.
"""


class OwnRights:
    """Bounded by the journal: one small record for each right that the office has not counted."""

    def __init__(self) -> None:
        self._committed: dict[tuple[BranchId, int], RightGranted] = {}
        self._just_given: list[RightGranted] = []
        self._just_committed: deque[RightGranted] = deque(maxlen=JUST_COMMITTED)

    def given(self, fact: RightGranted) -> None:
        """The engine has just decided so; the commit takes it over, and may have come first."""
        if fact not in self._just_committed:
            self._just_given.append(fact)

    def committed(self, n: int, branch: BranchId, fact: RightGranted) -> None:
        """It is on disk, under this number."""
        self._committed[branch, n] = fact
        self._just_committed.append(fact)
        self._just_given = [each for each in self._just_given if each != fact]

    def contained_now(self, contained: Mapping[BranchId, int]) -> None:
        """Forget what the replica holds by now."""
        self._committed = {
            place: fact for place, fact in self._committed.items() if place[1] > contained.get(place[0], 0)
        }

    def of(self, member: MemberId) -> tuple[HeldRight, ...]:
        """Return what the member was given here."""
        facts = (*self._committed.values(), *self._just_given)
        return tuple(
            HeldRight(training=fact.training, from_ms=fact.at.wall_ms or 0, until_ms=None)
            for fact in facts
            if fact.member == member
        )
