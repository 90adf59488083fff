"""What became true of taps and uses: who was refused, what began under which terms, how it went on and ended.

House rules: those of `facts`, where each kind has its name; every decision carries what it was taken from, so that it
can be decided again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from controller.domain.ids import (
    AccountId,
    BadgeToken,
    GroupId,
    LockId,
    MachineId,
    MemberId,
    SessionId,
    TrainingId,
)
from controller.domain.later import later
from controller.domain.proof import Proof
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from controller.domain.stamp import Stamp
from controller.domain.tariff import Price
from controller.domain.wishes import NO_WISHES, Wishes


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
    wishes: Wishes = later(NO_WISHES)


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
    `entitled_s`: the minutes of its account that the announced price counts on.
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
    entitled_s: int = later(0)


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
