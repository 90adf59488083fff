"""Co-owners' statements: which months there are, and one month as it was closed or as it stands.

House rules: the page shows the same data as the file beside it; a co-owner sees their own and no other's; the treasurer
and the desk choose whose.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from starlette.responses import Response

from controller.errors import Language
from controller.office import overview
from controller.office.accounts_tables import web_account
from controller.office.directory import agreements
from controller.office.settlement import closing, periods, statements
from controller.office.settlement.checks import QUESTIONS
from controller.office.settlement.expenses import dispute_views, parties_of
from controller.office.web import doors, pages_format
from controller.office.web.api_closing import check_readable, statement_file, whose
from controller.office.web.pages_frame import PageRoute, Visit, page, visit_by

router = APIRouter(route_class=PageRoute)

Owners = Annotated[Visit, Depends(visit_by(doors.Owners))]
Party = Annotated[str | None, Query(max_length=120)]

STEPS = (
    ("income_cents", 1),
    ("earlier_cents", 1),
    ("before_cents", -1),
    ("fee_cents", -1),
    ("after_cents", -1),
    ("from_reserve_cents", -1),
    ("reserve_cents", -1),
    ("distributed_cents", 1),
)
"""The steps from the income to the parts, each with the sign that it is drawn with."""

ASIDE = {"billed", "reversed", "waiting"}
"""What explains a counter beside the kinds of use."""

_ALWAYS = {"income_cents", "fee_cents", "distributed_cents"}
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
    signers = {line["waived_by"] for line in said["check_list"]} - {None}
    with here.office.store.read() as tx:
        disputes = [
            each
            for each in dispute_views(tx, key)
            if (each["party"], each["period"]) == (said["party"], said["period"])
        ]
        named = select(web_account.c.id, web_account.c.login).where(web_account.c.id.in_(signers))
        logins = {row.id: row.login for row in tx.execute(named)}
    return page(
        here,
        "statement.html",
        key=key,
        said=said,
        disputes=disputes,
        month=month_name(said["period"], here.lang),
        steps=_steps,
        question=lambda code: QUESTIONS[code].text(here.lang) if code in QUESTIONS else code,
        counter=lambda seconds, energy_wh: _counter(seconds, energy_wh, here.lang),
        explained_word=lambda what: here.text_or("counters." if what in ASIDE else "kind.", what),
        role_word=lambda role: here.text_or("role.", role),
        login_of=lambda account: logins.get(account, account),
    )


@router.get("/agreements/{key}/statements/{period}/file")
def statement_download(
    here: Owners, key: str, period: str, party: Party = None, form: Literal["json", "csv"] = "csv"
) -> Response:
    """Return the statement as a file to keep."""
    return statement_file(_statement(here, key, period, party), form)


def month_name(period: str, lang: str) -> str:
    """Write a month: `01/2027`, in English `January 2027`."""
    year, _, month = period.partition("-")
    if lang == "fr":
        return f"{month}/{year}"
    return pages_format.day_of_iso(f"{period}-01", "en").partition(" ")[2]


def _statement(here: Visit, key: str, period: str, party: str | None) -> dict[str, Any]:
    check_readable(here.office, here.principal, key)
    whom = whose(here.principal, party)
    with here.office.store.read() as tx:
        return statements.statement(closing.provisional(tx, key, period, here.now_ms), whom)


def _counter(seconds: int | None, energy_wh: int | None, lang: Language) -> str:
    said = [] if seconds is None else [("−" if seconds < 0 else "") + pages_format.duration(abs(seconds), lang)]
    said += [] if energy_wh is None else [f"{energy_wh} Wh"]
    return " · ".join(said) or "?"


def _steps(version: dict[str, Any]) -> list[tuple[str, int]]:
    return [(name, sign * version[name]) for name, sign in STEPS if version[name] or name in _ALWAYS]
