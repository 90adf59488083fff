"""A price and a charge in words, French and English: each component a line, each line with what it counted.

House rules: what is written is what is counted; a rate or a sum that no whole cent holds has `≈` before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.errors import Message
from controller.office.web.pages_format import day_of_iso, duration, euros

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.domain.components import Component, Offer
    from controller.domain.tariff import Charge, Price, Step
    from controller.errors import Language
    from controller.office.packs import Minutes, Plan

_TIMES = {
    60: Message("par minute", "a minute"),
    3_600: Message("par heure", "an hour"),
    86_400: Message("par jour", "a day"),
}
_DAYS = (
    Message("le lundi", "Mondays"),
    Message("le mardi", "Tuesdays"),
    Message("le mercredi", "Wednesdays"),
    Message("le jeudi", "Thursdays"),
    Message("le vendredi", "Fridays"),
    Message("le samedi", "Saturdays"),
    Message("le dimanche", "Sundays"),
)
_ALL_DAY_MIN = 1_440
_KILO = 1_000


def price_lines(price: Price, lang: Language) -> list[str]:
    """Say what a price is made of; an offer for some people or hours begins with who and when."""
    if not price.offers:
        return [component_line(each, lang) for each in price.components]
    lines = []
    for offer in price.offers:
        said = [component_line(each, lang) for each in offer.components] or [Message("gratuit", "free").text(lang)]
        alone = len(price.offers) == 1 and not offer.audiences and not offer.windowed
        lines += said if alone else [f"{_whom(offer, lang)}{_colon(lang)} {', '.join(said)}"]
    return lines


def charge_lines(charge: Charge, lang: Language) -> list[str]:
    """Explain a charge: each component, what it counted, the sum so far; the rounding where there was something to."""
    lines = []
    for step in charge.steps:
        if step.component == "covered":
            time = duration(step.quantity, lang)
            lines.append(Message(f"{time} payées par des minutes", f"{time} paid by minutes").text(lang))
        if step.by is None:
            continue
        counted = _counted(step, lang)
        lines.append(f"{component_line(step.by, lang)}{counted}{_colon(lang)} {_exact(step, lang)}")
    if any(step.by is not None and step.exact_den != 1 for step in charge.steps[-2:]):
        rounded = Message("arrondi une fois au centime", "rounded once to the cent").text(lang)
        lines.append(f"{rounded}{_colon(lang)} {euros(charge.gross_cents, lang)}")
    return lines


def plan_line(plan: Plan, names: Mapping[str, str], lang: Language) -> str:
    """Say what a plan gives: minutes, for what money or whom, for which machines, until when."""
    time = duration(plan.seconds, lang)
    if plan.period:
        whom = "" if not plan.audience else f" ({plan.audience})"
        said = [Message(f"{time} par mois avec l'adhésion{whom}", f"{time} a month with the membership{whom}")]
        if plan.carried:
            said.append(Message(f"reportées {plan.carried} mois", f"carried over {plan.carried} months"))
    else:
        price = euros(plan.cents, lang)
        said = [Message(f"{time} pour {price}", f"{time} for {price}")]
        if plan.days is not None:
            said.append(Message(f"valables {plan.days} jours", f"hold {plan.days} days"))
    return " · ".join([plan.name, *(each.text(lang) for each in said), *_for(plan.machines, names, lang)])


def minutes_line(minutes: Minutes, names: Mapping[str, str], lang: Language) -> str:
    """Say what is left of a pack, with its last day."""
    said = [duration(minutes.left_s, lang), minutes.name]
    if minutes.included:
        said.append(Message("inclus", "included").text(lang))
    if minutes.last_day is not None:
        last = day_of_iso(minutes.last_day, lang)
        said.append(Message(f"jusqu'au {last}", f"until {last}").text(lang))
    return " · ".join([*said, *_for(minutes.machines, names, lang)])


def _for(machines: tuple[str, ...], names: Mapping[str, str], lang: Language) -> list[str]:
    if not machines:
        return []
    named = ", ".join(names.get(each, each) for each in machines)
    return [Message(f"pour {named}", f"for {named}").text(lang)]


def component_line(each: Component, lang: Language) -> str:
    """Say one component."""
    amount = _amount(each.cents, each.den, lang)
    match each.kind:
        case "per_use":
            said = Message(f"{amount} par utilisation", f"{amount} a use")
        case "minimum":
            said = Message(f"au moins {amount}", f"at least {amount}")
        case "maximum":
            said = Message(f"au plus {amount}", f"at most {amount}")
        case "discount":
            said = Message(f"{each.percent} % de moins", f"{each.percent}% less")
        case _:
            return " ".join(part for part in (amount, *_rated(each, lang)) if part)
    return said.text(lang)


def _rated(each: Component, lang: Language) -> list[str]:
    whole_step = each.step == each.per and each.steps == "begun"
    parts = [] if whole_step else [_per(each, lang)]
    if each.step:
        step = _quantity(each, each.step, lang)
        begun, complete = (
            Message(f"par {step} entamées", f"per started {step}"),
            Message(f"par {step} complètes", f"per full {step}"),
        )
        parts.append((begun if each.steps == "begun" else complete).text(lang))
    if each.kind == "per_time" and each.measured == "running":
        parts.append(Message("de marche", "of running").text(lang))
    if each.after:
        first = _quantity(each, each.after, lang)
        parts.append(Message(f"après {first}", f"after the first {first}").text(lang))
    if each.up_to:
        last = _quantity(each, each.up_to, lang)
        parts.append(Message(f"jusqu'à {last}", f"up to {last}").text(lang))
    if each.kind == "per_energy":
        kw = f"{each.max_w / _KILO:g}"
        kw = kw.replace(".", ",") if lang == "fr" else kw
        parts.append(Message(f"d'après le compteur ({kw} kW au plus)", f"by the meter ({kw} kW at most)").text(lang))
    return parts


def _per(each: Component, lang: Language) -> str:
    if each.kind == "per_time" and each.per in _TIMES:
        return _TIMES[each.per].text(lang)
    if each.kind == "per_energy" and each.per == _KILO:
        return Message("par kWh", "a kWh").text(lang)
    one = each.unit if each.kind == "per_unit" and each.per == 1 else _quantity(each, each.per, lang)
    return Message(f"par {one}", f"per {one}").text(lang)


def _quantity(each: Component, quantity: int, lang: Language) -> str:
    match each.kind:
        case "per_time":
            minutes, rest = divmod(quantity, 60)
            whole = [duration(60 * minutes, lang)] if minutes else []
            return " ".join([*whole, *([f"{rest}\u00a0s"] if rest or not minutes else [])])
        case "per_energy":
            return f"{quantity} Wh"
        case _:
            return f"{quantity} {each.unit}"


def _counted(step: Step, lang: Language) -> str:
    if step.by is None or step.by.kind not in ("per_time", "per_energy", "per_unit"):
        return ""
    return f" × {_quantity(step.by, step.quantity, lang)}"


def _exact(step: Step, lang: Language) -> str:
    return _amount(step.exact_num, step.exact_den, lang)


def _amount(num: int, den: int, lang: Language) -> str:
    cents, rest = divmod(num, den)
    return ("≈ " if rest else "") + euros(cents, lang)


def _whom(offer: Offer, lang: Language) -> str:
    whom = ", ".join(offer.audiences) or Message("tout le monde", "everybody").text(lang)
    parts = [Message(f"pour {whom}", f"for {whom}").text(lang)]
    parts += [_DAYS[day - 1].text(lang) for day in offer.days]
    if offer.from_min or offer.until_min < _ALL_DAY_MIN:
        begin, end = (f"{at // 60:02}:{at % 60:02}" for at in (offer.from_min, offer.until_min))
        parts.append(Message(f"de {begin} à {end}", f"from {begin} to {end}").text(lang))
    said = " ".join(parts)
    return said[:1].upper() + said[1:]


def _colon(lang: Language) -> str:
    return "\u00a0:" if lang == "fr" else ":"
