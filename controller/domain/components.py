"""What a price is made of: ordered components, and offers that say for whom and when they hold.

House rules: pure; whole numbers in, exact fractions of a cent out, nothing is rounded here. Each component adds to the
sum so far or bounds it, and never falls while what is used grows: so a hold is the price of the most that may be used.
Bands are marginal (this much up to here, that much from there on), for a rate that changed all units at once could make
more cost less. Weeks are the workshop's own, in minutes from Monday midnight; whoever asks knows the time zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from controller.domain.later import later

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from controller.domain.canonical import Json

Kind = Literal["per_use", "per_time", "per_energy", "per_unit", "minimum", "maximum", "discount"]

CENTS_LIMIT = 10**9
"""Ten million euros: no minimum, rate or charge of a workshop reaches it, so a larger one is a slip of the keyboard."""

DENOMINATOR_LIMIT = 10**6
"""Rates finer than a millionth of a cent cannot be told apart on any bill; a finer one is refused."""

QUANTITY_LIMIT = 366 * 86_400
"""Seconds of a year, 31 MWh, as many grams: what a component counts in, or begins after, is less, or is a slip."""

COMPONENTS_LIMIT = 12
"""The longest of the thirteen price lists read has five; a tap computes the sum many times, so it is short."""

OFFERS_LIMIT = 8
"""Audiences times windows of one machine; a board at the wall has no more lines that anybody reads."""

AUDIENCES_LIMIT = 8
"""Audiences of one offer, for the same reason."""

UNIT_LENGTH = 24
"""Letters of a unit's name: a word on a bill."""

POWER_LIMIT_W = 1_000_000
"""A megawatt: no machine that a relay switches draws it."""

