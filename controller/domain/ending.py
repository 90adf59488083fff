"""How a use ends: power off first, then the fact, then the word to the maker.

House rules: a use lasts what the boot clock proves and never longer than its limit, and not at all before its switch
has said that it closed; a use found open at start is closed at its last proven instant, unless every proof of a hold is
there; a door is never held.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from controller.domain import events as ev
from controller.domain.facts import RULES_VERSION, SessionEnded, SessionOpened, SessionResumed, Stamp, StartAbandoned
from controller.domain.holds import announced_cents
from controller.domain.metering import drawn_wh
from controller.domain.reasons import Refusal, StopReason
from controller.domain.tariff import SECONDS_LIMIT
from controller.domain.working import busy_and_idle_s
from controller.domain.workshop import Idle, InUse, Machine, Starting, Startup, Workshop

if TYPE_CHECKING:
    from controller.domain.ids import SessionId
    from controller.domain.now import Now


def end_use(use: InUse, reason: StopReason, now: Now) -> tuple[ev.Effect, ...]:
    """Open the relay, record the end, say goodbye: in this order. Nobody takes over a use that ends otherwise."""
    fact = ended_now(use, reason, now)
    return (
        ev.DeEnergise(machine=use.opened.machine),
        ev.Record(fact),
        ev.Signal(machine=use.opened.machine, verdict="ended", stop=reason, cents=fact.announced_cents),
        *(() if use.handing is None else abandon(use.handing.opened, Refusal.MACHINE_STARTING_UP, now)),
    )


def ended_now(use: InUse, reason: StopReason, now: Now) -> SessionEnded:
    """Return the end of a use at this instant."""
    fact = _ended(use.opened, use.started, use.counted_ms(now.boot_ms), Stamp.of(now), reason, now)
    return fact if use.unconfirmed else _measured(fact, use, now)


def _measured(fact: SessionEnded, use: InUse, now: Now) -> SessionEnded:
    """Add what the meter knows; what it saw the machine not work in is not paid for where running time is."""
    busy_s, idle_s = busy_and_idle_s(use.work, use.elapsed_ms(now.boot_ms), fact.seconds, now.boot_ms)
    energy_wh = drawn_wh(use.metered_first, use.metered_last, now.boot_ms)
    cents = announced_cents(use.opened, fact.seconds, idle_s or 0, energy_wh)
    return replace(
        fact,
        energy_wh=energy_wh,
        busy_s=busy_s,
        idle_s=idle_s,
        announced_cents=cents,
        debt_cents=max(0, cents - use.opened.hold_cents),
    )


def end_all(machine: Machine, stop: StopReason, refusal: Refusal, now: Now) -> tuple[ev.Effect, ...]:
    """End the use at a machine for `stop`, or give up its start for `refusal`; nothing at one that nobody uses."""
    match machine.situation:
        case InUse() as use:
            return end_use(use, stop, now)
        case Starting(opened=opened):
            return abandon(opened, refusal, now)
        case Idle() | Startup():
            return ()
        case _:
            assert_never(machine.situation)


def abandon(opened: SessionOpened, reason: Refusal, now: Now) -> tuple[ev.Effect, ...]:
    """Give up a start that never had power: record it, tell the maker. Its record's later arrival finds no start."""
    fact = StartAbandoned(
        session=opened.session,
        machine=opened.machine,
        account=opened.account,
        reason=reason,
        rules=RULES_VERSION,
        at=Stamp.of(now),
    )
    return (ev.Record(fact), ev.Signal(machine=opened.machine, verdict="refused", refusal=reason))


