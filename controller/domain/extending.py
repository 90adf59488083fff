"""What moves the end of an open use: its maker's tap in a warning, the button, and credit that came meanwhile.

House rules: pure; the maker is judged anew, as at a start, with the frozen price; no answer here ever shortens or stops
a use. A look-up that fails or comes late changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from controller.domain import events as ev
from controller.domain.access import Grant, authorise
from controller.domain.calendar import calendar_of
from controller.domain.facts import RULES_VERSION, EndMoved, Inputs, Stamp
from controller.domain.holds import is_free, less_open_holds
from controller.domain.reasons import Refusal, StopReason
from controller.domain.warnings import ceiling_s
from controller.domain.workshop import InUse

if TYPE_CHECKING:
    from controller.domain.access import Holder
    from controller.domain.now import Now
    from controller.domain.proof import Proof
    from controller.domain.workshop import Machine, Workshop

PROVED: Final = "cryptographic"
"""What a badge proved at the start of its use is not asked twice."""

WORTH_MOVING_S = 60
"""Credit that buys less than a minute more is no line of the journal; it counts with what comes after."""


def asks(machine: Machine, use: InUse, tap: ev.Tapped) -> tuple[ev.Effect, ...]:
    """Have the maker looked up, who answered a warning with a tap."""
    return (look_up(machine, use, tap.proof, asked_by_tap=True),)


def look_again(workshop: Workshop) -> tuple[ev.Effect, ...]:
    """Have the badge of every open use looked up, at each tick: credit may have come, a right may have gone."""
    uses = [(machine, machine.situation) for machine in workshop.machines.values()]
    return tuple(look_up(machine, use, PROVED, asked_by_tap=False) for machine, use in uses if isinstance(use, InUse))


def look_up(machine: Machine, use: InUse, proof: Proof, *, asked_by_tap: bool, button: bool = False) -> ev.LookUp:
    """Return what has the maker of an open use looked up again."""
    return ev.LookUp(
        machine=machine.policy.machine,
        session=use.opened.session,
        token=use.opened.token,
        proof=proof,
        asked_by_tap=asked_by_tap,
        button=button,
        began_wall_ms=use.opened.at.wall_ms,
    )


def extend(
    workshop: Workshop, machine: Machine, use: InUse, seen: ev.HolderSeen, now: Now, closed: Refusal | None
) -> tuple[ev.Effect, ...]:
    """Move the end as far as credit, time and rights allow, or say what keeps it. `closed` is why nobody may begin."""
    answer = closed or judged_anew(workshop, machine, use, seen, now)
    if isinstance(answer, Refusal):
        return (ev.Signal(machine=seen.machine, verdict="not_extended", refusal=answer),)
    if answer.limit_s <= use.opened.limit_s:
        return (ev.Signal(machine=seen.machine, verdict="not_extended", stop=answer.limit_reason),)
    return _moved(workshop, use, seen, answer, "button" if seen.button else "tap", now)


def follow_credit(
    workshop: Workshop, machine: Machine, use: InUse, seen: ev.HolderSeen, now: Now
) -> tuple[ev.Effect, ...]:
    """Let a use that its credit would end go on, when there is more of it by now."""
    if use.opened.limit_reason is not StopReason.CREDIT_EXHAUSTED or workshop.storage_slow or workshop.storage_full:
        return ()
    answer = judged_anew(workshop, machine, use, seen, now)
    if isinstance(answer, Refusal) or answer.limit_s < use.opened.limit_s + WORTH_MOVING_S:
        return ()
    return _moved(workshop, use, seen, answer, "credit", now)


def judged_anew(workshop: Workshop, machine: Machine, use: InUse, seen: ev.HolderSeen, now: Now) -> Grant | Refusal:
    """Return how long the use may last in all, from its own frozen price and what its account has by now."""
    opened = use.opened
    if seen.holder is not None and seen.holder.member != opened.member:
        return Refusal.UNKNOWN_BADGE
    policy = replace(
        machine.policy,
        price=opened.price,
        free_of_charge=is_free(opened),
        minimum_start_cents=0,
        max_duration_s=ceiling_s(machine.policy, use) if seen.asked_by_tap else machine.policy.max_duration_s,
    )
    holder = None if seen.holder is None else _payer(workshop, use, seen.holder)
    return authorise(
        policy,
        holder,
        seen.reading,
        now,
        seen.proof,
        calendar=calendar_of(workshop, policy),
        lasted_s=use.elapsed_ms(now.boot_ms) // 1000,
    )


def _payer(workshop: Workshop, use: InUse, holder: Holder) -> Holder:
    """Return the holder with the credit this use may count on; one who changed the account pays with the old hold."""
    if holder.account != use.opened.account:
        return replace(holder, credit=replace(holder.credit, available_cents=use.opened.hold_cents))
    return less_open_holds(workshop, holder, but=use.opened.session)


def _moved(
    workshop: Workshop,
    use: InUse,
    seen: ev.HolderSeen,
    grant: Grant,
    cause: Literal["tap", "button", "credit"],
    now: Now,
) -> tuple[ev.Effect, ...]:
    credit = None if seen.holder is None else seen.holder.credit
    moved = EndMoved(
        session=seen.session,
        machine=seen.machine,
        account=use.opened.account,
        cause=cause,
        limit_s=grant.limit_s,
        limit_reason=grant.limit_reason,
        overtime_s=0,
        hold_cents=grant.hold_cents,
        debt_cents=0,
        inputs=Inputs(
            revision=seen.reading.revision,
            age_s=-1 if seen.reading.age_ms is None else seen.reading.age_ms // 1000,
            available_cents=None if credit is None else credit.available_cents,
            credit_fresh=credit is not None and credit.fresh,
            member_cents=None if credit is None else credit.member_cents,
            locks=tuple(lock.lock for lock in workshop.locks_on(seen.machine)),
            proof=seen.proof,
            used_today_s=0 if seen.holder is None else seen.holder.used_today_s,
        ),
        rules=RULES_VERSION,
        at=Stamp.of(now),
    )
    left_ms = use.ends_at_ms + 1000 * (grant.limit_s - use.opened.limit_s) - now.boot_ms
    signal = ev.Signal(
        machine=seen.machine, verdict="extended", ends_in_s=max(0, left_ms // 1000), ends_by=grant.limit_reason
    )
    return (ev.Record(moved), signal)
