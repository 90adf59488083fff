"""What people of the demonstration do, and what of it a dashboard sees: the words between conductor and driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from controller.errors import Message

Why = Literal["start", "stop", "refused", "stray", "pupil", "extend", "takes_over", "card"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """Somebody puts their badge, or a copy of it, to a machine's reader; `why` is what they have in mind, `told` what
    begins with it for who watches.
    """

    at_ms: int
    machine: str
    person: str
    why: Why
    copied: bool = False
    told: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayIn:
    """Somebody pays in at the desk."""

    at_ms: int
    person: str
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockOut:
    """A fabmanager locks a machine out at the desk, or lifts that lock again."""

    at_ms: int
    machine: str
    lifted: bool = False


Action = Tap | PayIn | LockOut


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a dashboard saw happen at a machine."""

    at_ms: int
    machine: str
    word: Literal["granted", "denied", "warning", "ended"]
    reason: str | None = None
