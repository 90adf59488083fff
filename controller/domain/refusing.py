"""How a tap that gives no power is told and written down.

House rules: pure, part of `decide`; every refusal says why; it changes nothing, so it gives way to stops while the disk
does not take everything, and those of nobody known are written in a limited number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.facts import RULES_VERSION, Inputs, Stamp, TapRefused
from controller.domain.nameless import refused_nameless
from controller.domain.reasons import Refusal

if TYPE_CHECKING:
    from controller.domain.access import Holder
    from controller.domain.ids import BadgeToken, MachineId, MemberId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop


def inputs_of(workshop: Workshop, tap: ev.Tapped, *, offered: bool = False) -> Inputs:
    """Return what a decision about this tap is taken from; `offered`: the use under way was offered to this tap."""
    credit = None if tap.holder is None else tap.holder.credit
    return Inputs(
        revision=tap.reading.revision,
        age_s=-1 if tap.reading.age_ms is None else tap.reading.age_ms // 1000,
        available_cents=None if credit is None else credit.available_cents,
        credit_fresh=credit is not None and credit.fresh,
        member_cents=None if credit is None else credit.member_cents,
        locks=tuple(lock.lock for lock in workshop.locks_on(tap.machine)),
        directory="empty" if tap.reading.empty else "needs_upgrade" if tap.reading.needs_upgrade else "ready",
        proof=tap.proof,
        used_today_s=0 if tap.holder is None else tap.holder.used_today_s,
        offered=offered,
    )


def refused(
    workshop: Workshop, tap: ev.Tapped, reason: Refusal, now: Now, *, offered: bool = False
) -> tuple[ev.Effect, ...]:
    """Refuse a tap with its reason; the last effect is the word to whoever stands there."""
    member = None if tap.holder is None else tap.holder.member
    token = tap.token if tap.holder is None else None
    told = _told(workshop, tap.machine, reason, (member, token, inputs_of(workshop, tap, offered=offered)), now)
    return (*told[:-1], spoken_to(tap.holder, ev.Signal(machine=tap.machine, verdict="refused", refusal=reason)))


def spoken_to(holder: Holder | None, signal: ev.Signal) -> ev.Signal:
    """Return a refusal in the language, and by the wishes, of whose tap it is."""
    return signal if holder is None else replace(signal, language=holder.language, wishes=holder.wishes)


def unheard(workshop: Workshop, tap: ev.TapUnheard, now: Now) -> tuple[ev.Effect, ...]:
    """Nobody knows who it was, so nothing changes; but the maker is told that nothing will come of it."""
    locks = tuple(lock.lock for lock in workshop.locks_on(tap.machine))
    nothing = Inputs(revision=0, age_s=-1, available_cents=None, credit_fresh=False, locks=locks)
    return _told(workshop, tap.machine, Refusal.INTERNAL_ERROR, (None, None, nothing), now)


def _told(
    workshop: Workshop,
    machine: MachineId,
    reason: Refusal,
    who: tuple[MemberId | None, BadgeToken | None, Inputs],
    now: Now,
) -> tuple[ev.Effect, ...]:
    signal = ev.Signal(machine=machine, verdict="refused", refusal=reason)
    if workshop.storage_slow or workshop.storage_full:
        # A refusal changes nothing, so it gives way to stops while the disk does not take everything.
        return (signal,)
    member, token, inputs = who
    fact = TapRefused(
        machine=machine,
        member=member,
        token=token,
        reason=reason,
        inputs=inputs,
        rules=RULES_VERSION,
        at=Stamp.of(now),
    )
    if member is None:
        return (*refused_nameless(workshop, fact, now), signal)
    return (ev.Record(fact), signal)
