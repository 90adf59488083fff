"""A class: a trainer's tap at one of its machines begins it, and one more at a machine it uses ends it for all.

House rules: pure; while a lesson runs, every known badge opens its machines for the class: a numbered one, one's own,
or the trainer's at each machine. Nobody's name is asked: the uses are the trainer's, and the organisation pays. Only
what the trainer is trained for is opened. An order that is used up admits no new lesson and cuts none; a lesson ends
with its time. Where the office is heard, the machines of the place's other controllers join it (`lessons_elsewhere`);
without it the trainer taps there again. Without a date there is no lesson.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from controller.domain import events as ev
from controller.domain.access import Credit, Grant, HeldRight, is_valid
from controller.domain.components import CENTS_LIMIT
from controller.domain.ending import abandon, end_use
from controller.domain.facts import RULES_VERSION, LessonMarked, Stamp
from controller.domain.holds import less_open_holds
from controller.domain.lessons_elsewhere import joined, lesson_of_use
from controller.domain.reasons import Refusal, StopReason
from controller.domain.remembered import lesson_of
from controller.domain.sessions import SessionKind
from controller.domain.tariff import most_cents
from controller.domain.workshop import InUse, Lesson, Starting

if TYPE_CHECKING:
    from controller.domain.access import Holder
    from controller.domain.directory import GroupEntry, LessonWindow, MachineEntry
    from controller.domain.ids import AccountId, GroupId, MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop

ENDS_IN_MIN_S = 1
"""A lesson in its last second begins nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On whose terms somebody begins: their own, or a lesson's, which then says until when and may begin with it."""

    holder: Holder | None
    group: GroupId | None = None
    ends_in_s: int = 0
    begins: tuple[ev.Effect, ...] = ()

    def bounded(self, policy: MachineEntry, grant: Grant) -> Grant:
        """Return the grant within the lesson; it is held for the class to its end, whatever the order has left."""
        if self.group is None or grant.limit_s <= self.ends_in_s:
            return grant
        hold_cents = 0 if policy.price is None else most_cents(policy.price, self.ends_in_s)
        return replace(
            grant,
            limit_s=self.ends_in_s,
            limit_reason=StopReason.GROUP_ENDED,
            hold_cents=hold_cents if grant.hold_cents else 0,
        )


