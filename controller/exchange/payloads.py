"""What each message of the public tree holds, as frozen dataclasses: schemas and the reference come from them.

House rules: a field is added, never renamed and never given another meaning (`schema`); what may be unknown is null and
never left out. Money is whole cents, durations whole seconds, times RFC 3339 in UTC. No badge's number, ever; of a
person only what the site's privacy mode lets through (`User`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from controller.domain.ids import ID_LENGTH_MAX
from controller.domain.reasons import Refusal, StopReason
from controller.domain.workshop import MachineWord, ReaderWord

Currency = Literal["EUR"]
CURRENCY: Currency = "EUR"

ID_LETTERS = r"^[a-z0-9_-]{1,64}$"

EventType = Literal[
    "granted",
    "denied",
    "warning",
    "extended",
    "trained",
    "supervised",
    "confirm_stop",
    "handing_over",
    "ended",
    "locked",
    "unlocked",
    "fault",
]

PrivacyMode = Literal["none", "pseudonym", "name"]
"""What is told of people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """What a field holds, for people and for its schema; `pattern` of a text, `low` and `high` of a number."""

    text: str = ""
    pattern: str | None = None
    longest: int | None = None
    low: int | None = None
    high: int | None = None
    format: Literal["date-time"] | None = None


Schema = Annotated[
    Literal[1], Says(text="of all payloads; it would change with a field's meaning, which never happened")
]
Instant = Annotated[str, Says(format="date-time")]
Count = Annotated[int, Says(low=0)]
Cents = Annotated[int, Says(low=0)]
Id = Annotated[str, Says(pattern=ID_LETTERS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineName:
    """A machine as a board calls it."""

    id: Id
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a controller is, and which machines it speaks for."""

    ts: Annotated[Instant | None, Says(text="when it was said")]
    controller: Id
    site: Id
    version: Annotated[str, Says(text="of Indivis")]
    started_at: Annotated[Instant | None, Says(text="when the program began")]
    privacy_mode: Annotated[PrivacyMode, Says(text="what is told of people: `none`, a `pseudonym`, or a `name`")]
    revenue: Annotated[bool, Says(text="whether amounts of ended uses are told")]
    machines: tuple[MachineName, ...]
    schema: Schema = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Who uses a machine, in a site that chose to tell: `ref` is one pseudonym per person and site, `name` what the
    site's privacy mode `name` adds. Never a badge, a member's number or an account.
    """

    ref: Annotated[str, Says(pattern=r"^[a-z2-7]{16}$", text="the same for one person at one site")]
    name: Annotated[str | None, Says(text="in the privacy mode `name`", longest=200)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The open use of a machine."""

    id: Annotated[str, Says(longest=ID_LENGTH_MAX)]
    started_at: Instant | None
    elapsed_s: Count
    ends_at: Annotated[Instant | None, Says(text="when it will end by itself")]
    ends_by: Annotated[StopReason, Says(text="what will end it, a code of the closed list of ends")]
    warning_s: Annotated[Count | None, Says(text="the newest warning given, in seconds before the end")]
    overtime: Annotated[bool, Says(text="its time is over and the machine lets the job finish")]
    running: Annotated[
        bool | None, Says(text="whether the machine works, by its own thresholds; null where no meter tells")
    ]
    busy_s: Annotated[Count | None, Says(text="how long it worked; null where nothing was measured")]
    idle_s: Annotated[Count | None, Says(text="how long it did not")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the open use costs so far, as the machine shows it."""

    amount_cents: Cents
    currency: Currency = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A machine as it is now."""

    ts: Annotated[Instant | None, Says(text="when it was said; null while the controller does not know the date")]
    seq: Annotated[
        Count, Says(text="grows with every state and event of a machine, also across restarts: a smaller one is old")
    ]
    state: MachineWord
    relay: Annotated[Literal["ON", "OFF"] | None, Says(text="as read back, never as wished; null while unreadable")]
    reader: Annotated[
        ReaderWord | None,
        Says(
            text="the badge reader: `ready`, `away` (nothing stands there), `in_trouble`, `wrong_device` (another "
            "device than the settings' `identity`, not used), `other_device` (used, but not the one of the start)"
        ),
    ]
    reason: Annotated[Refusal | None, Says(text="why nobody may start now, a code of the closed list of refusals")]
    session: Annotated[Session | None, Says(text="the open use")]
    user: Annotated[User | None, Says(text="whose use it is, as far as the privacy mode tells")]
    cost: Annotated[Cost | None, Says(text="what the open use costs so far, as the machine itself shows it")]
    power_w: Annotated[Count | None, Says(text="what the machine draws; null where no meter spoke for a minute")]
    current_ma: Annotated[Count | None, Says(text="the same in milliamperes")]
    schema: Schema = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at a machine."""

    event_type: EventType
    id: Annotated[str, Says(text="the same if the event comes twice", longest=200)]
    ts: Annotated[Instant | None, Says(text="when it happened")]
    seq: Count
    machine: Id
    session_id: Annotated[
        str | None, Says(text="the use, for `granted`, `extended`, `trained`, `supervised` and `ended`")
    ]
    reason: Annotated[
        Refusal | StopReason | None,
        Says(
            text="for `denied` a refusal, for `ended` what ended the use, for `warning` and `extended` what will end it"
        ),
    ]
    message_fr: Annotated[str, Says(text="a sentence for people")]
    message_en: Annotated[str, Says(text="the same in English")]
    user: Annotated[
        User | None, Says(text="whose use it is, for `granted` and `ended`, as far as the privacy mode tells")
    ]
    amount_cents: Annotated[Cents | None, Says(text="for `ended`: the announced price, where a site tells its revenue")]
    currency: Currency | None
    replayed: Annotated[
        bool, Says(text="it happened before the broker could be told: raise no alarm over it; `ts` says when it was")
    ]
    schema: Schema = 1
