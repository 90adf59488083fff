"""What the API takes in about money: paying in, taking back, agreements and what they take off. See `schemas`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from controller.domain.agreement import Credited, LegalBasis, LineRole, OwnersShare, Renewal
from controller.domain.counters import Counts
from controller.domain.deductions import ALL_BP, Key
from controller.domain.deductions import Taken as Where
from controller.domain.ledger import AMOUNT_LIMIT_CENTS, MeansOfPayment
from controller.domain.lots import LotKind
from controller.domain.packs import PACK_MACHINES_MAX, PACK_SECONDS_MAX
from controller.domain.sessions import SessionKind
from controller.domain.tariff import SECONDS_LIMIT
from controller.domain.voting import Choice, Majority
from controller.office.lots import DAYS_MAX
from controller.office.packs import CARRIED_MAX
from controller.office.web.schemas import Id, Instant, Name, Note, Taken

Cents = Annotated[int, Field(ge=0, le=AMOUNT_LIMIT_CENTS)]
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Day = Annotated[str, Field(pattern=DAY)]
Reason = Annotated[str, Field(min_length=1, max_length=500)]


class TopUpIn(Taken):
    """Money paid in. `id`, chosen by the caller, makes a repeated request pay in once. A gift has no `means`; credit
    holds through `last_day`; `vat_point` null is the books'.
    """

    amount_cents: Annotated[int, Field(gt=0, le=AMOUNT_LIMIT_CENTS)]
    means: MeansOfPayment | None = None
    reference: Annotated[str, Field(min_length=1, max_length=500)]
    id: Id | None = None
    kind: LotKind = LotKind.PAID
    last_day: Day | None = None
    vat_point: Literal["at_topup", "at_use"] | None = None


class PlanIn(Taken):
    """Minutes that are sold for `cents` and hold `days`, or that a membership includes each month (`period`), for all
    or an `audience`, and `carried` over so many months more. No `machines`: for all of the books.
    """

    id: Id
    name: Annotated[str, Field(min_length=1, max_length=120)]
    seconds: Annotated[int, Field(gt=0, le=PACK_SECONDS_MAX)]
    cents: Annotated[int, Field(ge=0, le=AMOUNT_LIMIT_CENTS)] = 0
    machines: Annotated[list[Id], Field(default_factory=list, max_length=PACK_MACHINES_MAX)]
    days: Annotated[int, Field(gt=0, le=DAYS_MAX)] | None = None
    audience: Annotated[str, Field(max_length=24)] = ""
    period: Literal["", "month"] = ""
    carried: Annotated[int, Field(ge=0, le=CARRIED_MAX)] = 0
    vat_point: Literal["at_topup", "at_use"] | None = None


class PackIn(Taken):
    """Minutes sold for money; `id`, chosen by the caller, makes a repeated request sell once."""

    plan: Id
    means: MeansOfPayment
    reference: Annotated[str, Field(max_length=500)] = ""
    id: Id | None = None


class RefundIn(Taken):
    """Money handed back for unused paid credit; `id` makes a repeated request pay back once."""

    amount_cents: Annotated[int, Field(gt=0, le=AMOUNT_LIMIT_CENTS)]
    means: MeansOfPayment
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    id: Id | None = None


class CorrectionIn(Taken):
    """How long a use really lasted, and how that is known."""

    seconds: Annotated[int, Field(ge=0, le=SECONDS_LIMIT)]
    reason: Reason


class LegalIn(Taken):
    """What holds from a day on."""

    from_day: Day
    value: Annotated[int, Field(ge=0, le=100 * AMOUNT_LIMIT_CENTS)]


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
    fee_per_hour_cents: Cents = 0


class TermsIn(Taken):
    """What else was agreed."""

    manager: Name
    legal_basis: LegalBasis
    agency: Literal["own_name", "on_behalf"] = "own_name"
    own_use: Literal["normal_rate", "owner_rate", "free_hours", "indemnity"] = "normal_rate"
    loss_rule: Literal["carry", "call_for_funds"] = "carry"
    kinds: Annotated[dict[SessionKind, OwnersShare], Field(default_factory=dict)]
    deductions: DeductionsIn | None = None
    payout_minimum_cents: Cents = 0
    term_until_at: Instant | None = None
    renewal: Renewal = "none"
    own_free_s: Annotated[int, Field(ge=0, le=31 * 86_400)] = 0
    indemnity_per_hour_cents: Cents = 0
    credited: Credited = "used"
    kept_components: Annotated[list[Annotated[str, Field(max_length=40)]], Field(default_factory=list, max_length=12)]


class VersionIn(Taken):
    """A version of an agreement, in force from `from_at` on."""

    from_at: Instant
    lines: Annotated[list[LineIn], Field(min_length=1, max_length=500)]
    terms: TermsIn


class ProposalIn(VersionIn):
    """A version that co-owners vote on: the question, and which majority it takes."""

    question: Reason
    majority: Majority


class VoteIn(Taken):
    """A vote; co-owners vote for themselves, the treasurer names whose vote it is."""

    choice: Choice
    party: Name | None = None


class AgreementIn(VersionIn):
    """An agreement on machines, with its first version."""

    id: Id
    name: Name
    goods: Annotated[list[Id], Field(min_length=1, max_length=200)]


class ExpenseIn(Taken):
    """What was paid for goods held together; `weights` by party with the key `fixed` only."""

    voucher: Name
    cents: Annotated[int, Field(gt=0, le=AMOUNT_LIMIT_CENTS)]
    spent_at: Instant
    taken: Where = "after_fee"
    key: Key = "quota"
    weights: dict[Name, Annotated[int, Field(ge=0, le=10**6)]] | None = None
    advanced_by: Name | None = None
    note: Note = ""


class DisputeIn(Taken):
    """What is wrong with a month; a co-owner says it for themselves."""

    period: Annotated[str, Field(max_length=10)]
    claim: Reason
    party: Name | None = None


class AnswerIn(Taken):
    """What was found."""

    answer: Reason


class ReadingIn(Taken):
    """What a machine's counter says now, or at `read_at`; `replaced`: a new counter begins with this reading."""

    seconds: Annotated[int, Field(ge=0, le=10**10)] | None = None
    energy_wh: Annotated[int, Field(ge=0, le=10**12)] | None = None
    counts: Counts = "powered"
    replaced: bool = False
    read_at: Instant | None = None


