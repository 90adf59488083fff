"""What a relay's answer means: at once, later, or never; and what the loss of a switch does to the use on it.

House rules: pure, part of `decide`; an answer that does not come in time is an unknown one, and unknown is a fault; a
switch that nobody can reach is no fault, for it opens by itself: its use ends, and nobody begins until it has been read
off again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.ending import end_all, end_use
from controller.domain.extracting import extractor_read
from controller.domain.facts import FaultRaised, Stamp
from controller.domain.ids import LockId
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import InUse, Machine, Startup, Workshop

if TYPE_CHECKING:
    from controller.domain.now import Now


def relay_read(workshop: Workshop, event: ev.RelayRead, now: Now) -> tuple[ev.Effect, ...]:
    """Compare what was read with what was wanted; what belongs to an older order than the one awaited says nothing."""
    machine = workshop.machines.get(event.machine)
    if machine is None:
        return extractor_read(workshop, event, now)
    if machine.policy.channel in workshop.unreached:
        return ()
    as_wanted = event.read_on is event.wanted_on
    awaited = machine.awaited
    older = awaited is not None and awaited.wanted_on is not event.wanted_on
    if older and as_wanted and (event.wanted_on or isinstance(machine.situation, InUse)):
        return ()
    settled = () if awaited is None else (ev.Note(ev.ReadSettled(machine=event.machine)),)
    if not as_wanted:
        return (*settled, *_faulty(workshop, machine, event, now))
    if isinstance(machine.situation, Startup) and not event.wanted_on:
        return (*settled, ev.Note(ev.SeenOff(machine=event.machine)))
    return settled


def read_awaited(workshop: Workshop, event: ev.ReadAwaited, now: Now) -> tuple[ev.Effect, ...]:
    """Give the answer its time; a switch that is not there tells what it is when it comes back."""
    machine = workshop.machines.get(event.machine)
    if machine is None or machine.policy.channel in workshop.unreached:
        return ()
    until_ms = now.boot_ms + workshop.limits.relay_answer_ms
    return (ev.Note(ev.ReadDue(machine=event.machine, wanted_on=event.wanted_on, until_ms=until_ms)),)


def overdue(workshop: Workshop, machine: Machine, now: Now) -> tuple[ev.Effect, ...]:
    """Take an answer that did not come in time for what it is: unknown."""
    awaited = machine.awaited
    if awaited is None or now.boot_ms <= awaited.until_ms:
        return ()
    unknown = ev.RelayRead(machine=machine.policy.machine, wanted_on=awaited.wanted_on, read_on=None)
    return relay_read(workshop, unknown, now)


def switch_seen(workshop: Workshop, event: ev.SwitchSeen, now: Now) -> tuple[ev.Effect, ...]:
    """A switch out of reach opens by itself, so the use on it is over; one that is back is driven off and read."""
    effects: list[ev.Effect] = []
    for machine in workshop.machines.values():
        if event.channel not in (machine.policy.channel, machine.policy.extractor) or event.reached:
            continue
        effects += end_all(machine, StopReason.SWITCH_LOST, Refusal.SWITCH_UNREACHABLE, now)
    effects.append(ev.Note(ev.Adopted(event=event)))
    if event.reached:
        effects += [
            ev.DeEnergise(machine=machine.policy.machine)
            for machine in workshop.machines.values()
            if machine.policy.channel == event.channel and isinstance(machine.situation, Startup)
        ]
    return tuple(effects)


def _faulty(workshop: Workshop, machine: Machine, event: ev.RelayRead, now: Now) -> tuple[ev.Effect, ...]:
    fault = FaultRaised(
        lock=LockId(f"fault-{workshop.branch}-{event.machine}-{now.boot_ms}"),
        machine=event.machine,
        wanted_on=event.wanted_on,
        read_on=event.read_on,
        at=Stamp.of(now),
    )
    raised = () if machine.faults else (ev.Record(fault),)
    if isinstance(machine.situation, InUse):
        return (*end_use(machine.situation, StopReason.FAULT, now), *raised)
    return raised
