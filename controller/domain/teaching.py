"""Training on the spot: a trainer's badge, then the pupil's at the same machine, and the pupil has the right.

House rules: pure; only where the machine says so, only who may give one of its trainings gives it, only to a member
whom nothing but the training keeps from this machine. The trainer's use goes on and is not handed over. What is given
is on disk like any decision, with what it was decided from, and holds here until the office has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.access import authorise, is_valid, lacking
from controller.domain.calendar import calendar_of
from controller.domain.facts import RULES_VERSION, RightGranted, Stamp, UseSupervised
from controller.domain.reasons import Refusal

if TYPE_CHECKING:
    from controller.domain.access import Holder
    from controller.domain.directory import MachineEntry
    from controller.domain.facts import Inputs
    from controller.domain.ids import TrainingId
    from controller.domain.now import Now
    from controller.domain.workshop import InUse, Machine, Workshop

UNTRAINED = frozenset({Refusal.TRAINING_MISSING, Refusal.TRAINING_EXPIRED})
"""What a trainer can mend on the spot; every other reason against the pupil stands."""


def may_teach(policy: MachineEntry, holder: Holder, now: Now) -> tuple[TrainingId, ...]:
    """Return the machine's trainings that the holder may give others now; none where the machine takes no such word."""
    if policy.on_the_spot == "no":
        return ()
    return tuple(
        right.training
        for right in holder.rights
        if right.may_train and right.training in policy.trainings and is_valid(right, now.wall_ms)
    )


def taught(
    workshop: Workshop, machine: Machine, use: InUse, tap: ev.Tapped, inputs: Inputs, now: Now
) -> tuple[ev.Effect, ...]:
    """Give the pupil who taps after a trainer the right, or record that the use is supervised; nothing, when this is
    any other tap.
    """
    pupil, opened = tap.holder, use.opened
    if pupil is None or not opened.teaches or pupil.member == opened.member:
        return ()
    if use.elapsed_ms(now.boot_ms) >= workshop.limits.teaching_ms:
        return ()
    calendar = calendar_of(workshop, machine.policy)
    answer = authorise(machine.policy, pupil, tap.reading, now, tap.proof, calendar=calendar)
    if lacking(machine.policy, opened.teaches[0], pupil.rights, now.wall_ms):
        return ()  # the one before comes first, and a trainer of this one cannot give it
    if answer not in UNTRAINED or workshop.storage_slow or workshop.storage_full or workshop.quarantined:
        return ()
    if machine.policy.on_the_spot == "supervised":
        practised = UseSupervised(
            machine=tap.machine,
            member=pupil.member,
            training=opened.teaches[0],
            supervisor=opened.member,
            session=opened.session,
            inputs=inputs,
            rules=RULES_VERSION,
            at=Stamp.of(now),
        )
        return (ev.Record(practised), ev.Signal(machine=tap.machine, verdict="supervised"))
    granted = RightGranted(
        machine=tap.machine,
        member=pupil.member,
        training=opened.teaches[0],
        granted_by=opened.member,
        session=opened.session,
        inputs=inputs,
        rules=RULES_VERSION,
        at=Stamp.of(now),
    )
    return (ev.Record(granted), ev.Signal(machine=tap.machine, verdict="trained"))
