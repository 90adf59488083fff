"""What happens to an open use whose maker's right was taken away meanwhile: the machine's end policy, where it says so.

House rules: pure; only what somebody took away counts (a badge, a membership's standing, a training), never a date that
passes nor a copy that is old: what was true by the calendar at the start holds to the end. Who looks is the tick.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.access import authorise
from controller.domain.ending import end_use
from controller.domain.overtime import goes_on
from controller.domain.reasons import Refusal, StopReason

if TYPE_CHECKING:
    from controller.domain import events as ev
    from controller.domain.now import Now
    from controller.domain.workshop import InUse, Machine

TAKEN_AWAY = frozenset(
    {Refusal.UNKNOWN_BADGE, Refusal.BADGE_BLOCKED, Refusal.MEMBER_SUSPENDED, Refusal.TRAINING_MISSING}
)


def is_revoked(machine: Machine, use: InUse, seen: ev.HolderSeen, now: Now) -> bool:
    """Tell whether who is at work may not work here any more, in the eyes of a copy that can be trusted."""
    if seen.holder is not None and seen.holder.member != use.opened.member:
        return True
    policy = replace(machine.policy, free_of_charge=True)  # what the use costs is not the question
    return authorise(policy, seen.holder, seen.reading, now, seen.proof) in TAKEN_AWAY


def act_on_revoked(machine: Machine, use: InUse, now: Now) -> tuple[ev.Effect, ...]:
    """End the use, let its job finish or write it down, once."""
    policy, opened = machine.policy, use.opened
    if not policy.stop_on_revoked or opened.limit_reason is StopReason.RIGHT_REVOKED:
        return ()
    match policy.end_policy:
        case "finish" if policy.finish_max_s:
            elapsed_s = use.elapsed_ms(now.boot_ms) // 1000
            limit_s = min(opened.limit_s, elapsed_s + policy.finish_max_s)
            return goes_on(use, limit_s, StopReason.RIGHT_REVOKED, "revoked", now)
        case "cut" | "finish":
            return end_use(use, StopReason.RIGHT_REVOKED, now)
        case "warn_only":
            return goes_on(use, opened.limit_s, StopReason.RIGHT_REVOKED, "revoked", now)
