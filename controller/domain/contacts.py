"""What the contacts at a machine do to its use: emergency stop, guard, tampering.

House rules: pure, part of `decide`; software only follows what is wired, and cuts nothing that the wires would not have
cut (rule 9); a contact holds for a channel, so it holds for whatever machine is wired there; its last word stands until
it says another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.ending import end_all
from controller.domain.facts import FaultRaised, Stamp
from controller.domain.ids import LockId
from controller.domain.reasons import StopReason
from controller.domain.workshop import CLOSED_BY, ContactName, InUse, Machine, Workshop

if TYPE_CHECKING:
    from controller.domain.now import Now

_STOPPED_BY: dict[ContactName, StopReason] = {
    "e_stop": StopReason.EMERGENCY_STOP,
    "guard": StopReason.GUARD_OPENED,
}


def contact_changed(workshop: Workshop, event: ev.ContactChanged, now: Now) -> tuple[ev.Effect, ...]:
    """End the use under an emergency stop or an open guard; close a machine that was tampered with until a person has
    looked, without cutting who is at work.
    """
    known = ev.Note(ev.Adopted(event=event))
    at_it = [machine for machine in workshop.machines.values() if machine.policy.channel == event.channel]
    if not event.active:
        return (known,)
    if event.contact == "tamper":
        return (known, *(ev.Record(_tampered(workshop, machine, now)) for machine in at_it if not machine.faults))
    stop, refusal = _STOPPED_BY[event.contact], CLOSED_BY[event.contact]
    ended = [effect for machine in at_it for effect in end_all(machine, stop, refusal, now)]
    return (*ended, known)


def _tampered(workshop: Workshop, machine: Machine, now: Now) -> FaultRaised:
    return FaultRaised(
        lock=LockId(f"fault-{workshop.branch}-{machine.policy.machine}-{now.boot_ms}"),
        machine=machine.policy.machine,
        wanted_on=isinstance(machine.situation, InUse),
        read_on=None,
        cause="tamper",
        at=Stamp.of(now),
    )
