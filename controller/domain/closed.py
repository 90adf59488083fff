"""Why nobody may begin at a machine now, and whom an ordinary lock-out lets pass: the maintainer who mends it.

House rules: pure; a lock-out waits for the use under way and admits nobody new; a maintainer's use on a locked machine
is of its own kind and names the open locks in its record; nobody passes an emergency, a fault or a withdrawn machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.reasons import Refusal
from controller.domain.sessions import SessionKind

if TYPE_CHECKING:
    from controller.domain.workshop import Machine, Workshop


def machine_refusal(workshop: Workshop, machine: Machine, kind: SessionKind | None) -> Refusal | None:
    """Return why a use of this kind may not begin here, whoever it is; `None` when the machine is open for it."""
    if workshop.closing:
        return Refusal.MACHINE_STARTING_UP
    match workshop.closed_word(machine.policy.machine):
        case "fault":
            return Refusal.MACHINE_FAULT
        case "locked_out" if not _is_mended(workshop, machine, kind):
            return Refusal.MACHINE_LOCKED
        case "maintenance" if not _is_mended(workshop, machine, kind):
            return Refusal.MACHINE_MAINTENANCE
        case _:
            pass
    if refusal := workshop.out_of_order(machine.policy.machine):
        return refusal
    if workshop.storage_full:
        return Refusal.STORAGE_FULL
    if workshop.storage_slow:
        return Refusal.STORAGE_SLOW
    return Refusal.QUARANTINED if workshop.quarantined else None


def _is_mended(workshop: Workshop, machine: Machine, kind: SessionKind | None) -> bool:
    if kind is not SessionKind.MAINTENANCE or machine.policy.in_service == "out_of_service":
        return False
    return not any(lock.emergency for lock in workshop.locks_on(machine.policy.machine))
