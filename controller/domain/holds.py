"""What open uses may still cost their accounts, counted at the very instant of a decision: one cent pays one machine.

House rules: pure; a use counts for what its end as it stands would cost, overtime included.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.domain.access import CHARGED_KINDS
from controller.domain.metering import drawn_wh
from controller.domain.tariff import cost_cents, most_cents
from controller.domain.working import busy_and_idle_s
from controller.domain.workshop import JUST_SPENT_MAX, InUse, JustSpent, Starting

if TYPE_CHECKING:
    from controller.domain.access import Holder
    from controller.domain.facts import SessionEnded, SessionOpened
    from controller.domain.ids import SessionId
    from controller.domain.now import Now
    from controller.domain.workshop import Situation, Workshop


def announced_cents(opened: SessionOpened, seconds: int, idle_s: int = 0, energy_wh: int | None = None) -> int:
    """Return the price told at the machine: the frozen price for what was used; nothing for kinds that pay nothing.

    Where running time is paid for, all counts but the `idle_s` that a meter saw; energy counts where it is known.
    """
    if opened.price is None or is_free(opened):
        return 0
    return cost_cents(opened.price, seconds, idle_s, energy_wh)


def may_cost_cents(opened: SessionOpened, seconds: int) -> int:
    """Return what a use of so many seconds may cost at most, whatever its meter will say."""
    if opened.price is None or is_free(opened):
        return 0
    return most_cents(opened.price, seconds)


def so_far_cents(use: InUse, now: Now) -> int:
    """Return what an open use costs by now."""
    elapsed_ms = use.elapsed_ms(now.boot_ms)
    seconds = min(elapsed_ms // 1000, use.opened.limit_s)
    _, idle_s = busy_and_idle_s(use.work, elapsed_ms, seconds, now.boot_ms)
    energy_wh = drawn_wh(use.metered_first, use.metered_last, now.boot_ms)
    return announced_cents(use.opened, seconds, idle_s or 0, energy_wh)


def is_free(opened: SessionOpened) -> bool:
    """Tell whether a use costs nothing however long it lasts. A hold of nothing does not say so: a few seconds of a low
    price round to it, and what goes on beyond them costs what it costs.
    """
    return opened.price is None or opened.kind not in CHARGED_KINDS


def _terms_of(situation: Situation) -> tuple[SessionOpened, ...]:
    match situation:
        case InUse(opened=opened, handing=Starting(opened=following)):
            return (opened, following)
        case InUse(opened=opened) | Starting(opened=opened):
            return (opened,)
        case _:
            return ()


def spent(workshop: Workshop, ended: SessionEnded) -> tuple[JustSpent, ...]:
    """Return the newest ends with this one, for who was looked up before it."""
    one = JustSpent(account=ended.account, member=ended.member, cents=ended.announced_cents, at_ms=ended.ended.boot_ms)
    return (*workshop.just_spent, one)[-JUST_SPENT_MAX:]


def less_just_spent(workshop: Workshop, holder: Holder | None) -> Holder | None:
    """Return the holder with the credit as it is now: less what the account's uses have cost that ended after the
    look-up had begun. One that ended while it was looked up may count twice, never less than once.
    """
    if holder is None or holder.credit.as_of_ms is None or holder.credit.available_cents is None:
        return holder
    credit, since_ms = holder.credit, holder.credit.as_of_ms
    since = [each for each in workshop.just_spent if each.account == holder.account and each.at_ms >= since_ms]
    own = credit.member_cents
    if own is not None:
        own -= sum(each.cents for each in since if each.member == holder.member)
    left = holder.credit.available_cents - sum(each.cents for each in since)
    return replace(holder, credit=replace(credit, available_cents=left, member_cents=own, as_of_ms=None))


def less_open_holds(workshop: Workshop, holder: Holder, but: SessionId | None = None) -> Holder:
    """Return the holder with what is left of the credit once the account's open uses are paid, `but` one of them; and
    of what this one member may spend of it, once theirs are.
    """
    uses = [
        (opened.member, max(opened.hold_cents, may_cost_cents(opened, opened.limit_s)))
        for machine in workshop.machines.values()
        for opened in _terms_of(machine.situation)
        if opened.account == holder.account and opened.session != but
    ]
    credit = holder.credit
    if credit.available_cents is None:
        return holder
    left = credit.available_cents - sum(cents for _, cents in uses)
    if credit.member_cents is not None:
        left = min(left, credit.member_cents - sum(cents for member, cents in uses if member == holder.member))
    return replace(holder, credit=replace(credit, available_cents=left, member_cents=None))
