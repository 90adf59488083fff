"""The light that stands at each machine, kept as its state is: what a verdict's light gives way to.

House rules: one thread looks, as often as the program beats, so a state that begins by the clock alone (closed, booked)
shows within that; only a change is said, and a reader that comes back is told by whoever hears that (`floor_readers`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.feedback import STANDS
from controller.domain.standing import standing_of
from firmware_bridge.commands import Command, Light

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.ids import MachineId
    from controller.domain.now import Now
    from controller.domain.workshop import Workshop


class StandingLights:
    """`show` hands a command to the readers at a machine and never waits."""

    def __init__(self, show: Callable[[MachineId, tuple[Command, ...]], None]) -> None:
        """Show nothing yet."""
        self._show = show
        self._shown: dict[tuple[MachineId, str], Light] = {}

    def look(self, workshop: Workshop, now: Now) -> None:
        """Say what has changed; a machine that was moved to another channel is told there."""
        standing = {
            (name, machine.policy.channel): Light(sign.colour, sign.rhythm)
            for name, machine in workshop.machines.items()
            for sign in (STANDS[standing_of(workshop, name, now)],)
        }
        for place, light in standing.items():
            if self._shown.get(place) != light:
                self._show(place[0], (light,))
        self._shown = standing
