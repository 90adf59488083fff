"""What a use costs: versions of a machine's price, and charges that explain themselves.

House rules: rates are exact fractions of a cent, time is whole seconds, and each charge is rounded once, half
up, at the end. A price is frozen by its content hash when a use starts. Schema 1 knows a price per minute and
a minimum; schema 2 holds offers, lists of components for some people at some hours, and a use is frozen with the one
that was its maker's when it began. A price whose schema is unknown is refused, never guessed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Literal

from controller.domain.canonical import canonical, sha256_hex
from controller.domain.components import (
    CENTS_LIMIT,
    DENOMINATOR_LIMIT,
    OFFERS_LIMIT,
    QUANTITY_LIMIT,
    Component,
    Offer,
    Used,
    covered_by,
    most_wh,
    sums,
)
from controller.domain.ids import MachineId, is_id
from controller.domain.later import later

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.canonical import Json

SCHEMA = 1
OFFERS_SCHEMA = 2

SECONDS_LIMIT = QUANTITY_LIMIT
"""The longest use that is priced: a year. A longer one is a broken clock or counter and is refused as such;
it is also the answer of `affordable_s` when credit never ends.
"""

_PER_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One version of one machine's price, VAT included. Schema 1: `per_minute_num / per_minute_den` cents per minute,
    and a minimum; for the whole time of a use, or for the part in which a meter saw the machine run. Schema 2:
    `offers`, of which the first that fits somebody is theirs; the last one fits everybody, save in a price that is
    frozen, which has one.

    Raises `ValueError` naming the field that makes no price.
    """

    machine: MachineId
    version: int
    per_minute_num: int
    per_minute_den: int = 1
    minimum_cents: int = 0
    schema: int = SCHEMA
    measured: Literal["badge_on", "running"] = later("badge_on")
    offers: tuple[Offer, ...] = later(())

    def __post_init__(self) -> None:
        """Refuse what is no price of its schema."""
        if self.schema not in (SCHEMA, OFFERS_SCHEMA):
            raise ValueError(
                f"price schema {self.schema} is not known here (only {SCHEMA} and {OFFERS_SCHEMA}); upgrade to read it"
            )
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
        self._check_offers()

    def _check_offers(self) -> None:
        if self.schema == SCHEMA:
            if self.offers:
                raise ValueError(f"a price of schema {SCHEMA} has no offers")
            return
        if not 1 <= len(self.offers) <= OFFERS_LIMIT:
            raise ValueError(f"a price of {len(self.offers)} offers; there may be 1 to {OFFERS_LIMIT}")
        if (self.per_minute_num, self.per_minute_den, self.minimum_cents, self.measured) != (0, 1, 0, "badge_on"):
            raise ValueError("a price of offers says everything in them: nothing per minute or at least beside them")

    @property
    def components(self) -> tuple[Component, ...]:
        """What the frozen price, or else the offer for everybody, is made of."""
        if self.schema == OFFERS_SCHEMA:
            return self.offers[-1].components
        return _of_schema_1(self.per_minute_num, self.per_minute_den, self.minimum_cents, self.measured)

    @property
    def counts_running(self) -> bool:
        """Whether somebody may pay for running time, which a meter must see."""
        if self.schema == SCHEMA:
            return self.measured == "running"
        return any(each.measured == "running" for offer in self.offers for each in offer.components)

    def to_data(self) -> dict[str, Json]:
        """Return what is hashed: the price as an ordered list of components, or as offers that each hold one."""
        named: dict[str, Json] = {"schema": self.schema, "machine": self.machine, "version": self.version}
        if self.schema == OFFERS_SCHEMA:
            return named | {"offers": [offer.to_data() for offer in self.offers]}
        return named | {
            "components": [
                {"kind": "per_time", "measured": self.measured, "per_s": _PER_MINUTE_S, "rate": self._rate()},
                {"kind": "minimum", "cents": self.minimum_cents},
            ],
        }

    @property
    def content_hash(self) -> str:
        """SHA-256 of the price's content: what a charge refers to besides the version's number."""
        return _content_hash(self)

    def _rate(self) -> list[Json]:
        return [self.per_minute_num, self.per_minute_den]


@lru_cache(maxsize=1_024)  # versions in use at a time; a month of uses names few, and one more is hashed anew
def _content_hash(price: Price) -> str:
    return sha256_hex(canonical(price.to_data()))


@lru_cache(maxsize=256)  # one for each machine of a large place; one more is made anew, in microseconds
def _of_schema_1(
    num: int, den: int, minimum_cents: int, measured: Literal["badge_on", "running"]
) -> tuple[Component, ...]:
    rate = Component(kind="per_time", cents=num, den=den, per=_PER_MINUTE_S, measured=measured)
    return (rate, Component(kind="minimum", cents=minimum_cents)) if minimum_cents else (rate,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of a charge's explanation: the component, how much it counted (seconds, watt-hours, units; 0 for one
    that counts nothing), and the exact sum so far as a fraction of a cent. `by` is null for the rounding, and for the
    seconds that minutes have `covered`.
    """

    component: str
    quantity: int
    exact_num: int
    exact_den: int
    by: Component | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a use costs, VAT included, and how that came about."""

    gross_cents: int
    price_version: int
    price_hash: str
    steps: tuple[Step, ...]

    def to_data(self) -> dict[str, Json]:
        """Return the explanation as data."""
        return {
            "gross_cents": self.gross_cents,
            "price_version": self.price_version,
            "price_hash": self.price_hash,
            "steps": [
                {
                    "component": step.component,
                    "quantity": step.quantity,
                    "exact": [str(step.exact_num), str(step.exact_den)],  # they pass what other readers of JSON count
                    "by": None if step.by is None else step.by.to_data(),
                }
                for step in self.steps
            ],
        }


