"""What the chances of a simulation act upon: people and machines, the controller, its office, and the dice.

House rules: whoever draws, draws from `dice`, and from nothing whose order the language does not promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.domain.ids import MachineId, MemberId
from controller.domain.workshop import InUse

if TYPE_CHECKING:
    from random import Random

    from controller.domain.directory import LockEntry, MachineEntry
    from controller.simulation.cast import Cast
    from controller.simulation.floor import HandFloor
    from controller.simulation.office import HandOffice

STRANGER = MemberId("nobody")
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Scene:
    """What the chances act upon; `away_until_ms` is how long the office is not heard, in the date's milliseconds."""

    cast: Cast
    floor: HandFloor
    office: HandOffice
    dice: Random
    away_steps: int = 0
    load_mw: int | None = None
    energy_mwh: int = 0
    energy_at_ms: int = 0
    locks: int = 0
    open_locks: tuple[LockEntry, ...] = ()

    @property
    def meters_energy(self) -> bool:
        """Whether what the metered machine draws is paid for."""
        price = self.cast.machines[0].price
        return price is not None and bool(price.offers)

    @property
    def machine(self) -> MachineEntry:
        """Any machine."""
        return self.dice.choice(self.cast.machines)

    @property
    def member(self) -> MemberId:
        """Anybody, now and then a stranger."""
        return STRANGER if self.dice.random() < 0.05 else self.dice.choice(self.cast.members).member


def use_at(scene: Scene, machine: MachineId) -> InUse | None:
    """Return who is at work at a machine."""
    here = scene.floor.engine.workshop.machines.get(machine)
    return here.situation if here is not None and isinstance(here.situation, InUse) else None


def owner(use: InUse) -> MemberId:
    """Return whose badge opened a use."""
    return MemberId(use.opened.token.removeprefix("badge-of-"))
