"""Who may do what: the entries that come down from the office, and their typed reading.

An entry is (kind, key, body, revision); a null body is a tombstone. Kinds are never renamed. A controller that meets
a kind
or a field it does not know stops applying there and says so: an unknown restriction is never skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from controller.domain.canonical import Json
from controller.domain.codec import MalformedFactError, decode
from controller.domain.ids import (
    AccountId,
    BadgeToken,
    BooksId,
    ControllerId,
    GroupId,
    LockId,
    MachineId,
    MemberId,
    SiteId,
    TrainingId,
)
from controller.domain.later import later
from controller.domain.proof import Proof
from controller.domain.sessions import SessionKind
from controller.domain.tariff import Price
from controller.domain.wishes import NO_WISHES, Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Prerequisite:
    """A training counts only for who holds those that it needs as well."""

    training: TrainingId
    needs: tuple[TrainingId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineEntry:
    """What a machine demands and how it ends a use. Key: the machine's id. `channel` names the wiring on its
    controller.

    `finish_max_s` is the ceiling of `finish`. A tap in a warning adds `extend_s`, until the use has lasted
    `extended_max_s` (0: nobody extends beyond `max_duration_s`). `warn_at_s` are seconds before the end; null: as the
    rules say. A person has at most `uses_at_once_max` uses while one of them is here (0: as many as they like).
    `on_the_spot`: a trainer's badge and then a pupil's give the training at the machine, or count as a supervised use.
    `pulse_s`: this is a door or a cupboard, open for so long after each tap (0: a machine).
    It runs from `running_above_w` on until it draws `running_below_w` or less (0: nobody tells); `idle_end_s` without
    running end a use (0: they do not). A person uses it for at most `person_day_max_s` a day (0: as long as they like).
    `hand_over`: after the owner's tap the next badge takes over without switching off. `bookings`: whether others' are
    respected, and one's own needed; one whose maker has not come within `no_show_s` is void (0: never).
    `extractor` is the channel of a relay that goes on with each use and stays on for `cool_down_s` after it.
    `after_power_loss`: whether somebody who may use it must say first that they have looked.
    """

    KIND: ClassVar = "machine"

    machine: MachineId
    books: BooksId
    site: SiteId
    controller: ControllerId
    channel: str
    name: str
    in_service: Literal["in_service", "maintenance", "out_of_service"]
    trainings: tuple[TrainingId, ...]
    price: Price | None
    free_of_charge: bool
    minimum_start_cents: int
    max_duration_s: int
    stop_tap: Literal["immediate", "confirm"]
    end_policy: Literal["cut", "finish", "warn_only"]
    without_clock: Literal["allow", "refuse"]
    on_process_exit: Literal["off", "hold"]
    hold_max_gap_s: int
    stale_rights_max_s: int
    least_proof: Proof = later("number")
    finish_max_s: int = later(0)
    extend_s: int = later(0)
    extended_max_s: int = later(0)
    warn_at_s: tuple[int, ...] | None = later(None)
    uses_at_once_max: int = later(0)
    on_the_spot: Literal["no", "grant", "supervised"] = later("no")
    stop_on_revoked: bool = later(False)  # noqa: FBT003 - the value that its absence always had
    pulse_s: int = later(0)
    running_above_w: int = later(0)
    running_below_w: int = later(0)
    idle_end_s: int = later(0)
    hand_over: Literal["no", "yes"] = later("no")
    extractor: str = later("")
    cool_down_s: int = later(0)
    after_power_loss: Literal["ready", "acknowledge"] = later("ready")
    person_day_max_s: int = later(0)
    bookings: Literal["ignore", "honour", "require"] = later("ignore")
    no_show_s: int = later(0)
    prerequisites: tuple[Prerequisite, ...] = later(())


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEntry:
    """A member without a name: account that pays, standing, language of the machine's display, the `audience` that
    prices take them for ("": none), whether machines give them longer to answer, and how these speak to them.
    Key: the member's id.
    """

    KIND: ClassVar = "member"

    member: MemberId
    account: AccountId
    status: Literal["active", "suspended"]
    membership_until_ms: int | None
    language: Literal["fr", "en"]
    use_kind: SessionKind
    audience: str = later("")
    longer_windows: bool = later(False)  # noqa: FBT003 - the value that its absence always had
    wishes: Wishes = later(NO_WISHES)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeEntry:
    """A badge by its keyed token. Key: the token."""

    KIND: ClassVar = "badge"

    token: BadgeToken
    member: MemberId
    status: Literal["active", "blocked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RightEntry:
    """A grant: who may use what the training opens, from and until when, and whether they may give it to others. Key:
    `member/training`.
    """

    KIND: ClassVar = "right"

    member: MemberId
    training: TrainingId
    from_ms: int
    until_ms: int | None
    may_train: bool = later(False)  # noqa: FBT003 - the value that its absence always had


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceEntry:
    """What an account may spend as the office knows it. Key: the account's id. `holds` are open uses, by controller."""

    KIND: ClassVar = "balance"

    account: AccountId
    balance_cents: int
    floor_cents: int
    holds: tuple[HoldEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEntry:
    """What one controller's open uses may still cost an account."""

    controller: ControllerId
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockEntry:
    """An open lock-out of a machine; the union of open locks holds, each lifted by its id only. Key: the lock's id."""

    KIND: ClassVar = "lock"

    lock: LockId
    machine: MachineId
    reason: str
    emergency: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineStep:
    """Once the office has not been heard for `after_s`, an account may spend so much in all that time, and no more."""

    after_s: int
    ceiling_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPolicyEntry:
    """How credit is trusted without the office: what an account, and one member of it, may spend at one controller
    while balances are older than `credit_fresh_s` (null: a member as much as the account), and what is left of that
    as they grow older. Key: the books' id.
    """

    KIND: ClassVar = "credit_policy"

    books: BooksId
    credit_fresh_s: int
    offline_ceiling_cents: int
    offline_member_ceiling_cents: int | None = later(None)
    offline_steps: tuple[OfflineStep, ...] = later(())


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWindow:
    """The place is open from one instant until another."""

    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningEntry:
    """When a place is open in the days to come, in order and apart; outside of them it is closed. Key: the site's id.
    Without an entry the place is always open.
    """

    KIND: ClassVar = "opening"

    site: SiteId
    windows: tuple[OpenWindow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """Somebody has a machine from one instant until another; null is somebody whom this directory does not know."""

    member: MemberId | None
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingsEntry:
    """A machine's bookings of the days to come, in order. Key: the machine's id."""

    KIND: ClassVar = "bookings"

    machine: MachineId
    windows: tuple[Booked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonSeen:
    """What some controller has told of a lesson: who began it, the class's machines that they are trained for, and when
    it was over (null: it goes on).
    """

    trainer: MemberId
    machines: tuple[MachineId, ...]
    over_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonWindow:
    """One lesson of a class: from when until when, for how many people; `seen` once a controller has begun it."""

    from_ms: int
    until_ms: int
    headcount: int
    seen: LessonSeen | None = later(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupEntry:
    """A class: who may begin its lessons, at which machines, who pays, and whether that order admits a new lesson. Key:
    the class's id.
    """

    KIND: ClassVar = "group"

    group: GroupId
    trainers: tuple[MemberId, ...]
    machines: tuple[MachineId, ...]
    account: AccountId
    admits: bool
    lessons: tuple[LessonWindow, ...]


DirectoryEntry = (
    MachineEntry
    | MemberEntry
    | BadgeEntry
    | RightEntry
    | BalanceEntry
    | LockEntry
    | CreditPolicyEntry
    | OpeningEntry
    | BookingsEntry
    | GroupEntry
)
ENTRY_TYPES: dict[str, type[DirectoryEntry]] = {
    entry.KIND: entry
    for entry in (
        MachineEntry,
        MemberEntry,
        BadgeEntry,
        RightEntry,
        BalanceEntry,
        LockEntry,
        CreditPolicyEntry,
        OpeningEntry,
        BookingsEntry,
        GroupEntry,
    )
}


class NeedsUpgradeError(ValueError):
    """An entry of a kind or shape this version does not know: application stops before it."""


def entry_from(kind: str, key: str, body: Json) -> DirectoryEntry:
    """Read an entry's body; raise `NeedsUpgradeError` naming the entry, never skip it."""
    entry_type = ENTRY_TYPES.get(kind)
    if entry_type is None:
        raise NeedsUpgradeError(f"entries of kind {kind!r} are not known here")
    try:
        return decode(entry_type, body, f"{kind} {key}" if kind != "badge" else kind)
    except MalformedFactError as error:
        raise NeedsUpgradeError(str(error)) from error


def key_of(entry: DirectoryEntry) -> str:  # noqa: C901 - one arm for each kind of entry
    """Return the key under which an entry is stored."""
    match entry:
        case MachineEntry():
            return entry.machine
        case MemberEntry():
            return entry.member
        case BadgeEntry():
            return entry.token
        case RightEntry():
            return f"{entry.member}/{entry.training}"
        case BalanceEntry():
            return entry.account
        case LockEntry():
            return entry.lock
        case CreditPolicyEntry():
            return entry.books
        case OpeningEntry():
            return entry.site
        case BookingsEntry():
            return entry.machine
        case GroupEntry():
            return entry.group
