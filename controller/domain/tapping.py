"""What follows from a tap: a start, a stop, a hand-over, a lesson or a refusal, by what the machine is at.

House rules: pure, part of `decide`; unknown means refused; a stranger's tap neither inherits nor cuts a use.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from controller.domain import events as ev
from controller.domain.access import Grant, at_their_price, authorise
from controller.domain.at_once import one_too_many
from controller.domain.calendar import calendar_of
from controller.domain.closed import machine_refusal
from controller.domain.ending import end_use
from controller.domain.extending import asks, extend, follow_credit
from controller.domain.facts import (
    RULES_VERSION,
    SessionOpened,
    Stamp,
)
from controller.domain.groups import Terms, is_trainers, stopped_by_tap, terms_of
from controller.domain.handing_over import is_taking_over, offered, open_to_next
from controller.domain.holds import less_just_spent
from controller.domain.idling import still_here
from controller.domain.ids import SessionId
from controller.domain.reasons import Refusal, StopReason
from controller.domain.refusing import inputs_of, refused, spoken_to, unheard
from controller.domain.revoking import act_on_revoked, is_revoked
from controller.domain.teaching import may_teach, taught
from controller.domain.workshop import Idle, InUse, Machine, Starting, Startup, Workshop

if TYPE_CHECKING:
    from controller.domain.now import Now


def presented(workshop: Workshop, tap: ev.Tapped | ev.TapUnheard | ev.HolderSeen, now: Now) -> tuple[ev.Effect, ...]:
    """Return what a badge brings: looked up, looked up again for its own use, or heard by nobody in time."""
    if isinstance(tap, ev.TapUnheard):
        return unheard(workshop, tap, now)
    tap = replace(tap, holder=less_just_spent(workshop, tap.holder))
    if isinstance(tap, ev.HolderSeen):
        return _holder_seen(workshop, tap, now)
    if not workshop.understood:
        tap = replace(tap, reading=replace(tap.reading, needs_upgrade=True))
    return _tapped(workshop, tap, now)


def _tapped(workshop: Workshop, tap: ev.Tapped, now: Now) -> tuple[ev.Effect, ...]:
    machine = workshop.machines.get(tap.machine)
    if machine is None:
        return refused(workshop, tap, Refusal.UNKNOWN_MACHINE, now)
    match machine.situation:
        case InUse(opened=opened) as use if opened.token == tap.token:
            return _owner_taps(workshop, machine, use, tap, now)
        case Starting(opened=opened) if opened.token == tap.token:
            return ()
        case _ if not tap.looked_up:
            # The use it was meant for ended while the tap was on its way; who else taps here was never asked.
            return ()
        case InUse() as use if is_trainers(workshop, use, tap):
            return stopped_by_tap(workshop, use, tap, now)
        case InUse() as use if machine.policy.pulse_s:
            return _follows(workshop, machine, use, tap, now)
        case InUse() | Starting():
            return _beside_a_use(workshop, machine, tap, now)
        case Startup():
            return _not_seen_off(workshop, machine, tap, now)
        case Idle():
            return _begins(workshop, machine, tap, now)
        case _:
            assert_never(machine.situation)


def _begins(
    workshop: Workshop, machine: Machine, tap: ev.Tapped, now: Now, after: InUse | None = None
) -> tuple[ev.Effect, ...]:
    """Judge a start, or a hand-over `after` the use under way, which goes on until the next one is on disk."""
    terms = terms_of(workshop, machine.policy, tap, now)
    if isinstance(terms, Refusal):
        return refused(workshop, tap, machine_refusal(workshop, machine, None) or terms, now, offered=after is not None)
    machine = replace(machine, policy=at_their_price(machine.policy, terms.holder))
    kind = None if terms.holder is None else terms.holder.use_kind
    answer = machine_refusal(workshop, machine, kind) or authorise(
        machine.policy,
        terms.holder,
        tap.reading,
        now,
        tap.proof,
        calendar=calendar_of(workshop, machine.policy),
        one_too_many=terms.group is None and one_too_many(workshop, machine.policy, terms.holder),
    )
    if workshop.cold(tap.machine) and isinstance(answer, Grant):
        answer = Refusal.POWER_WAS_LOST
    if isinstance(answer, Refusal):
        return refused(workshop, tap, answer, now, offered=after is not None)
    return (*_opened(workshop, machine, tap, (terms, answer), now, after), *terms.begins)


def _follows(workshop: Workshop, machine: Machine, use: InUse, tap: ev.Tapped, now: Now) -> tuple[ev.Effect, ...]:
    """Somebody else taps at an open door, and is judged as at a closed one: it opens anew for whoever may pass."""
    begun = _begins(workshop, machine, tap, now)
    if not any(isinstance(effect, ev.Record) and isinstance(effect.fact, SessionOpened) for effect in begun):
        return begun
    off, record, *_goodbye = end_use(use, StopReason.DOOR_CLOSED, now)
    return (off, record, *begun)


def _not_seen_off(workshop: Workshop, machine: Machine, tap: ev.Tapped, now: Now) -> tuple[ev.Effect, ...]:
    if machine.faults:
        return refused(workshop, tap, Refusal.MACHINE_FAULT, now)
    if machine.policy.channel in workshop.unreached:
        return refused(workshop, tap, Refusal.SWITCH_UNREACHABLE, now)
    # Nobody has read this relay yet: drive it off and look, so that the next tap finds it free.
    off = ev.DeEnergise(machine=tap.machine)
    return (off, *refused(workshop, tap, Refusal.MACHINE_STARTING_UP, now))


def _owner_taps(workshop: Workshop, machine: Machine, use: InUse, tap: ev.Tapped, now: Now) -> tuple[ev.Effect, ...]:
    if machine.policy.pulse_s:
        return ()
    if use.elapsed_ms(now.boot_ms) < workshop.limits.stop_debounce_ms or now.boot_ms < use.deaf_until_ms:
        return ()
    idle = still_here(workshop, use, now)
    if now.boot_ms < use.answer_until_ms:
        return (*idle, *asks(machine, use, tap))
    if idle:
        return idle
    if machine.policy.hand_over == "yes" and now.boot_ms >= use.stop_armed_until_ms:
        return offered(workshop, use, now)
    if machine.policy.stop_tap == "confirm" and now.boot_ms >= use.stop_armed_until_ms:
        until_ms = now.boot_ms + use.window_ms(workshop.limits.stop_confirm_ms)
        return (
            ev.Note(ev.StopArmed(machine=tap.machine, until_ms=until_ms)),
            ev.Signal(machine=tap.machine, verdict="confirm_stop"),
        )
    return stopped_by_tap(workshop, use, tap, now)


def _holder_seen(workshop: Workshop, seen: ev.HolderSeen, now: Now) -> tuple[ev.Effect, ...]:
    machine = workshop.machines.get(seen.machine)
    if machine is None or not isinstance(machine.situation, InUse):
        return ()
    use = machine.situation
    if use.opened.session != seen.session:
        return ()
    if use.opened.group is not None:
        # A class is judged by its lesson, not by whose badge it is; its lesson's end does not move.
        no = ev.Signal(machine=seen.machine, verdict="not_extended", stop=use.opened.limit_reason)
        return (no,) if seen.asked_by_tap else ()
    if seen.asked_by_tap:
        return extend(workshop, machine, use, seen, now, machine_refusal(workshop, machine, use.opened.kind))
    if is_revoked(machine, use, seen, now):
        return act_on_revoked(machine, use, now)
    return follow_credit(workshop, machine, use, seen, now)


def _beside_a_use(workshop: Workshop, machine: Machine, tap: ev.Tapped, now: Now) -> tuple[ev.Effect, ...]:
    """A pupil's tap after a trainer's gives the training, and somebody's to whom the use was offered takes over. A
    stranger's neither inherits nor cuts the use: a light and a journal entry are all it changes.
    """
    if isinstance(machine.situation, InUse):
        given = taught(workshop, machine, machine.situation, tap, inputs_of(workshop, tap), now)
        if given or is_taking_over(machine.situation, tap):
            return given
    use = open_to_next(machine, now)
    if use is not None and tap.holder is not None and tap.holder.member != use.opened.member:
        return _begins(workshop, machine, tap, now, after=use)
    told = refused(workshop, tap, Refusal.MACHINE_IN_USE, now)
    signal = ev.Signal(machine=tap.machine, verdict="stranger", refusal=Refusal.MACHINE_IN_USE)
    return (*told[:-1], spoken_to(tap.holder, signal))


def _opened(
    workshop: Workshop,
    machine: Machine,
    tap: ev.Tapped,
    judged: tuple[Terms, Grant],
    now: Now,
    after: InUse | None,
) -> tuple[ev.Effect, ...]:
    terms = judged[0]
    holder, grant = terms.holder, terms.bounded(machine.policy, judged[1])
    if holder is None:
        raise AssertionError("a grant without a holder: authorise must have refused")
    opened = SessionOpened(
        session=SessionId(f"{workshop.branch}-{workshop.serial + 1}"),
        machine=tap.machine,
        member=holder.member,
        account=holder.account,
        kind=holder.use_kind,
        token=tap.token,
        price=None if machine.policy.free_of_charge or machine.policy.pulse_s else machine.policy.price,
        hold_cents=grant.hold_cents,
        limit_s=grant.limit_s,
        limit_reason=grant.limit_reason,
        inputs=inputs_of(workshop, tap, offered=after is not None),
        rules=RULES_VERSION,
        at=Stamp.of(now),
        teaches=may_teach(machine.policy, holder, now),
        takes_over=None if after is None else after.opened.session,
        group=terms.group,
        language=holder.language,
        longer_windows=holder.longer_windows,
        wishes=holder.wishes,
    )
    return (ev.Record(opened),)