def for_whom(price: Price, audiences: tuple[str, ...], week_min: int | None) -> Price:
    """Return the price as it is frozen for somebody of these `audiences` who begins at this minute of the week, `None`
    without a date: then no window is open.
    """
    if len(price.offers) <= 1:
        return price
    for offer in price.offers:
        if offer.fits(audiences, week_min):
            return replace(price, offers=(offer,))
    return replace(price, offers=price.offers[-1:])


def charge(
    price: Price,
    seconds: int,
    *,
    idle_s: int = 0,
    energy_wh: int | None = None,
    units: Mapping[str, int] | None = None,
    entitled_s: int = 0,
) -> Charge:
    """Price a use of `seconds` whole seconds, the machine idle for `idle_s` of them, rounded once (half up); up to
    `entitled_s` of its time are paid by minutes.

    Energy that is not known costs nothing. A use of no seconds never had power and costs nothing. Raises `ValueError`
    below 0 and beyond `SECONDS_LIMIT`.
    """
    if not 0 <= seconds <= SECONDS_LIMIT:
        raise ValueError(f"{seconds} s is not a duration from 0 to {SECONDS_LIMIT} s")
    if not 0 <= idle_s <= seconds:
        raise ValueError(f"{idle_s} s idle of {seconds} s is no part of it")
    used = Used(
        seconds=seconds, running_s=seconds - idle_s, energy_wh=energy_wh, units=units or {}, entitled_s=entitled_s
    )
    covered_s = covered_by(price.components, used).seconds
    steps = [Step(component="covered", quantity=covered_s, exact_num=0, exact_den=1)] if covered_s else []
    steps += [
        Step(
            component=each.kind,
            quantity=counted,
            exact_num=num // gcd(num, den),
            exact_den=den // gcd(num, den),
            by=each,
        )
        for each, counted, num, den in sums(price.components, used)
    ]
    gross_cents = 0 if not steps else _rounded(steps[-1].exact_num, steps[-1].exact_den)
    steps.append(Step(component="rounded_half_up", quantity=0, exact_num=gross_cents, exact_den=1))
    return Charge(
        gross_cents=gross_cents,
        price_version=price.version,
        price_hash=price.content_hash,
        steps=tuple(steps),
    )


def cost_cents(
    price: Price, seconds: int, idle_s: int = 0, energy_wh: int | None = None, *, entitled_s: int = 0
) -> int:
    """Return what `charge` comes to, without its explanation and its hash: a tap asks for it many times."""
    used = Used(seconds=seconds, running_s=seconds - idle_s, energy_wh=energy_wh, entitled_s=entitled_s)
    return _cost(price.components, used)


def covered_s(price: Price, seconds: int, idle_s: int, entitled_s: int) -> int:
    """Return how many of `entitled_s` a use takes: none where time costs nothing."""
    used = Used(seconds=seconds, running_s=seconds - idle_s, entitled_s=entitled_s)
    return covered_by(price.components, used).seconds


def most_cents(price: Price, seconds: int, *, entitled_s: int = 0) -> int:
    """Return what a use of so many seconds may cost at most, whatever its meter will say: what a hold must cover."""
    return _most(price.components, seconds, entitled_s)


def affordable_s(price: Price, cents: int, up_to_s: int = SECONDS_LIMIT, *, entitled_s: int = 0) -> int:
    """Return the greatest number of seconds, at most `up_to_s`, that cost at most `cents` beyond the `entitled_s` that
    minutes pay, whatever a meter will say: 0 when nothing does, `up_to_s` for a free use.
    """
    if price.schema == SCHEMA and not entitled_s:
        return min(_affordable_of_schema_1(price, cents), up_to_s)
    components = price.components
    if cents < 0 or up_to_s < 1 or _most(components, 1, entitled_s) > cents:
        return 0
    if _most(components, up_to_s, entitled_s) <= cents:
        return up_to_s
    paid_s, too_long_s = 1, up_to_s
    while too_long_s - paid_s > 1:  # no component falls while a use grows, so there is one end; 25 looks at the most
        middle_s = (paid_s + too_long_s) // 2
        if _most(components, middle_s, entitled_s) <= cents:
            paid_s = middle_s
        else:
            too_long_s = middle_s
    return paid_s


def _affordable_of_schema_1(price: Price, cents: int) -> int:
    if cents < 0 or price.minimum_cents > cents:
        return 0
    if price.per_minute_num == 0:
        return SECONDS_LIMIT
    exact_den = price.per_minute_den * _PER_MINUTE_S
    # Rounded half up, a charge stays at `cents` while 2 · num · s < den · (2 · cents + 1).
    return min((exact_den * (2 * cents + 1) - 1) // (2 * price.per_minute_num), SECONDS_LIMIT)


def _most(components: tuple[Component, ...], seconds: int, entitled_s: int) -> int:
    energy_wh = max((most_wh(each, seconds) for each in components if each.kind == "per_energy"), default=0)
    return _cost(components, Used(seconds=seconds, running_s=seconds, energy_wh=energy_wh, entitled_s=entitled_s))


def _cost(components: tuple[Component, ...], used: Used) -> int:
    num, den = 0, 1
    for each in sums(components, used):
        _, _, num, den = each
    return _rounded(num, den)


def _rounded(num: int, den: int) -> int:
    return (2 * num + den) // (2 * den)
