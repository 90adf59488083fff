"""What happens when the time of a use is over: the machine's one end policy, for every end the maker did not ask for.

House rules: pure; `cut` ends it; `finish` lets the job end, once and for at most the machine's own ceiling, and a meter
that sees it end ends the use; `warn_only` lets it go on an hour at a time. Time beyond what was said is written down
before it begins, with the debt it may make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from controller.domain import events as ev
from controller.domain.ending import end_use
from controller.domain.facts import RULES_VERSION, EndMoved, Stamp
from controller.domain.holds import may_cost_cents
from controller.domain.idling import job_is_over
from controller.domain.tariff import SECONDS_LIMIT

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.now import Now
    from controller.domain.reasons import StopReason
    from controller.domain.workshop import InUse

WARN_ONLY_STEP_S = 3_600
"""A use that is only warned is written down again every hour, with what it owes by then."""


def time_is_over(policy: MachineEntry, use: InUse, now: Now) -> tuple[ev.Effect, ...]:
    """End the use, or let it go on as the machine's policy says; a door has no job to finish."""
    if policy.pulse_s:
        return end_use(use, use.opened.limit_reason, now)
    more_s, cause = _more_s(policy, use, now)
    limit_s = min(use.opened.limit_s + more_s, SECONDS_LIMIT)
    if limit_s <= use.opened.limit_s:
        return end_use(use, use.opened.limit_reason, now)
    return goes_on(use, limit_s, use.opened.limit_reason, cause, now)


def goes_on(
    use: InUse, limit_s: int, reason: StopReason, cause: Literal["finish", "warn_only", "revoked"], now: Now
) -> tuple[ev.Effect, ...]:
    """Give the use until `limit_s` of its own time; what that costs beyond its hold is a debt and says so."""
    opened = use.opened
    paid_s = min(opened.limit_s - use.overtime_s, use.elapsed_ms(now.boot_ms) // 1000)
    moved = EndMoved(
        session=opened.session,
        machine=opened.machine,
        account=opened.account,
        cause=cause,
        limit_s=limit_s,
        limit_reason=reason,
        overtime_s=limit_s - paid_s,
        hold_cents=opened.hold_cents,
        debt_cents=max(0, may_cost_cents(opened, limit_s) - opened.hold_cents),
        inputs=None,
        rules=RULES_VERSION,
        at=Stamp.of(now),
    )
    left_ms = use.ends_at_ms + 1000 * (limit_s - opened.limit_s) - now.boot_ms
    return (
        ev.Record(moved),
        ev.Signal(machine=opened.machine, verdict="overtime", ends_in_s=max(0, -(-left_ms // 1000)), ends_by=reason),
    )


def _more_s(policy: MachineEntry, use: InUse, now: Now) -> tuple[int, Literal["finish", "warn_only"]]:
    match policy.end_policy:
        case "cut":
            return (0, "finish")
        case "finish":
            over = use.overtime_s or job_is_over(policy, use, now)
            return (0 if over else policy.finish_max_s, "finish")
        case "warn_only":
            return (WARN_ONLY_STEP_S, "warn_only")
