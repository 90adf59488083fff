"""What a program that starts anew knows from its journal: the classes at work, who was at which machine, and where
somebody has looked since the power was lost.

House rules: pure; what is on disk is remembered as the uses are, and nothing else. A lesson goes on with its end in
the clock of this boot; without a date at most as long as was left of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeGuard

from controller.domain.facts import Fact, LessonMarked, SessionEnded, SessionOpened, TapRefused
from controller.domain.reasons import Refusal
from controller.domain.workshop import Lesson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.bookings import Presence
    from controller.domain.ids import GroupId, MachineId
    from controller.domain.now import Now


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """`lessons` are those that had begun and were not over, `over` the last ones that were, by their beginning; `seen`
    says who was at which machine, and when; `looked` are the machines at which somebody began or looked in this boot of
    the computer.
    """

    lessons: tuple[tuple[GroupId, Lesson], ...] = ()
    over: tuple[tuple[GroupId, int], ...] = ()
    seen: tuple[Presence, ...] = ()
    looked: frozenset[MachineId] = frozenset()


NOTHING = Remembered()
"""A program that has just been installed, and every later change of the directory."""


def remembered(facts: Iterable[Fact], now: Now) -> Remembered:
    """Return what facts in their order, each on disk, leave for a start at `now`."""
    lessons: dict[GroupId, LessonMarked] = {}
    over: dict[GroupId, int] = {}
    seen: list[Presence] = []
    looked: set[MachineId] = set()
    for fact in facts:
        match fact:
            case LessonMarked():
                lessons.pop(fact.group, None)
                over.pop(fact.group, None)
                if fact.phase == "begun":
                    lessons[fact.group] = fact
                else:
                    over[fact.group] = fact.from_ms
            case SessionOpened() | SessionEnded():
                if fact.at.wall_ms is not None:
                    seen.append((fact.machine, fact.member, fact.at.wall_ms))
            case _:
                pass
        if fact.at.boot_id == now.boot_id and is_a_look(fact):
            looked.add(fact.machine)
    return Remembered(
        lessons=tuple((group, lesson_of(fact, _ends_at_ms(fact, now))) for group, fact in lessons.items()),
        over=tuple(over.items()),
        seen=tuple(seen),
        looked=frozenset(looked),
    )


def lesson_of(begun: LessonMarked, ends_at_ms: int) -> Lesson:
    """Return the lesson that was begun, over at an instant of this boot."""
    return Lesson(
        trainer=begun.member,
        token=begun.token,
        account=begun.account,
        machines=begun.machines,
        headcount=begun.headcount,
        from_ms=begun.from_ms,
        until_ms=begun.until_ms,
        ends_at_ms=ends_at_ms,
        begun_ms=begun.at.wall_ms or begun.from_ms,
    )


def is_a_look(fact: Fact) -> TypeGuard[SessionOpened | TapRefused]:
    """Tell whether with this fact somebody has looked at a machine that lost its power."""
    if isinstance(fact, TapRefused):
        return fact.reason is Refusal.POWER_WAS_LOST
    return isinstance(fact, SessionOpened)


def _ends_at_ms(fact: LessonMarked, now: Now) -> int:
    left_ms = fact.until_ms - (fact.at.wall_ms or fact.from_ms)
    if fact.at.boot_id == now.boot_id:
        return fact.at.boot_ms + left_ms
    return now.boot_ms + (left_ms if now.wall_ms is None else fact.until_ms - now.wall_ms)
