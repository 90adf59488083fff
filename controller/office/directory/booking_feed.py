"""Reads the iCalendar feed (RFC 5545) of the lab's booking tool: one calendar for one machine.

House rules: an event that cannot be read is named by its line and passed over, the others count; a file that is no
calendar changes nothing. Whose an event is says its ATTENDEE, ORGANIZER or CONTACT by an e-mail address that one member
has; without one it is a booking of somebody unknown. No address, no summary is kept, logged or shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Component

from controller.domain.directory import Booked
from controller.errors import Message, UserError

if TYPE_CHECKING:
    from controller.domain.ids import MemberId

FEED_BYTES_MAX = 5_000_000
"""A calendar of one machine is some hundred kilobytes after years; a larger file is another one, and is refused."""

EVENTS_MAX = 10_000
"""Events of one calendar: thirty a day for a year. More is no calendar of one machine, and is refused."""

REPEATS_MAX = 1_000
"""Repetitions of one event in the days that are read: a series of every hour; the following ones are left out."""

AHEAD_DAYS = 30
"""Days ahead that are read: four times what comes down, so that a tool that is away for weeks is felt late."""

NAMED_MAX = 5
"""Lines that are named in one reading; a calendar that is wrong all over is wrong by its first ones."""

_CONTENT_LINE = re.compile(r"[A-Za-z0-9-]+[;:]")
_TOO_OFTEN = frozenset({"SECONDLY", "MINUTELY", "HOURLY"})
_WHOSE = ("ATTENDEE", "ORGANIZER", "CONTACT")

WhoseFn = Callable[[str], "MemberId | None"]
"""From an e-mail address to the one member who has it."""


class FeedError(UserError):
    """The file is no calendar."""


@dataclass(frozen=True, slots=True)
class LineProblem:
    """What is wrong with the event that begins at a line."""

    line: int
    what: Message


@dataclass(frozen=True, slots=True)
class FeedReading:
    """The bookings of a calendar, in order, and the events that could not be read."""

    windows: tuple[Booked, ...]
    problems: tuple[LineProblem, ...]

    def trouble(self) -> Message:
        """Return the problems as one text, empty when there are none; lines beyond the first few are counted."""
        named = self.problems[:NAMED_MAX]
        more = len(self.problems) - len(named)
        french = " ; ".join(f"ligne {each.line} : {each.what.fr}" for each in named)
        english = "; ".join(f"line {each.line}: {each.what.en}" for each in named)
        return Message(french + f" ; et {more} autres" * bool(more), english + f"; and {more} more" * bool(more))


class _Unreadable(Exception):  # noqa: N818 - it never leaves this module
    def __init__(self, what: Message) -> None:
        super().__init__(what.en)
        self.what = what


def read_feed(data: bytes, now_ms: int, zone: ZoneInfo, whose: WhoseFn) -> FeedReading:
    """Return the bookings of a calendar that touch the days from now on; `zone` is for times that name none."""
    text = _text(data)
    events, lines = _events(text)
    begins = datetime.fromtimestamp(now_ms / 1000, UTC)
    span = (begins, begins + timedelta(days=AHEAD_DAYS))
    moved = _moved(events)
    windows: list[Booked] = []
    problems: list[LineProblem] = []
    for event, line in zip(events, lines, strict=True):
        try:
            windows += _booked(event, span, zone, moved, whose)
        except _Unreadable as unreadable:
            problems.append(LineProblem(line, unreadable.what))
        except (ValueError, TypeError, OverflowError, KeyError, AttributeError):
            problems.append(LineProblem(line, Message("évènement illisible", "unreadable event")))
    ordered = sorted(set(windows), key=lambda each: (each.from_ms, each.until_ms, each.member or ""))
    return FeedReading(tuple(ordered), tuple(problems))


def _text(data: bytes) -> str:
    if len(data) > FEED_BYTES_MAX:
        raise FeedError(Message("le calendrier est trop grand", "the calendar is too large"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        broken = data.count(b"\n", 0, error.start) + 1
        raise FeedError(
            Message(f"ligne {broken} : ce n'est pas du texte en UTF-8", f"line {broken}: this is no UTF-8 text")
        ) from error
    lines = text.splitlines()
    if not lines or lines[0].strip().upper() != "BEGIN:VCALENDAR":
        raise FeedError(
            Message("ligne 1 : ce n'est pas un calendrier iCalendar", "line 1: this is no iCalendar file"),
            cure=Message("donnez l'adresse .ics de l'outil de réservation", "give the booking tool's .ics address"),
        )
    for number, line in enumerate(lines, 1):
        if line.strip() and line[0] not in " \t" and _CONTENT_LINE.match(line) is None:
            raise FeedError(
                Message(
                    f"ligne {number} : ni une propriété ni la suite d'une autre",
                    f"line {number}: neither a property nor the rest of another",
                )
            )
    return text


def _events(text: str) -> tuple[list[Component], list[int]]:
    begins_at = [n for n, line in enumerate(text.splitlines(), 1) if line.strip().upper() == "BEGIN:VEVENT"]
    if len(begins_at) > EVENTS_MAX:
        raise FeedError(Message("le calendrier a trop d'évènements", "the calendar has too many events"))
    try:
        events = list(Calendar.from_ical(text).walk("VEVENT"))
    except (ValueError, KeyError, IndexError) as error:
        raise FeedError(Message("le calendrier est mal formé", "the calendar is malformed")) from error
    if len(events) != len(begins_at):
        raise FeedError(Message("un évènement ne finit pas", "an event does not end"))
    return events, begins_at


def _moved(events: list[Component]) -> frozenset[tuple[str, datetime]]:
    """Return the single repetitions that stand in the calendar by themselves, or were cancelled there."""
    return frozenset(
        (str(event.get("UID", "")), _naive(instead_of))
        for event in events
        if (instead_of := _when(event, "RECURRENCE-ID")) is not None
    )


def _booked(
    event: Component,
    span: tuple[datetime, datetime],
    zone: ZoneInfo,
    moved: frozenset[tuple[str, datetime]],
    whose: WhoseFn,
) -> list[Booked]:
    if str(event.get("STATUS", "")).upper() == "CANCELLED" or str(event.get("TRANSP", "")).upper() == "TRANSPARENT":
        return []
    start = _when(event, "DTSTART")
    if start is None:
        raise _Unreadable(Message("il n'a pas de début lisible (DTSTART)", "it has no readable beginning (DTSTART)"))
    length = _length(event, start)
    own_zone = start.tzinfo if isinstance(start, datetime) and start.tzinfo is not None else zone
    member = _member(event, whose)
    found = []
    for local in _repeats(event, start, length, span, own_zone, moved):
        begins = local.replace(tzinfo=own_zone)
        # Lengths are of the wall's clock: a day of a night that is an hour longer still ends at midnight.
        ends = (local + length).replace(tzinfo=own_zone)
        if ends > span[0] and begins < span[1] and ends > begins:
            found.append(Booked(member=member, from_ms=_ms(begins), until_ms=_ms(ends)))
    return found


def _length(event: Component, start: date) -> timedelta:
    end = _when(event, "DTEND")
    duration = getattr(event.get("DURATION"), "dt", None)
    if end is not None:
        if isinstance(end, datetime) != isinstance(start, datetime):
            raise _Unreadable(
                Message("début et fin ne sont pas du même genre", "beginning and end are not of one kind")
            )
        length = _naive(_in_zone_of(end, start)) - _naive(start)
    elif isinstance(duration, timedelta):
        length = duration
    else:
        length = timedelta(0) if isinstance(start, datetime) else timedelta(days=1)
    if length <= timedelta(0):
        raise _Unreadable(Message("il ne finit pas après son début", "it does not end after its beginning"))
    return length


def _repeats(
    event: Component,
    start: date,
    length: timedelta,
    span: tuple[datetime, datetime],
    own_zone: Any,  # noqa: ANN401 - a tzinfo, of the calendar's making
    moved: frozenset[tuple[str, datetime]],
) -> Iterator[datetime]:
    """Yield the local beginnings that may touch the span."""
    first = _naive(start)
    if "RECURRENCE-ID" in event:
        yield first
        return
    from_local, until_local = (_naive(each.astimezone(own_zone)) for each in span)
    rules = _listed(event, "RRULE")
    if len(rules) > 1:
        raise _Unreadable(Message("il a plusieurs règles de répétition", "it has several rules of repetition"))
    beginnings = {first, *_dates(event, "RDATE", start)}
    for rule in rules:
        if str(rule.get("FREQ", [""])[0]).upper() in _TOO_OFTEN:
            raise _Unreadable(Message("il se répète à chaque heure ou plus", "it repeats each hour or more often"))
        until = rule.pop("UNTIL", [until_local])[0]
        last = min(_naive(_in_zone_of(until, start)), until_local)
        repeated = rrulestr(rule.to_ical().decode(), dtstart=first, ignoretz=True).replace(until=last)
        for number, each in enumerate(repeated.xafter(from_local - length, count=REPEATS_MAX, inc=True)):
            if number >= REPEATS_MAX:
                break
            beginnings.add(each)
    left_out = set(_dates(event, "EXDATE", start))
    uid = str(event.get("UID", ""))
    yield from sorted(each for each in beginnings if each not in left_out and (uid, each) not in moved)


def _dates(event: Component, name: str, start: date) -> list[datetime]:
    return [
        _naive(_in_zone_of(each.dt, start))
        for listed in _listed(event, name)
        for each in listed.dts
        if isinstance(each.dt, date)
    ]


def _when(event: Component, name: str) -> date | None:
    held = getattr(event.get(name), "dt", None)
    return held if isinstance(held, date) else None


def _listed(event: Component, name: str) -> list[Any]:
    held: Any = event.get(name)
    return [] if held is None else held if isinstance(held, list) else [held]


def _in_zone_of(instant: date, start: date) -> date:
    """Return an instant by the clock of the event's beginning, whose repetitions are of that clock."""
    if not isinstance(instant, datetime) or not isinstance(start, datetime):
        return instant
    return instant.astimezone(start.tzinfo) if instant.tzinfo and start.tzinfo else instant


def _naive(instant: date) -> datetime:
    if isinstance(instant, datetime):
        return instant.replace(tzinfo=None)
    return datetime.combine(instant, time())


def _ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def _member(event: Component, whose: WhoseFn) -> MemberId | None:
    for name in _WHOSE:
        for each in _listed(event, name):
            address = str(each).strip().removeprefix("mailto:").removeprefix("MAILTO:")
            member = whose(address) if "@" in address else None
            if member is not None:
                return member
    return None
