"""May this holder use this machine now? The answer is a grant with its end, or one refusal from the closed list.

House rules: unknown means refused; the first reason in `Refusal`'s order wins; nothing here looks anything up, the
shell has
resolved the tap before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from controller.domain.calendar import NOTHING, Bound, Calendar, bound_of, closed
from controller.domain.opening_hours import AT_ANY_HOUR
from controller.domain.proof import Proof, suffices
from controller.domain.reasons import Refusal, StopReason
from controller.domain.sessions import SessionKind
from controller.domain.tariff import SECONDS_LIMIT, affordable_s, for_whom, most_cents
from controller.domain.wishes import NO_WISHES, Wishes

if TYPE_CHECKING:
    from controller.domain.directory import MachineEntry
    from controller.domain.ids import AccountId, MemberId, TrainingId
    from controller.domain.now import Now

RIGHT_SKEW_MS = 60_000
"""A right may be used a minute before it begins: one granted a moment ago must open the machine of a Pi whose clock is
a little behind the office's: within a second by NTP, a few after a day without network. Its end knows no such minute.
"""

CHARGED_KINDS = frozenset({SessionKind.PAID, SessionKind.GROUP, SessionKind.GIFT, SessionKind.OWNER})
"""Kinds of use whose account must be able to pay; the others are priced at nothing and say so by their kind."""


NOT_COUNTED = AT_ANY_HOUR | {SessionKind.GROUP}
"""Kinds of use that no day's limit counts: who keeps the place, and a class, which has many hands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRight:
    """One grant of the holder, as the replica and the floor's own facts have it."""

    training: TrainingId
    from_ms: int
    until_ms: int | None
    may_train: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """What the account may spend now, in cents; null when the account is not known here. `spending_known` is false
    while this controller has not read what uses here have cost since. `as_of_ms` is the boot time of the look-up; null
    where nothing can have ended since. `member_cents`: how much of it this one member may spend without the office,
    open uses not taken off yet; null where nothing says so.
    """

    available_cents: int | None
    fresh: bool
    spending_known: bool = True
    as_of_ms: int | None = None
    member_cents: int | None = None


