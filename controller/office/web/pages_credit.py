"""How far the books trust credit without the office, as the treasurer sets it, and how much credit they sold.

House rules: a form that cannot be read comes back as it was typed, with the reason beside the field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.directory import OfflineStep
from controller.errors import UserError
from controller.office import credit_sold, legal, overview, packs
from controller.office.directory import credit_terms, machines
from controller.office.directory.credit_terms import CreditTerms
from controller.office.settlement.periods import day_of
from controller.office.web import doors, pages_format, price_words
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from controller.errors import Language

_HOUR_S = 3_600

router = APIRouter(route_class=PageRoute)

Till = Annotated[Visit, Depends(visit_by(doors.Till))]
Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]


@router.get("/credit")
def show_books(here: Till) -> Response:
    """List the books, or go to the only ones."""
    with here.office.store.read() as tx:
        known = list(overview.books_names(tx).items())
    return go(f"/credit/{known[0][0]}") if len(known) == 1 else page(here, "credit_books.html", known=known)


@router.get("/credit/{key}")
def show_terms(here: Till, key: str) -> Response:
    """Show how far these books trust credit."""
    return terms_page(here, key)


@router.post("/credit/{key}")
def set_terms(here: Till, key: str) -> Response:
    """Say how far these books trust credit from now on."""
    form, own = here.form, here.form.get("member", "").strip()
    fresh_s = pages_format.read_duration(form.get("fresh", ""), 1)
    account, member = pages_format.read_amount(form.get("account", "")), pages_format.read_amount(own or "0")
    errors = {"fresh": here.text("credit.not_a_duration")} if fresh_s is None else {}
    errors |= {
        name: here.text("form.not_an_amount")
        for name, cents in (("account", account), ("member", member))
        if cents is None
    }
    steps = _steps(form.get("steps", ""))
    errors |= {"steps": here.text("credit.no_steps")} if steps is None else {}
    if errors or fresh_s is None or account is None or steps is None:
        return terms_page(here, key, 422, errors)
    terms = CreditTerms(
        credit_fresh_s=fresh_s,
        offline_ceiling_cents=account,
        offline_member_ceiling_cents=member if own else None,
        offline_steps=steps,
    )
    try:
        with here.office.changing(here.principal.account) as change:
            credit_terms.set_terms(change, key, terms)
    except UserError as error:
        return terms_page(here, key, status_of(error), {"terms": here.sentence(error)})
    return go(f"/credit/{key}", "done.credit")


@router.post("/credit/{key}/legal")
def set_legal(here: Treasurers, key: str) -> Response:
    """Say what a dated setting is from a day on."""
    form, name = here.form, next((each for each in legal.SETTINGS if each == here.form.get("name")), None)
    read = pages_format.read_amount if name == "credit_sold_limit_cents" else pages_format.read_count
    value = read(form.get("value", ""))
    if name is None or value is None:
        return terms_page(here, key, 422, {"value": here.text("form.not_an_amount")})
    try:
        with here.office.changing(here.principal.account) as change:
            credit_terms.terms_of(change.tx, key)
            legal.put(change, key, name, form.get("from_day", ""), value)
    except UserError as error:
        return terms_page(here, key, status_of(error), {"value": here.sentence(error)})
    return go(f"/credit/{key}", "done.legal")


def terms_page(here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Show the terms of some books, with what is wrong beside its field."""
    with here.office.store.read() as tx:
        terms, named = credit_terms.terms_of(tx, key), overview.books_names(tx)[key]
        sold, settings = credit_sold.credit_sold(tx, key, here.now_ms), legal.said(tx, key)
        views = [view for view in machines.machine_views(tx) if view.books == key]
        names = {view.id: view.name for view in views}
        plans = [(each.id, price_words.plan_line(each, names, here.lang)) for each in packs.plans_of(tx, key)]
    own = terms.offline_member_ceiling_cents
    return page(
        here,
        "credit.html",
        status,
        key=key,
        name=named,
        errors=errors or {},
        sold=sold,
        plans=plans,
        plan_machines=[("", here.text("plans.all")), *((view.id, view.name) for view in views)],
        settings=settings,
        legal_names=[(each, here.text(f"legal.{each}")) for each in legal.SETTINGS],
        today=day_of(here.now_ms),
        fresh=pages_format.plain_duration(terms.credit_fresh_s, 1),
        account=pages_format.plain_amount(terms.offline_ceiling_cents, here.lang),
        member="" if own is None else pages_format.plain_amount(own, here.lang),
        steps="; ".join(_typed(step, here.lang) for step in terms.offline_steps),
    )


def _typed(step: OfflineStep, lang: Language) -> str:
    """Write a step as it is typed in the field."""
    hours, rest_s = divmod(step.after_s, _HOUR_S)
    after = f"{step.after_s} s" if rest_s else f"{hours} h"
    return f"{after} = {pages_format.plain_amount(step.ceiling_cents, lang)}"


def _steps(text: str) -> tuple[OfflineStep, ...] | None:
    """Read steps as people type them, `1 h = 10; 24 h = 2,50`; `None` when one is none."""
    steps = []
    for each in text.split(";") if text.strip() else ():
        after, _, ceiling = each.partition("=")
        after_s, cents = pages_format.read_duration(after, 1), pages_format.read_amount(ceiling)
        if after_s is None or cents is None:
            return None
        steps.append(OfflineStep(after_s=after_s, ceiling_cents=cents))
    return tuple(steps)
