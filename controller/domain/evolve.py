"""Folds what became true into the state. Facts and notices are the only things that change a workshop.

House rules: nothing is decided here; a fact about a use that the state does not know leaves it as it is.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, assert_never

from controller.domain import events as ev
from controller.domain import facts
from controller.domain.bookings import CameFor, came_for, taken_up
from controller.domain.groups import after_mark
from controller.domain.holds import spent
from controller.domain.lessons_elsewhere import going_on_here
from controller.domain.reasons import Refusal, StopReason
from controller.domain.stray import strays_after
from controller.domain.working import after, begun, counted
from controller.domain.workshop import Awaited, Idle, InUse, Machine, Situation, Starting, Startup, Workshop

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.ids import LockId, MachineId
    from controller.domain.metering import Metered
    from controller.domain.working import Work


def evolve(workshop: Workshop, became_true: facts.Fact | ev.Notice) -> Workshop:
    """Return the workshop after `became_true`."""
    match became_true:
        case facts.SessionOpened() as opened:
            came, looked = came_for(workshop, opened), workshop.looked | {opened.machine}
            return _opened(replace(workshop, serial=workshop.serial + 1, came=came, looked=looked), opened)
        case facts.StartAbandoned() | facts.SessionEnded():
            if isinstance(became_true, facts.SessionEnded):
                workshop = replace(
                    workshop, came=came_for(workshop, became_true), just_spent=spent(workshop, became_true)
                )
            return _closed(workshop, became_true)
        case facts.LessonMarked():
            return _lesson_marked(workshop, became_true)
        case facts.EndMoved():
            return _end_moved(workshop, became_true)
        case facts.TapsUnwritten() | facts.CurrentUnexplained():
            return _told(workshop, became_true)
        case facts.FaultRaised():
            return _faulted(workshop, became_true)
        case facts.TapRefused(reason=Refusal.POWER_WAS_LOST, machine=name):
            return replace(workshop, looked=workshop.looked | {name})
        case (
            facts.BranchOpened()
            | facts.JournalRestored()
            | facts.ClockAnchored()
            | facts.TapRefused()
            | facts.SessionResumed()
            | facts.CommandAnswered()
            | facts.HeadWitnessed()
            | facts.RightGranted()
            | facts.UseSupervised()
        ):
            return workshop
        case _:
            return _noticed(workshop, became_true)


def _told(workshop: Workshop, fact: facts.TapsUnwritten | facts.CurrentUnexplained) -> Workshop:
    """What is on record now is not recorded again."""
    name = fact.machine
    if isinstance(fact, facts.TapsUnwritten):
        left = {each: tally for each, tally in workshop.nameless.items() if each != name}
        return replace(workshop, nameless=MappingProxyType(left))
    told = {name: replace(workshop.stray[name], told=True)} if name in workshop.stray else {}
    return replace(workshop, stray=MappingProxyType({**workshop.stray, **told}))


def _noticed(workshop: Workshop, notice: ev.Notice) -> Workshop:
    match notice:
        case ev.Powered():
            situation = workshop.machines[notice.machine].situation
            if not isinstance(situation, Starting) or situation.opened.session != notice.session:
                return workshop
            in_use = InUse(
                opened=situation.opened,
                started=notice.started,
                elapsed_before_ms=0,
                ends_at_ms=notice.ends_at_ms,
                metered_first=_metered_now(workshop, notice),
                warned_s=(notice.ends_at_ms - notice.started.boot_ms) // 1000,
                work=_work(workshop, notice.machine, notice.started.boot_ms, runs_on=notice.runs_on),
            )
            return _placed(_tick_soon(workshop, notice.started.boot_ms), notice.machine, in_use)
        case ev.Readopted():
            in_use = InUse(
                opened=notice.opened,
                started=notice.started,
                elapsed_before_ms=notice.elapsed_before_ms,
                ends_at_ms=notice.ends_at_ms,
                warned_s=(notice.ends_at_ms - notice.started.boot_ms) // 1000,
                overtime_s=notice.overtime_s,
                work=_work(workshop, notice.opened.machine, notice.started.boot_ms),
            )
            return _placed(_tick_soon(workshop, notice.started.boot_ms), notice.opened.machine, in_use)
        case ev.SeenOff():
            return _placed(workshop, notice.machine, Idle())
        case ev.ReadDue() | ev.ReadSettled() | ev.MeterNoted() | ev.Extracting():
            return _told_by_device(workshop, notice)
        case ev.Warned() | ev.StopArmed() | ev.IdleChanged() | ev.ButtonHeard():
            return _hand_means(workshop, notice)
        case ev.Ticked():
            return replace(workshop, next_tick_ms=notice.next_ms)
        case ev.Tallied():
            return replace(workshop, nameless=MappingProxyType({**workshop.nameless, notice.machine: notice.tally}))
        case ev.Adopted():
            return _adopted(workshop, notice)
        case _:
            assert_never(notice)


def _hand_means(workshop: Workshop, notice: ev.Warned | ev.StopArmed | ev.IdleChanged | ev.ButtonHeard) -> Workshop:
    """Remember what the owner's next tap means (the answer to a warning, or the second one of a confirmed stop), and
    until when the button is still the same press.
    """
    use = workshop.machines[notice.machine].situation
    if not isinstance(use, InUse):
        return workshop
    match notice:
        case ev.Warned():
            use = replace(use, warned_s=notice.warned_s, answer_until_ms=notice.answer_until_ms)
        case ev.StopArmed():
            use = replace(use, stop_armed_until_ms=notice.until_ms)
        case ev.IdleChanged():
            use = _idle_changed(use, notice)
        case ev.ButtonHeard():
            use = replace(use, pressed_until_ms=notice.deaf_until_ms)
        case _:
            assert_never(notice)
    return _placed(workshop, notice.machine, use)


def _idle_changed(use: InUse, notice: ev.IdleChanged) -> InUse:
    if use.work is None:
        return use
    match notice.to:
        case "warned":
            return replace(use, work=replace(use.work, ends_ms=notice.at_ms))
        case "answered":
            work = replace(use.work, idle_since_ms=notice.at_ms, ends_ms=0)
            return replace(use, work=work, deaf_until_ms=max(use.deaf_until_ms, notice.deaf_until_ms))
        case "unproven":
            return replace(use, work=replace(counted(use.work, notice.at_ms), running=None, ends_ms=0))
        case _:
            assert_never(notice.to)


def _adopted(workshop: Workshop, notice: ev.Adopted) -> Workshop:
    match notice.event:
        case ev.DirectoryChanged() as changed:
            return _directory_adopted(workshop, changed)
        case ev.StorageReported() as report:
            return replace(workshop, storage_full=report.full, storage_slow=report.slow)
        case ev.QuarantineSet() as decision:
            return replace(workshop, quarantined=decision.quarantined)
        case ev.ShutdownAsked():
            return replace(workshop, closing=True)
        case ev.SwitchSeen() as seen:
            return _switch_seen(workshop, seen)
        case ev.ContactChanged() as changed:
            contact = frozenset({(changed.channel, changed.source, changed.contact)})
            contacts = workshop.contacts | contact if changed.active else workshop.contacts - contact
            return replace(workshop, contacts=contacts)
        case ev.ReaderSeen(channel=channel, reader=reader, word=word):
            return replace(workshop, readers=MappingProxyType({**workshop.readers, (channel, reader): word}))
        case _:
            assert_never(notice.event)


def _switch_seen(workshop: Workshop, seen: ev.SwitchSeen) -> Workshop:
    """A relay that is out of reach is not known to be off: it must be seen off before anybody may begin."""
    if seen.reached:
        return replace(workshop, unreached=workshop.unreached - {seen.channel})
    machines = {
        name: replace(
            machine, awaited=None, situation=Startup() if isinstance(machine.situation, Idle) else machine.situation
        )
        if machine.policy.channel == seen.channel
        else machine
        for name, machine in workshop.machines.items()
    }
    return replace(workshop, unreached=workshop.unreached | {seen.channel}, machines=MappingProxyType(machines))


def _told_by_device(
    workshop: Workshop, notice: ev.ReadDue | ev.ReadSettled | ev.MeterNoted | ev.Extracting
) -> Workshop:
    if isinstance(notice, ev.MeterNoted):
        return _metered(workshop, notice)
    if isinstance(notice, ev.Extracting):
        extracting = {name: until_ms for name, until_ms in workshop.extracting.items() if name != notice.channel}
        if notice.until_ms is not None:
            extracting[notice.channel] = notice.until_ms
        return replace(workshop, extracting=MappingProxyType(extracting))
    awaited = None
    if isinstance(notice, ev.ReadDue):
        awaited = Awaited(wanted_on=notice.wanted_on, until_ms=notice.until_ms)
    machine = workshop.machines[notice.machine]
    if isinstance(machine.situation, InUse):
        unconfirmed = awaited is not None and awaited.wanted_on
        machine = replace(machine, situation=replace(machine.situation, unconfirmed=unconfirmed))
    return _with(workshop, notice.machine, replace(machine, awaited=awaited))


def _metered_now(workshop: Workshop, powered: ev.Powered) -> Metered | None:
    """The counter at the start of a use; an old reading would give it what somebody else drew."""
    metered = workshop.meters.get(workshop.machines[powered.machine].policy.channel)
    return metered if metered is not None and metered.fresh(powered.started.boot_ms) else None


def _work(workshop: Workshop, machine: MachineId, started_ms: int, *, runs_on: bool | None = None) -> Work | None:
    policy = workshop.machines[machine].policy
    return begun(policy, workshop.meters.get(policy.channel), started_ms, runs_on=runs_on)


def _metered_use(use: InUse, policy: MachineEntry, metered: Metered) -> InUse:
    work = None if use.work is None else after(use.work, policy, metered)
    return replace(use, metered_last=metered, work=work)


def _metered(workshop: Workshop, notice: ev.MeterNoted) -> Workshop:
    machines = {
        name: replace(machine, situation=_metered_use(machine.situation, machine.policy, notice.metered))
        if machine.policy.channel == notice.channel and isinstance(machine.situation, InUse)
        else machine
        for name, machine in workshop.machines.items()
    }
    meters = {**workshop.meters, notice.channel: notice.metered}
    stray = strays_after(workshop, notice.channel, notice.metered)
    return replace(workshop, machines=MappingProxyType(machines), meters=MappingProxyType(meters), stray=stray)


def _tick_soon(workshop: Workshop, boot_ms: int) -> Workshop:
    """A use gets its first tick within one period, however long the workshop was quiet before."""
    return replace(
        workshop, next_tick_ms=min(max(workshop.next_tick_ms, boot_ms), boot_ms + workshop.limits.tick_every_ms)
    )


def _placed(workshop: Workshop, name: MachineId, situation: Situation) -> Workshop:
    machine = workshop.machines.get(name)
    if machine is None:
        return workshop
    return _with(workshop, name, replace(machine, situation=situation))


def _with(workshop: Workshop, name: MachineId, machine: Machine) -> Workshop:
    return replace(workshop, machines=MappingProxyType({**workshop.machines, name: machine}))


def _end_moved(workshop: Workshop, moved: facts.EndMoved) -> Workshop:
    """Go on under the new terms; the warnings of the old end are over, those of the new one to come."""
    machine = workshop.machines.get(moved.machine)
    use = None if machine is None else machine.situation
    if not isinstance(use, InUse) or use.opened.session != moved.session:
        return workshop
    ends_at_ms = use.ends_at_ms + 1000 * (moved.limit_s - use.opened.limit_s)
    deaf_ms = workshop.limits.stop_debounce_ms if moved.cause == "tap" else 0
    goes_on = replace(
        use,
        opened=facts.under_new_terms(use.opened, moved),
        ends_at_ms=ends_at_ms,
        warned_s=max(0, ends_at_ms - moved.at.boot_ms) // 1000,
        answer_until_ms=0,
        deaf_until_ms=max(use.deaf_until_ms, moved.at.boot_ms + deaf_ms),
        overtime_s=moved.overtime_s,
    )
    return _placed(workshop, moved.machine, goes_on)


def _opened(workshop: Workshop, opened: facts.SessionOpened) -> Workshop:
    """A use begins; one that takes over waits beside the one under way, which goes on until it is on disk."""
    starting = Starting(opened=opened, answer_by_ms=opened.at.boot_ms + workshop.limits.commit_budget_ms)
    machine = workshop.machines.get(opened.machine)
    use = None if machine is None else machine.situation
    if isinstance(use, InUse) and use.opened.session == opened.takes_over:
        return _placed(workshop, opened.machine, replace(use, handing=starting))
    return _placed(workshop, opened.machine, starting)


def _closed(workshop: Workshop, over: facts.StartAbandoned | facts.SessionEnded) -> Workshop:
    machine = workshop.machines.get(over.machine)
    situation = None if machine is None else machine.situation
    handing = situation.handing if isinstance(situation, InUse) else None
    if isinstance(situation, InUse) and handing is not None and handing.opened.session == over.session:
        return _placed(workshop, over.machine, replace(situation, handing=None))
    if not isinstance(situation, Starting | InUse) or situation.opened.session != over.session:
        return workshop
    if handing is not None and isinstance(over, facts.SessionEnded) and over.reason is StopReason.HANDED_OVER:
        return _placed(workshop, over.machine, handing)
    return _placed(workshop, over.machine, Idle())


def _lesson_marked(workshop: Workshop, mark: facts.LessonMarked) -> Workshop:
    over = {group: from_ms for group, from_ms in workshop.lessons_over.items() if group != mark.group}
    if mark.phase == "over":
        over[mark.group] = mark.from_ms
    lessons = MappingProxyType(after_mark(workshop, mark))
    return replace(workshop, lessons=lessons, lessons_over=MappingProxyType(over))


def _faulted(workshop: Workshop, fault: facts.FaultRaised) -> Workshop:
    machine = workshop.machines.get(fault.machine)
    if machine is None:
        return workshop
    return _with(workshop, fault.machine, replace(machine, faults=machine.faults | {fault.lock}))


def _directory_adopted(workshop: Workshop, changed: ev.DirectoryChanged) -> Workshop:
    """Take over policies and locks. A machine that went away stays while it is used: its relay must still be opened.
    It is out of service from then on, so that nobody begins on it when that use is over.
    """
    machines = {
        name: replace(machine, policy=replace(machine.policy, in_service="out_of_service"))
        for name, machine in workshop.machines.items()
        if isinstance(machine.situation, Starting | InUse)
    }
    standing: dict[MachineId, frozenset[LockId]] = {}
    for name, lock in changed.faults:
        standing[name] = standing.get(name, frozenset()) | {lock}
    for policy in changed.machines:
        before = workshop.machines.get(policy.machine)
        # A relay that nobody has read yet is not known to be off.
        unseen = before is None or (isinstance(before.situation, Idle) and before.policy.channel != policy.channel)
        situation = Startup() if before is None or unseen else before.situation
        known = frozenset() if before is None else before.faults
        faults = (known | standing.get(policy.machine, frozenset())) - set(changed.lifted)
        awaited = None if before is None or before.policy.channel != policy.channel else before.awaited
        machines[policy.machine] = Machine(policy=policy, situation=situation, faults=faults, awaited=awaited)
    return replace(
        workshop,
        understood=changed.understood,
        machines=MappingProxyType(machines),
        locks=MappingProxyType({lock.lock: lock for lock in changed.locks}),
        openings=MappingProxyType({opening.site: opening for opening in changed.openings}),
        bookings=MappingProxyType({entry.machine: entry.windows for entry in changed.bookings}),
        came=(workshop.came | _came_before(changed)) & _booked(changed),
        groups=MappingProxyType({entry.group: entry for entry in changed.groups}),
        lessons=MappingProxyType(
            going_on_here({**dict(changed.remembered.lessons), **workshop.lessons}, changed.groups)
        ),
        lessons_over=MappingProxyType({**dict(changed.remembered.over), **workshop.lessons_over}),
        power_was_lost=workshop.power_was_lost or changed.power_was_lost,
        looked=workshop.looked | changed.remembered.looked,
    )


def _came_before(changed: ev.DirectoryChanged) -> frozenset[CameFor]:
    """Return the bookings that were taken up before this start, as the journal tells."""
    booked = {entry.machine: entry.windows for entry in changed.bookings}
    each = (taken_up(booked.get(seen[0], ()), seen) for seen in changed.remembered.seen)
    return frozenset(one for some in each for one in some)


def _booked(changed: ev.DirectoryChanged) -> frozenset[CameFor]:
    """Return every booking that may be taken up; of one that is over nobody asks whether its maker came."""
    return frozenset(
        (entry.machine, each.member, each.from_ms)
        for entry in changed.bookings
        for each in entry.windows
        if each.member is not None
    )
