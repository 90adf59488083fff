"""Opening hours of a place: a week, exceptions by date, public holidays; what comes down are plain windows of time.

House rules: the calendar is worked out here, so that no controller knows time zones or holidays. Windows reach
`AHEAD_DAYS` into the future and are written anew every day (`refresh`); a controller that hears nothing for longer
takes the days after for closed. An exception outweighs a holiday, a holiday the week.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from sqlalchemy import delete, insert, select

from controller.domain.canonical import canonical
from controller.domain.directory import OpeningEntry, OpenWindow
from controller.domain.ids import SiteId
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.tables import opening_hours, site
from controller.office.refusals import InvalidError, no_such

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

    from controller.office.store import Change

AHEAD_DAYS = 60
"""Days of windows that come down: two months without the office, which no machine's rights outlive as they are set."""

SPANS_MAX = 6
"""Spans of one day: more of them are no opening hours that anybody could keep in mind, and are refused."""

EXCEPTIONS_MAX = 400
"""Exceptions of one place: a year of days. Past ones can be left out, so more is refused."""

_DAY_MINUTES = 24 * 60

Span = tuple[str, str]
"""From and until, `HH:MM` of the place's own clock; `24:00` is midnight at the end of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """`week` begins on Monday; `holidays` is a country (`FR`) or a part of it (`FR-57`), null where none closes; a day
    in `exceptions` (`2027-12-24`) has those spans instead, none of them: closed.
    """

    time_zone: str
    week: tuple[tuple[Span, ...], ...]
    holidays: str | None = None
    exceptions: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no calendar."""
        if len(self.week) != 7:  # noqa: PLR2004 - days of a week
            raise _no_hours(Message("une semaine a sept jours", "a week has seven days"))
        if len(self.exceptions) > EXCEPTIONS_MAX:
            raise _no_hours(Message("trop d'exceptions", "too many exceptions"))
        for spans in (*self.week, *self.exceptions.values()):
            _minutes_of(spans)
        for day in self.exceptions:
            _date(day)
        _zone(self.time_zone)
        _closed_days(self.holidays, 2026)


def set_hours(change: Change, key: str, hours: OpeningHours) -> None:
    """Give a place its opening hours."""
    if change.tx.execute(select(site.c.id).where(site.c.id == key)).first() is None:
        raise no_such("le site", "site", key)
    before = hours_of(change.tx, key)
    body = _body(hours)
    change.tx.execute(delete(opening_hours).where(opening_hours.c.site == key))
    change.tx.execute(
        insert(opening_hours).values(
            site=key, body=canonical(body).decode(), set_by=change.actor, set_at=change.now_ms, told_day=""
        )
    )
    change.audit("set_opening_hours", key, before=None if before is None else _body(before), after=body)
    refresh(change)


def clear_hours(change: Change, key: str) -> None:
    """Let a place be open always again."""
    before = hours_of(change.tx, key)
    if before is None:
        return
    change.tx.execute(delete(opening_hours).where(opening_hours.c.site == key))
    entries.bury(change.tx, OpeningEntry.KIND, key)
    change.audit("clear_opening_hours", key, before=_body(before))


def hours_of(tx: Connection, key: str) -> OpeningHours | None:
    """Return a place's opening hours, `None` where it has none."""
    body = tx.execute(select(opening_hours.c.body).where(opening_hours.c.site == key)).scalar()
    return None if body is None else _read(body)


def is_due(tx: Connection, now_ms: int) -> bool:
    """Tell whether the windows of some place were written on another day."""
    other_day = opening_hours.c.told_day != _utc_day(now_ms)
    return tx.execute(select(opening_hours.c.site).where(other_day).limit(1)).first() is not None


def refresh(change: Change) -> None:
    """Write the windows of every place that were not written today; the same windows take no revision."""
    day = _utc_day(change.now_ms)
    due = change.tx.execute(select(opening_hours).where(opening_hours.c.told_day != day)).all()
    for row in due:
        begins = datetime.fromtimestamp(change.now_ms / 1000, UTC).date() - timedelta(days=1)
        windows = windows_of(_read(row.body), begins, AHEAD_DAYS)
        entries.put(change.tx, [OpeningEntry(site=SiteId(row.site), windows=windows)])
        change.tx.execute(opening_hours.update().where(opening_hours.c.site == row.site).values(told_day=day))


