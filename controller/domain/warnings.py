"""Warnings before an end that the maker did not ask for: when they are due, and how long a tap answers one.

House rules: pure; a warning changes no end; while it is shown the owner's tap extends the use or is told why not, and
never stops it. What the verdict at the start already said is not said again as a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.reasons import StopReason

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.now import Now
    from controller.domain.workshop import InUse, Workshop

WARN_AT_S = (600, 300, 60)
"""Ten, five and one minutes before the end, at a machine that says nothing else."""


def warn_at_s(policy: MachineEntry) -> tuple[int, ...]:
    """Return how many seconds before the end this machine warns; a door just closes."""
    if policy.pulse_s:
        return ()
    return WARN_AT_S if policy.warn_at_s is None else policy.warn_at_s


def next_warning_ms(policy: MachineEntry, use: InUse) -> int | None:
    """Return the boot time of the next warning; `None` when there is none left."""
    to_come = [seconds for seconds in warn_at_s(policy) if seconds < use.warned_s]
    return use.ends_at_ms - 1000 * max(to_come) if to_come else None


def given_s(policy: MachineEntry, use: InUse) -> int | None:
    """Return the newest warning that was given for the end as it stands, in seconds before it."""
    return use.warned_s if use.warned_s in warn_at_s(policy) else None


def ceiling_s(policy: MachineEntry, use: InUse) -> int:
    """Return how long the use may last at most if its maker extends it now, credit and closing time aside."""
    return max(policy.max_duration_s, min(use.opened.limit_s + policy.extend_s, policy.extended_max_s))


def warn(workshop: Workshop, policy: MachineEntry, use: InUse, now: Now) -> tuple[ev.Effect, ...]:
    """Warn if it is time; a loop that slept over two warnings gives the later one only."""
    reached = [
        seconds
        for seconds in warn_at_s(policy)
        if seconds < use.warned_s and now.boot_ms >= use.ends_at_ms - 1000 * seconds
    ]
    if not reached:
        return ()
    opened = use.opened
    by_time = opened.limit_reason is StopReason.MAXIMUM_DURATION and not use.overtime_s
    return (
        ev.Note(
            ev.Warned(
                machine=opened.machine,
                warned_s=min(reached),
                answer_until_ms=now.boot_ms + use.window_ms(workshop.limits.warning_ms),
            )
        ),
        ev.Signal(
            machine=opened.machine,
            verdict="warning",
            ends_in_s=-(-(use.ends_at_ms - now.boot_ms) // 1000),
            ends_by=opened.limit_reason,
            extendable=by_time and ceiling_s(policy, use) > opened.limit_s,
        ),
    )
