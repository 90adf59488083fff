"""What a changed directory does to the machines at work: which uses end with it, which relays must be looked at.

House rules: pure, part of `decide`; power that lost its place goes off before anything is written; what could not be
read is not known to be gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.ending import abandon, end_use
from controller.domain.lessons_elsewhere import use_is_over
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import Idle, InUse, Starting, Startup

if TYPE_CHECKING:
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop


def ended_by_directory(workshop: Workshop, event: ev.DirectoryChanged, now: Now) -> tuple[ev.Effect, ...]:
    """A lock-out waits until the use is over, unless it is an emergency. A machine that is here no more, or on another
    channel, has lost this relay: whatever hangs on it by now is not what its maker was allowed to use. A class that was
    ended at another controller ends here too.
    """
    urgent = {lock.machine for lock in event.locks if lock.emergency}
    channels = {policy.machine: policy.channel for policy in event.machines}
    effects: list[ev.Effect] = []
    for name, machine in workshop.machines.items():
        moved = event.understood and channels.get(name) != machine.policy.channel
        match machine.situation:
            case InUse() as use if name in urgent:
                effects += end_use(use, StopReason.LOCK_OUT, now)
            case InUse() as use if use_is_over(workshop, use.opened, event.groups):
                effects += end_use(use, StopReason.GROUP_ENDED, now)
            case Starting(opened=opened) if use_is_over(workshop, opened, event.groups):
                effects += abandon(opened, Refusal.MACHINE_STARTING_UP, now)
            case InUse() as use if moved:
                effects += end_use(use, StopReason.MACHINE_MOVED, now)
                if name in channels:
                    effects.append(ev.DeEnergise(machine=name))  # the relay that is its own from now on
            case Starting(opened=opened) if moved:
                effects += abandon(opened, Refusal.MACHINE_STARTING_UP, now)
            case _:
                pass
    return tuple(effects)


def relays_to_see(workshop: Workshop, event: ev.DirectoryChanged) -> tuple[ev.Effect, ...]:
    """Drive off and read back what nobody uses and nobody has seen: the relays of machines that are new on their
    channel, and of those whose fault a person has lifted.
    """
    lifted = set(event.lifted)
    names = []
    for policy in event.machines:
        machine = workshop.machines.get(policy.machine)
        if machine is None:
            names += [] if event.at_start else [policy.machine]
        elif isinstance(machine.situation, Idle | Startup) and (
            machine.faults & lifted or machine.policy.channel != policy.channel
        ):
            names.append(policy.machine)
    return tuple(ev.DeEnergise(machine=name) for name in names)
