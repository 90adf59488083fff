"""What the API takes and gives, as it stands in the OpenAPI document.

House rules: a body with an unknown field is refused; money is whole cents, time Unix milliseconds or whole seconds,
rates fractions. Nothing given out holds a badge's token.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from controller.domain.ledger import AMOUNT_LIMIT_CENTS
from controller.domain.proof import Proof
from controller.domain.sessions import SessionKind
from controller.office.directory.credit_terms import STEPS_MAX

Id = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Note = Annotated[str, Field(max_length=500)]
Instant = Annotated[int, Field(ge=0, le=2**52, description="Unix milliseconds")]
Cents = Annotated[int, Field(ge=-AMOUNT_LIMIT_CENTS, le=AMOUNT_LIMIT_CENTS, description="whole cents")]
Language = Literal["fr", "en"]


class Taken(BaseModel):
    """What is sent in: nothing but the fields that are named."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Created(BaseModel):
    """The id of what was made."""

    id: str


class Page(BaseModel):
    """A part of a list; `next` is handed in as `after` to get the following part, null at the end."""

    items: list[dict[str, Any]]
    next: str | None = None


class MemberIn(Taken):
    """A new member."""

    name: Name
    books: Id
    email: Annotated[str, Field(max_length=254)] = ""
    account: Id | None = None
    floor_cents: Cents = 0
    membership_until_at: Instant | None = None
    language: Language = "fr"
    use_kind: SessionKind = SessionKind.PAID
    external_id: Name | None = None
    audience: Id | Literal[""] = ""


class MemberChange(Taken):
    """What to change of a member; what is absent stays. `reason` says why they are suspended, which needs one."""

    name: Name | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    status: Literal["active", "suspended"] | None = None
    reason: Note = ""
    membership_until_at: Instant | None = None
    use_kind: SessionKind | None = None
    audience: Id | Literal[""] | None = None


class WishesIn(Taken):
    """How machines are to speak to a member: language, twice as long to answer warnings and confirm, sound even where
    the place is quiet, messages said aloud, a word in big signs before the display's lines. Absent: not wanted.
    """

    language: Language
    longer_windows: bool = False
    always_sound: bool = False
    spoken_messages: bool = False
    larger_text: bool = False


class MemberOut(BaseModel):
    """A member; `name` is null for one who was erased. Only the member and the desk read `suspended_reason`."""

    id: str
    name: str | None
    email: str | None
    account: str
    status: str
    suspended_reason: str | None
    membership_until_at: int | None
    language: str
    use_kind: str
    external_id: str | None
    audience: str
    longer_windows: bool
    always_sound: bool
    spoken_messages: bool
    larger_text: bool


class ImportedMember(Taken):
    """One line of an import."""

    external_id: Name
    name: Name
    email: Annotated[str, Field(max_length=254)] = ""
    membership_until_at: Instant | None = None
    status: Literal["active", "suspended"] = "active"


class MemberRows(Taken):
    """Members to import: who has an `external_id` that is known is changed, the others join."""

    books: Id
    members: Annotated[list[ImportedMember], Field(max_length=10_000)]


class Enrolment(Taken):
    """Whose the badge is that was just tapped."""

    member: Id
    label: Annotated[str, Field(max_length=120)] = ""


class ReplacementIn(Taken):
    """The tap of the badge that takes a lost one's place; without a label it takes the lost one's."""

    tap: Id
    label: Annotated[str, Field(max_length=120)] = ""


class GrantIn(Taken):
    """A training for a member; without an end it lasts as long as the training says."""

    training: Id
    from_at: Instant | None = None
    until_at: Instant | None = None
    note: Note = ""
    may_train: bool | None = None
    may_be_named: bool | None = None


class PolicyIn(Taken):
    """What a machine demands and how it ends a use."""

    in_service: Literal["in_service", "maintenance", "out_of_service"] = "in_service"
    free_of_charge: bool = False
    minimum_start_cents: Cents = 0
    max_duration_s: int = 8 * 3600
    stop_tap: Literal["immediate", "confirm"] = "immediate"
    end_policy: Literal["cut", "finish", "warn_only"] = "cut"
    without_clock: Literal["allow", "refuse"] = "allow"
    on_process_exit: Literal["off", "hold"] = "off"
    hold_max_gap_s: int = 0
    stale_rights_max_s: int = 7 * 86_400
    least_proof: Proof = "number"
    finish_max_s: int = 0
    extend_s: int = 0
    extended_max_s: int = 0
    warn_at_s: tuple[int, ...] | None = None
    stop_on_revoked: bool = False
    uses_at_once_max: int = 0
    on_the_spot: Literal["no", "grant", "supervised"] = "no"
    pulse_s: int = 0
    running_above_w: int = 0
    running_below_w: int = 0
    idle_end_s: int = 0
    person_day_max_s: int = 0
    hand_over: Literal["no", "yes"] = "no"
    bookings: Literal["ignore", "honour", "require"] = "ignore"
    no_show_s: int = 0
    extractor: Annotated[str, Field(max_length=64)] = ""
    cool_down_s: int = 0
    after_power_loss: Literal["ready", "acknowledge"] = "ready"


