"""What happened outside, and what the shells are asked to do.

Events are the only way into `decide`; effects are the only way out. `Record` is for the journal; `Note` became true
in memory only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller.domain.device_events import ButtonPressed as ButtonPressed  # noqa: PLC0414 - every event has its name here
from controller.domain.device_events import ContactChanged as ContactChanged  # noqa: PLC0414 - every event has its name here
from controller.domain.device_events import DangerReported as DangerReported  # noqa: PLC0414 - every event has its name here
from controller.domain.device_events import MeterRead as MeterRead  # noqa: PLC0414 - every event has its name here
from controller.domain.device_events import ReadAwaited as ReadAwaited  # noqa: PLC0414 - every event has its name here
from controller.domain.device_events import ReaderSeen as ReaderSeen  # noqa: PLC0414 - every event has its name here
from controller.domain.device_events import RelayRead as RelayRead  # noqa: PLC0414 - every event has its name here
from controller.domain.device_events import SwitchSeen as SwitchSeen  # noqa: PLC0414 - every event has its name here

if TYPE_CHECKING:
    from controller.domain.access import Holder, Reading
    from controller.domain.directory import BookingsEntry, GroupEntry, LockEntry, MachineEntry, OpeningEntry
    from controller.domain.facts import Fact, SessionOpened, Stamp
    from controller.domain.feedback import Verdict
    from controller.domain.ids import BadgeToken, LockId, MachineId, SessionId
    from controller.domain.metering import Metered
    from controller.domain.proof import Proof
    from controller.domain.reasons import Refusal, StopReason
    from controller.domain.workshop import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Tapped:
    """A badge was presented. `holder` is null for a stranger. `looked_up` is false where the reader took the badge for
    the open use's own and asked nobody: such a tap can end that use and nothing else. `proof` is how the badge showed
    who it is.
    """

    machine: MachineId
    token: BadgeToken
    holder: Holder | None
    reading: Reading
    looked_up: bool = True
    proof: Proof = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class TapUnheard:
    """A badge was presented and nobody had the time to look it up; who it was is not known."""

    machine: MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderSeen:
    """The badge of an open use was looked up again, as a `LookUp` asked."""

    machine: MachineId
    session: SessionId
    holder: Holder | None
    reading: Reading
    proof: Proof
    asked_by_tap: bool
    button: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStored:
    """The named use is on disk."""

    machine: MachineId
    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanged:
    """The machines, locks, opening hours, bookings and classes that hold from now on, complete; the faults of ours
    that stand, whether the office knows them or not, and those that a person has lifted since.

    `understood` is false when something of the directory could not be read. `at_start`: no relay is looked at yet, for
    what was open is decided first; `power_was_lost`: the computer was off since the program ran last.
    """

    machines: tuple[MachineEntry, ...]
    locks: tuple[LockEntry, ...]
    openings: tuple[OpeningEntry, ...] = ()
    bookings: tuple[BookingsEntry, ...] = ()
    groups: tuple[GroupEntry, ...] = ()
    faults: tuple[tuple[MachineId, LockId], ...] = ()
    lifted: tuple[LockId, ...] = ()
    understood: bool = True
    at_start: bool = False
    power_was_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOpen:
    """A use was found open at start. `proven_ms` is what its last tick proves; `same_boot` and `read_on` prove a
    hold. `handed_over` is when another use took over, whose beginning is proven and whose taking over is not on disk.
    """

    opened: SessionOpened
    started: Stamp
    proven_ms: int
    proven_at: Stamp
    same_boot: bool
    read_on: bool | None
    overtime_s: int = 0
    handed_over: Stamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageReported:
    """The journal's state: full, or holding facts it could not write within the budget."""

    full: bool
    slow: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """The office asks to end one named use; it expires in this controller's own boot time."""

    command: str
    session: SessionId
    boot_id: str
    expires_boot_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineSet:
    """The office decided that this card may not start anything, or may again."""

    quarantined: bool