class TillCountIn(Taken):
    """What till or bank say came in by one means in a month (`2026-10`)."""

    period: Annotated[str, Field(max_length=10)]
    means: MeansOfPayment
    cents: Annotated[int, Field(ge=-AMOUNT_LIMIT_CENTS, le=AMOUNT_LIMIT_CENTS)]


class WishIn(Taken):
    """Whether each closed day's hash is wished."""

    wished: bool


class LettersTakenIn(Taken):
    """Letters that were sent."""

    letters: Annotated[list[Id], Field(min_length=1, max_length=500)]


class TransferIn(Taken):
    """A share, or a part of it, that changes hands at midnight of a day; `notified_on`: when the others were told."""

    seller: Name
    buyer: Name
    day: Annotated[str, Field(pattern=DAY)]
    part: Annotated[str, Field(min_length=1, max_length=40)] = "1"
    notified_on: Annotated[str, Field(pattern=DAY)] | None = None
    note: Note = ""


class PayIn(Taken):
    """Whom to pay, everybody payable where nobody is named, and on which day the bank is to do it."""

    parties: Annotated[list[Name], Field(min_length=1, max_length=500)] | None = None
    day: Annotated[str, Field(pattern=DAY)] | None = None


class PayByHandIn(Taken):
    """What a co-owner was paid by other means than our file."""

    party: Name
    cents: Annotated[int, Field(gt=0, le=AMOUNT_LIMIT_CENTS)]
    means: MeansOfPayment
    reference: Reason


class HoldIn(Taken):
    """A co-owner who is not paid for now, and why; no reason: who is paid again."""

    party: Name
    reason: Reason | None = None


class PaidIn(Taken):
    """The bank's reference, where there is one."""

    reference: Note = ""


class RejectedIn(Taken):
    """Why the bank sent it back."""

    reason: Reason


class BankAccountIn(Taken):
    """A bank account of a co-owner (`party`) or of `books`, as the bank knows its holder."""

    party: Name = ""
    books: Id | None = None
    name: Annotated[str, Field(max_length=120)] = ""
    iban: Annotated[str, Field(max_length=50)] | None = None


class CloseIn(Taken):
    """The month to close, and by the code of a line in its way why it may be closed although."""

    period: Annotated[str, Field(max_length=10)]
    waive: Annotated[dict[Id, Reason], Field(default_factory=dict, max_length=20)]


class CloseAllIn(CloseIn):
    """The month to close of every agreement that is due, of some books or of all; a waiver holds for each of them."""

    books: Id | None = None


class InvoiceWordIn(Taken):
    """What invoices say from a day (`2026-10-31`) on; empty where nothing is said any more."""

    from_day: Annotated[str, Field(max_length=10)]
    value: Annotated[str, Field(max_length=500)]


class CloseBooksIn(Taken):
    """A day (`2026-10-31`), month (`2026-10`) or year (`2026`) of the books."""

    kind: Literal["day", "month", "year"]
    period: Annotated[str, Field(max_length=10)]