class MachineIn(Taken):
    """A new machine at a site."""

    id: Id
    site: Id
    name: Name
    policy: PolicyIn = PolicyIn()


class PlacementIn(Taken):
    """Where a machine is wired."""

    controller: Id
    channel: Id


Span = tuple[Annotated[str, Field(max_length=5)], Annotated[str, Field(max_length=5)]]


class OpeningIn(Taken):
    """When a place is open: seven days from Monday, exceptions by date, whose public holidays close it."""

    time_zone: Annotated[str, Field(max_length=64)] = "Europe/Paris"
    week: Annotated[tuple[tuple[Span, ...], ...], Field(max_length=7)]
    holidays: Annotated[str, Field(max_length=16)] | None = None
    exceptions: dict[str, tuple[Span, ...]] = {}


class OfflineStepIn(Taken):
    """Once the office has been silent for `after_s`, so much in all and no more."""

    after_s: int
    ceiling_cents: Cents


class CreditTermsIn(Taken):
    """How old a balance may be, and what may be spent at one controller once it is older: by an account, a member; and
    in steps what is left of that as the silence lasts.
    """

    credit_fresh_s: int
    offline_ceiling_cents: Cents
    offline_member_ceiling_cents: Cents | None = None
    offline_steps: Annotated[tuple[OfflineStepIn, ...], Field(max_length=STEPS_MAX)] = ()


class BookingIn(Taken):
    """Somebody has a machine from one instant until another."""

    machine: Id
    member: Id
    from_at: Instant
    until_at: Instant


class OrganisationIn(Taken):
    """An organisation whose account pays for classes, or for people; it may owe down to `floor_cents`."""

    name: Name
    books: Id
    floor_cents: Cents = 0


class OrderIn(Taken):
    """A purchase order: its number and how much may be spent of it, VAT included."""

    number: Name
    ceiling_cents: Cents


class ClassIn(Taken):
    """A class: who may begin its lessons, at which machines, whose account pays."""

    id: Id
    name: Name
    account: Id
    trainers: Annotated[list[Id], Field(min_length=1, max_length=50)]
    machines: Annotated[list[Id], Field(min_length=1, max_length=50)]


class LessonIn(Taken):
    """A lesson of a class, and how many people come."""

    from_at: Instant
    until_at: Instant
    headcount: int


class LockIn(Taken):
    """Why a machine is locked out; an emergency ends a use under way."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    emergency: bool = False


class ScreenIn(Taken):
    """A screen at a machine; `names`: it says who is at it."""

    label: Name
    names: bool = False


class ScreenOut(BaseModel):
    """A screen's id, and the path that is opened on it once."""

    id: str
    path: str


class PhoneLink(BaseModel):
    """The path of a one-time link, and until when it works."""

    path: str
    expires_at: int


class DangerIn(Taken):
    """What is dangerous about a machine, for who will look at it."""

    reason: Annotated[str, Field(max_length=500)] = ""


class TrainingRulesIn(Taken):
    """What a training asks for, and how long it lasts."""

    name: Name
    valid_days: int | None = None
    supervised_uses: int = 0
    needs: Annotated[list[Id], Field(max_length=20)] = []
    unused_max_days: int | None = None


class MachinesIn(Taken):
    """The machines that a training opens, in place of those before."""

    machines: Annotated[list[Id], Field(max_length=200)]


class TrainingIn(TrainingRulesIn):
    """A training and the machines it opens."""

    id: Id
    machines: Annotated[list[Id], Field(max_length=200)]


class PlanIn(Taken):
    """What is to be done to a machine, and after how many seconds of power or of measured work, uses or days."""

    name: Name
    measured: Literal["powered", "running"] = "powered"
    every_s: int | None = None
    every_uses: int | None = None
    every_days: int | None = None


class DoneIn(Taken):
    """What was done, in a few words."""

    note: Note = ""


class SettleIn(Taken):
    """Why a fact leaves the tray without being posted."""

    note: Annotated[str, Field(min_length=1, max_length=500)]


class RunningTimeIn(Taken):
    """How long a machine ran in a use, where its meter was silent, and how that is known."""

    busy_s: Annotated[int, Field(ge=0, le=2**31)]
    note: Annotated[str, Field(min_length=1, max_length=500)]
