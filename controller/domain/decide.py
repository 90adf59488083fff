"""The rules of the floor: what follows from an event, in the state the workshop is in, at an instant.

House rules: pure; the order of the effects is their order in the world, so power goes off before anything is written
and nothing is powered before it is on disk; unknown means refused; a use is matched by its id, never by its member.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from controller.domain import events as ev
from controller.domain.adopting import ended_by_directory, relays_to_see
from controller.domain.buttons import pressed
from controller.domain.closed import machine_refusal
from controller.domain.contacts import contact_changed
from controller.domain.danger import danger_reported
from controller.domain.ending import abandon, end_use, found_open, shut_down
from controller.domain.extending import look_again
from controller.domain.extracting import next_off_ms, with_extractors
from controller.domain.facts import (
    CommandAnswered,
    Stamp,
)
from controller.domain.groups import lessons_over, next_lesson_end_ms
from controller.domain.handing_over import taken_over, too_late
from controller.domain.idling import idles, metered, next_idle_ms
from controller.domain.ids import SessionId
from controller.domain.nameless import minutes_over, next_minute_ms
from controller.domain.overtime import time_is_over
from controller.domain.reasons import Refusal, StopReason
from controller.domain.stray import unexplained
from controller.domain.switching import overdue, read_awaited, relay_read, switch_seen
from controller.domain.tapping import presented
from controller.domain.warnings import next_warning_ms, warn
from controller.domain.workshop import Idle, InUse, Starting, Startup, Workshop

if TYPE_CHECKING:
    from controller.domain.now import Now


def decide(workshop: Workshop, event: ev.Event, now: Now) -> tuple[ev.Effect, ...]:
    """Return what must be done, in order. The state itself changes only by `evolve`."""
    return with_extractors(workshop, _decided(workshop, event, now), now)


def _decided(workshop: Workshop, event: ev.Event, now: Now) -> tuple[ev.Effect, ...]:
    match event:
        case ev.Tapped() | ev.TapUnheard() | ev.HolderSeen():
            return presented(workshop, event, now)
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
            return (*metered(workshop, event, now), *unexplained(workshop, event, now))
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
                    going_on.append((use.opened.session, use.counted_ms(now.boot_ms)))
            case InUse() as use:
                idle = idles(machine.policy, use, now)
                effects += idle
                if not idle or not isinstance(idle[0], ev.DeEnergise):
                    effects += warn(workshop, machine.policy, use, now)
                    going_on.append((use.opened.session, use.counted_ms(now.boot_ms)))
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
