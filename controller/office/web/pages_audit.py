"""Who changed what: looked for by person, kind, thing and day, and taken away as a file."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from controller.office import audit_trail
from controller.office.audit_trail import EXPORT_MAX, Wanted
from controller.office.vault import Names
from controller.office.web import doors, pages_format
from controller.office.web.pages_frame import PageRoute, Visit, page, visit_by

router = APIRouter(route_class=PageRoute)

Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

SHOWN = 100

_DAY = re.compile(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]")
_PERSON = re.compile(r"m_[0-9a-f]{12}")
Short = Annotated[str, Query(max_length=130)]


@router.get("/audit")
def show(
    here: Desk,
    who: Short = "",
    what: Short = "",
    about: Short = "",
    since: Short = "",
    until: Short = "",
    before: Annotated[int | None, Query(ge=1, le=2**53)] = None,
) -> Response:
    """Show changes, newest first."""
    wanted, errors = _wanted(here, who, what, about, since, until)
    with here.office.store.read() as tx:
        rows = audit_trail.changes(tx, wanted, before=before, limit=SHOWN)
        names = here.office.vault.names(tx, [key for row in rows for key in _PERSON.findall(row["subject"])])
        logins = audit_trail.logins(tx)
        kinds = sorted(((kind, here.text_or("did.", kind)) for kind in audit_trail.kinds(tx)), key=lambda each: each[1])
    everything = [("", here.text("audit.all"))]
    return page(
        here,
        "audit.html",
        422 if errors else 200,
        errors=errors,
        form={"who": who, "what": what, "about": about, "since": since, "until": until},
        rows=[
            {**row, **_about(row["subject"], names), "when": pages_format.clock(row["at"], here.now_ms, here.lang)}
            for row in rows
        ],
        logins={**logins, "system": here.text("audit.system")},
        people=everything + sorted(logins.items(), key=lambda each: each[1]),
        kinds=everything + kinds,
        older=rows[-1]["id"] if len(rows) == SHOWN else None,
    )


@router.get("/audit/file")
def take(
    here: Desk, who: Short = "", what: Short = "", about: Short = "", since: Short = "", until: Short = ""
) -> Response:
    """Take the same away as a file."""
    wanted, _ = _wanted(here, who, what, about, since, until)
    with here.office.store.read() as tx:
        data = audit_trail.as_csv(audit_trail.changes(tx, wanted, limit=EXPORT_MAX), audit_trail.logins(tx))
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    return Response(data, media_type="text/csv; charset=utf-8", headers=headers)


def _wanted(here: Visit, who: str, what: str, about: str, since: str, until: str) -> tuple[Wanted, dict[str, str]]:
    """Return what the form looks for, and what is wrong with it by field."""
    errors: dict[str, str] = {}
    at: dict[str, int | None] = {}
    for name, day, days in (("since", since, 0), ("until", until, 1)):
        try:
            at[name] = _begin_of(day, days)
        except ValueError:
            at[name], errors[name] = None, here.text("form.not_a_day")
    return Wanted(what=what, actor=who, about=about.strip(), from_at=at["since"], to_at=at["until"]), errors


def _about(subject: str, names: dict[str, Names]) -> dict[str, str]:
    """Return whom a change was about, by id and name, and what else its subject says."""
    person = next((key for key in _PERSON.findall(subject) if key in names), "")
    rest = subject.replace(person, "").strip("/: ") if person else subject
    return {"person": person, "name": names[person].name if person else "", "rest": rest}


def _begin_of(day: str, days: int) -> int | None:
    """Return the first instant of a day, or of the one so many days later; raise `ValueError` for what is none."""
    if not day:
        return None
    if not _DAY.fullmatch(day):
        raise ValueError(day)
    begun = datetime.fromisoformat(day).replace(tzinfo=pages_format.TIME_ZONE) + timedelta(days=days)
    return round(begun.timestamp() * 1_000)
