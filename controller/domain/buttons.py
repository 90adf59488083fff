"""What a hand on a machine's button does: it asks for more time, as its maker's tap in a warning does, at any moment.

House rules: pure, part of `decide`; a button never starts and never stops a use. Whoever presses it may be anybody, so
it can cost the maker nothing that the maker's own tap could not: it is judged by the maker's badge, credit and rights,
and bounded by the machine's `extended_max_s`; the use still ends, and stops costing, when its maker taps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain import events as ev
from controller.domain.extending import PROVED, look_up
from controller.domain.idling import still_here
from controller.domain.workshop import Idle, InUse

if TYPE_CHECKING:
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop


def pressed(workshop: Workshop, event: ev.ButtonPressed, now: Now) -> tuple[ev.Effect, ...]:
    """Have the maker of the open use looked up; on a machine that nobody uses, say that a badge comes first."""
    effects: list[ev.Effect] = []
    for machine in workshop.machines.values():
        if machine.policy.channel != event.channel:
            continue
        match machine.situation:
            case InUse() as use if now.boot_ms >= use.pressed_until_ms:
                effects += [
                    *still_here(workshop, use, now),
                    ev.Note(
                        ev.ButtonHeard(
                            machine=machine.policy.machine,
                            deaf_until_ms=now.boot_ms + workshop.limits.button_debounce_ms,
                        )
                    ),
                    look_up(machine, use, PROVED, asked_by_tap=True, button=True),
                ]
            case Idle():
                effects.append(ev.Signal(machine=machine.policy.machine, verdict="no_use"))
            case _:
                pass
    return tuple(effects)
