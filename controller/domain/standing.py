"""What stands at a machine while no verdict is shown: its state as somebody who walks by must know it.

House rules: pure; a closed list, finer than the machine's state (`workshop.word`) where people have different things to
do; what somebody must mend comes before what the calendar says, and a use under way before both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, assert_never

from controller.domain.bookings import booked_for_s
from controller.domain.feedback import LAST_MINUTE_S
from controller.domain.ids import MemberId
from controller.domain.opening_hours import closes_in_s
from controller.domain.reasons import Refusal
from controller.domain.sessions import SessionKind
from controller.domain.warnings import given_s
from controller.domain.workshop import InUse

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Machine, Workshop

Standing = Literal[
    "startup",
    "idle",
    "starting",
    "in_use",
    "idle_end",
    "warning",
    "last_minute",
    "overtime",
    "ending",
    "locked_out",
    "maintenance",
    "fault",
    "guard_open",
    "no_connection",
    "no_start",
    "closed",
    "booked",
]
NOBODY = MemberId("")
"""Whoever has not booked."""


def standing_of(workshop: Workshop, machine: MachineId, now: Now) -> Standing:
    """Return what stands at a machine now."""
    found = workshop.machines[machine]
    word = workshop.word(machine)
    match word:
        case "in_use" if isinstance(found.situation, InUse):
            return _of_a_use(found.policy, found.situation, now)
        case "fault" if not found.faults:
            return _out_of_order(workshop, machine)
        case "idle" if workshop.quarantined or workshop.storage_full or not workshop.understood:
            return "no_start"
        case "idle" if workshop.cold(machine):
            return "startup"
        case "idle":
            return _by_the_calendar(workshop, found, now)
        case "startup" | "starting" | "in_use" | "ending" | "locked_out" | "maintenance" | "fault":
            return word
        case _:
            assert_never(word)


def _of_a_use(policy: MachineEntry, use: InUse, now: Now) -> Standing:
    if use.overtime_s:
        return "overtime"
    if use.work is not None and now.boot_ms < use.work.ends_ms:
        return "idle_end"
    if given_s(policy, use) is None:
        return "in_use"
    return "last_minute" if use.ends_at_ms - now.boot_ms <= 1000 * LAST_MINUTE_S else "warning"


def _out_of_order(workshop: Workshop, machine: MachineId) -> Standing:
    match workshop.out_of_order(machine):
        case Refusal.SWITCH_UNREACHABLE:
            return "no_connection"
        case Refusal.GUARD_OPEN:
            return "guard_open"
        case _:
            return "fault"


def _by_the_calendar(workshop: Workshop, machine: Machine, now: Now) -> Standing:
    """Closed or booked for who keeps no hours and has booked nothing: a passer-by."""
    policy = machine.policy
    if closes_in_s(workshop.openings.get(policy.site), now) == 0:
        return "closed"
    turn = booked_for_s(policy, workshop.booked(policy.machine), workshop.came, (NOBODY, SessionKind.PAID), now)
    return "booked" if turn is Refusal.BOOKED_BY_OTHER else "idle"
