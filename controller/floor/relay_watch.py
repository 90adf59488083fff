"""Looks at the relays between switchings: a contact that welds while nobody uses the machine is power without a name.

House rules: one odd reading may be a contact still moving or a use that just began, two in a row on an idle machine
are a fault; it only tells the engine, which decides. A machine in use that reads off is its own contactor's affair.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.domain.events import RelayRead
from controller.domain.workshop import Idle

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.domain.ids import MachineId
    from controller.domain.workshop import Workshop


class RelayWatch:
    """Remembers which idle machines read on at the last look."""

    def __init__(self) -> None:
        self._read_on: frozenset[MachineId] = frozenset()

    def look(self, workshop: Workshop, read: Callable[[MachineId], bool | None]) -> tuple[RelayRead, ...]:
        """Read every relay once; return what the engine must hear of, for machines that are idle and read on twice."""
        readings = {name: read(name) for name in workshop.machines}
        now_on = frozenset(
            name
            for name, machine in workshop.machines.items()
            if isinstance(machine.situation, Idle) and readings[name] is True
        )
        twice, self._read_on = now_on & self._read_on, now_on
        return tuple(RelayRead(machine=name, wanted_on=False, read_on=True) for name in sorted(twice))
