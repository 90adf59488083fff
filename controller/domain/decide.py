"""The rules of the floor: what follows from an event, in the state the workshop is in, at an instant.

House rules: pure; the order of the effects is their order in the world, so power goes off before anything is written
and
nothing is powered before it is on disk; unknown means refused; a use is matched by its id, never by its member.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from controller.domain import events as ev
from controller.domain.access import Grant, at_their_price, authorise
from controller.domain.adopting import ended_by_directory, relays_to_see
from controller.domain.at_once import one_too_many
from controller.domain.buttons import pressed
from controller.domain.calendar import calendar_of
from controller.domain.closed import machine_refusal
from controller.domain.contacts import contact_changed
from controller.domain.danger import danger_reported
from controller.domain.ending import abandon, end_use, found_open, shut_down
from controller.domain.extending import asks, extend, follow_credit, look_again
from controller.domain.extracting import next_off_ms, with_extractors
from controller.domain.facts import (
    RULES_VERSION,
    CommandAnswered,
    SessionOpened,
    Stamp,
)
from controller.domain.groups import Terms, is_trainers, lessons_over, next_lesson_end_ms, stopped_by_tap, terms_of
from controller.domain.handing_over import is_taking_over, offered, open_to_next, taken_over, too_late
from controller.domain.holds import less_just_spent
from controller.domain.idling import idles, metered, next_idle_ms, still_here
from controller.domain.ids import SessionId
from controller.domain.nameless import minutes_over, next_minute_ms
from controller.domain.overtime import time_is_over
from controller.domain.reasons import Refusal, StopReason
from controller.domain.refusing import inputs_of, refused, unheard
from controller.domain.revoking import act_on_revoked, is_revoked
from controller.domain.switching import overdue, read_awaited, relay_read, switch_seen
from controller.domain.teaching import may_teach, taught
from controller.domain.warnings import next_warning_ms, warn
from controller.domain.workshop import Idle, InUse, Machine, Starting, Startup, Workshop

if TYPE_CHECKING:
    from controller.domain.now import Now


def decide(workshop: Workshop, event: ev.Event, now: Now) -> tuple[ev.Effect, ...]:
    """Return what must be done, in order. The state itself changes only by `evolve`."""
    return with_extractors(workshop, _decided(workshop, event, now), now)


def _decided(workshop: Workshop, event: ev.Event, now: Now) -> tuple[ev.Effect, ...]:
    match event:
        case ev.Tapped() | ev.TapUnheard() | ev.HolderSeen():
            return _presented(workshop, event, now)
        case ev.SessionStored():
            return _stored(workshop, event, now)
        case (
            ev.RelayRead()
            | ev.ReadAwaited()
            | ev.SwitchSeen()
            | ev.ContactChanged()
            | ev.MeterRead()
            | ev.ButtonPressed()
            | ev.DangerReported()
        ):
            return _told_by_device(workshop, event, now)
        case ev.DirectoryChanged():
            return (
                ev.Note(ev.Adopted(event=event)),
                *ended_by_directory(workshop, event, now),
                *relays_to_see(workshop, event),
            )
        case ev.StorageReported() | ev.QuarantineSet() | ev.ReaderSeen():
            return (ev.Note(ev.Adopted(event=event)),)
        case ev.FoundOpen():
            return found_open(workshop, event, now)
        case ev.StopAsked():
            return _stop_asked(workshop, event, now)
        case ev.ShutdownAsked():
            return (*shut_down(workshop, now), *minutes_over(workshop, now, all_of_them=True))
        case ev.TimePassed():
            return _time_passed(workshop, now)
        case _:
            assert_never(event)


def _told_by_device(
    workshop: Workshop,
    event: ev.RelayRead
    | ev.ReadAwaited
    | ev.SwitchSeen
    | ev.ContactChanged
    | ev.MeterRead
    | ev.ButtonPressed
    | ev.DangerReported,
    now: Now,
) -> tuple[ev.Effect, ...]:
    match event:
        case ev.RelayRead():
            return relay_read(workshop, event, now)
        case ev.ReadAwaited():
            return read_awaited(workshop, event, now)
        case ev.SwitchSeen():
            return switch_seen(workshop, event, now)
        case ev.ContactChanged():
            return contact_changed(workshop, event, now)
        case ev.ButtonPressed():
            return pressed(workshop, event, now)
        case ev.DangerReported():
            return danger_reported(workshop, event, now)
        case ev.MeterRead():
            return metered(workshop, event, now)
        case _:
            assert_never(event)


def next_deadline(workshop: Workshop) -> int | None:
    """Return the boot time in ms at which `TimePassed` is due; `None` when nothing waits for time."""
    due: list[int] = []
    for machine in workshop.machines.values():
        if machine.awaited is not None:
            due.append(machine.awaited.until_ms + 1)  # as for a receipt: at the very instant it is still in time
        match machine.situation:
            case Starting(answer_by_ms=answer_by_ms):
                due.append(answer_by_ms + 1)  # at `answer_by_ms` itself the receipt is still in time
            case InUse(ends_at_ms=ends_at_ms) as use:
                due += [ends_at_ms, workshop.next_tick_ms]
                due += [] if use.handing is None else [use.handing.answer_by_ms + 1]
                due += [
                    each
                    for each in (next_warning_ms(machine.policy, use), next_idle_ms(machine.policy, use))
                    if each is not None
                ]
            case Idle() | Startup():
                pass
    ahead = (next_minute_ms(workshop), next_off_ms(workshop), next_lesson_end_ms(workshop))
    due += [each for each in ahead if each is not None]
    return min(due, default=None)


def _presented(workshop: Workshop, tap: ev.Tapped | ev.TapUnheard | ev.HolderSeen, now: Now) -> tuple[ev.Effect, ...]:
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
    if machine.cold and isinstance(answer, Grant):
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
    language = None if tap.holder is None else tap.holder.language
    signal = ev.Signal(machine=tap.machine, verdict="stranger", refusal=Refusal.MACHINE_IN_USE, language=language)
    return (*told[:-1], signal)


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
    )
    return (ev.Record(opened),)


def _stored(workshop: Workshop, event: ev.SessionStored, now: Now) -> tuple[ev.Effect, ...]:
    machine = workshop.machines.get(event.machine)
    if machine is None or not isinstance(machine.situation, Starting | InUse):
        return ()
    starting = machine.situation if isinstance(machine.situation, Starting) else machine.situation.handing
    if starting is None or starting.opened.session != event.session:
        return ()
    opened = starting.opened
    if now.boot_ms > starting.answer_by_ms:
        return abandon(opened, Refusal.STORAGE_SLOW, now)
    if refusal := machine_refusal(workshop, machine, opened.kind):
        return abandon(opened, refusal, now)
    if isinstance(machine.situation, InUse):
        return taken_over(workshop, machine.situation, opened, now)
    return (
        ev.Energise(machine=event.machine, session=event.session),
        ev.Note(
            ev.Powered(
                machine=event.machine,
                session=event.session,
                started=Stamp.of(now),
                ends_at_ms=now.boot_ms + opened.limit_s * 1000,
            )
        ),
        ev.Signal(machine=event.machine, verdict="granted", ends_in_s=opened.limit_s, ends_by=opened.limit_reason),
    )


def _stop_asked(workshop: Workshop, event: ev.StopAsked, now: Now) -> tuple[ev.Effect, ...]:
    def answer(outcome: str) -> ev.Effect:
        return ev.Record(
            CommandAnswered(command=event.command, session=event.session, outcome=outcome, at=Stamp.of(now))
        )

    if event.boot_id != now.boot_id or now.boot_ms > event.expires_boot_ms:
        return (answer("expired"),)
    for machine in workshop.machines.values():
        use = machine.situation
        if isinstance(use, InUse) and use.opened.session == event.session:
            return (*end_use(use, StopReason.REMOTE_STOP, now), answer("done"))
        if isinstance(use, InUse) and use.handing is not None:
            use = use.handing
        if isinstance(use, Starting) and use.opened.session == event.session:
            # Nothing was energised and nothing will be: when its record reaches the disk, no such use is starting.
            return (*abandon(use.opened, Refusal.START_STOPPED, now), answer("done"))
    return (answer("no_such_use"),)


def _time_passed(workshop: Workshop, now: Now) -> tuple[ev.Effect, ...]:
    effects: list[ev.Effect] = [*minutes_over(workshop, now), *lessons_over(workshop, now)]
    going_on: list[tuple[SessionId, int]] = []
    for machine in workshop.machines.values():
        late = overdue(workshop, machine, now)
        effects += late
        situation, given_up = too_late(machine.situation, now)
        effects += given_up
        match situation:
            case InUse() if late:
                pass  # the fault has ended it
            case Starting() as starting if now.boot_ms > starting.answer_by_ms:
                effects += abandon(starting.opened, Refusal.STORAGE_SLOW, now)
            case InUse() as use if now.boot_ms >= use.ends_at_ms:
                over = time_is_over(machine.policy, use, now)
                effects += over
                if not isinstance(over[0], ev.DeEnergise):
                    going_on.append((use.opened.session, use.elapsed_ms(now.boot_ms)))
            case InUse() as use:
                idle = idles(machine.policy, use, now)
                effects += idle
                if not idle or not isinstance(idle[0], ev.DeEnergise):
                    effects += warn(workshop, machine.policy, use, now)
                    going_on.append((use.opened.session, use.elapsed_ms(now.boot_ms)))
            case Starting() | Idle() | Startup():
                pass
            case _:
                assert_never(situation)
    if going_on and now.boot_ms >= workshop.next_tick_ms:
        effects += [
            *look_again(workshop),
            ev.WriteTick(tuple(going_on)),
            ev.Note(ev.Ticked(next_ms=now.boot_ms + workshop.limits.tick_every_ms)),
        ]
    return tuple(effects)
