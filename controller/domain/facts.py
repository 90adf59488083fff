"""What became true at the machines: the journal's vocabulary, kept for ten years and read by every later version.

House rules: a kind is never renamed and a field never changes its meaning; a new field means a new schema number and
a reader
for the old one. Bodies hold whole numbers and text only. Nothing here names a person: members are random ids, badges
are
keyed tokens. Every fact that records a decision carries what was decided from, so that it can be decided again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BooksId,
    BranchId,
    GroupId,
    LockId,
    MachineId,
    MemberId,
    SessionId,
    TrainingId,
)
from controller.domain.later import later
from controller.domain.now import ClockState, Now
from controller.domain.proof import Proof
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price

RULES_VERSION = 2
"""The version of `decide`; it goes into every decision's fact so that a replay knows which rules to feed. 2: a right
that has not begun is told apart from an expired one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """When a thing happened, by both clocks of one controller. `wall_ms` is null while the date was unknown."""

    boot_id: str
    boot_ms: int
    wall_ms: int | None
    clock: ClockState

    @classmethod
    def of(cls, now: Now) -> Stamp:
        """Take the instant of a step as a record."""
        return cls(boot_id=now.boot_id, boot_ms=now.boot_ms, wall_ms=now.wall_ms, clock=now.clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a decision was taken from: the replica's state, revision and age, the credit seen, the open locks, how
    the badge proved itself, how long its holder had used this machine that day, what they might spend themselves, and
    whether the use under way was offered to whoever taps next.
    """

    revision: int
    age_s: int
    available_cents: int | None
    credit_fresh: bool
    locks: tuple[LockId, ...]
    directory: Literal["ready", "empty", "needs_upgrade"] = "ready"
    proof: Proof = later("number")
    used_today_s: int | None = later(0)
    member_cents: int | None = later(None)
    offered: bool = later(False)  # noqa: FBT003 - the value that its absence always had


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
class TapRefused:
    """A tap that gave no power. `token` only for an unknown badge, so that a fabmanager can attach it by tapping."""

    KIND: ClassVar = "tap_refused"
    SCHEMA: ClassVar = 1

    machine: MachineId
    member: MemberId | None
    token: BadgeToken | None
    reason: Refusal
    inputs: Inputs
    rules: int
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
class SessionOpened:
    """A use is named on disk; its relay may close from now on. The price is frozen here; the hold is what it may
    cost. `teaches` are the machine's trainings that its maker may give others on the spot; `group` is the class.
    `takes_over` is the use that ends, by a hand-over, when this one has power; its maker wishes the last two.
    """

    KIND: ClassVar = "session_opened"
    SCHEMA: ClassVar = 1

    session: SessionId
    machine: MachineId
    member: MemberId
    account: AccountId
    kind: SessionKind
    token: BadgeToken
    price: Price | None
    hold_cents: int
    limit_s: int
    limit_reason: StopReason
    inputs: Inputs
    rules: int
    at: Stamp
    teaches: tuple[TrainingId, ...] = later(())
    takes_over: SessionId | None = later(None)
    group: GroupId | None = later(None)
    language: Literal["fr", "en"] = later("fr")
    longer_windows: bool = later(False)  # noqa: FBT003 - the value that its absence always had


@dataclass(frozen=True, slots=True, kw_only=True)
class RightGranted:
    """A trainer gave a pupil the training at the machine, in the trainer's own use; it holds from now on."""

    KIND: ClassVar = "right_granted"
    SCHEMA: ClassVar = 1

    machine: MachineId
    member: MemberId
    training: TrainingId
    granted_by: MemberId
    session: SessionId
    inputs: Inputs
    rules: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class UseSupervised:
    """A pupil practises in a trainer's own use, under the trainer's eyes; the use stays the trainer's."""

    KIND: ClassVar = "use_supervised"
    SCHEMA: ClassVar = 1

    machine: MachineId
    member: MemberId
    training: TrainingId
    supervisor: MemberId
    session: SessionId
    inputs: Inputs
    rules: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonMarked:
    """A lesson of a class has begun, or is over, for these machines; its trainer's badge and headcount with it."""

    KIND: ClassVar = "lesson_marked"
    SCHEMA: ClassVar = 1

    group: GroupId
    phase: Literal["begun", "over"]
    machine: MachineId
    member: MemberId
    token: BadgeToken
    account: AccountId
    machines: tuple[MachineId, ...]
    headcount: int
    from_ms: int
    until_ms: int
    rules: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class EndMoved:
    """What ends an open use, and when, is another from now on. `limit_s` is of the use's whole time, `overtime_s` the
    part of it beyond what was promised and paid for; `debt_cents` is what the use may cost beyond its hold by then.

    `cause`: its maker's tap, a hand on the button, credit that came, a right that was taken away, or the machine's end
    policy. `inputs` where somebody was looked up.
    """

    KIND: ClassVar = "end_moved"
    SCHEMA: ClassVar = 1

    session: SessionId
    machine: MachineId
    account: AccountId
    cause: Literal["tap", "button", "credit", "finish", "warn_only", "revoked"]
    limit_s: int
    limit_reason: StopReason
    overtime_s: int
    hold_cents: int
    debt_cents: int
    inputs: Inputs | None
    rules: int
    at: Stamp


def under_new_terms(opened: SessionOpened, moved: EndMoved) -> SessionOpened:
    """Return a use's terms as they stand after its end was moved."""
    return replace(opened, limit_s=moved.limit_s, limit_reason=moved.limit_reason, hold_cents=moved.hold_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAbandoned:
    """A named use was never energised: its record came too late, or its relay did not answer. Nothing is billed."""

    KIND: ClassVar = "start_abandoned"
    SCHEMA: ClassVar = 1

    session: SessionId
    machine: MachineId
    account: AccountId
    reason: Refusal
    rules: int
    at: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded:
    """A use is over: how long by the boot clock, under which frozen price, and what was announced at the machine.

    `ended` is the last proven instant, which for a recovered use is its last tick and not the moment of finding it.
    `energy_wh` is what its meter counted, null where that is not known.
    `debt_cents` is the part of the announced price that no credit was held for. `busy_s` and `idle_s` are the parts of
    `seconds` in which the meter saw the machine work and not work: less than all where it was silent, null without one.
    """

    KIND: ClassVar = "session_ended"
    SCHEMA: ClassVar = 1

    session: SessionId
    machine: MachineId
    member: MemberId
    account: AccountId
    kind: SessionKind
    reason: StopReason
    seconds: int
    price: Price | None
    announced_cents: int
    started: Stamp
    ended: Stamp
    rules: int
    at: Stamp
    energy_wh: int | None = later(None)
    debt_cents: int = later(0)
    busy_s: int | None = later(None)
    idle_s: int | None = later(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResumed:
    """A held machine survived a restart of the program: the line reads on, within the same boot and the permitted
    gap.
    """

    KIND: ClassVar = "session_resumed"
    SCHEMA: ClassVar = 1

    session: SessionId
    machine: MachineId
    gap_ms: int
    rules: int
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
    CommandAnswered,
    HeadWitnessed,
)
