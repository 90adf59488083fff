"""Taps of nobody known: the first ones of a minute are written, further ones are shown and counted.

House rules: pure; a reader that is broken or hostile must not fill the journal, and must not go unnoticed either: one
fact at the end of the minute tells how many there were. A count that a crash takes along is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.facts import Stamp, TapsUnwritten
from controller.domain.workshop import Tally

if TYPE_CHECKING:
    from controller.domain.facts import TapRefused
    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop

WRITTEN_MAX = 10
"""Nameless taps at one machine that a minute writes: a queue of newcomers at the door of a workshop. Further ones in
that minute light the lamp and are counted.
"""

MINUTE_MS = 60_000


def refused_nameless(workshop: Workshop, fact: TapRefused, now: Now) -> tuple[ev.Effect, ...]:
    """Write the refusal, or count it; what the minute before had counted is told first."""
    tally = workshop.nameless.get(fact.machine)
    if tally is None or now.boot_ms >= tally.until_ms:
        fresh = Tally(until_ms=now.boot_ms + MINUTE_MS, written=1, unwritten=0)
        return (ev.Record(fact), *_told(workshop, fact.machine, now), _counted(fact.machine, fresh))
    if tally.written < WRITTEN_MAX:
        more = Tally(until_ms=tally.until_ms, written=tally.written + 1, unwritten=0)
        return (ev.Record(fact), _counted(fact.machine, more))
    more = Tally(until_ms=tally.until_ms, written=tally.written, unwritten=tally.unwritten + 1)
    return (_counted(fact.machine, more),)


def minutes_over(workshop: Workshop, now: Now, *, all_of_them: bool = False) -> tuple[ev.Effect, ...]:
    """Tell what was counted and not written, of every minute that is over."""
    over = [name for name, tally in workshop.nameless.items() if all_of_them or now.boot_ms >= tally.until_ms]
    return tuple(effect for name in over for effect in _told(workshop, name, now))


def next_minute_ms(workshop: Workshop) -> int | None:
    """Return when the next count is due; `None` when nothing was left unwritten."""
    return min((tally.until_ms for tally in workshop.nameless.values() if tally.unwritten), default=None)


def _counted(machine: MachineId, tally: Tally) -> ev.Effect:
    return ev.Note(ev.Tallied(machine=machine, tally=tally))


def _told(workshop: Workshop, machine: MachineId, now: Now) -> tuple[ev.Effect, ...]:
    tally = workshop.nameless.get(machine)
    if tally is None or not tally.unwritten:
        return ()
    return (ev.Record(TapsUnwritten(machine=machine, count=tally.unwritten, at=Stamp.of(now))),)
