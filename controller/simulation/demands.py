"""What a place demands of who uses its machines, looked at beside the rules: classes, limits, locks, acknowledgement.

House rules: worked out from facts and from what the office said, never from what the rules concluded; a find names the
use and the figures.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from controller.domain.facts import Fact, FaultRaised, LessonMarked, SessionEnded, SessionOpened, TapRefused
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from controller.domain.workshop import InUse, Starting
from controller.simulation.broken import must
from controller.simulation.cast import DAY_MS

if TYPE_CHECKING:
    from controller.domain.directory import GroupEntry
    from controller.domain.ids import GroupId, LockId, MachineId, MemberId
    from controller.simulation.floor import HandFloor
    from controller.simulation.office import HandOffice

UNCOUNTED = frozenset({SessionKind.STAFF, SessionKind.MAINTENANCE, SessionKind.GROUP})
"""Whom no day's limit counts."""


class Demands:
    """Remembers what was demanded: of each class, of each person's day, of each machine after a cut or a fault."""

    def __init__(self) -> None:
        self._lessons: dict[GroupId, LessonMarked] = {}
        self._boot_id = ""
        self._begun_boot = ""
        self._looked: set[MachineId] = set()
        self._faults: dict[LockId, MachineId] = {}
        self._used_s: dict[tuple[MemberId, MachineId, int], int] = defaultdict(int)
        self._counted = 0

    def handed_over(self, fact: Fact, floor: HandFloor, office: HandOffice) -> None:
        """Look at a fact on its way to the journal."""
        match fact:
            case LessonMarked(phase="begun"):
                admitted = office.told_to_admit.get(fact.group, True)
                must(fact.group not in self._lessons, f"{fact.group} begins a lesson within a lesson")
                must(admitted, f"{fact.group} begins a lesson, and its order is used up")
                self._lessons[fact.group] = fact
            case LessonMarked():
                self._lessons.pop(fact.group, None)
            case SessionOpened():
                self._opened(fact, floor, office)
            case TapRefused(reason=Refusal.PURCHASE_ORDER_REACHED, machine=machine):
                under_way = [
                    name
                    for name, lesson in self._lessons.items()
                    if machine in lesson.machines and _is_planned(floor.engine.workshop.groups.get(name), fact)
                ]
                must(not under_way, f"{under_way} is under way at {machine}, and its order ends it")
            case TapRefused(reason=Refusal.POWER_WAS_LOST, machine=machine):
                self._looked.add(machine)
            case SessionEnded():
                of_class = fact.kind is SessionKind.GROUP and fact.account in office.orders_cents
                cut = fact.reason is StopReason.CREDIT_EXHAUSTED
                must(not (of_class and cut), f"{fact.session} of a class is cut by its order")
            case FaultRaised():
                self._faults[fact.lock] = fact.machine
            case _:
                pass

    def started_anew(self, floor: HandFloor) -> None:
        """The program has lost what was not on disk."""
        facts = [fact for _, _, fact in floor.disk]
        boot_id = floor.clock.now().boot_id
        if boot_id != self._boot_id:
            self._boot_id, self._begun_boot = boot_id, self._begun_boot or boot_id
        self._faults = {fact.lock: fact.machine for fact in facts if isinstance(fact, FaultRaised)}
        self._lessons = {}
        for fact in facts:
            if isinstance(fact, LessonMarked):
                self._lessons[fact.group] = fact
        self._lessons = {name: fact for name, fact in self._lessons.items() if fact.phase == "begun"}
        self._looked = {
            fact.machine
            for fact in facts
            if fact.at.boot_id == boot_id
            and (
                isinstance(fact, SessionOpened)
                or (isinstance(fact, TapRefused) and fact.reason is Refusal.POWER_WAS_LOST)
            )
        }

    def after_step(self, floor: HandFloor, office: HandOffice) -> None:
        """Look at the whole of it."""
        del office
        self._uses_at_once(floor)
        self._days(floor)

    def _opened(self, opened: SessionOpened, floor: HandFloor, office: HandOffice) -> None:
        machine, session = opened.machine, opened.session
        standing = [lock for lock, at in self._faults.items() if at == machine and lock not in office.faults_lifted]
        must(not standing, f"{session} begins at {machine}, where {standing[:1]} stands")
        policy = floor.engine.workshop.machines[machine].policy
        cut = self._boot_id != self._begun_boot
        must(
            not cut or policy.after_power_loss == "ready" or machine in self._looked,
            f"{session} begins at {machine} after a power cut, and nobody has looked",
        )
        self._looked.add(machine)
        if opened.group is not None:
            lesson = self._lessons.get(opened.group)
            begins = lesson is None and opened.member in office.groups[opened.group].trainers
            of_class = lesson is not None and machine in lesson.machines and opened.account == lesson.account
            must(begins or of_class, f"{session} is a use of {opened.group}, which is not at work at {machine}")

    def _uses_at_once(self, floor: HandFloor) -> None:
        by_member: dict[MemberId, list[int]] = defaultdict(list)
        for machine in floor.engine.workshop.machines.values():
            use = machine.situation
            if not isinstance(use, Starting | InUse) or machine.policy.pulse_s:
                continue
            for opened in (use.opened, *((use.handing.opened,) if isinstance(use, InUse) and use.handing else ())):
                if opened.kind is not SessionKind.GROUP:
                    by_member[opened.member].append(machine.policy.uses_at_once_max)
        for member, limits in by_member.items():
            most = min((each for each in limits if each), default=len(limits))
            must(len(limits) <= most, f"{member} has {len(limits)} uses at once, of {most}")

    def _days(self, floor: HandFloor) -> None:
        limits = {entry.machine: entry.person_day_max_s for entry in floor.machines()}
        for _, _, fact in floor.disk[self._counted :]:
            if not isinstance(fact, SessionEnded) or fact.kind in UNCOUNTED or fact.started.wall_ms is None:
                continue
            day = fact.started.wall_ms // DAY_MS
            self._used_s[fact.member, fact.machine, day] += fact.seconds
            used_s, most_s = self._used_s[fact.member, fact.machine, day], limits.get(fact.machine, 0)
            must(not most_s or used_s <= most_s, f"{fact.member} has {used_s} s of {most_s} at {fact.machine} in a day")
        self._counted = len(floor.disk)


def _is_planned(group: GroupEntry | None, fact: Fact) -> bool:
    """Whether the office still says that the class is there at that instant."""
    at_ms = fact.at.wall_ms
    return group is not None and any(
        at_ms is not None and each.from_ms <= at_ms <= each.until_ms - 1_000 for each in group.lessons
    )
