"""How many machines one person may use at the same time: a machine that must be watched says so for all of them.

House rules: pure; counted over this controller's machines, starts under way included; a class has many hands and is
not counted, and a door takes none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.sessions import SessionKind
from controller.domain.workshop import InUse, Starting

if TYPE_CHECKING:
    from controller.domain.access import Holder
    from controller.domain.directory import MachineEntry
    from controller.domain.workshop import Workshop


def one_too_many(workshop: Workshop, policy: MachineEntry, holder: Holder | None) -> bool:
    """Tell whether a start here would be one use too many, by this machine's limit or by one already at work."""
    if holder is None or policy.pulse_s:
        return False
    at_work = [
        machine.policy
        for machine in workshop.machines.values()
        if isinstance(machine.situation, Starting | InUse)
        and machine.situation.opened.member == holder.member
        and machine.situation.opened.kind is not SessionKind.GROUP
        and not machine.policy.pulse_s
    ]
    limits = [each.uses_at_once_max for each in (policy, *at_work) if each.uses_at_once_max]
    return bool(limits) and len(at_work) + 1 > min(limits)
