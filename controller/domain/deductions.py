"""What an agreement takes off before its owners share: limits of the fee, a reserve, expenses.

House rules: terms only, agreed by the owners and dated by the version that holds them; `waterfall` does the arithmetic.
Whole cents, and parts as hundredths of a percent (`_bp`); none of them is a constant of the program.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.canonical import Json

ALL_BP = 10_000

Taken = Literal["before_fee", "after_fee", "reserve"]
"""Where an expense is taken: before the manager's fee is reckoned, after it, or out of the reserve."""

Key = Literal["quota", "hours_used", "fixed"]
"""How owners bear it: by their quotas, by the hours each of them used the goods, or by weights written beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deductions:
    """Agreed deductions. Null means no limit.

    `fee_per_hour_cents` of the goods' paid use is a fee beside what the fee's line has by its weight.
    `fee_floor_cents` and `fee_cap_cents` bound the fee of one closing (equal: a fixed fee). `reserve_bp` of what is
    left goes into the reserve until it holds `reserve_ceiling_cents`. An expense above `quota_above_cents` is borne by
    the quotas whatever its key, as wear of the goods and not as their use.
    """

    fee_floor_cents: int | None = None
    fee_cap_cents: int | None = None
    reserve_bp: int = 0
    reserve_ceiling_cents: int | None = None
    quota_above_cents: int | None = None
    fee_per_hour_cents: int = 0

    def __post_init__(self) -> None:
        """Refuse limits that contradict each other."""
        for name in (
            *("fee_floor_cents", "fee_cap_cents", "reserve_ceiling_cents"),
            *("quota_above_cents", "fee_per_hour_cents"),
        ):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise ValueError(f"{name} is {value}; write 0 or more")
        if not 0 <= self.reserve_bp <= ALL_BP:
            raise ValueError(f"a reserve of {self.reserve_bp} hundredths of a percent is not 0 to {ALL_BP}")
        if self.fee_floor_cents is not None and self.fee_cap_cents is not None:  # noqa: SIM102 - two thoughts
            if self.fee_floor_cents > self.fee_cap_cents:
                raise ValueError("the least fee is above the highest")

    def to_data(self) -> dict[str, Json]:
        """Return the terms as data, complete."""
        said: dict[str, Json] = {each.name: getattr(self, each.name) for each in fields(self)}
        if not self.fee_per_hour_cents:
            del said["fee_per_hour_cents"]  # agreements from before there was one keep their hashes
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Expense:
    """What was paid for the goods, with its voucher. `weights` by party count for the key `fixed` only.

    `advanced_by` is the co-owner who paid it and has it back (Code civil 815-13); null: the books paid.
    """

    expense: str
    voucher: str
    cents: int
    spent_at: int
    taken: Taken = "after_fee"
    key: Key = "quota"
    weights: Mapping[str, int] | None = None
    advanced_by: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be borne by anybody."""
        if self.cents <= 0:
            raise ValueError(f"an expense of {self.cents} cents is none")
        if (self.key == "fixed") != (self.weights is not None):
            raise ValueError("weights belong to the key 'fixed', and it needs them")
        if self.weights is not None and (
            any(weight < 0 for weight in self.weights.values()) or not any(self.weights.values())
        ):
            raise ValueError("the weights of an expense are 0 or more, and one of them is positive")

    def to_data(self) -> dict[str, Json]:
        """Return the expense as data, complete."""
        return {
            "expense": self.expense,
            "voucher": self.voucher,
            "cents": self.cents,
            "spent_at": self.spent_at,
            "taken": self.taken,
            "key": self.key,
            "weights": None if self.weights is None else dict(self.weights),
            "advanced_by": self.advanced_by,
        }
