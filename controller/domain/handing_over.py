"""From one person to the next without switching the machine off: one instant ends the first use and begins the second.

House rules: pure; the owner's tap opens a window, and only within it somebody else's badge takes over, judged as at any
start. The second use is on disk before the first one ends; until then, and whenever anything fails, the first goes on
as if nobody had tapped. No second is billed to both, none to nobody.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.ending import abandon, ended_now
from controller.domain.facts import Stamp
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import InUse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from controller.domain.facts import SessionOpened
    from controller.domain.ids import SessionId
    from controller.domain.now import Now
    from controller.domain.workshop import Machine, Situation, Workshop


def open_to_next(machine: Machine, now: Now) -> InUse | None:
    """Return the use that its owner's tap has offered to whoever comes next; `None` outside of the window."""
    use = machine.situation
    if not isinstance(use, InUse) or machine.policy.hand_over == "no" or use.handing is not None:
        return None
    return use if now.boot_ms < use.stop_armed_until_ms else None


def offered(workshop: Workshop, use: InUse, now: Now) -> tuple[ev.Effect, ...]:
    """Open the window: the next badge takes over, the owner's own stops."""
    machine, until_ms = use.opened.machine, now.boot_ms + use.window_ms(workshop.limits.hand_over_ms)
    return (
        ev.Note(ev.StopArmed(machine=machine, until_ms=until_ms)),
        ev.Signal(machine=machine, verdict="handing_over"),
    )


def is_taking_over(use: InUse, tap: ev.Tapped) -> bool:
    """Whether this badge is taking over already, and only its record is on the way to the disk."""
    return use.handing is not None and use.handing.opened.token == tap.token


def too_late(situation: Situation, now: Now) -> tuple[Situation, tuple[ev.Effect, ...]]:
    """Give up a hand-over whose record is not on disk in time, as any start; the use under way goes on."""
    if not isinstance(situation, InUse) or situation.handing is None or now.boot_ms <= situation.handing.answer_by_ms:
        return situation, ()
    return replace(situation, handing=None), abandon(situation.handing.opened, Refusal.STORAGE_SLOW, now)


def taken_over(workshop: Workshop, use: InUse, opened: SessionOpened, now: Now) -> tuple[ev.Effect, ...]:
    """End the use at this instant and begin the next one, which is on disk; the relay stays closed, and is told so for
    the next use and read back.
    """
    session = opened.session
    others = [
        (machine.situation.opened.session, machine.situation.elapsed_ms(now.boot_ms))
        for machine in workshop.machines.values()
        if isinstance(machine.situation, InUse) and machine.situation is not use
    ]
    return (
        ev.Record(ended_now(use, StopReason.HANDED_OVER, now)),
        ev.Energise(machine=opened.machine, session=session),
        ev.Note(
            ev.Powered(
                machine=opened.machine,
                session=session,
                started=Stamp.of(now),
                ends_at_ms=now.boot_ms + opened.limit_s * 1000,
                runs_on=None if use.work is None else use.work.running,
            )
        ),
        ev.Signal(machine=opened.machine, verdict="granted", ends_in_s=opened.limit_s, ends_by=opened.limit_reason),
        # A hold must survive a restart in the very next second too, so this use is proven at once.
        ev.WriteTick((*others, (session, 0))),
    )


def handed_over_at(
    opened: SessionOpened, open_uses: Iterable[SessionOpened], proven: Collection[SessionId]
) -> Stamp | None:
    """Return when a use that the journal still holds open went over to another one, which the last tick proves: its own
    end was waiting for the disk when the program died. `None` where nothing says so.
    """
    if opened.session in proven:
        return None
    return next((each.at for each in open_uses if each.takes_over == opened.session and each.session in proven), None)