def windows_of(hours: OpeningHours, begins: date, days: int) -> tuple[OpenWindow, ...]:
    """Return when the place is open on `days` days from `begins`, in order; windows that touch are one."""
    zone = _zone(hours.time_zone)
    found: list[OpenWindow] = []
    for ahead in range(days):
        day = begins + timedelta(days=ahead)
        for from_min, until_min in _minutes_of(_spans_on(hours, day)):
            window = OpenWindow(from_ms=_instant(day, from_min, zone), until_ms=_instant(day, until_min, zone))
            if found and window.from_ms <= found[-1].until_ms:
                window = OpenWindow(from_ms=found.pop().from_ms, until_ms=window.until_ms)
            found.append(window)
    return tuple(found)


def _spans_on(hours: OpeningHours, day: date) -> tuple[Span, ...]:
    exception = hours.exceptions.get(day.isoformat())
    if exception is not None:
        return exception
    return () if day in _closed_days(hours.holidays, day.year) else hours.week[day.weekday()]


def _closed_days(of: str | None, year: int) -> Mapping[date, str]:
    if of is None:
        return {}
    country, _, part = of.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None, years=year, expand=False)
    except NotImplementedError as error:
        raise _no_hours(
            Message(
                f"aucun calendrier de jours fériés ne s'appelle « {of} »", f"no calendar of holidays is called '{of}'"
            ),
            Message("écrivez FR, ou FR-57 pour la Moselle", "write FR, or FR-57 for the Moselle"),
        ) from error


def _minutes_of(spans: tuple[Span, ...]) -> list[tuple[int, int]]:
    minutes = [(_minute(begin), _minute(end)) for begin, end in spans]
    in_order = all(before[1] <= after[0] for before, after in pairwise(minutes))
    if len(spans) > SPANS_MAX or not in_order or any(begin >= end for begin, end in minutes):
        raise _no_hours(
            Message("les plages d'un jour ne se suivent pas", "the spans of a day do not follow each other"),
            Message(
                "une plage finit après son début ; au-delà de minuit, écrivez-en deux",
                "a span ends after its beginning; past midnight, write two of them",
            ),
        )
    return minutes


def _minute(text: str) -> int:
    hour, _, minute = text.partition(":")
    right = len(text) == len("09:00") and hour.isdecimal() and minute.isdecimal() and int(minute) < 60  # noqa: PLR2004
    count = int(hour) * 60 + int(minute) if right else -1
    if not 0 <= count <= _DAY_MINUTES:
        raise _no_hours(Message(f"« {text[:10]} » n'est pas une heure", f"'{text[:10]}' is no time of the day"))
    return count


def _instant(day: date, minute: int, zone: ZoneInfo) -> int:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the zone follows, once the minutes are added
    local = midnight + timedelta(minutes=minute)
    return int(local.replace(tzinfo=zone).timestamp()) * 1000


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _no_hours(Message(f"« {text[:10]} » n'est pas une date", f"'{text[:10]}' is no date")) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _no_hours(
            Message(f"« {name[:40]} » n'est pas un fuseau horaire", f"'{name[:40]}' is no time zone"),
            Message("écrivez par exemple Europe/Paris", "write Europe/Paris, for example"),
        ) from error


def _no_hours(what: Message, cure: Message | None = None) -> InvalidError:
    return InvalidError(what, cure=cure)


def _utc_day(now_ms: int) -> str:
    return datetime.fromtimestamp(now_ms / 1000, UTC).date().isoformat()


def _body(hours: OpeningHours) -> dict[str, Any]:
    return {
        "time_zone": hours.time_zone,
        "week": [[list(span) for span in spans] for spans in hours.week],
        "holidays": hours.holidays,
        "exceptions": {day: [list(span) for span in spans] for day, spans in hours.exceptions.items()},
    }


def _read(body: str) -> OpeningHours:
    said = json.loads(body)
    return OpeningHours(
        time_zone=said["time_zone"],
        week=tuple(tuple((begin, end) for begin, end in spans) for spans in said["week"]),
        holidays=said["holidays"],
        exceptions={day: tuple((begin, end) for begin, end in spans) for day, spans in said["exceptions"].items()},
    )
