"""What a use costs: versions of a machine's price, and charges that explain themselves.

House rules: rates are exact fractions of a cent, time is whole seconds, and each charge is rounded once, half
up, at the end. A price is frozen by its content hash when a use starts. Schema 1 knows a price per minute and
a minimum; later schemas hold lists of components, and a price whose schema is unknown is refused, never
guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.ids import MachineId, is_id
from controller.domain.later import later

if TYPE_CHECKING:
    from controller.domain.canonical import Json

SCHEMA = 1

SECONDS_LIMIT = 366 * 86_400
"""The longest use that is priced: a year. A longer one is a broken clock or counter and is refused as such;
it is also the answer of `affordable_s` when credit never ends.
"""

CENTS_LIMIT = 10**9
"""Ten million euros: no minimum, rate per minute or charge of a workshop reaches it, so a larger one is a
slip of the keyboard.
"""

DENOMINATOR_LIMIT = 10**6
"""Rates finer than a millionth of a cent per minute cannot be told apart on any bill; a finer one is refused.
"""

_PER_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One version of one machine's price, VAT included: `per_minute_num / per_minute_den` cents per minute,
    and a minimum; for the whole time of a use, or for the part in which a meter saw the machine run.

    Raises `ValueError` naming the field that makes no price.
    """

    machine: MachineId
    version: int
    per_minute_num: int
    per_minute_den: int = 1
    minimum_cents: int = 0
    schema: int = SCHEMA
    measured: Literal["badge_on", "running"] = later("badge_on")

    def __post_init__(self) -> None:
        """Refuse what is no price of this schema."""
        if self.schema != SCHEMA:
            raise ValueError(f"price schema {self.schema} is not known here (only {SCHEMA}); upgrade to read it")
        if not is_id(self.machine):
            raise ValueError(f"{self.machine!r} is not a machine's id")
        if self.version < 1:
            raise ValueError(f"price version {self.version} is not a number from 1 on")
        if not 1 <= self.per_minute_den <= DENOMINATOR_LIMIT:
            raise ValueError(f"per_minute_den is {self.per_minute_den}; it must be from 1 to {DENOMINATOR_LIMIT}")
        if not 0 <= self.per_minute_num <= CENTS_LIMIT * self.per_minute_den:
            raise ValueError(f"per_minute_num is {self.per_minute_num}; a price per minute is 0 to {CENTS_LIMIT} cents")
        if not 0 <= self.minimum_cents <= CENTS_LIMIT:
            raise ValueError(f"minimum_cents is {self.minimum_cents}; it must be 0 to {CENTS_LIMIT}")
        if self.measured not in ("badge_on", "running"):
            raise ValueError(f"measured is {self.measured!r}; time is paid for while badge_on or running")

    def to_data(self) -> dict[str, Json]:
        """Return what is hashed and explained: the price as an ordered list of components, which later
        schemas extend.
        """
        return {
            "schema": self.schema,
            "machine": self.machine,
            "version": self.version,
            "components": [
                {"kind": "per_time", "measured": self.measured, "per_s": _PER_MINUTE_S, "rate": self._rate()},
                {"kind": "minimum", "cents": self.minimum_cents},
            ],
        }

    @property
    def content_hash(self) -> str:
        """SHA-256 of the price's content: what a charge refers to besides the version's number."""
        return sha256_hex(canonical(self.to_data()))

    def _rate(self) -> list[Json]:
        return [self.per_minute_num, self.per_minute_den]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a charge's explanation: the component, what went in, and the exact sum so far as a fraction
    of a cent.
    """

    component: str
    quantity_s: int
    exact_num: int
    exact_den: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a use costs, VAT included, and how that came about."""

    gross_cents: int
    price_version: int
    price_hash: str
    steps: tuple[Step, ...]

    def to_data(self) -> dict[str, Json]:
        """Return the explanation as data, as it is kept beside the ledger entry."""
        return {
            "gross_cents": self.gross_cents,
            "price_version": self.price_version,
            "price_hash": self.price_hash,
            "steps": [
                {
                    "component": step.component,
                    "quantity_s": step.quantity_s,
                    "exact": [step.exact_num, step.exact_den],
                }
                for step in self.steps
            ],
        }


def charge(price: Price, seconds: int) -> Charge:
    """Price a use of `seconds` whole seconds: its time, at least the minimum, rounded once (half up).

    A use of no seconds never had power and costs nothing. Raises `ValueError` below 0 and beyond
    `SECONDS_LIMIT`.
    """
    if not 0 <= seconds <= SECONDS_LIMIT:
        raise ValueError(f"{seconds} s is not a duration from 0 to {SECONDS_LIMIT} s")
    exact_num, exact_den = price.per_minute_num * seconds, price.per_minute_den * _PER_MINUTE_S
    steps = [Step(component="per_time", quantity_s=seconds, exact_num=exact_num, exact_den=exact_den)]
    if seconds and exact_num < price.minimum_cents * exact_den:
        exact_num, exact_den = price.minimum_cents, 1
        steps.append(Step(component="minimum", quantity_s=seconds, exact_num=exact_num, exact_den=exact_den))
    gross_cents = (2 * exact_num + exact_den) // (2 * exact_den)
    steps.append(Step(component="rounded_half_up", quantity_s=seconds, exact_num=gross_cents, exact_den=1))
    return Charge(
        gross_cents=gross_cents,
        price_version=price.version,
        price_hash=price.content_hash,
        steps=tuple(steps),
    )


def affordable_s(price: Price, cents: int) -> int:
    """Return the greatest number of seconds whose charge is at most `cents`: 0 when nothing is,
    `SECONDS_LIMIT` for a free use.
    """
    if cents < 0 or price.minimum_cents > cents:
        return 0
    if price.per_minute_num == 0:
        return SECONDS_LIMIT
    exact_den = price.per_minute_den * _PER_MINUTE_S
    # Rounded half up, a charge stays at `cents` while 2 · num · s < den · (2 · cents + 1).
    seconds = (exact_den * (2 * cents + 1) - 1) // (2 * price.per_minute_num)
    return min(seconds, SECONDS_LIMIT)
