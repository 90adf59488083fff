"""The form of a machine's price: so much an hour, and what else one offer for everybody may hold.

House rules: what is typed is euros, minutes and watts; a price that only says so much an hour and a minimum is stored
in its short form. Prices of several offers are set over the API and shown here in words: one given here replaces them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Any, Literal

from controller.domain.components import POWER_LIMIT_W
from controller.office.directory import machines
from controller.office.web import pages_format, price_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.domain.canonical import Json
    from controller.domain.components import Component
    from controller.domain.tariff import Price
    from controller.office.store import Change
    from controller.office.web.pages_frame import Visit

PRICE_MAX_CENTS = 1_000_000
"""Ten thousand euros an hour: a forgotten comma makes more. The API takes what the tariff takes."""

TIME_MAX_S = 7 * 86_400
"""A week of free time, or a step of a week: more is a slip of the keyboard."""

_AMOUNTS = ("per_hour", "minimum", "start_up", "maximum", "per_kwh")
_TIMES = ("free", "step")
_KINDS = (("minimum", "minimum"), ("start_up", "per_use"), ("maximum", "maximum"), ("per_kwh", "per_energy"))
_FIELDS = (*_AMOUNTS, *_TIMES, "max_w")
_HOUR_S, _KWH_WH = 3_600, 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form said: cents, seconds, watts; 0 for what was left empty, null for no maximum."""

    per_hour: int
    minimum: int
    start_up: int
    maximum: int | None
    per_kwh: int
    free: int
    step: int
    max_w: int
    measured: Literal["badge_on", "running"]

    @property
    def plain(self) -> bool:
        """Whether the short form says it all."""
        return not (self.start_up or self.free or self.step or self.per_kwh) and self.maximum is None


def read(here: Visit) -> tuple[Typed | None, dict[str, str]]:
    """Return what was typed, or what is wrong by field."""
    form, wrong = here.form, {}
    read: dict[str, Any] = {}
    for name in _AMOUNTS:
        said = form.get(name, "").strip()
        cents = pages_format.read_amount(said or ("" if name == "per_hour" else "0"))
        if cents is None or cents > PRICE_MAX_CENTS:
            wrong[name] = here.text("form.not_an_amount" if cents is None else "price.too_much")
        read[name] = cents if said or name != "maximum" else None
    for name in _TIMES:
        said = form.get(name, "").strip()
        seconds = pages_format.read_duration(said, 60) if said else 0
        if seconds is None or seconds > TIME_MAX_S:
            wrong[name] = here.text("price.not_a_time")
        read[name] = seconds
    watts = form.get("max_w", "").strip() or "0"
    if not (watts.isascii() and watts.isdigit() and len(watts) <= len(str(POWER_LIMIT_W))):
        wrong["max_w"] = here.text("price.not_watts")
    elif read["per_kwh"] and not int(watts):
        wrong["max_w"] = here.text("price.watts_needed")
    if wrong:
        return None, wrong
    measured: Literal["badge_on", "running"] = "running" if form.get("measured") == "running" else "badge_on"
    return Typed(**read, max_w=int(watts), measured=measured), {}


def give(change: Change, key: str, typed: Typed) -> None:
    """Give the machine this price."""
    if typed.plain:
        shared = gcd(typed.per_hour, 60)
        rate = (typed.per_hour // shared, 60 // shared)
        machines.set_price(change, key, rate, typed.minimum, typed.measured)
        return
    time: dict[str, Json] = {"kind": "per_time", "cents": typed.per_hour, "per": _HOUR_S, "measured": typed.measured}
    time |= {name: value for name, value in (("after", typed.free), ("step", typed.step)) if value}
    components: list[Json] = []
    if typed.start_up:
        components.append({"kind": "per_use", "cents": typed.start_up})
    components.append(time)
    if typed.per_kwh:
        components.append({"kind": "per_energy", "cents": typed.per_kwh, "per": _KWH_WH, "max_w": typed.max_w})
    if typed.minimum:
        components.append({"kind": "minimum", "cents": typed.minimum})
    if typed.maximum is not None:
        components.append({"kind": "maximum", "cents": typed.maximum})
    machines.set_offers(change, key, [{"components": components}])


def drawn(here: Visit, price: Price | None) -> dict[str, Any]:
    """Return what the form shows: its values, the kinds of time, and the lines of a price that it cannot hold."""
    values = {} if price is None else _values(here, price)
    return {
        "price": dict.fromkeys(_FIELDS, "") | (values or {}),
        "price_open": any((values or {}).get(name) or here.form.get(name) for name in _FIELDS[2:]),
        "price_measured": (values or {}).get("measured", "badge_on"),
        "price_said": price_words.price_lines(price, here.lang) if price is not None and values is None else [],
        "measured": [(each, here.text(f"price.{each}")) for each in ("badge_on", "running")],
    }


def _values(here: Visit, price: Price) -> dict[str, str] | None:
    """Return the price as it stands in the form's fields; `None` for one that they cannot hold."""
    parts = {each.kind: each for each in price.components}
    time = parts.get("per_time")
    alone = len(price.offers) <= 1 and len(parts) == len(price.components)
    if not alone or time is None or "discount" in parts or not _fits(parts.values()):
        return None
    cents, rest = divmod(_HOUR_S * time.cents, time.den * time.per)
    values = {"measured": time.measured, "per_hour": "" if rest else pages_format.plain_amount(cents, here.lang)}
    for name, kind in _KINDS:
        if kind in parts:
            values[name] = pages_format.plain_amount(parts[kind].cents, here.lang)
    values.setdefault("minimum", pages_format.plain_amount(0, here.lang))
    for name, seconds in (("free", time.after), ("step", time.step)):
        if seconds:
            values[name] = pages_format.plain_duration(seconds, 60)
    if "per_energy" in parts:
        values["max_w"] = str(parts["per_energy"].max_w)
    return values


def _fits(parts: Iterable[Component]) -> bool:
    """Tell whether each component says nothing that the form has no field for."""
    return all(
        not each.up_to
        and each.steps == "begun"
        and (each.den == 1 or each.kind == "per_time")
        and (each.kind != "per_energy" or (each.per == _KWH_WH and not each.after and not each.step))
        for each in parts
    )
