"""The state that decisions are taken from: machines and their open uses, never members.

A machine's situation is a sum type that carries its data, so a use without a machine, or power without a named use,
cannot
be written down.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, get_args

from controller.domain.reasons import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.bookings import CameFor
    from controller.domain.directory import Booked, GroupEntry, LockEntry, MachineEntry, OpeningEntry
    from controller.domain.facts import SessionOpened, Stamp
    from controller.domain.ids import AccountId, BadgeToken, BranchId, GroupId, LockId, MachineId, MemberId, SiteId
    from controller.domain.metering import Metered
    from controller.domain.working import Work

MachineWord = Literal["startup", "idle", "starting", "in_use", "ending", "locked_out", "maintenance", "fault"]
"""The machine's state as every screen and topic names it (DESIGN, machine states)."""


ContactName = Literal["e_stop", "guard", "tamper"]

CLOSED_BY: dict[ContactName, Refusal] = {
    "e_stop": Refusal.EMERGENCY_STOP_PRESSED,
    "guard": Refusal.GUARD_OPEN,
}
"""Under which contacts nobody may begin, in order of precedence."""


ReaderWord = Literal["wrong_device", "away", "in_trouble", "other_device", "ready"]
"""What is known of a badge reader, worst first: another device than its settings name stands there and is not used;
nothing stands there; it does not work; it works, and is not the one that was there when the program began; it works.
"""


IN_USE = 0
"""In place of the end of a cool-down: the extractor is on for a use."""


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
    """A use that is on disk has power since `started`; it ends at `ends_at_ms` of the boot clock.

    `opened` holds the terms as they stand, whatever moved its end since. Warnings down to `warned_s` seconds before the
    end were given, or need not be; the owner's tap answers one until `answer_until_ms`, and counts for nothing before
    `deaf_until_ms`: it is still the hand that extended. The button counts for nothing before `pressed_until_ms`, which
    keeps nobody's tap from stopping. `overtime_s` of the time lie beyond what was promised. `unconfirmed` while a far
    switch has not said that it closed: of such a use no second counts.
    """

    opened: SessionOpened
    started: Stamp
    elapsed_before_ms: int
    ends_at_ms: int
    stop_armed_until_ms: int = 0
    metered_first: Metered | None = None
    metered_last: Metered | None = None
    warned_s: int = 0
    answer_until_ms: int = 0
    deaf_until_ms: int = 0
    pressed_until_ms: int = 0
    overtime_s: int = 0
    work: Work | None = None
    handing: Starting | None = None
    unconfirmed: bool = False

    def elapsed_ms(self, boot_ms: int) -> int:
        """Return how long the use has lasted, time before a survived restart included."""
        return self.elapsed_before_ms + max(0, boot_ms - self.started.boot_ms)

    def counted_ms(self, boot_ms: int) -> int:
        """Return how much of that counts for its maker: nothing while no switch has said that it closed."""
        return 0 if self.unconfirmed else self.elapsed_ms(boot_ms)

    def window_ms(self, usual_ms: int) -> int:
        """Return how long the maker has to answer: twice the usual time, for who asked for longer windows."""
        return 2 * usual_ms if self.opened.longer_windows else usual_ms


Situation = Startup | Idle | Starting | InUse


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What a relay was told and has not confirmed; after `until_ms` that is a fault."""

    wanted_on: bool
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One machine: the policy in force, its situation, the open faults found here, and what its relay still owes."""

    policy: MachineEntry
    situation: Situation
    faults: frozenset[LockId] = frozenset()
    awaited: Awaited | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A class at work: whose badge ends it, who pays, for which machines of this controller. It began at `begun_ms` of
    the date and is over at `ends_at_ms` of the boot clock.
    """

    trainer: MemberId
    token: BadgeToken
    account: AccountId
    machines: tuple[MachineId, ...]
    headcount: int
    from_ms: int
    until_ms: int
    ends_at_ms: int
    begun_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Taps of nobody known at one machine in the minute that ends at `until_ms`: on record, and only counted."""

    until_ms: int
    written: int
    unwritten: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """Current at a machine that nobody uses: since when by the boot clock, and whether that is on record."""

    since_ms: int
    told: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JustSpent:
    """What a use that has ended here cost its account, and when it ended by the boot clock."""

    account: AccountId
    member: MemberId
    cents: int
    at_ms: int