WEEK_MIN = 7 * 1_440
_DAY_MIN = 1_440
_HOUR_S = 3_600
_PERCENT = 100
_SUNDAY = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One line of a price, VAT included: `cents / den` for each `per` of what it counts (seconds, watt-hours, units).

    It begins `after` so many and ends at `up_to` (0: never); with a `step` it counts whole steps of so many, each begun
    one or each complete one. `per_time` counts the seconds that are `measured`. `per_energy` counts at most what
    `max_w` draws in the use, so that a hold can cover it; `per_unit` counts what somebody says by the name `unit`.
    `minimum` and `maximum` bound the sum so far at `cents`, and `discount` takes `percent` of it off.

    Raises `ValueError` naming what makes no component.
    """

    kind: Kind
    cents: int = later(0)
    den: int = later(1)
    per: int = later(1)
    measured: Literal["badge_on", "running"] = later("badge_on")
    after: int = later(0)
    up_to: int = later(0)
    step: int = later(0)
    steps: Literal["begun", "complete"] = later("begun")
    unit: str = later("")
    max_w: int = later(0)
    percent: int = later(0)

    def __post_init__(self) -> None:
        """Refuse what is no component."""
        for name, value, least, most in (
            ("cents", self.cents, 0, CENTS_LIMIT * self.den),
            ("den", self.den, 1, DENOMINATOR_LIMIT),
            ("per", self.per, 1, QUANTITY_LIMIT),
            ("after", self.after, 0, QUANTITY_LIMIT),
            ("up_to", self.up_to, 0, QUANTITY_LIMIT),
            ("step", self.step, 0, QUANTITY_LIMIT),
            ("max_w", self.max_w, 0, POWER_LIMIT_W),
            ("percent", self.percent, 0, _PERCENT),
        ):
            if not least <= value <= most:
                raise ValueError(f"{self.kind}: {name} is {value}; it must be {least} to {most}")
        if self.kind == "per_energy" and not self.max_w:
            raise ValueError(
                "per_energy: max_w is missing; without the most that the machine draws nothing can be held"
            )
        if self.kind == "per_unit" and not (self.unit.isprintable() and 0 < len(self.unit) <= UNIT_LENGTH):
            raise ValueError(f"per_unit: unit is {self.unit!r}; it must be a word of 1 to {UNIT_LENGTH} letters")
        if self.kind == "discount" and not self.percent:
            raise ValueError("discount: percent is 0; it must be 1 to 100")
        if self.up_to and self.up_to <= self.after:
            raise ValueError(f"{self.kind}: it ends at {self.up_to} and begins after {self.after}")
        for name in self.__slots__:
            if name != "kind" and name not in _COUNTS[self.kind] and getattr(self, name) != _ABSENT[name]:
                raise ValueError(f"{self.kind}: {name} does not count for this kind; leave it out")

    def to_data(self) -> dict[str, Json]:
        """Return every field that says something, as it is hashed and explained."""
        plain: dict[str, Json] = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in plain.items() if name == "kind" or value != _ABSENT.get(name)}


_RATED = ("cents", "den", "per", "after", "up_to", "step", "steps")
_COUNTS: dict[Kind, tuple[str, ...]] = {
    "per_use": ("cents", "den"),
    "per_time": (*_RATED, "measured"),
    "per_energy": (*_RATED, "max_w"),
    "per_unit": (*_RATED, "unit"),
    "minimum": ("cents",),
    "maximum": ("cents",),
    "discount": ("percent",),
}

_ABSENT: dict[str, Any] = {each.name: each.default for each in fields(Component) if each.name != "kind"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Components for some `audiences` (none: for everybody) in a window of the week (no `days`: every day, 1 is Monday;
    from `from_min` to `until_min` of the day, 0 and 1440: all of it).
    """

    components: tuple[Component, ...]
    audiences: tuple[str, ...] = later(())
    days: tuple[int, ...] = later(())
    from_min: int = later(0)
    until_min: int = later(_DAY_MIN)

    def __post_init__(self) -> None:
        """Refuse what is no offer."""
        if len(self.components) > COMPONENTS_LIMIT:
            raise ValueError(f"an offer of {len(self.components)} components; there may be {COMPONENTS_LIMIT}")
        if len(self.audiences) > AUDIENCES_LIMIT:
            raise ValueError(f"an offer for {len(self.audiences)} audiences; there may be {AUDIENCES_LIMIT}")
        if any(not 1 <= day <= _SUNDAY for day in self.days) or len(set(self.days)) != len(self.days):
            raise ValueError(f"days are {list(self.days)}; each is 1 (Monday) to 7 (Sunday), once")
        if not 0 <= self.from_min < self.until_min <= _DAY_MIN:
            raise ValueError(f"a window from minute {self.from_min} to {self.until_min} of a day is none")

    @property
    def windowed(self) -> bool:
        """Whether it holds at some hours only."""
        return bool(self.days) or self.from_min > 0 or self.until_min < _DAY_MIN

    def fits(self, audiences: tuple[str, ...], week_min: int | None) -> bool:
        """Tell whether it holds for somebody of these audiences then; one with a window never without a date."""
        if self.audiences and not set(self.audiences) & set(audiences):
            return False
        if not self.windowed:
            return True
        if week_min is None:
            return False
        day, minute = divmod(week_min, _DAY_MIN)
        return (not self.days or day + 1 in self.days) and self.from_min <= minute < self.until_min

    def to_data(self) -> dict[str, Json]:
        """Return the offer as it is hashed."""
        return {
            "audiences": [*self.audiences],
            "days": [*self.days],
            "from_min": self.from_min,
            "until_min": self.until_min,
            "components": [each.to_data() for each in self.components],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """What a use has used: `seconds`, those in which the machine ran, watt-hours (null: not known), units by name.

    `entitled_s` are the minutes, in seconds, that its maker has already (a pack, an included quota): time is paid for
    beyond them only, and while they cover all of it no minimum is asked for.
    """

    seconds: int
    running_s: int
    energy_wh: int | None = None
    units: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    entitled_s: int = 0

    @property
    def anything(self) -> bool:
        """Whether there was a use at all: one of no seconds never had power, and costs nothing."""
        return bool(self.seconds or any(self.units.values()))


Sum = tuple[Component, int, int, int]
"""A component, the quantity that it counted, and the exact sum after it (numerator, denominator) in cents."""


def sums(components: tuple[Component, ...], used: Used) -> Iterator[Sum]:
    """Yield each component that changes something, and time even where it is free, with the sum so far, not reduced."""
    num, den = 0, 1
    covered = covered_by(components, used) if used.entitled_s else None
    for each in components:
        counted = counted_by(each, used, 0 if covered is None else covered.seconds)
        before = (num, den)
        match each.kind:
            case "minimum":
                if used.anything and num < each.cents * den and not (covered and covered.whole):
                    num, den = each.cents, 1
            case "maximum":
                if num > each.cents * den:
                    num, den = each.cents, 1
            case "discount":
                num, den = num * (_PERCENT - each.percent), den * _PERCENT
            case _:
                part_den = each.den * each.per
                num, den = num * part_den + each.cents * counted * den, den * part_den
        if counted or each.kind == "per_time" or num * before[1] != before[0] * den:
            yield each, counted, num, den


@dataclass(frozen=True, slots=True)
class Covered:
    """The seconds of a use that entitlements pay, and whether those are all of its time."""

    seconds: int
    whole: bool


def is_timed(components: tuple[Component, ...]) -> bool:
    """Tell whether time costs something at all; where it does not, no minutes are taken for it."""
    return any(each.kind == "per_time" and each.cents for each in components)


def covered_by(components: tuple[Component, ...], used: Used) -> Covered:
    """Return what the minutes that somebody has cover of the time that is paid for: running time where that is."""
    if not is_timed(components):
        return Covered(0, whole=False)
    running = any(each.kind == "per_time" and each.measured == "running" for each in components)
    timed_s = used.running_s if running else used.seconds
    return Covered(min(used.entitled_s, timed_s), whole=timed_s <= used.entitled_s)


def counted_by(component: Component, used: Used, covered_s: int = 0) -> int:
    """Return how much of what was used this component counts, in its own unit, steps rounded; of time what is not
    covered.
    """
    match component.kind:
        case "per_use":
            return int(used.anything)
        case "per_time":
            quantity = (used.running_s if component.measured == "running" else used.seconds) - covered_s
        case "per_energy":
            quantity = min(used.energy_wh or 0, most_wh(component, used.seconds))
        case "per_unit":
            quantity = used.units.get(component.unit, 0)
        case _:
            return 0
    quantity = max(0, (min(quantity, component.up_to) if component.up_to else quantity) - component.after)
    if not component.step:
        return quantity
    begun = component.step - 1 if component.steps == "begun" else 0
    return (quantity + begun) // component.step * component.step


def most_wh(component: Component, seconds: int) -> int:
    """Return the watt-hours that the machine can have drawn at most, rounded up."""
    return -(-component.max_w * seconds // _HOUR_S)
