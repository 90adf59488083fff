"""What a closing gives each line of an agreement's version: fee, expenses, reserve, then the owners' parts.

House rules: pure and exact. An agreement without `Deductions` is linear: its one flat wheel goes on from closing to
closing, so a month closed or split use by use comes to the same cents. With them, each step has a wheel of its own that
goes on from closing to closing too, so no line is first twelve times a year.

::

    income - expenses before the fee -> fee (rate, per hour, floor, cap)
           - fee - expenses after it -> into the reserve (rate, ceiling)
           - into the reserve        -> shared by the quotas; what another key says, and what is owed for own use,
                                        moves between owners
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.domain.deductions import ALL_BP, Deductions, Expense
from controller.domain.split import Wheel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.domain.agreement import AgreementVersion, Line
    from controller.domain.canonical import Json


_HOUR_S = 3_600


class ExpenseRefusedError(ValueError):
    """The version agreed on no expenses, or on none borne like this; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheels:
    """Where a version's wheels stood after a closing, in cents: the flat one of a linear agreement, or one a step."""

    flat: int = 0
    fee: int = 0
    reserve: int = 0
    share: int = 0

    def to_data(self) -> dict[str, Json]:
        """Return the positions as data."""
        return {"flat": self.flat, "fee": self.fee, "reserve": self.reserve, "share": self.share}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A line's part: `shared_cents` by its weight, less `borne_cents` of expenses with another key than the quotas and
    `own_cents` owed for own use (negative: had back).
    """

    line: Line
    shared_cents: int
    borne_cents: int = 0
    own_cents: int = 0

    @property
    def cents(self) -> int:
        """What the line has of this closing; negative in a loss."""
        return self.shared_cents - self.borne_cents - self.own_cents


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How one version's income of a closing was used, to the cent: `income = fee + expenses + reserve + distributed`.

    `reserve_cents` is what the reserve gained, negative when an expense took more than went in.
    """

    version: int
    income_cents: int
    before_cents: int
    fee_cents: int
    after_cents: int
    from_reserve_cents: int
    reserve_cents: int
    distributed_cents: int
    parts: tuple[Part, ...]
    claims: Mapping[str, int] = field(default_factory=dict)
    wheels: Wheels

    @property
    def expenses_cents(self) -> int:
        """All expenses, wherever they were taken."""
        return self.before_cents + self.after_cents + self.from_reserve_cents


def settle(
    version: AgreementVersion,
    wheels: Wheels,
    income_cents: int,
    expenses: Sequence[Expense] = (),
    *,
    used_s: Mapping[str, int] | None = None,
    reserve_cents: int = 0,
    seconds: int = 0,
    own_cents: Mapping[str, int] | None = None,
) -> Settlement:
    """Settle what `version` earned (net cents, in `seconds` of use) since the closing that left `wheels`.

    `used_s`: seconds each party used the goods, for the key `hours_used`; `reserve_cents`: what the reserve holds;
    `own_cents`: what each owes the others for own use. Raises `ExpenseRefusedError`.
    """
    terms = version.terms.taken_off
    if terms is None:
        if expenses:
            raise ExpenseRefusedError(f"version {version.version} agreed on no expenses")
        return _linear(version, wheels, income_cents)
    fees, shares = _lines(version)
    before = _sum(expenses, "before_fee")
    wanted = _sum(expenses, "reserve")
    from_reserve = min(wanted, reserve_cents)
    after = _sum(expenses, "after_fee") + wanted - from_reserve

    fee_base = max(income_cents - before, min(income_cents, 0))
    fee_cents, fee_h = _fee(terms, version, wheels.fee, fee_base, seconds)
    left = income_cents - before - fee_cents - after
    into_reserve, reserve_h = _into_reserve(terms, wheels.reserve, left, reserve_cents - from_reserve)
    distributed = left - into_reserve

    borne, apart = _borne(version, terms, expenses, used_s or {})
    own = _once_each(shares, own_cents or {})
    apart += sum(own)
    shared = Wheel.of([line.weight for line in shares]).parts(wheels.share, distributed + apart)
    by_fee = Wheel.of(_fee_weights(fees)).parts(0, fee_cents) if fees else ()
    parts = [Part(line=line, shared_cents=cents) for line, cents in zip(fees, by_fee, strict=True)]
    parts += [
        Part(line=line, shared_cents=cents, borne_cents=by_key, own_cents=own_use)
        for line, cents, by_key, own_use in zip(shares, shared, borne, own, strict=True)
    ]
    return Settlement(
        version=version.version,
        income_cents=income_cents,
        before_cents=before,
        fee_cents=fee_cents,
        after_cents=after,
        from_reserve_cents=from_reserve,
        reserve_cents=into_reserve - from_reserve,
        distributed_cents=distributed,
        parts=tuple(parts),
        claims=_claims(expenses),
        wheels=Wheels(flat=wheels.flat, fee=fee_h, reserve=reserve_h, share=wheels.share + distributed + apart),
    )