def found_open(workshop: Workshop, found: ev.FoundOpen, now: Now) -> tuple[ev.Effect, ...]:
    """Close a use that was open when the program ended, or let a proven hold go on."""
    opened = found.opened
    if found.handed_over is not None:
        # The use that took over says what becomes of the power.
        same_boot = found.handed_over.boot_id == found.started.boot_id
        lasted_ms = found.handed_over.boot_ms - found.started.boot_ms if same_boot else 0
        return (ev.Record(_ended(opened, found.started, lasted_ms, found.handed_over, StopReason.HANDED_OVER, now)),)
    gap_ms = now.boot_ms - found.proven_at.boot_ms
    machine = workshop.machines.get(opened.machine)
    if machine is not None and isinstance(machine.situation, InUse):
        if machine.situation.opened.session == opened.takes_over:
            return abandon(opened, Refusal.MACHINE_STARTING_UP, now)[:1]
        # Power that two records claim belongs to neither of them.
        both = _ended(opened, found.started, found.proven_ms, found.proven_at, StopReason.RECOVERED_CRASH, now)
        return (*end_use(machine.situation, StopReason.RECOVERED_CRASH, now), ev.Record(both))
    emergency = any(lock.emergency for lock in workshop.locks_on(opened.machine))
    if (
        machine is not None
        and not emergency
        and machine.policy.on_process_exit == "hold"
        and not machine.policy.pulse_s
        and found.same_boot
        and found.read_on is True
        and 0 <= gap_ms <= machine.policy.hold_max_gap_s * 1000
    ):
        resumed = SessionResumed(
            session=opened.session, machine=opened.machine, gap_ms=gap_ms, rules=RULES_VERSION, at=Stamp.of(now)
        )
        elapsed_ms = found.proven_ms + gap_ms
        readopted = ev.Readopted(
            opened=opened,
            started=Stamp.of(now),
            elapsed_before_ms=elapsed_ms,
            ends_at_ms=now.boot_ms + max(0, opened.limit_s * 1000 - elapsed_ms),
            overtime_s=found.overtime_s,
        )
        return (
            ev.Record(resumed),
            ev.Note(readopted),
            ev.Energise(machine=opened.machine, session=opened.session),
        )
    reason = StopReason.RECOVERED_CRASH if found.same_boot else StopReason.RECOVERED_POWER_LOSS
    if emergency and found.read_on is True:
        reason = StopReason.LOCK_OUT
    fact = _ended(opened, found.started, found.proven_ms, found.proven_at, reason, now)
    return (ev.DeEnergise(machine=opened.machine), ev.Record(fact))


def shut_down(workshop: Workshop, now: Now) -> tuple[ev.Effect, ...]:
    """Turn everything off and close every use; a machine that may be held keeps its power and its open use."""
    effects: list[ev.Effect] = [ev.Note(ev.Adopted(event=ev.ShutdownAsked()))]
    held: list[tuple[SessionId, int]] = []
    for machine in workshop.machines.values():
        match machine.situation:
            case InUse() as use if machine.policy.on_process_exit == "off" or machine.policy.pulse_s:
                effects += end_use(use, StopReason.SHUTDOWN, now)
            case InUse() as use:
                if use.handing is not None:
                    effects += abandon(use.handing.opened, Refusal.MACHINE_STARTING_UP, now)
                held.append((use.opened.session, use.elapsed_ms(now.boot_ms)))
            case Starting(opened=opened):
                abandoned = StartAbandoned(
                    session=opened.session,
                    machine=opened.machine,
                    account=opened.account,
                    reason=Refusal.MACHINE_STARTING_UP,
                    rules=RULES_VERSION,
                    at=Stamp.of(now),
                )
                effects += [ev.DeEnergise(machine=opened.machine), ev.Record(abandoned)]
            case _:
                effects.append(ev.DeEnergise(machine=machine.policy.machine))
    if held:
        # One record for all of them: the newest tick replaces the one before.
        effects.append(ev.WriteTick(tuple(held)))
    return tuple(effects)


def _ended(
    opened: SessionOpened, started: Stamp, elapsed_ms: int, ended: Stamp, reason: StopReason, now: Now
) -> SessionEnded:
    seconds = min(elapsed_ms // 1000, opened.limit_s, SECONDS_LIMIT)
    announced = announced_cents(opened, seconds)
    return SessionEnded(
        session=opened.session,
        machine=opened.machine,
        member=opened.member,
        account=opened.account,
        kind=opened.kind,
        reason=reason,
        seconds=seconds,
        price=opened.price,
        announced_cents=announced,
        started=started,
        ended=ended,
        rules=RULES_VERSION,
        at=Stamp.of(now),
        debt_cents=max(0, announced - opened.hold_cents),
    )