def audiences_of(audience: str, kind: SessionKind) -> tuple[str, ...]:
    """Return the words by which a price may know somebody: what the office says, and the kind of their uses."""
    return (audience, kind.value) if audience else (kind.value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who tapped, as far as a decision needs it: never a name. `used_today_s` is how long they have used this machine
    today, in uses that are over; null while that is not known. `language` is theirs, for a display at the machine.
    `audience` is whom a price takes them for, and `week_min` the minute of the week here, null without a date.
    """

    member: MemberId
    account: AccountId
    use_kind: SessionKind
    badge_blocked: bool
    suspended: bool
    membership_until_ms: int | None
    rights: tuple[HeldRight, ...]
    credit: Credit
    used_today_s: int | None = 0
    language: Literal["fr", "en"] = "fr"
    longer_windows: bool = False
    wishes: Wishes = NO_WISHES
    audience: str = ""
    week_min: int | None = None

    @property
    def audiences(self) -> tuple[str, ...]:
        """The words by which a price may know them."""
        return audiences_of(self.audience, self.use_kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The state of the replica at the look-up; `age_ms` is null when the office was never heard."""

    revision: int
    age_ms: int | None
    needs_upgrade: bool
    empty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A use may start: it lasts at most `limit_s`, ends then for `limit_reason`, and may cost `hold_cents`."""

    limit_s: int
    limit_reason: StopReason
    hold_cents: int


def at_their_price(policy: MachineEntry, holder: Holder | None) -> MachineEntry:
    """Return what the machine demands of this holder: the one offer of its price that is theirs now."""
    if policy.price is None or holder is None or len(policy.price.offers) <= 1:
        return policy
    return replace(policy, price=for_whom(policy.price, holder.audiences, holder.week_min))


def authorise(
    policy: MachineEntry,
    holder: Holder | None,
    reading: Reading,
    now: Now,
    proof: Proof = "number",
    *,
    calendar: Calendar = NOTHING,
    lasted_s: int = 0,
    one_too_many: bool = False,
) -> Grant | Refusal:
    """Decide from training, membership, badge and proof, clock, hours, bookings and credit; the machine's state is
    `decide`'s part. A use that is judged anew has `lasted_s` already, and its grant is for all of it. `one_too_many`:
    the holder uses as many machines as may be at once.
    """
    if now.clock == "unknown" and policy.without_clock == "refuse":
        return Refusal.CLOCK_UNKNOWN
    if reading.empty:
        return Refusal.DIRECTORY_EMPTY
    if reading.needs_upgrade:
        return Refusal.DIRECTORY_UPGRADE
    # In whole seconds, as the decision's fact keeps it: the same age must decide the same when it is fed again.
    if reading.age_ms is None or reading.age_ms // 1000 > policy.stale_rights_max_s:
        return Refusal.DIRECTORY_STALE
    if holder is None:
        return Refusal.UNKNOWN_BADGE
    bound = bound_of(policy, calendar, holder, now)
    refusal = (
        _standing(holder, now)
        or closed(calendar, holder, now)
        or _proof(policy, proof)
        or missing_right(policy, holder.rights, now.wall_ms)
        or (bound if isinstance(bound, Refusal) else None)
        or (Refusal.TOO_MANY_USES if one_too_many else None)
        or _day(policy, holder)
    )
    if refusal is not None or isinstance(bound, Refusal):
        return refusal or Refusal.INTERNAL_ERROR
    return _credit(policy, holder, None if bound is None else (lasted_s + bound[0], bound[1]))


def _standing(holder: Holder, now: Now) -> Refusal | None:
    if holder.badge_blocked:
        return Refusal.BADGE_BLOCKED
    if holder.suspended:
        return Refusal.MEMBER_SUSPENDED
    # Without a date an expiry cannot be judged; a machine for which that matters has `without_clock = refuse`.
    if holder.membership_until_ms is not None and now.wall_ms is not None and now.wall_ms >= holder.membership_until_ms:
        return Refusal.MEMBERSHIP_EXPIRED
    return None


def _proof(policy: MachineEntry, proof: Proof) -> Refusal | None:
    return None if suffices(proof, policy.least_proof) else Refusal.PROOF_TOO_WEAK


def missing_right(policy: MachineEntry, rights: tuple[HeldRight, ...], wall_ms: int | None) -> Refusal | None:
    """Return what is missing of the rights for a machine, `None` where one of its trainings is held and complete."""
    if not policy.trainings:
        return None
    held = [right for right in rights if right.training in policy.trainings]
    if not held:
        return Refusal.TRAINING_MISSING
    valid = [right.training for right in held if is_valid(right, wall_ms)]
    if valid:
        complete = any(not lacking(policy, each, rights, wall_ms) for each in valid)
        return None if complete else Refusal.PREREQUISITE_MISSING
    begins_later = any(not _begun(right, wall_ms) for right in held)
    return Refusal.TRAINING_NOT_YET if begins_later else Refusal.TRAINING_EXPIRED


def lacking(
    policy: MachineEntry, training: TrainingId, rights: tuple[HeldRight, ...], wall_ms: int | None
) -> tuple[TrainingId, ...]:
    """Return the trainings without which this one does not count yet, or no more."""
    held = {right.training for right in rights if is_valid(right, wall_ms)}
    needs = [each for entry in policy.prerequisites if entry.training == training for each in entry.needs]
    return tuple(each for each in needs if each not in held)


def is_valid(right: HeldRight, wall_ms: int | None) -> bool:
    """Say whether a right has begun and not ended; without a date nothing of this can be judged."""
    if wall_ms is None:
        return True
    return _begun(right, wall_ms) and (right.until_ms is None or wall_ms < right.until_ms)


def _begun(right: HeldRight, wall_ms: int | None) -> bool:
    return wall_ms is None or right.from_ms <= wall_ms + RIGHT_SKEW_MS


def _day(policy: MachineEntry, holder: Holder) -> Refusal | None:
    if not policy.person_day_max_s or holder.use_kind in NOT_COUNTED:
        return None
    if holder.used_today_s is None:
        return Refusal.SPENDING_UNKNOWN
    return Refusal.DAILY_LIMIT if holder.used_today_s >= policy.person_day_max_s else None


def _credit(policy: MachineEntry, holder: Holder, bound: Bound | None) -> Grant | Refusal:
    longest_s, by = min(policy.max_duration_s, SECONDS_LIMIT), StopReason.MAXIMUM_DURATION
    if policy.pulse_s:
        longest_s, by = min(policy.pulse_s, SECONDS_LIMIT), StopReason.DOOR_CLOSED
    if policy.person_day_max_s and holder.use_kind not in NOT_COUNTED:
        today_s = policy.person_day_max_s - (holder.used_today_s or 0)
        longest_s, by = min((longest_s, by), (today_s, StopReason.DAILY_MAXIMUM), key=lambda each: each[0])
    if bound is not None and bound[0] < longest_s:
        longest_s, by = bound
    if longest_s < 1:
        # No use can last so long: an entry that should never have come down must not reach a relay, nor a charge.
        return Refusal.INTERNAL_ERROR
    if policy.free_of_charge or policy.pulse_s or holder.use_kind not in CHARGED_KINDS:
        return Grant(limit_s=longest_s, limit_reason=by, hold_cents=0)
    if policy.price is None:
        return Refusal.PRICE_MISSING
    if not holder.credit.spending_known:
        return Refusal.SPENDING_UNKNOWN
    available = holder.credit.available_cents
    seconds = 0 if available is None else affordable_s(policy.price, available, longest_s)
    if available is None or available < policy.minimum_start_cents or seconds < 1:
        return Refusal.CREDIT_TOO_LOW if holder.credit.fresh else Refusal.CREDIT_OFFLINE_LIMIT
    if seconds < longest_s:
        limit_s, reason = seconds, StopReason.CREDIT_EXHAUSTED
    else:
        limit_s, reason = longest_s, by
    return Grant(limit_s=limit_s, limit_reason=reason, hold_cents=most_cents(policy.price, limit_s))
