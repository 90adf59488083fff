"""When the places are open: a week as it hangs on the door, the days that differ, public holidays.

House rules: hours are typed as they are read (`9:00-12:00, 14:00-18:30`); a line that cannot be read is named, and
nothing of the form is stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office import overview
from controller.office.directory import opening
from controller.office.directory.opening import OpeningHours, Span
from controller.office.refusals import no_such
from controller.office.web import doors
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from collections.abc import Sequence

router = APIRouter(route_class=PageRoute)

Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

DAYS = 7
_SPAN = re.compile(r"([0-9]{1,2})(?:[:hH]([0-9]{2})?)?\s*[-–à]\s*([0-9]{1,2})(?:[:hH]([0-9]{2})?)?")
_DAY_LINE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\s*:?\s*(.*)")


@router.get("/hours")
def show_places(here: Desk) -> Response:
    """List the places, or go to the only one."""
    with here.office.store.read() as tx:
        sites = overview.site_names(tx)
    return go(f"/hours/{sites[0][0]}") if len(sites) == 1 else page(here, "hours_places.html", sites=sites)


@router.get("/hours/{key}")
def show_hours(here: Desk, key: str) -> Response:
    """Show when a place is open."""
    return _hours(here, key)


@router.post("/hours/{key}")
def set_hours(here: Desk, key: str) -> Response:
    """Say when a place is open, or that it always is."""
    form = here.form
    if form.get("always") == "yes":
        with here.office.changing(here.principal.account) as change:
            opening.clear_hours(change, key)
        return go(f"/hours/{key}", "done.always_open")
    errors: dict[str, str] = {}
    week = tuple(_spans(here, errors, f"day.{day}", form.get(f"day.{day}", "")) for day in range(DAYS))
    exceptions = _exceptions(here, errors, form.get("exceptions", ""))
    if not errors and not any(week) and not any(exceptions.values()):
        errors["hours"] = here.text("hours.never")  # an empty form that is sent must not close the place for good
    if errors:
        return _hours(here, key, 422, errors)
    try:
        hours = OpeningHours(
            time_zone=form.get("time_zone", "").strip(),
            week=week,
            holidays=form.get("holidays", "").strip() or None,
            exceptions=exceptions,
        )
        with here.office.changing(here.principal.account) as change:
            opening.set_hours(change, key, hours)
    except UserError as error:
        return _hours(here, key, status_of(error), {"hours": here.sentence(error)})
    return go(f"/hours/{key}", "done.hours")


def spans_text(spans: Sequence[Span]) -> str:
    """Write a day's spans as they are typed."""
    return ", ".join(f"{begin}-{end}" for begin, end in spans)


def read_spans(text: str) -> tuple[Span, ...] | None:
    """Read a day's spans (`9-12, 14:00-18h30`); none for an empty text; `None` when it cannot be read."""
    spans = []
    for part in filter(None, (each.strip() for each in text.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            return None
        spans.append((f"{int(match[1]):02}:{match[2] or '00'}", f"{int(match[3]):02}:{match[4] or '00'}"))
    return tuple(spans)


def _spans(here: Visit, errors: dict[str, str], name: str, text: str) -> tuple[Span, ...]:
    spans = read_spans(text)
    if spans is None:
        errors[name] = here.text("hours.not_spans")
    return spans or ()


def _exceptions(here: Visit, errors: dict[str, str], text: str) -> dict[str, tuple[Span, ...]]:
    found: dict[str, tuple[Span, ...]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        match = _DAY_LINE.fullmatch(line.strip())
        spans = None if match is None else read_spans(match[2])
        if match is None or spans is None:
            errors["exceptions"] = here.text("hours.not_a_line", number=number)
            return {}
        found[match[1]] = spans
    return found


def _hours(here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        named, hours = dict(overview.site_names(tx)), opening.hours_of(tx, key)
    if key not in named:
        raise no_such("le site", "site", key)
    week = hours.week if hours else ((),) * DAYS
    exceptions = hours.exceptions if hours else {}
    return page(
        here,
        "hours.html",
        status,
        key=key,
        name=named[key],
        errors=errors or {},
        always=hours is None,
        week=[(f"day.{day}", here.text(f"weekday.{day}"), spans_text(spans)) for day, spans in enumerate(week)],
        exceptions="\n".join(f"{day} {spans_text(spans)}".strip() for day, spans in sorted(exceptions.items())),
        time_zone=hours.time_zone if hours else "Europe/Paris",
        holidays=(hours.holidays or "") if hours else "FR",
    )
