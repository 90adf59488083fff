"""Before starting: what so long a use would cost, and whether it fits the balance, by the rules that a start uses.

House rules: nothing is held and nothing promised by an answer; what other uses hold now is not there to be spent; a
price for running time is asked for as if the machine ran all the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from controller.domain.access import CHARGED_KINDS, audiences_of
from controller.domain.reasons import StopReason
from controller.domain.sessions import SessionKind
from controller.domain.tariff import SECONDS_LIMIT, affordable_s, for_whom, most_cents
from controller.errors import Message
from controller.office.directory.balances import balances_of
from controller.office.directory.machines import machine_view
from controller.office.directory.people import member_row
from controller.office.refusals import ConflictError, InvalidError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.tariff import Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What `seconds` would cost and what there is for it. A use begun now would last `longest_s` at most, extensions
    included, and end by `ends_by`; `fits`: the asked-for time is within that.
    """

    seconds: int
    cents: int
    available_cents: int
    longest_s: int
    ends_by: StopReason
    fits: bool


def would_fit(tx: Connection, at: str, member: str, seconds: int, now_ms: int | None = None) -> Answer:
    """Answer for one member and machine, at the price that is theirs now (`None`: at any hour); opening hours, bookings
    and the day's limit are the machine's to say.

    Raises `NotFoundError`, `InvalidError` for no duration, `ConflictError` for a machine that has no price yet.
    """
    if not 0 < seconds <= SECONDS_LIMIT:
        raise InvalidError(Message("cette durée n'en est pas une", "this is no duration"))
    view, row = machine_view(tx, at), member_row(tx, member)
    policy, price = view.policy, view.price
    longest_s = min(max(policy.max_duration_s, policy.extended_max_s), SECONDS_LIMIT)
    entry = balances_of(tx, [row["account"]])[0]
    available = entry.balance_cents - entry.floor_cents - sum(hold.cents for hold in entry.holds)
    cents, ends_by = 0, StopReason.MAXIMUM_DURATION
    if not policy.free_of_charge and SessionKind(row["use_kind"]) in CHARGED_KINDS:
        if price is None:
            raise ConflictError(
                Message("la machine n'a pas encore de prix", "the machine has no price yet"),
                cure=Message("fixez-en un", "set one"),
            )
        price = price_for(tx, price, member, now_ms)
        cents = most_cents(price, seconds)
        paid_s = affordable_s(price, available) if available >= policy.minimum_start_cents else 0
        if paid_s < longest_s:
            longest_s, ends_by = paid_s, StopReason.CREDIT_EXHAUSTED
    return Answer(
        seconds=seconds,
        cents=cents,
        available_cents=available,
        longest_s=longest_s,
        ends_by=ends_by,
        fits=seconds <= longest_s,
    )


def price_for(tx: Connection, price: Price, member: str, now_ms: int | None) -> Price:
    """Return the one offer of a price that is a member's at an instant (`None`: at no hour in particular)."""
    row = member_row(tx, member)
    return for_whom(price, audiences_of(row["audience"], SessionKind(row["use_kind"])), _week_min(now_ms))


def _week_min(now_ms: int | None) -> int | None:
    """Return the minute since Monday midnight on this computer's clock, as a controller takes it from its own."""
    if now_ms is None:
        return None
    here = datetime.fromtimestamp(now_ms / 1000).astimezone()
    return here.weekday() * 1_440 + here.hour * 60 + here.minute