def terms_of(workshop: Workshop, policy: MachineEntry, tap: ev.Tapped, now: Now) -> Terms | Refusal:
    """Return on whose terms this tap begins a use here."""
    holder = tap.holder
    own = Terms(holder=None if holder is None else less_open_holds(workshop, holder))
    if holder is None or now.wall_ms is None:
        return own
    planned = _lessons_now(workshop, policy.machine, now.wall_ms)
    for group, window in planned:
        lesson = workshop.lessons.get(group.group)
        if lesson is None and holder.member not in group.trainers:
            lesson = joined(workshop, group, window, tap.reading)
        if lesson is not None and policy.machine in lesson.machines:
            rights = tuple(HeldRight(training=each, from_ms=0, until_ms=None) for each in policy.trainings)
            of_trainer = replace(_for_class(holder, lesson.account), member=lesson.trainer, rights=rights)
            return Terms(holder=of_trainer, group=group.group, ends_in_s=(window.until_ms - now.wall_ms) // 1000)
    may_begin = [
        (group, window)
        for group, window in planned
        if group.group not in workshop.lessons and holder.member in group.trainers
    ]
    admitted = [
        (group, window)
        for group, window in may_begin
        if group.admits or joined(workshop, group, window, tap.reading) is not None
    ]
    if not admitted:
        return Refusal.PURCHASE_ORDER_REACHED if may_begin else own
    group, window = admitted[0]
    return Terms(
        holder=_for_class(holder, group.account),
        group=group.group,
        ends_in_s=(window.until_ms - now.wall_ms) // 1000,
        begins=(ev.Record(_begun(workshop, group, window, tap, now)),),
    )


def _for_class(holder: Holder, account: AccountId) -> Holder:
    """Who taps, as a class's lesson has them: the organisation pays, whatever its order has left."""
    credit = Credit(available_cents=CENTS_LIMIT, fresh=True)
    return replace(holder, account=account, audience="", use_kind=SessionKind.GROUP, credit=credit)


def is_trainers(workshop: Workshop, use: InUse, tap: ev.Tapped) -> bool:
    """Tell whether this is the tap of the trainer whose lesson uses this machine."""
    lesson = lesson_of_use(workshop, use.opened)
    if lesson is None:
        return False
    return tap.token == lesson.token or (tap.holder is not None and tap.holder.member == lesson.trainer)


def stopped_by_tap(workshop: Workshop, use: InUse, tap: ev.Tapped, now: Now) -> tuple[ev.Effect, ...]:
    """End the use of whoever taps at it again; the trainer's tap ends the lesson at every machine."""
    lesson = lesson_of_use(workshop, use.opened)
    if use.opened.group is None or lesson is None or not is_trainers(workshop, use, tap):
        return end_use(use, StopReason.SECOND_TAP, now)
    effects: list[ev.Effect] = []
    for machine in workshop.machines.values():
        match machine.situation:
            case InUse(opened=opened) as other if opened.group == use.opened.group:
                effects += end_use(other, StopReason.GROUP_ENDED, now)
            case Starting(opened=opened) if opened.group == use.opened.group:
                effects += abandon(opened, Refusal.MACHINE_STARTING_UP, now)
            case _:
                pass
    over = _marked(use.opened.group, replace(lesson, token=tap.token), use.opened.machine, "over", now)
    return (*effects, ev.Record(over))


def lessons_over(workshop: Workshop, now: Now) -> tuple[ev.Effect, ...]:
    """Close the lessons whose time has passed; their uses end by themselves."""
    return tuple(
        ev.Record(_marked(group, lesson, lesson.machines[0], "over", now))
        for group, lesson in workshop.lessons.items()
        if now.boot_ms >= lesson.ends_at_ms
    )


def next_lesson_end_ms(workshop: Workshop) -> int | None:
    """Return the boot time at which the next lesson is over."""
    return min((lesson.ends_at_ms for lesson in workshop.lessons.values()), default=None)


def after_mark(workshop: Workshop, fact: LessonMarked) -> dict[GroupId, Lesson]:
    """Return the lessons that run after one has begun or is over."""
    others = {group: lesson for group, lesson in workshop.lessons.items() if group != fact.group}
    if fact.phase == "over" or fact.at.wall_ms is None:
        return others
    return {**others, fact.group: lesson_of(fact, fact.at.boot_ms + fact.until_ms - fact.at.wall_ms)}


def _lessons_now(workshop: Workshop, machine: MachineId, at_ms: int) -> list[tuple[GroupEntry, LessonWindow]]:
    """Return the classes that may be at a machine now, each with its hours; two may be planned at once."""
    return [
        (group, window)
        for group in workshop.groups.values()
        for window in group.lessons
        if machine in group.machines and window.from_ms <= at_ms <= window.until_ms - 1000 * ENDS_IN_MIN_S
    ]


def _begun(workshop: Workshop, group: GroupEntry, window: LessonWindow, tap: ev.Tapped, now: Now) -> LessonMarked:
    """The lesson is of the machines here that its trainer is trained for, the one tapped at first."""
    rights = () if tap.holder is None else tap.holder.rights
    held = {right.training for right in rights if is_valid(right, now.wall_ms)}
    here = [workshop.machines[each].policy for each in group.machines if each in workshop.machines]
    opens = {each.machine for each in here if not each.trainings or held & set(each.trainings)}
    lesson = Lesson(
        trainer=group.trainers[0] if tap.holder is None else tap.holder.member,
        token=tap.token,
        account=group.account,
        machines=(tap.machine, *sorted(opens - {tap.machine})),
        headcount=window.headcount,
        from_ms=window.from_ms,
        until_ms=window.until_ms,
        ends_at_ms=0,
        begun_ms=0,
    )
    return _marked(group.group, lesson, tap.machine, "begun", now)


def _marked(
    group: GroupId, lesson: Lesson, machine: MachineId, phase: Literal["begun", "over"], now: Now
) -> LessonMarked:
    return LessonMarked(
        group=group,
        phase=phase,
        machine=machine,
        member=lesson.trainer,
        token=lesson.token,
        account=lesson.account,
        machines=lesson.machines,
        headcount=lesson.headcount,
        from_ms=lesson.from_ms,
        until_ms=lesson.until_ms,
        rules=RULES_VERSION,
        at=Stamp.of(now),
    )
