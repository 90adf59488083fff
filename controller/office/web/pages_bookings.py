"""A machine's week: what is booked; makers book for themselves and cancel their own, trainers and the desk anybody's.

House rules: whose a booking is reads only who may read it by the API; days and hours are those of the workshop's clock,
and a booking whose end is not after its beginning ends on the next day.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from controller.errors import UserError
from controller.office.directory import bookings, machines
from controller.office.web import doors, pages_format
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.pages_hours import read_spans
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.office.vault import Names

router = APIRouter(route_class=PageRoute)

Anyone = Annotated[Visit, Depends(visit_by(doors.Anyone))]
Bookers = Annotated[Visit, Depends(visit_by(doors.Bookers))]

WEEK = 7
WEEKS_AHEAD = 52
"""Weeks that the page turns: a year, which is more than anybody books; what lies further is in the API's list."""


@router.get("/machines/{key}/bookings")
def show_week(here: Anyone, key: str, week: Annotated[str, Query(max_length=10)] = "") -> Response:
    """Show what is booked in the week of a day, this one's without."""
    return _week(here, key, week)


@router.post("/machines/{key}/bookings")
def book(here: Bookers, key: str) -> Response:
    """Book the machine for oneself."""
    day, member = here.form.get("day", ""), here.principal.member
    if member is None:
        return _week(here, key, day, 409, {"hours": here.text("bookings.no_member")})
    times = read_times(day, here.form.get("hours", ""))
    if times is None:
        return _week(here, key, day, 422, {"hours": here.text("bookings.not_a_time")})
    try:
        with here.office.changing(here.principal.account) as change:
            bookings.make(change, key, member, *times)
    except UserError as error:
        return _week(here, key, day, status_of(error), {"hours": here.sentence(error)})
    return go(f"/machines/{key}/bookings?week={day}", "done.booked")


@router.post("/machines/{key}/bookings/{booking}/cancel")
def cancel(here: Bookers, key: str, booking: str) -> Response:
    """Take a booking back: one's own, or at the desk anybody's."""
    with here.office.changing(here.principal.account) as change:
        here.require_own(doors.Bookers, bookings.booking_row(change.tx, booking)["member"])
        bookings.cancel(change, booking)
    return go(f"/machines/{key}/bookings", "done.booking_cancelled")


def read_times(day: str, typed: str) -> tuple[int, int] | None:
    """Return a day's hours (`14:00-16:30`) as instants; `None` when they cannot be read."""
    spans = read_spans(typed) or ()
    if len(spans) != 1:
        return None
    try:
        begins, ends = (_instant(date.fromisoformat(day), each) for each in spans[0])
        if ends <= begins:
            ends = _instant(date.fromisoformat(day) + timedelta(days=1), spans[0][1])
    except (ValueError, OverflowError):
        return None
    return begins, ends


def instant_of(day: date, clock: time = time()) -> int:
    """Return an instant by the workshop's clock, the first of a day without one."""
    return round(datetime.combine(day, clock, pages_format.TIME_ZONE).timestamp() * 1_000)


def _instant(day: date, clock: str) -> int:
    hour, minute = (int(each) for each in clock.split(":"))
    if (hour, minute) == (24, 0):
        day, hour = day + timedelta(days=1), 0
    return instant_of(day, time(hour, minute))


def _monday(here: Visit, typed: str) -> date:
    """Return the Monday of a typed day, of today for what is none or lies outside the weeks that are turned."""
    today = pages_format.moment(here.now_ms).date()
    this = today - timedelta(days=today.weekday())
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return this
    return day - timedelta(days=day.weekday()) if this <= day < this + timedelta(weeks=WEEKS_AHEAD) else this


def _week(here: Visit, key: str, typed: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    sees_all = here.may(doors.Bookers)
    with here.office.store.read() as tx:
        view = machines.machine_view(tx, key)
        listed = bookings.bookings_of(tx, key, here.now_ms)
        feed = bookings.feed_of(tx, key)
        known = here.office.vault.names(tx, {each["member"] for each in listed if each["member"]} if sees_all else ())
    monday, today = _monday(here, typed), pages_format.moment(here.now_ms).date()
    days = [monday + timedelta(days=number) for number in range(WEEK)]
    following, before = monday + timedelta(days=WEEK), monday - timedelta(days=WEEK)
    return page(
        here,
        "bookings.html",
        status,
        view=view,
        errors=errors or {},
        does=here.text(f"bookings.does_{view.policy.bookings}"),
        trouble=feed["trouble"][here.lang] if feed and sees_all else "",
        days=[_day(here, each, listed, known) for each in days if each >= today],
        today=max(today, monday).isoformat(),
        before=before.isoformat() if days[0] > today else "",
        following=following.isoformat() if following <= today + timedelta(weeks=WEEKS_AHEAD - 1) else "",
    )


def _day(here: Visit, day: date, listed: list[dict[str, Any]], known: Mapping[str, Names]) -> dict[str, Any]:
    """Return a day with what is booked on it, by the clock; a booking of several days is cut at midnight."""
    begins, ends = instant_of(day), instant_of(day + timedelta(days=1))
    return {
        "name": here.text(f"weekday.{day.weekday()}"),
        "at": begins,
        "booked": [
            {
                "id": each["id"],
                "from": f"{pages_format.moment(max(each['from_at'], begins)):%H:%M}",
                "until": "24:00" if each["until_at"] >= ends else f"{pages_format.moment(each['until_at']):%H:%M}",
                "who": _who(here, each, known),
                "cancels": each["id"] is not None and (_is_own(here, each) or here.may(doors.Bookers)),
            }
            for each in listed
            if each["from_at"] < ends and begins < each["until_at"]
        ],
    }


def _is_own(here: Visit, booked: dict[str, Any]) -> bool:
    return here.principal.member is not None and booked["member"] == here.principal.member


def _who(here: Visit, booked: dict[str, Any], known: Mapping[str, Names]) -> str:
    if _is_own(here, booked):
        return here.text("bookings.you")
    return known[booked["member"]].name if booked["member"] in known else here.text("bookings.somebody")
