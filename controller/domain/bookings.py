"""Bookings of a machine: whose turn it is, until when a use may last, and when a booking is void.

House rules: pure; a booking closes a machine to others and opens it to nobody who may not use it anyway. The next one
bounds every use that begins before it; what was said to a maker stands when a booking is made later. Without a date
nothing can be said of bookings: then each machine's `without_clock` decides, as for every other date. Who came is told
by the uses on disk, so a program that starts anew knows it too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.ids import MachineId, MemberId
from controller.domain.reasons import Refusal
from controller.domain.sessions import SessionKind

if TYPE_CHECKING:
    from controller.domain.directory import Booked, MachineEntry
    from controller.domain.facts import SessionEnded, SessionOpened
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop

EARLY_MS = 300_000
"""One's own booking counts five minutes early where nobody else has the machine: clocks differ, and makers set up."""

NEVER_BOOK = frozenset({SessionKind.MAINTENANCE})
"""Who repairs a machine does not wait for a free hour."""


CameFor = tuple[MachineId, MemberId, int]
"""A booking that was taken up: machine, member, beginning."""

Presence = tuple[MachineId, MemberId, int]
"""Somebody was at a machine, at this instant of the date."""


def booked_for_s(
    policy: MachineEntry,
    booked: tuple[Booked, ...],
    came: frozenset[CameFor],
    who: tuple[MemberId, SessionKind],
    now: Now,
) -> int | Refusal | None:
    """Return for how many seconds from now the machine is free for this member, `None` where no booking ends that, or
    why it is not.
    """
    member, kind = who
    if policy.bookings == "ignore" or kind in NEVER_BOOK or now.wall_ms is None:
        return None
    at_ms = now.wall_ms
    mine = [(each.from_ms - EARLY_MS, each.until_ms) for each in booked if each.member == member]
    others = [each for each in booked if each.member != member]
    void = [each for each in others if _is_void(policy, each, came, at_ms)]
    standing = [each for each in others if each not in void]
    is_mine = any(from_ms <= at_ms < until_ms for from_ms, until_ms in mine)
    taken = [each for each in standing if each.from_ms <= at_ms < each.until_ms]
    if taken and not any(each.from_ms <= at_ms < each.until_ms for each in booked if each.member == member):
        return Refusal.BOOKED_BY_OTHER
    ends_ms = [each.from_ms for each in standing if each.from_ms > at_ms]
    if policy.bookings == "require":
        if not is_mine and not any(each.from_ms <= at_ms < each.until_ms for each in void):
            return Refusal.REQUIRES_BOOKING
        ends_ms.append(_end_of(at_ms, [*mine, *((each.from_ms, each.until_ms) for each in void)]))
    if not ends_ms:
        return None
    free_s = (min(ends_ms) - at_ms) // 1000
    return free_s or Refusal.BOOKED_BY_OTHER


def came_for(workshop: Workshop, fact: SessionOpened | SessionEnded) -> frozenset[CameFor]:
    """Return the bookings that were taken up, this use's own among them."""
    at_ms = fact.at.wall_ms
    if at_ms is None:
        return workshop.came
    return workshop.came | taken_up(workshop.booked(fact.machine), (fact.machine, fact.member, at_ms))


def taken_up(booked: tuple[Booked, ...], seen: Presence) -> frozenset[CameFor]:
    """Return the bookings of a machine that somebody took up by being there."""
    machine, member, at_ms = seen
    return frozenset(
        (machine, member, each.from_ms)
        for each in booked
        if each.member == member and each.from_ms - EARLY_MS <= at_ms < each.until_ms
    )


def _is_void(policy: MachineEntry, booking: Booked, came: frozenset[CameFor], at_ms: int) -> bool:
    if not policy.no_show_s or at_ms < booking.from_ms + 1000 * policy.no_show_s:
        return False
    return booking.member is None or (policy.machine, booking.member, booking.from_ms) not in came


def _end_of(at_ms: int, windows: list[tuple[int, int]]) -> int:
    """Return the end of the windows that follow each other from now on."""
    end_ms = at_ms
    for from_ms, until_ms in sorted(windows):
        if from_ms <= end_ms < until_ms:
            end_ms = until_ms
    return end_ms
