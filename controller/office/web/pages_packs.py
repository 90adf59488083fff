"""Packs of minutes on pages: sold on a member's page, offered and ended on the page of credit.

House rules: those of the till; what a plan gives is said by `price_words`.
"""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.ledger import MeansOfPayment
from controller.errors import UserError
from controller.office import packs
from controller.office.directory import credit_terms, people
from controller.office.packs import Plan
from controller.office.store import new_id
from controller.office.web import doors, pages_format
from controller.office.web.pages_credit import terms_page
from controller.office.web.pages_frame import PageRoute, Visit, go, visit_by
from controller.office.web.pages_members import MEANS, member_page
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Till = Annotated[Visit, Depends(visit_by(doors.Till))]
Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]


@router.post("/members/{key}/packs")
def sell(here: Till, key: str) -> Response:
    """Sell a member minutes, for money taken in now."""
    form = here.form
    if form.get("pack_means", "") not in set(MEANS):
        return member_page(here, key, 422, {"pack_means": here.text("form.needed")})
    try:
        with here.office.changing(here.principal.account) as change:
            payer = people.member_row(change.tx, key)["account"]
            means = MeansOfPayment(form["pack_means"])
            packs.sell(change, payer, form.get("plan", ""), means, form.get("pack_key") or None)
    except UserError as error:
        return member_page(here, key, status_of(error), {"plan": here.sentence(error)})
    return go(f"/members/{key}", "done.pack_sold")


@router.post("/credit/{key}/plans")
def offer(here: Treasurers, key: str) -> Response:
    """Offer a plan: sold where it has a price, else included each month."""
    form, lang = here.form, here.text
    seconds, price = pages_format.read_duration(form.get("time", ""), 60), form.get("price", "").strip()
    cents = pages_format.read_cents(price) if price else 0
    days = pages_format.read_count(form.get("days", "").strip())
    carried = pages_format.read_count(form.get("carried", "").strip())
    errors = {"time": lang("credit.not_a_duration")} if seconds is None else {}
    errors |= {"price": lang("form.not_an_amount")} if cents is None else {}
    errors |= {
        name: lang("plans.not_a_number") for name, read in (("days", days), ("carried", carried)) if read is None
    }
    if errors or seconds is None or cents is None or carried is None:
        return terms_page(here, key, 422, errors)
    plan = Plan(
        id=new_id("pl"),
        books=key,
        name=form.get("plan_name", "").strip(),
        seconds=seconds,
        cents=cents,
        machines=(form["machine"],) if form.get("machine") else (),
        days=days or None,
        audience="" if price else form.get("audience", "").strip(),
        period="" if price else get_args(packs.Period)[1],
        carried=0 if price else carried,
    )
    try:
        with here.office.changing(here.principal.account) as change:
            credit_terms.terms_of(change.tx, key)
            packs.add_plan(change, plan)
    except UserError as error:
        return terms_page(here, key, status_of(error), {"plan_name": here.sentence(error)})
    return go(f"/credit/{key}", "done.plan")


@router.post("/credit/{key}/plans/end")
def end(here: Treasurers, key: str) -> Response:
    """Offer a plan no more."""
    try:
        with here.office.changing(here.principal.account) as change:
            packs.end_plan(change, here.form.get("plan", ""))
    except UserError as error:
        return terms_page(here, key, status_of(error), {"plan_name": here.sentence(error)})
    return go(f"/credit/{key}", "done.plan_ended")
