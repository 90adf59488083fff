"""What became true in memory only: notes of the floor's state that are told to `evolve` and never written.

House rules: each has its name in `events`, which is where it is asked for; a restart forgets them all, so nothing that
must outlive one is a notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from controller.domain.device_events import ContactChanged, ReaderSeen, SwitchSeen
    from controller.domain.events import DirectoryChanged, QuarantineSet, ShutdownAsked, StorageReported
    from controller.domain.facts import SessionOpened, Stamp
    from controller.domain.ids import MachineId, SessionId
    from controller.domain.metering import Metered
    from controller.domain.workshop import Tally


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
