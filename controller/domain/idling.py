"""What follows when a machine idles in a use: a warning, then the end; and the end of a job that was let finish.

House rules: pure; a use never ends for idleness while its machine runs, nor when no fresh sample proves that it does
not. The maker's tap in the warning says "I am still here", and the waiting begins anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.ending import end_use
from controller.domain.metering import FRESH_MS, Metered
from controller.domain.reasons import StopReason
from controller.domain.working import after
from controller.domain.workshop import InUse

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop

IDLE_WARNING_S = 60
"""The last minute before an idle end is warned of; half of the delay where that is shorter than two."""

JOB_PAUSE_S = 60
"""A job that was let finish (`finish`) may pause: only a minute of idleness is its end."""


def job_is_over(policy: MachineEntry, use: InUse, now: Now) -> bool:
    """Whether a fresh meter says that the machine has not worked for longer than a job pauses."""
    work = use.work
    if work is None or work.running is not False or not policy.running_above_w or not work.proven(now.boot_ms):
        return False
    return now.boot_ms - work.idle_since_ms >= 1000 * JOB_PAUSE_S


def next_idle_ms(policy: MachineEntry, use: InUse) -> int | None:
    """Return the boot time at which idleness has its next consequence; `None` while nothing proves that it will."""
    work = use.work
    if work is None or work.running is not False or not policy.running_above_w:
        return None
    if _finishes(policy, use):
        due_ms = work.idle_since_ms + 1000 * JOB_PAUSE_S
    elif not policy.idle_end_s:
        return None
    else:
        due_ms = work.ends_ms or work.idle_since_ms + 1000 * policy.idle_end_s - _warning_ms(policy)
    return due_ms if due_ms <= work.told_ms + FRESH_MS else None


def idles(policy: MachineEntry, use: InUse, now: Now) -> tuple[ev.Effect, ...]:
    """Warn of an idle end, or end the use, if it is time."""
    due_ms, work = next_idle_ms(policy, use), use.work
    if work is None or due_ms is None or now.boot_ms < due_ms:
        return ()
    machine = use.opened.machine
    if not work.proven(now.boot_ms):
        return (ev.Note(ev.IdleChanged(machine=machine, to="unproven", at_ms=now.boot_ms)),)
    if _finishes(policy, use):
        return end_use(use, use.opened.limit_reason, now)
    if work.ends_ms:
        return end_use(use, StopReason.IDLE, now)
    ends_ms = now.boot_ms + _warning_ms(policy)
    return (
        ev.Note(ev.IdleChanged(machine=machine, to="warned", at_ms=ends_ms)),
        ev.Signal(
            machine=machine,
            verdict="warning",
            ends_in_s=(ends_ms - now.boot_ms) // 1000,
            ends_by=StopReason.IDLE,
            extendable=True,
        ),
    )


def still_here(workshop: Workshop, use: InUse, now: Now) -> tuple[ev.Effect, ...]:
    """Take the owner's tap for the answer to the warning of an idle end; nothing, when none is shown."""
    if use.work is None or not now.boot_ms < use.work.ends_ms:
        return ()
    deaf_until_ms = now.boot_ms + workshop.limits.stop_debounce_ms
    note = ev.IdleChanged(machine=use.opened.machine, to="answered", at_ms=now.boot_ms, deaf_until_ms=deaf_until_ms)
    return (ev.Note(note), _goes_on(use, now))


def metered(workshop: Workshop, event: ev.MeterRead, now: Now) -> tuple[ev.Effect, ...]:
    """Keep the newest sample of a channel; a machine that runs again takes the warning of its idle end back."""
    newest = Metered(sample=event.sample, at_ms=now.boot_ms)
    warned = [
        (machine.policy, machine.situation, machine.situation.work)
        for machine in workshop.machines.values()
        if machine.policy.channel == event.channel and isinstance(machine.situation, InUse)
    ]
    return (
        ev.Note(ev.MeterNoted(channel=event.channel, metered=newest)),
        *(
            _goes_on(use, now)
            for policy, use, work in warned
            if work is not None and work.ends_ms and not after(work, policy, newest).ends_ms
        ),
    )


def _goes_on(use: InUse, now: Now) -> ev.Signal:
    left_s = max(0, (use.ends_at_ms - now.boot_ms) // 1000)
    return ev.Signal(machine=use.opened.machine, verdict="extended", ends_in_s=left_s, ends_by=use.opened.limit_reason)


def _finishes(policy: MachineEntry, use: InUse) -> bool:
    return policy.end_policy == "finish" and use.overtime_s > 0


def _warning_ms(policy: MachineEntry) -> int:
    return 1000 * min(IDLE_WARNING_S, policy.idle_end_s // 2)
