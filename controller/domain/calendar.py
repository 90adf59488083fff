"""What the calendar says of a use at an instant: opening hours of the place, bookings of the machine.

House rules: pure; whichever comes first bounds the use and is its reason to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.bookings import CameFor, booked_for_s
from controller.domain.opening_hours import AT_ANY_HOUR, closes_in_s
from controller.domain.reasons import Refusal, StopReason

if TYPE_CHECKING:
    from controller.domain.access import Holder
    from controller.domain.directory import Booked, MachineEntry, OpeningEntry
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When the place is open, who has booked the machine, and who of them came."""

    opening: OpeningEntry | None = None
    booked: tuple[Booked, ...] = ()
    came: frozenset[CameFor] = frozenset()


NOTHING = Calendar()
"""No hours, no bookings: a place that is always open, a machine that nobody books."""

Bound = tuple[int, StopReason]
"""The seconds from now after which a use must be over, and why."""


def calendar_of(workshop: Workshop, policy: MachineEntry) -> Calendar:
    """Return what holds for a machine."""
    return Calendar(
        opening=workshop.openings.get(policy.site), booked=workshop.booked(policy.machine), came=workshop.came
    )


def closed(calendar: Calendar, holder: Holder, now: Now) -> Refusal | None:
    """Say that the place is closed for this holder."""
    return Refusal.CLOSED if _closes_in_s(calendar, holder, now) == 0 else None


def bound_of(policy: MachineEntry, calendar: Calendar, holder: Holder, now: Now) -> Bound | Refusal | None:
    """Return what ends a use of this holder first, or whose turn it is instead."""
    free_s = booked_for_s(policy, calendar.booked, calendar.came, (holder.member, holder.use_kind), now)
    if isinstance(free_s, Refusal):
        return free_s
    closes_s = _closes_in_s(calendar, holder, now)
    bounds = [
        (seconds, reason)
        for seconds, reason in ((closes_s, StopReason.CLOSING_TIME), (free_s, StopReason.BOOKING))
        if seconds is not None
    ]
    return min(bounds, key=lambda bound: bound[0], default=None)


def _closes_in_s(calendar: Calendar, holder: Holder, now: Now) -> int | None:
    return None if holder.use_kind in AT_ANY_HOUR else closes_in_s(calendar.opening, now)