JUST_SPENT_MAX = 64
"""Ends remembered: a look-up waits two seconds at most, in which as many machines as a controller has can end; older
ones are in the credit that was looked up.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The times the rules count with, in milliseconds of the controller's own clock."""

    commit_budget_ms: int = 250
    tick_every_ms: int = 30_000
    stop_debounce_ms: int = 3_000
    stop_confirm_ms: int = 10_000
    relay_answer_ms: int = 3_000
    warning_ms: int = 60_000
    teaching_ms: int = 15_000
    hand_over_ms: int = 15_000
    button_debounce_ms: int = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """All machines of one controller. `serial` numbers the uses of this branch; ids come from nowhere else.
    `understood` is false while the directory holds what this version cannot read. `unreached` are the channels whose
    switch is not there; `just_spent` the newest ends; `contacts` are the active ones, as (channel, device, contact);
    `meters` the newest samples; `stray` current that no use explains; `readers` the last word on each, by (channel,
    reader); `came` the bookings that were taken up; `lessons` the classes at work, and `lessons_over` the last one
    of each class that was ended here, by its beginning; `power_was_lost` says that this boot of the computer began
    by a power cut, and `looked` where somebody has begun or looked since; `extracting` the extractors that are on,
    by channel, and until when (`IN_USE`: for a use).
    """

    branch: BranchId
    limits: Limits
    machines: Mapping[MachineId, Machine] = field(default_factory=lambda: MappingProxyType({}))
    locks: Mapping[LockId, LockEntry] = field(default_factory=lambda: MappingProxyType({}))
    openings: Mapping[SiteId, OpeningEntry] = field(default_factory=lambda: MappingProxyType({}))
    bookings: Mapping[MachineId, tuple[Booked, ...]] = field(default_factory=lambda: MappingProxyType({}))
    came: frozenset[CameFor] = frozenset()
    groups: Mapping[GroupId, GroupEntry] = field(default_factory=lambda: MappingProxyType({}))
    lessons: Mapping[GroupId, Lesson] = field(default_factory=lambda: MappingProxyType({}))
    lessons_over: Mapping[GroupId, int] = field(default_factory=lambda: MappingProxyType({}))
    nameless: Mapping[MachineId, Tally] = field(default_factory=lambda: MappingProxyType({}))
    just_spent: tuple[JustSpent, ...] = ()
    serial: int = 0
    next_tick_ms: int = 0
    storage_full: bool = False
    storage_slow: bool = False
    quarantined: bool = False
    understood: bool = True
    closing: bool = False
    unreached: frozenset[str] = frozenset()
    contacts: frozenset[tuple[str, str, ContactName]] = frozenset()
    meters: Mapping[str, Metered] = field(default_factory=lambda: MappingProxyType({}))
    stray: Mapping[MachineId, Stray] = field(default_factory=lambda: MappingProxyType({}))
    power_was_lost: bool = False
    looked: frozenset[MachineId] = frozenset()
    extracting: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    readers: Mapping[tuple[str, str], ReaderWord] = field(default_factory=lambda: MappingProxyType({}))

    def booked(self, machine: MachineId) -> tuple[Booked, ...]:
        """Return a machine's bookings, in order."""
        return self.bookings.get(machine, ())

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
            case Startup() if not found.faults and self.out_of_order(machine) is None:
                return "startup"
            case Startup() | Idle():
                closed = self.closed_word(machine) or ("fault" if self.out_of_order(machine) is not None else None)
                return closed or ("ending" if self.extracting.get(found.policy.extractor, IN_USE) else "idle")

    def closed_word(self, machine: MachineId) -> Literal["fault", "locked_out", "maintenance"] | None:
        """Return why nobody may begin here, whoever is at work right now; `None` when the machine is open."""
        found = self.machines[machine]
        if found.faults:
            return "fault"
        if self.locks_on(machine) or found.policy.in_service == "out_of_service":
            return "locked_out"
        return "maintenance" if found.policy.in_service == "maintenance" else None

    def cold(self, machine: MachineId) -> bool:
        """Say whether somebody must look first: the power was lost, and the machine asks for it."""
        asks = self.machines[machine].policy.after_power_loss == "acknowledge"
        return asks and self.power_was_lost and machine not in self.looked

    def reader_word(self, machine: MachineId) -> ReaderWord | None:
        """Return the worst word on the readers at a machine; `None` when it has none, or nothing was said of them."""
        channel = self.machines[machine].policy.channel
        words = {word for (at, _reader), word in self.readers.items() if at == channel}
        return next((word for word in get_args(ReaderWord) if word in words), None)

    def out_of_order(self, machine: MachineId) -> Refusal | None:
        """Return what outside of the program keeps everybody from beginning, and mends itself: switch or contact."""
        channel = self.machines[machine].policy.channel
        if self.unreached & {channel, self.machines[machine].policy.extractor}:
            return Refusal.SWITCH_UNREACHABLE
        active = {contact for at, _source, contact in self.contacts if at == channel}
        return next((refusal for contact, refusal in CLOSED_BY.items() if contact in active), None)


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
                if isinstance(machine.situation, InUse) and (handing := machine.situation.handing) is not None:
                    if handing.opened.machine != name or handing.opened.takes_over != opened.session:
                        broken.append(f"machine {name} hands {opened.session} over to a use that does not take it over")
                    seen.add(handing.opened.session)
            case Startup() | Idle():
                pass
        if name != machine.policy.machine:
            broken.append(f"machine {name} carries the policy of {machine.policy.machine}")
    return broken