def largest_remainder(amount: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Return `amount` split once by `weights` (Hamilton): for keys that are others each time, so no wheel can go on.

    Ties in written order; a negative amount is the mirror of the positive one.
    """
    if amount < 0:
        return tuple(-part for part in largest_remainder(-amount, weights))
    total = sum(weights)
    parts = [amount * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda place: (-(amount * weights[place] % total), place))
    for place in order[: amount - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def _linear(version: AgreementVersion, wheels: Wheels, income_cents: int) -> Settlement:
    cents = version.wheel.parts(wheels.flat, income_cents)
    parts = tuple(Part(line=line, shared_cents=part) for line, part in zip(version.lines, cents, strict=True))
    fee_cents = sum(part.cents for part in parts if part.line.role == "fee")
    return Settlement(
        version=version.version,
        income_cents=income_cents,
        before_cents=0,
        fee_cents=fee_cents,
        after_cents=0,
        from_reserve_cents=0,
        reserve_cents=0,
        distributed_cents=income_cents - fee_cents,
        parts=parts,
        wheels=Wheels(flat=wheels.flat + income_cents, fee=wheels.fee, reserve=wheels.reserve, share=wheels.share),
    )


def _lines(version: AgreementVersion) -> tuple[list[Line], list[Line]]:
    """Return the fee's lines and the owners'; raise `ExpenseRefusedError` where nobody is left to bear an expense."""
    terms = version.terms.taken_off
    by_hour = terms is not None and terms.fee_per_hour_cents > 0
    fees = [line for line in version.lines if line.role == "fee" and (line.weight or by_hour)]
    shares = [line for line in version.lines if line.role == "share"]
    if not any(line.weight for line in shares):
        raise ExpenseRefusedError(f"version {version.version} has no owner's share that could bear an expense")
    return fees, shares


def _fee_weights(fees: Sequence[Line]) -> list[int]:
    """Return how fee lines share the fee; alike where it is by the hour alone, so that none has a weight."""
    weights = [line.weight for line in fees]
    return weights if any(weights) else [1] * len(weights)


def _fee(terms: Deductions, version: AgreementVersion, h: int, base: int, seconds: int) -> tuple[int, int]:
    fees, shares = _lines(version)
    if not fees:
        return 0, h
    wheel = Wheel.of([sum(line.weight for line in fees), sum(line.weight for line in shares)])
    hourly = terms.fee_per_hour_cents * max(0, seconds)
    cents = wheel.parts(h, base)[0] + (2 * hourly + _HOUR_S) // (2 * _HOUR_S)
    if terms.fee_cap_cents is not None:
        cents = min(cents, terms.fee_cap_cents)
    if terms.fee_floor_cents is not None:
        cents = max(cents, terms.fee_floor_cents)
    return cents, h + base


def _into_reserve(terms: Deductions, h: int, left: int, held: int) -> tuple[int, int]:
    if left <= 0 or not terms.reserve_bp:
        return 0, h
    cents = Wheel.of([terms.reserve_bp, ALL_BP - terms.reserve_bp]).parts(h, left)[0]
    if terms.reserve_ceiling_cents is not None:
        cents = min(cents, max(0, terms.reserve_ceiling_cents - held))
    return cents, h + left


def _borne(
    version: AgreementVersion, terms: Deductions, expenses: Sequence[Expense], used_s: Mapping[str, int]
) -> tuple[list[int], int]:
    """Return what each owner's line bears by another key than the quotas, and the sum of it."""
    shares = _lines(version)[1]
    borne = [0] * len(shares)
    for expense in expenses:
        switched = terms.quota_above_cents is not None and expense.cents > terms.quota_above_cents
        if expense.key == "quota" or expense.taken == "reserve" or switched:
            continue
        by = used_s if expense.key == "hours_used" else expense.weights or {}
        weights = _once_each(shares, by)
        if not any(weights):
            if expense.key == "fixed":
                raise ExpenseRefusedError(f"{expense.expense}: its weights name no owner of version {version.version}")
            continue  # nobody used the goods: then by the quotas, as the law has it
        for place, cents in enumerate(largest_remainder(expense.cents, weights)):
            borne[place] += cents
    return borne, sum(borne)


def _once_each(shares: Sequence[Line], by: Mapping[str, int]) -> list[int]:
    """Return a weight a line: a party with several lines bears at its first."""
    seen: set[str] = set()
    weights = []
    for line in shares:
        weights.append(0 if line.party in seen else by.get(line.party, 0))
        seen.add(line.party)
    return weights


def _claims(expenses: Sequence[Expense]) -> dict[str, int]:
    claims: dict[str, int] = {}
    for expense in expenses:
        if expense.advanced_by is not None:
            claims[expense.advanced_by] = claims.get(expense.advanced_by, 0) + expense.cents
    return claims


def _sum(expenses: Sequence[Expense], taken: str) -> int:
    return sum(expense.cents for expense in expenses if expense.taken == taken)
