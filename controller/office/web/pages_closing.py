"""Closing an agreement's month on a page: what is in the way, what each owner would have, and the button.

House rules: what the page shows is reckoned anew when the button is pressed; a line that is not green asks for a
reason, and without one nothing is closed.
"""

from __future__ import annotations

import re
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.counters import Reading
from controller.errors import UserError
from controller.office.settlement import closing, periods
from controller.office.settlement.checks import QUESTIONS
from controller.office.settlement.counters import write_reading
from controller.office.settlement.expenses import dispute_views
from controller.office.settlement.till import till_lines
from controller.office.web import doors, pages_format
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.pages_paper import month_name
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]

_FIELD = "waive_"
_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")


@router.get("/agreements/{key}/closing/{period}")
def show_closing(here: Treasurers, key: str, period: str) -> Response:
    """Show the check-list of a month and what each owner would have."""
    return _closing(here, key, period)


@router.post("/agreements/{key}/closing/{period}")
def close_month(here: Treasurers, key: str, period: str) -> Response:
    """Close the month for good."""
    waive = {code: reason for code in QUESTIONS if (reason := here.form.get(_FIELD + code, "").strip())}
    try:
        with here.office.changing(here.principal.account) as change:
            closing.close(change, key, period, waive=waive, key=here.office.chain_key)
    except UserError as error:
        return _closing(here, key, period, status_of(error), here.sentence(error))
    return go(f"/agreements/{key}/statements", "done.month_closed")


@router.post("/agreements/{key}/closing/{period}/counter")
def read_counter(here: Treasurers, key: str, period: str) -> Response:
    """Write down what a machine's own counter says now."""
    hours, energy = (_number(here.form.get(name, "")) for name in ("hours", "energy"))
    if "?" in {hours, energy}:
        return _closing(here, key, period, 422, here.text("counters.no_number"))
    reading = Reading(
        read_at=here.now_ms,
        seconds=None if hours is None else round(Decimal(hours) * 3_600),
        energy_wh=None if energy is None else round(Decimal(energy) * 1_000),
        replaced=here.form.get("replaced") == "1",
    )
    try:
        with here.office.changing(here.principal.account) as change:
            write_reading(change, here.form.get("machine", ""), reading)
    except UserError as error:
        return _closing(here, key, period, status_of(error), here.sentence(error))
    return go(f"/agreements/{key}/closing/{period}", "done.counter_read")


def _number(typed: str) -> str | None:
    """Return a typed number with a point, nothing for nothing, `?` for what is none."""
    plain = "".join(typed.split()).replace(",", ".")
    return None if not plain else plain if _NUMBER.fullmatch(plain) else "?"


def _closing(here: Visit, key: str, period: str, status: int = HTTPStatus.OK, refused: str = "") -> Response:
    with here.office.store.read() as tx:
        closed = closing.provisional(tx, key, period, here.now_ms)
        disputes = dispute_views(tx, key, only_open=True)
        till = till_lines(tx, closed.body["books"], periods.period("month", period))
    return page(
        here,
        "closing.html",
        status,
        key=key,
        body=closed.body,
        final=closed.final,
        over=periods.period("month", period).to_at <= here.now_ms,
        month=month_name(period, here.lang),
        question=lambda code: QUESTIONS[code].text(here.lang),
        refused=refused,
        disputes=disputes,
        till=till,
        amount=lambda cents: pages_format.plain_amount(cents, here.lang),
        month_name=lambda name: month_name(name, here.lang),
    )
