"""The till on a member's page: money in, credit given or granted, unused credit handed back, a use put right.

House rules: a form's own key makes a second press of its button count once; what cannot be read comes back as typed.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.ledger import MeansOfPayment
from controller.domain.lots import LotKind
from controller.errors import UserError
from controller.office import correcting, money, refunds, sessions
from controller.office.directory import people
from controller.office.lots import LotTerms
from controller.office.refusals import no_such
from controller.office.web import doors, pages_format
from controller.office.web.pages_frame import PageRoute, Visit, go, visit_by
from controller.office.web.pages_members import MEANS, member_page
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Till = Annotated[Visit, Depends(visit_by(doors.Till))]

TOPUP_MAX_CENTS = 1_000_000
"""Ten thousand euros at the desk: a forgotten comma makes more, and the ledger takes nothing back unseen. The API takes
what the ledger takes.
"""


@router.post("/members/{key}/top-ups")
def top_up(here: Till, key: str) -> Response:
    """Take money in, or give credit."""
    form = here.form
    cents, kind = pages_format.read_cents(form.get("amount", "")), form.get("kind") or LotKind.PAID.value
    if cents is None:
        return member_page(here, key, 422, {"amount": here.text("form.not_an_amount")})
    if cents > TOPUP_MAX_CENTS:
        most = pages_format.euros(TOPUP_MAX_CENTS, here.lang)
        return member_page(here, key, 422, {"amount": here.text("topup.too_much", most=most)})
    if kind not in set(LotKind):
        return member_page(here, key, 422, {"kind": here.text("form.needed")})
    gift = kind == LotKind.GIFT
    if not gift and form.get("means", "") not in set(MEANS):
        return member_page(here, key, 422, {"means": here.text("form.needed")})
    terms = LotTerms(kind=LotKind(kind), last_day=form.get("last_day", "").strip() or None)
    means = None if gift else MeansOfPayment(form["means"])
    try:
        terms.expires_at(here.now_ms)
    except UserError as error:
        return member_page(here, key, status_of(error), {"last_day": here.sentence(error)})
    try:
        with here.office.changing(here.principal.account) as change:
            payer = people.member_row(change.tx, key)["account"]
            reference = form.get("reference", "").strip()
            money.top_up(change, payer, cents, means, reference, form.get("key") or None, terms=terms)
    except UserError as error:
        return member_page(here, key, status_of(error), {"amount": here.sentence(error)})
    return go(f"/members/{key}", "done.given" if gift else "done.topped_up")


@router.post("/members/{key}/refunds")
def hand_back(here: Till, key: str) -> Response:
    """Note money handed back for unused paid credit."""
    form = here.form
    cents = pages_format.read_cents(form.get("back", ""))
    if cents is None:
        return member_page(here, key, 422, {"back": here.text("form.not_an_amount")})
    if form.get("back_means", "") not in set(MEANS):
        return member_page(here, key, 422, {"back_means": here.text("form.needed")})
    try:
        with here.office.changing(here.principal.account) as change:
            payer = people.member_row(change.tx, key)["account"]
            means = MeansOfPayment(form["back_means"])
            refunds.refund(change, payer, cents, means, form.get("why", ""), form.get("back_key") or None)
    except UserError as error:
        return member_page(here, key, status_of(error), {"back": here.sentence(error)})
    return go(f"/members/{key}", "done.handed_back")


@router.post("/members/{key}/corrections")
def correct(here: Till, key: str) -> Response:
    """Put a forgotten stop of this member right."""
    form, seconds = here.form, pages_format.read_duration(here.form.get("lasted", ""), 60)
    if seconds is None:
        return member_page(here, key, 422, {"lasted": here.text("credit.not_a_duration")})
    try:
        with here.office.changing(here.principal.account) as change:
            used = form.get("use", "")
            if sessions.member_of(change.tx, used) != key:
                raise no_such("l'utilisation", "use", used)
            correcting.correct(change, used, seconds, form.get("because", ""))
    except UserError as error:
        return member_page(here, key, status_of(error), {"lasted": here.sentence(error)})
    return go(f"/members/{key}", "done.corrected")
