"""The state that decisions are taken from: machines and their open uses, never members.

A machine's situation is a sum type that carries its data, so a use without a machine, or power without a named use,
cannot
be written down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.directory import LockEntry, MachineEntry
    from controller.domain.facts import SessionOpened, Stamp
    from controller.domain.ids import BranchId, LockId, MachineId

MachineWord = Literal["startup", "idle", "starting", "in_use", "ending", "locked_out", "maintenance", "fault"]
"""The machine's state as every screen and topic names it (DESIGN, machine states)."""


@dataclass(frozen=True, slots=True)
class Startup:
    """The relay has not yet been seen off; nobody may start."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Nobody uses the machine and its relay is off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """A use is decided and waits for the disk; nothing is powered. After `answer_by_ms` it is refused."""

    opened: SessionOpened
    answer_by_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InUse:
    """A use that is on disk has power since `started`; it ends at `ends_at_ms` of the boot clock."""

    opened: SessionOpened
    started: Stamp
    elapsed_before_ms: int
    ends_at_ms: int
    stop_armed_until_ms: int = 0

    def elapsed_ms(self, boot_ms: int) -> int:
        """Return how long the use has lasted, time before a survived restart included."""
        return self.elapsed_before_ms + max(0, boot_ms - self.started.boot_ms)


Situation = Startup | Idle | Starting | InUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine: the policy in force, its situation, and the open faults found here."""

    policy: MachineEntry
    situation: Situation
    faults: frozenset[LockId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The times the rules count with, in milliseconds of the controller's own clock."""

    commit_budget_ms: int = 250
    tick_every_ms: int = 30_000
    stop_debounce_ms: int = 3_000
    stop_confirm_ms: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """All machines of one controller. `serial` numbers the uses of this branch; ids come from nowhere else.
    `understood` is false while the directory holds what this version cannot read.
    """

    branch: BranchId
    limits: Limits
    machines: Mapping[MachineId, Machine] = field(default_factory=lambda: MappingProxyType({}))
    locks: Mapping[LockId, LockEntry] = field(default_factory=lambda: MappingProxyType({}))
    serial: int = 0
    next_tick_ms: int = 0
    storage_full: bool = False
    storage_slow: bool = False
    quarantined: bool = False
    understood: bool = True
    closing: bool = False

    def locks_on(self, machine: MachineId) -> tuple[LockEntry, ...]:
        """Return the open locks of a machine, in order of their ids: the union of them holds."""
        return tuple(self.locks[key] for key in sorted(self.locks) if self.locks[key].machine == machine)

    def word(self, machine: MachineId) -> MachineWord:
        """Return the machine's state as it is shown."""
        found = self.machines[machine]
        match found.situation:
            case Starting():
                return "starting"
            case InUse():
                return "in_use"
            case Startup() if not found.faults:
                return "startup"
            case Startup() | Idle():
                return self.closed_word(machine) or "idle"

    def closed_word(self, machine: MachineId) -> Literal["fault", "locked_out", "maintenance"] | None:
        """Return why nobody may begin here, whoever is at work right now; `None` when the machine is open."""
        found = self.machines[machine]
        if found.faults:
            return "fault"
        if self.locks_on(machine) or found.policy.in_service == "out_of_service":
            return "locked_out"
        return "maintenance" if found.policy.in_service == "maintenance" else None


def invariants_broken(workshop: Workshop) -> list[str]:
    """Return a sentence for each rule the state breaks; empty, or the engine opens every relay and stops."""
    broken = []
    seen: set[str] = set()
    for name, machine in workshop.machines.items():
        match machine.situation:
            case Starting(opened=opened) | InUse(opened=opened):
                if opened.machine != name:
                    broken.append(f"machine {name} holds a use that was opened for {opened.machine}")
                if opened.session in seen:
                    broken.append(f"use {opened.session} is open on two machines")
                seen.add(opened.session)
            case Startup() | Idle():
                pass
        if name != machine.policy.machine:
            broken.append(f"machine {name} carries the policy of {machine.policy.machine}")
    return broken
