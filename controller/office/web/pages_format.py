"""How pages write money, time and durations, and how they read what people type.

House rules: cents and seconds stay whole numbers; French writes `1 234,56 €` with narrow no-break spaces.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controller.domain.ledger import AMOUNT_LIMIT_CENTS

if TYPE_CHECKING:
    from controller.errors import Language

TIME_ZONE = ZoneInfo("Europe/Paris")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NARROW, _NO_BREAK = "\u202f", "\u00a0"
_AMOUNT = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")
_SPAN = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,3})?)\s*(min|mn|s|h|j|d)?")
_COUNT = re.compile(r"[0-9]{1,6}")
_MINUTE_S, _DAY_S = 60, 86_400
_UNIT_S = {"s": 1, "min": _MINUTE_S, "mn": _MINUTE_S, "h": 3_600, "j": _DAY_S, "d": _DAY_S}
_SPAN_MAX_S = 10 * 366 * _DAY_S  # what is longer is a slip of the keyboard, and read as none
_JUST_NOW_S = 5
_COUNT_DAYS_FROM_H = 72


def euros(cents: int, lang: Language) -> str:
    """Write cents as euros: `1 234,56 €` or `€1,234.56`."""
    sign, (whole, rest) = "−" if cents < 0 else "", divmod(abs(cents), 100)
    if lang == "en":
        return f"{sign}€{whole:,}.{rest:02}"
    return f"{sign}{f'{whole:,}'.replace(',', _NARROW)},{rest:02}{_NO_BREAK}€"


def rate(numerator: int, denominator: int, lang: Language) -> str:
    """Write an exact price per minute as euros per hour; `≈` stands before one that no whole cent holds."""
    cents, rest = divmod(60 * numerator, denominator)
    return ("≈ " if rest else "") + euros(cents, lang)


def read_cents(text: str) -> int | None:
    """Read an amount above zero as people type it (`12,50`, `12.5`, `1 234 €`); `None` when it is none."""
    return read_amount(text) or None


def read_amount(text: str) -> int | None:
    """Read an amount from zero as people type it; `None` when it is none."""
    compact = "".join(text.replace("€", "").split())
    match = _AMOUNT.fullmatch(compact)
    if match is None:
        return None
    cents = 100 * int(match[1]) + int((match[2] or "0").ljust(2, "0"))
    return cents if cents <= AMOUNT_LIMIT_CENTS else None


def read_count(text: str) -> int | None:
    """Read a whole number from zero as people type it, nothing for zero; `None` when it is none."""
    return int(text or "0") if _COUNT.fullmatch(text or "0") else None


def plain_amount(cents: int, lang: Language) -> str:
    """Write cents as they are typed in a field: `12,50`, in English `12.50`."""
    return f"{cents // 100}{',' if lang == 'fr' else '.'}{cents % 100:02}"


def plain_duration(seconds: int, unit_s: int) -> str:
    """Write seconds as they are typed in a field that counts in `unit_s`: `90`, or `45 s` when no whole unit does."""
    return str(seconds // unit_s) if seconds % unit_s == 0 else f"{seconds} s"


def read_duration(text: str, unit_s: int) -> int | None:
    """Read whole seconds as people type them: `90` in the field's unit, `45 s`, `1,5 h`, `1 h 30`; `None` when it is
    none, or no whole second.
    """
    parts = _SPAN.findall(text.strip().lower())
    if not parts or "".join("".join(part) for part in parts) != "".join(text.lower().split()):
        return None
    total, unit = Decimal(0), unit_s
    for number, named in parts:
        unit = _UNIT_S[named] if named else unit
        total += Decimal(number.replace(",", ".")) * unit
        unit = _MINUTE_S if unit > _MINUTE_S else 1  # `1 h 30`: a bare number after hours counts minutes
    return int(total) if total == int(total) and total <= _SPAN_MAX_S else None


def duration(seconds: int, lang: Language) -> str:
    """Write a duration with its two largest units: `2 h 05`, `12 min`, `45 s`."""
    if seconds < _MINUTE_S:
        return f"{max(seconds, 0)}{_NO_BREAK}s"
    hours, minutes = divmod(seconds // _MINUTE_S, 60)
    if not hours:
        return f"{minutes}{_NO_BREAK}min"
    if hours >= _COUNT_DAYS_FROM_H and not minutes and hours % 24 == 0:
        return f"{hours // 24}{_NO_BREAK}{'j' if lang == 'fr' else 'd'}"
    return f"{hours}{_NO_BREAK}h{_NO_BREAK}{minutes:02}"


def ago(then_ms: int, now_ms: int, lang: Language) -> str:
    """Write how long ago an instant was."""
    span_s = max(0, (now_ms - then_ms) // 1_000)
    if span_s < _JUST_NOW_S:
        return "à l'instant" if lang == "fr" else "just now"
    if span_s >= 2 * _DAY_S:
        days = span_s // _DAY_S
        return f"il y a {days} jours" if lang == "fr" else f"{days} days ago"
    said = duration(span_s, lang)
    return f"il y a {said}" if lang == "fr" else f"{said} ago"


def moment(at_ms: int) -> datetime:
    """Return an instant on the workshop's clock."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(TIME_ZONE)


def clock(at_ms: int, now_ms: int, lang: Language) -> str:
    """Write when something is by the clock on the wall, with the day unless that is today: `à 17 h 05`, `demain à
    17 h 05`, `le 05/03/2027 à 17 h 05`; in English `at 17:05`.
    """
    when, today = moment(at_ms), moment(now_ms).date()
    said = f"à {when:%H}{_NO_BREAK}h{_NO_BREAK}{when:%M}" if lang == "fr" else f"at {when:%H:%M}"
    if when.date() == today:
        return said
    if when.date() == today + timedelta(days=1):
        return f"{'demain' if lang == 'fr' else 'tomorrow'} {said}"
    return f"{'le' if lang == 'fr' else 'on'} {day(at_ms, lang)} {said}"


def day(at_ms: int, lang: Language) -> str:
    """Write the day of an instant: `05/03/2027`, in English `5 March 2027`."""
    when = moment(at_ms)
    return f"{when:%d/%m/%Y}" if lang == "fr" else f"{when.day} {_MONTHS[when.month - 1]} {when.year}"


def day_of_iso(iso: str, lang: Language) -> str:
    """Write a day that came as `2027-03-05` in the reader's way."""
    return day(round(datetime.combine(datetime.fromisoformat(iso), time(12), TIME_ZONE).timestamp() * 1_000), lang)


def iso_day(at_ms: int) -> str:
    """Return the day of an instant for sorting and for `<time datetime>`."""
    return moment(at_ms).date().isoformat()


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