@dataclass(frozen=True, slots=True)
class ShutdownAsked:
    """The program is about to end: power goes off, except where a hold may survive."""


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline came."""


Event = (
    Tapped
    | TapUnheard
    | HolderSeen
    | ButtonPressed
    | DangerReported
    | SessionStored
    | RelayRead
    | ReadAwaited
    | SwitchSeen
    | ContactChanged
    | ReaderSeen
    | MeterRead
    | DirectoryChanged
    | FoundOpen
    | StorageReported
    | StopAsked
    | QuarantineSet
    | ShutdownAsked
    | TimePassed
)


@dataclass(frozen=True, slots=True)
class Record:
    """Please write this fact; it is true from now on."""

    fact: Fact


@dataclass(frozen=True, slots=True)
class Note:
    """This became true in memory; nothing is written."""

    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Energise:
    """Please close this relay for this named use, then read it back."""

    machine: MachineId
    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeEnergise:
    """Please open this relay, then read it back."""

    machine: MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """Please switch this extractor, then read it back."""

    channel: str
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """Please show this verdict at the machine: light, sound and text in both languages follow from it. `language` is
    theirs whose tap is refused; every other verdict is for the maker of the use.
    """

    machine: MachineId
    verdict: Verdict
    refusal: Refusal | None = None
    stop: StopReason | None = None
    ends_in_s: int | None = None
    ends_by: StopReason | None = None
    cents: int | None = None
    extendable: bool = False
    language: Literal["fr", "en"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Please look the badge of this open use up again; a `HolderSeen` follows, or nothing, and nothing waits for it.

    `asked_by_tap`: somebody stands there and wants more time, by a tap, or by the `button`.
    """

    machine: MachineId
    session: SessionId
    token: BadgeToken
    proof: Proof
    asked_by_tap: bool
    button: bool = False


@dataclass(frozen=True, slots=True)
class WriteTick:
    """Please prove on disk how long each open use has lasted: (use, milliseconds)."""

    uses: tuple[tuple[SessionId, int], ...]


Effect = Record | Note | Energise | DeEnergise | Extract | Signal | LookUp | WriteTick


@dataclass(frozen=True, slots=True, kw_only=True)
class Powered:
    """The named use has power since `started`; `runs_on` is whether its machine ran in the use that it took over."""

    machine: MachineId
    session: SessionId
    started: Stamp
    ends_at_ms: int
    runs_on: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOff:
    """The relay was read off after the start of the program: the machine may be used."""

    machine: MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDue:
    """The relay's answer is awaited until `until_ms`."""

    machine: MachineId
    wanted_on: bool
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSettled:
    """The relay has answered, or its time is over."""

    machine: MachineId


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterNoted:
    """The newest sample of a channel."""

    channel: str
    metered: Metered


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracting:
    """An extractor is on for a use (`IN_USE`), until the end of a cool-down, or no more (null)."""

    channel: str
    until_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """A tick was asked for; the next one is due at `next_ms`."""

    next_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """The shell's view of the outside was taken over."""

    event: DirectoryChanged | StorageReported | QuarantineSet | ShutdownAsked | SwitchSeen | ContactChanged | ReaderSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class Readopted:
    """A held use goes on after a restart of the program, with what it had lasted before."""

    opened: SessionOpened
    started: Stamp
    elapsed_before_ms: int
    ends_at_ms: int
    overtime_s: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """The warning `warned_s` seconds before the end was given; a tap until `answer_until_ms` is its answer."""

    machine: MachineId
    warned_s: int
    answer_until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleChanged:
    """A use's idleness: warned of, and to end it at `at_ms`; answered by its maker at `at_ms`, whose taps count for
    nothing before `deaf_until_ms`; or no more proven by any sample.
    """

    machine: MachineId
    to: Literal["warned", "answered", "unproven"]
    at_ms: int
    deaf_until_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tallied:
    """Another tap of nobody known was counted at a machine."""

    machine: MachineId
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonHeard:
    """The button at a machine was heard; until `deaf_until_ms` it is the same press, or the same impatient hand."""

    machine: MachineId
    deaf_until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StopArmed:
    """The first of two taps of a confirmed stop; the second one stops until `until_ms`."""

    machine: MachineId
    until_ms: int


Notice = (
    Powered
    | SeenOff
    | ReadDue
    | ReadSettled
    | MeterNoted
    | Extracting
    | Ticked
    | Adopted
    | Readopted
    | Warned
    | IdleChanged
    | Tallied
    | StopArmed
    | ButtonHeard
)
