"""Feeds recorded decisions again: the same inputs must give the same answer, or the rules have changed.

House rules: only what the journal and the directory keep goes in; the state is folded from the facts before. What a
program knew in memory alone (a start-up, a quarantine) cannot be fed again, and its refusals are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.access import Credit, Reading
from controller.domain.decide import decide
from controller.domain.directory import LockEntry
from controller.domain.evolve import evolve
from controller.domain.facts import (
    RULES_VERSION,
    EndMoved,
    Fact,
    SessionEnded,
    SessionOpened,
    SessionResumed,
    StartAbandoned,
    TapRefused,
    under_new_terms,
)
from controller.domain.holds import announced_cents
from controller.domain.ids import BadgeToken
from controller.domain.now import Now
from controller.domain.reasons import Refusal
from controller.domain.workshop import Idle, InUse, Limits, Starting, Startup, Workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from controller.domain.access import Holder
    from controller.domain.ids import BranchId, SessionId

Decision = SessionOpened | TapRefused

IN_MEMORY_ONLY = frozenset(
    {
        Refusal.MACHINE_STARTING_UP,
        Refusal.POWER_WAS_LOST,
        Refusal.SWITCH_UNREACHABLE,
        Refusal.EMERGENCY_STOP_PRESSED,
        Refusal.GUARD_OPEN,
        Refusal.STORAGE_FULL,
        Refusal.STORAGE_SLOW,
        Refusal.QUARANTINED,
        Refusal.SPENDING_UNKNOWN,
        Refusal.INTERNAL_ERROR,
    }
)
"""Refusals for what the program was going through and no fact keeps; they are not fed again."""

_NO_TOKEN = BadgeToken("")
"""Stands for a refused member's badge, whose token no fact keeps: it is nobody's, so it ends no use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A decision on record and what the present rules make of the same inputs (`None`: nothing at all)."""

    recorded: Decision
    again: Fact | None


def decided_again(workshop: Workshop, recorded: Decision, holder: Holder | None) -> Fact | None:
    """Return the fact that `recorded`'s inputs lead to now. `holder` is who the directory of that revision says it was.

    The credit is the recorded one, for balances move without a revision of their own.
    """
    inputs = recorded.inputs
    if holder is not None:
        credit = Credit(
            available_cents=inputs.available_cents, fresh=inputs.credit_fresh, member_cents=inputs.member_cents
        )
        holder = replace(holder, credit=credit, used_today_s=inputs.used_today_s)
    tap = ev.Tapped(
        machine=recorded.machine,
        token=recorded.token or _NO_TOKEN,
        holder=holder,
        reading=Reading(
            revision=inputs.revision,
            age_ms=None if inputs.age_s < 0 else inputs.age_s * 1000,
            needs_upgrade=inputs.directory == "needs_upgrade",
            empty=inputs.directory == "empty",
        ),
        proof=inputs.proof,
    )
    at = recorded.at
    if inputs.offered:
        workshop = _offered(workshop, recorded)
    now = Now(boot_id=at.boot_id, boot_ms=at.boot_ms, wall_ms=at.wall_ms, clock=at.clock)
    written = [effect.fact for effect in decide(workshop, tap, now) if isinstance(effect, ev.Record)]
    # A tap may end what was there first: who follows somebody through a door.
    decisions = (fact for fact in written if isinstance(fact, SessionOpened | TapRefused))
    return next(decisions, written[0] if written else None)


def _offered(workshop: Workshop, recorded: Decision) -> Workshop:
    """Return the state with what the record says of it: that its owner had offered the use under way."""
    machine = workshop.machines.get(recorded.machine)
    if machine is None or not isinstance(machine.situation, Starting | InUse):
        return workshop
    use = machine.situation if isinstance(machine.situation, InUse) else _powered(machine.situation.opened)
    open_ms = recorded.at.boot_ms + 1
    offered = replace(machine, situation=replace(use, stop_armed_until_ms=open_ms, handing=None))
    return replace(workshop, machines=MappingProxyType({**workshop.machines, recorded.machine: offered}))


def _powered(opened: SessionOpened) -> InUse:
    ends_at_ms = opened.at.boot_ms + 1000 * opened.limit_s
    return InUse(opened=opened, started=opened.at, elapsed_before_ms=0, ends_at_ms=ends_at_ms)


@dataclass(frozen=True, slots=True)
class Memory:
    """What the facts so far tell: the machines since the newest start, and every open use with its terms."""

    workshop: Workshop
    uses: Mapping[SessionId, SessionOpened] = field(default_factory=lambda: MappingProxyType({}))


def replay(
    branch: BranchId,
    facts: Iterable[Fact],
    *,
    directory_at: Callable[[int], ev.DirectoryChanged],
    holder_of: Callable[[Decision], Holder | None],
) -> list[Difference]:
    """Feed every decision of one branch again, in order, and return those that come out differently.

    `directory_at` gives the machines and locks of a revision. Decisions of other versions of the rules are passed over.
    """
    memory, revision = Memory(started(branch)), -1
    differences = []
    for fact in facts:
        if isinstance(fact, SessionOpened | TapRefused):
            if fact.inputs.revision != revision:
                revision = fact.inputs.revision
                memory = replace(memory, workshop=adopted(memory.workshop, directory_at(revision)))
            if fact.rules == RULES_VERSION and can_be_fed(fact):
                again = decided_again(memory.workshop, fact, holder_of(fact))
                if again != fact:
                    differences.append(Difference(recorded=fact, again=again))
        memory = remember(memory, branch, fact)
    return differences


def can_be_fed(recorded: Decision) -> bool:
    """Tell whether all that the decision was taken from is on record."""
    return not (isinstance(recorded, TapRefused) and recorded.reason in IN_MEMORY_ONLY)


def started(branch: BranchId) -> Workshop:
    """Return the state of a program that has just started."""
    return Workshop(branch=branch, limits=Limits())


def adopted(workshop: Workshop, directory: ev.DirectoryChanged) -> Workshop:
    """Take a revision over, every new relay counted as seen off: one that was not refused in memory only."""
    workshop = evolve(workshop, ev.Adopted(event=directory))
    for name, machine in workshop.machines.items():
        if isinstance(machine.situation, Startup):
            workshop = evolve(workshop, ev.SeenOff(machine=name))
    return workshop


def remember(memory: Memory, branch: BranchId, fact: Fact) -> Memory:
    """Fold a fact, and what it implies of power: a use whose end was moved or that is taken over had it, one that was
    resumed has it again.
    A fact of another branch is of a program that started anew and kept its machines and faults, the lessons under way
    and who came.
    """
    workshop, uses = memory.workshop, dict(memory.uses)
    if branch != workshop.branch:
        machines = {name: replace(each, situation=Idle(), awaited=None) for name, each in workshop.machines.items()}
        workshop = replace(
            started(branch),
            machines=MappingProxyType(machines),
            openings=workshop.openings,
            bookings=workshop.bookings,
            groups=workshop.groups,
            lessons=workshop.lessons,
            lessons_over=workshop.lessons_over,
            came=workshop.came,
        )
    match fact:
        case SessionOpened():
            uses[fact.session] = fact
            machine = workshop.machines.get(fact.machine)
            if machine is not None and fact.takes_over in uses and isinstance(machine.situation, Starting):
                taken = replace(machine, situation=_powered(machine.situation.opened))
                workshop = replace(workshop, machines=MappingProxyType({**workshop.machines, fact.machine: taken}))
        case EndMoved() if (opened := uses.get(fact.session)) is not None:
            uses[fact.session] = under_new_terms(opened, fact)
            powered = ev.Powered(
                machine=fact.machine,
                session=fact.session,
                started=opened.at,
                ends_at_ms=opened.at.boot_ms + 1000 * opened.limit_s,
            )
            workshop = evolve(workshop, powered) if fact.machine in workshop.machines else workshop
        case SessionResumed() if (opened := uses.get(fact.session)) is not None and fact.machine in workshop.machines:
            ends_at_ms = fact.at.boot_ms + 1000 * opened.limit_s
            again = ev.Readopted(opened=opened, started=fact.at, elapsed_before_ms=0, ends_at_ms=ends_at_ms)
            workshop = evolve(workshop, again)
        case SessionEnded() | StartAbandoned():
            uses.pop(fact.session, None)
        case _:
            pass
    return Memory(evolve(workshop, fact), MappingProxyType(uses))


def as_recorded(workshop: Workshop, recorded: Decision) -> Workshop:
    """Return the state with what the record itself says of it: the open locks, the use's number, and that a fault was
    lifted where something else than the fault was decided.
    """
    locks = {
        lock: workshop.locks.get(lock, LockEntry(lock=lock, machine=recorded.machine, reason="", emergency=False))
        for lock in recorded.inputs.locks
    }
    others = {key: lock for key, lock in workshop.locks.items() if lock.machine != recorded.machine}
    machines = dict(workshop.machines)
    machine = machines.get(recorded.machine)
    if machine is not None and not (isinstance(recorded, TapRefused) and recorded.reason is Refusal.MACHINE_FAULT):
        machines[recorded.machine] = replace(machine, faults=frozenset())
    serial = workshop.serial
    if isinstance(recorded, SessionOpened) and (number := recorded.session.rpartition("-")[2]).isdigit():
        serial = int(number) - 1
    return replace(
        workshop,
        locks=MappingProxyType({**others, **locks}),
        machines=MappingProxyType(machines),
        serial=serial,
    )


def billed_again_cents(opened: SessionOpened, ended: SessionEnded) -> int:
    """Return what the end would announce now, from the terms as they stood and the seconds on record."""
    return announced_cents(opened, ended.seconds, ended.idle_s or 0, ended.energy_wh)
