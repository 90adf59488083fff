"""What the API takes in about money: paying in, taking back, agreements and what they take off. See `schemas`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from controller.domain.agreement import LegalBasis, LineRole, OwnersShare
from controller.domain.deductions import ALL_BP
from controller.domain.ledger import AMOUNT_LIMIT_CENTS, MeansOfPayment
from controller.domain.sessions import SessionKind
from controller.office.web.schemas import Id, Instant, Name, Taken

Cents = Annotated[int, Field(ge=0, le=AMOUNT_LIMIT_CENTS)]


class TopUpIn(Taken):
    """Money paid in. `id`, chosen by the caller, makes a repeated request pay in once."""

    amount_cents: Annotated[int, Field(gt=0, le=AMOUNT_LIMIT_CENTS)]
    means: MeansOfPayment
    reference: Annotated[str, Field(min_length=1, max_length=500)]
    id: Id | None = None


class ReversalIn(Taken):
    """The key of an entry to take back, and why."""

    books: Id
    target: Annotated[str, Field(max_length=200)]
    reason: Annotated[str, Field(min_length=1, max_length=500)]


class LineIn(Taken):
    """One line of the split."""

    role: LineRole
    party: Name
    weight: Annotated[int, Field(ge=0, le=10**9)]


class DeductionsIn(Taken):
    """What is taken off before owners share; null means no limit."""

    fee_floor_cents: Cents | None = None
    fee_cap_cents: Cents | None = None
    reserve_bp: Annotated[int, Field(ge=0, le=ALL_BP)] = 0
    reserve_ceiling_cents: Cents | None = None
    quota_above_cents: Cents | None = None


class TermsIn(Taken):
    """What else was agreed."""

    manager: Name
    legal_basis: LegalBasis
    agency: Literal["own_name", "on_behalf"] = "own_name"
    own_use: Literal["normal_rate", "owner_rate", "free_hours", "indemnity"] = "normal_rate"
    loss_rule: Literal["carry", "call_for_funds"] = "carry"
    kinds: Annotated[dict[SessionKind, OwnersShare], Field(default_factory=dict)]
    deductions: DeductionsIn | None = None


class VersionIn(Taken):
    """A version of an agreement, in force from `from_at` on."""

    from_at: Instant
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=500)]
    terms: TermsIn


class AgreementIn(VersionIn):
    """An agreement on machines, with its first version."""

    id: Id
    name: Name
    goods: Annotated[list[Id], Field(min_length=1, max_length=200)]
