"""What became true at the machines: the journal's vocabulary, kept for ten years and read by every later version.

House rules: a kind is never renamed and a field never changes its meaning; what comes later has a default that says
what its absence always meant (`later`). Bodies hold whole numbers and text only. Nothing here names a person: members
are random ids, badges are keyed tokens. The kinds that tell of a tap or a use are in `use_facts`; every kind has its
name here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from controller.domain.ids import BooksId, BranchId, LockId, MachineId, SessionId
from controller.domain.later import later
from controller.domain.stamp import Stamp
from controller.domain.use_facts import (
    EndMoved,
    Inputs,
    LessonMarked,
    RightGranted,
    SessionEnded,
    SessionOpened,
    SessionResumed,
    StartAbandoned,
    TapRefused,
    UseSupervised,
    under_new_terms,
)

__all__ = [
    "FACT_TYPES",
    "RULES_VERSION",
    "BranchOpened",
    "ClockAnchored",
    "CommandAnswered",
    "CurrentUnexplained",
    "EndMoved",
    "Fact",
    "FaultRaised",
    "HeadWitnessed",
    "Inputs",
    "JournalRestored",
    "LessonMarked",
    "RightGranted",
    "SessionEnded",
    "SessionOpened",
    "SessionResumed",
    "Stamp",
    "StartAbandoned",
    "TapRefused",
    "TapsUnwritten",
    "UseSupervised",
    "under_new_terms",
]

RULES_VERSION = 2
"""The version of `decide`; it goes into every decision's fact so that a replay knows which rules to feed. 2: a right
that has not begun is told apart from an expired one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchOpened:
    """A start of the controller: its journal goes on from the parent named in this fact, or from nothing."""

    KIND: ClassVar = "branch_opened"
    SCHEMA: ClassVar = 1

    parent_branch: BranchId | None
    parent_n: int
    parent_hash: str
    software: str
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalRestored:
    """A backup was put back on purpose: what it held, who did it, and that later facts of the parent may be lost."""

    KIND: ClassVar = "journal_restored"
    SCHEMA: ClassVar = 1

    backup_id: str
    restored_by: str
    up_to_branch: BranchId
    up_to_n: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockAnchored:
    """The date became known: Unix time of this boot's zero, which dates every earlier stamp of the same boot."""

    KIND: ClassVar = "clock_anchored"
    SCHEMA: ClassVar = 1

    boot_id: str
    wall_at_boot_ms: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class TapsUnwritten:
    """So many taps of nobody known were refused at a machine within a minute, beyond those that were written."""

    KIND: ClassVar = "taps_unwritten"
    SCHEMA: ClassVar = 1

    machine: MachineId
    count: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRaised:
    """A relay or an extractor did not do as told, or its state is unknown, or somebody tampered with the machine's
    device, or a hand on the danger button said that the machine is dangerous; nobody may start until a person lifts
    this lock by its id.
    """

    KIND: ClassVar = "fault_raised"
    SCHEMA: ClassVar = 1

    lock: LockId
    machine: MachineId
    wanted_on: bool
    read_on: bool | None
    at: Stamp
    cause: Literal["relay", "tamper", "danger", "extractor"] = later("relay")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentUnexplained:
    """A machine's meter saw it run for a minute while nobody used it, or its state was not known yet."""

    KIND: ClassVar = "current_unexplained"
    SCHEMA: ClassVar = 1

    machine: MachineId
    power_w: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered:
    """A command of the office was carried out or refused, once; `outcome` is `done` or why not."""

    KIND: ClassVar = "command_answered"
    SCHEMA: ClassVar = 1

    command: str
    session: SessionId | None
    outcome: str
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadWitnessed:
    """The ledger head that the office told: kept here so that the office cannot shorten its chain unseen."""

    KIND: ClassVar = "head_witnessed"
    SCHEMA: ClassVar = 1

    books: BooksId
    entry: int
    hash: str
    at: Stamp


Fact = (
    BranchOpened
    | JournalRestored
    | ClockAnchored
    | TapRefused
    | TapsUnwritten
    | SessionOpened
    | RightGranted
    | UseSupervised
    | LessonMarked
    | EndMoved
    | StartAbandoned
    | SessionEnded
    | SessionResumed
    | FaultRaised
    | CurrentUnexplained
    | CommandAnswered
    | HeadWitnessed
)
FACT_TYPES: tuple[type[Fact], ...] = (
    BranchOpened,
    JournalRestored,
    ClockAnchored,
    TapRefused,
    TapsUnwritten,
    SessionOpened,
    RightGranted,
    UseSupervised,
    LessonMarked,
    EndMoved,
    StartAbandoned,
    SessionEnded,
    SessionResumed,
    FaultRaised,
    CurrentUnexplained,
    CommandAnswered,
    HeadWitnessed,
)
