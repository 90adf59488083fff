"""Days, months and years of the books, as instants.

House rule: local time, so a month begins at midnight of its first day, also in the weeks when the clocks change.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from controller.errors import Message
from controller.office.refusals import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.domain.closing import BooksPeriod

TIME_ZONE = "Europe/Paris"
"""Where the books are kept: one legal entity closes its days at one midnight, wherever its machines stand."""

_ZONE = ZoneInfo(TIME_ZONE)
_QUARTER_MS = 900_000
"""Every offset of a time zone in use is whole quarters of an hour, so midnight is at the edge of one."""

_QUARTERS_KEPT = 4_096
"""Quarters of an hour whose day is remembered, six weeks; the least used goes first. A closing asks use by use."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMED: dict[BooksPeriod, re.Pattern[str]] = {
    "day": re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}"),
    "month": re.compile(r"[12][0-9]{3}-[0-9]{2}"),
    "year": re.compile(r"[12][0-9]{3}"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """[from_at, to_at) in Unix milliseconds; `name` is `2026-10-31`, `2026-10` or `2026`."""

    name: str
    from_at: int
    to_at: int


def period(kind: BooksPeriod, name: str) -> Period:
    """Return the period of that name; raise `InvalidError` when there is none."""
    try:
        if not _NAMED[kind].fullmatch(name):
            raise ValueError(name)  # noqa: TRY301 - one refusal
        first = date.fromisoformat({"day": name, "month": f"{name}-01", "year": f"{name}-01-01"}[kind])
    except ValueError as error:
        example = {"day": "2026-10-31", "month": "2026-10", "year": "2026"}[kind]
        raise InvalidError(
            Message(f"« {name[:20]} » n'est pas une période", f"'{name[:20]}' is no period"),
            cure=Message(f"écrivez-la comme {example}", f"write it like {example}"),
        ) from error
    return Period(name, _midnight(first), _midnight(_after(kind, first)))


def following(name: str) -> str:
    """Return the month after the month `name`."""
    return _after("month", date.fromisoformat(f"{name}-01")).isoformat()[:7]


def day_of(at_ms: int) -> str:
    """Return the day of an instant, as `2026-10-31`."""
    return _day_of_quarter(at_ms // _QUARTER_MS)


def local(at_ms: int) -> datetime:
    """Return an instant on the books' own clock."""
    return datetime.fromtimestamp(at_ms / 1_000, _ZONE)


def month_of(at_ms: int) -> str:
    """Return the month of an instant, as `2026-10`."""
    return day_of(at_ms)[:7]


def days_of(span: Period) -> Iterator[Period]:
    """Return the days of a period, in order."""
    day = date.fromisoformat(day_of(span.from_at))
    while (start := _midnight(day)) < span.to_at:
        day += timedelta(days=1)
        yield Period(day_of(start), start, _midnight(day))


@lru_cache(maxsize=_QUARTERS_KEPT)
def _day_of_quarter(quarter: int) -> str:
    return (_EPOCH + timedelta(milliseconds=quarter * _QUARTER_MS)).astimezone(_ZONE).date().isoformat()


def _after(kind: BooksPeriod, first: date) -> date:
    if kind == "day":
        return first + timedelta(days=1)
    if kind == "year":
        return first.replace(year=first.year + 1)
    return (first + timedelta(days=32)).replace(day=1)


def _midnight(day: date) -> int:
    return (datetime(day.year, day.month, day.day, tzinfo=_ZONE) - _EPOCH) // timedelta(milliseconds=1)
