"""What the danger button does: power off, the machine locked at once, until a maintainer has looked.

House rules: pure, part of `decide`; anybody may press it and nobody is asked who they are, for a doubt must cost
nothing; it needs no network and no badge. It is no emergency stop: that one is wired into the machine and works when
this program does not. The lock is a fault like any other that the floor has found: on disk, told to the office,
remembered over restarts, lifted there by its id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.ending import end_all
from controller.domain.facts import FaultRaised, Stamp
from controller.domain.ids import LockId
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import InUse

if TYPE_CHECKING:
    from controller.domain.now import Now
    from controller.domain.workshop import Machine, Workshop

_LOCK = "danger-"
"""What the ids of these locks begin with: of such a lock one at a time is enough."""


def danger_reported(workshop: Workshop, event: ev.DangerReported, now: Now) -> tuple[ev.Effect, ...]:
    """End the use at that channel, lock its machine, say so; a second press finds it locked and only says so."""
    effects: list[ev.Effect] = []
    for machine in workshop.machines.values():
        if machine.policy.channel != event.channel:
            continue
        effects += end_all(machine, StopReason.LOCK_OUT, Refusal.MACHINE_FAULT, now)
        if not any(lock.startswith(_LOCK) for lock in machine.faults):
            effects.append(ev.Record(_locked(workshop, machine, now)))
        effects.append(ev.Signal(machine=machine.policy.machine, verdict="danger"))
    return tuple(effects)


def _locked(workshop: Workshop, machine: Machine, now: Now) -> FaultRaised:
    return FaultRaised(
        lock=LockId(f"{_LOCK}{workshop.branch}-{machine.policy.machine}-{now.boot_ms}"),
        machine=machine.policy.machine,
        wanted_on=isinstance(machine.situation, InUse),
        read_on=None,
        cause="danger",
        at=Stamp.of(now),
    )
