"""Co-owners' statements: which months there are, and one month as it was closed or as it stands.

House rules: the page shows the same data as the file beside it; a co-owner sees their own and no other's; the treasurer
and the desk choose whose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from controller.office import overview, pdf
from controller.office.directory import agreements
from controller.office.settlement import closing, periods, statements
from controller.office.settlement.expenses import dispute_views, parties_of
from controller.office.web import doors
from controller.office.web.api_closing import Form, check_readable, statement_file, whose
from controller.office.web.pages_frame import PageRoute, Visit, page, visit_by
from controller.office.web.pages_paper import month_name, view

router = APIRouter(route_class=PageRoute)

Owners = Annotated[Visit, Depends(visit_by(doors.Owners))]
Party = Annotated[str | None, Query(max_length=120)]

OPEN_MAX = 24
"""Months without a closing that the list shows: two years back; older ones are asked for by their address."""


@dataclass(frozen=True, slots=True)
class Month:
    """A line of the list."""

    period: str
    hash: str | None


@router.get("/agreements/{key}/statements")
def show_statements(here: Owners, key: str) -> Response:
    """List the months, newest first: open ones with provisional statements, then the closed ones."""
    check_readable(here.office, here.principal, key)
    with here.office.store.read() as tx:
        found = agreements.agreement_by_id(tx, key)
        closed = [Month(each["period"], each["hash"]) for each in closing.closings_of(tx, key)]
        name = overview.agreement_names(tx)[key]
    begun = max(found.versions[0].from_at, here.now_ms - OPEN_MAX * 31 * 86_400_000)
    month = periods.following(closed[0].period) if closed else periods.month_of(begun)
    months = []
    while month <= periods.month_of(here.now_ms):
        months.append(Month(month, None))
        month = periods.following(month)
    mine = here.principal.party
    parties = [mine] if mine is not None and not here.may(doors.Till) else parties_of(found)
    return page(
        here,
        "statements.html",
        key=key,
        name=name,
        months=[*reversed(months), *closed],
        due=months[0].period if months else "",
        parties=parties,
        month_name=lambda period: month_name(period, here.lang),
    )


@router.get("/agreements/{key}/statements/{period}")
def show_statement(here: Owners, key: str, period: str, party: Party = None) -> Response:
    """Show one month's statement of the visitor, or of whom the treasurer names."""
    said = _statement(here, key, period, party)
    with here.office.store.read() as tx:
        disputes = [
            each
            for each in dispute_views(tx, key)
            if (each["party"], each["period"]) == (said["party"], said["period"])
        ]
        seen = view(tx, said, here.lang)
    return page(here, "statement.html", key=key, disputes=disputes, pdf_ready=pdf.installed(), **seen)


@router.get("/agreements/{key}/statements/{period}/file")
def statement_download(here: Owners, key: str, period: str, party: Party = None, form: Form = "csv") -> Response:
    """Return the statement as a file to keep."""
    return statement_file(here.office, _statement(here, key, period, party), form, here.lang)


def _statement(here: Visit, key: str, period: str, party: str | None) -> dict[str, Any]:
    check_readable(here.office, here.principal, key)
    whom = whose(here.principal, party)
    with here.office.store.read() as tx:
        return statements.statement(closing.provisional(tx, key, period, here.now_ms), whom)
