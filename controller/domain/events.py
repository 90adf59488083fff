"""What happened outside, and what the shells are asked to do.

Events are the only way into `decide`; effects are the only way out. `Record` is for the journal; `Note` became true
in memory only. Every event, effect and notice has its name here, those of the devices and of memory too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller.domain.device_events import ButtonPressed as ButtonPressed
from controller.domain.device_events import ContactChanged as ContactChanged
from controller.domain.device_events import DangerReported as DangerReported
from controller.domain.device_events import MeterRead as MeterRead
from controller.domain.device_events import ReadAwaited as ReadAwaited
from controller.domain.device_events import ReaderSeen as ReaderSeen
from controller.domain.device_events import RelayRead as RelayRead
from controller.domain.device_events import SwitchSeen as SwitchSeen
from controller.domain.notices import Adopted as Adopted
from controller.domain.notices import ButtonHeard as ButtonHeard
from controller.domain.notices import Extracting as Extracting
from controller.domain.notices import IdleChanged as IdleChanged
from controller.domain.notices import MeterNoted as MeterNoted
from controller.domain.notices import Notice as Notice
from controller.domain.notices import Powered as Powered
from controller.domain.notices import ReadDue as ReadDue
from controller.domain.notices import Readopted as Readopted
from controller.domain.notices import ReadSettled as ReadSettled
from controller.domain.notices import SeenOff as SeenOff
from controller.domain.notices import StopArmed as StopArmed
from controller.domain.notices import Tallied as Tallied
from controller.domain.notices import Ticked as Ticked
from controller.domain.notices import Warned as Warned
from controller.domain.remembered import NOTHING, Remembered
from controller.domain.wishes import NO_WISHES, Wishes

if TYPE_CHECKING:
    from controller.domain.access import Holder, Reading
    from controller.domain.directory import BookingsEntry, GroupEntry, LockEntry, MachineEntry, OpeningEntry
    from controller.domain.facts import Fact, SessionOpened, Stamp
    from controller.domain.feedback import Verdict
    from controller.domain.ids import BadgeToken, LockId, MachineId, SessionId
    from controller.domain.proof import Proof
    from controller.domain.reasons import Refusal, StopReason


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
    what was open is decided first; `power_was_lost`: the computer was off since the program ran first; `remembered`:
    what the journal says of before this start.
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
    remembered: Remembered = NOTHING


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
    """Please show this verdict at the machine: light, sound and text in both languages follow from it. `language`
    and `wishes` are theirs whose tap is refused; every other verdict is for the maker of the use.
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
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Please look the badge of this open use up again; a `HolderSeen` follows, or nothing, and nothing waits for it.

    `asked_by_tap`: somebody stands there and wants more time, by a tap, or by the `button`. `began_wall_ms`: what the
    maker has used today is asked for the day on which the use began, also when midnight has passed.
    """

    machine: MachineId
    session: SessionId
    token: BadgeToken
    proof: Proof
    asked_by_tap: bool
    button: bool = False
    began_wall_ms: int | None = None


@dataclass(frozen=True, slots=True)
class WriteTick:
    """Please prove on disk how long each open use has lasted: (use, milliseconds)."""

    uses: tuple[tuple[SessionId, int], ...]


Effect = Record | Note | Energise | DeEnergise | Extract | Signal | LookUp | WriteTick
