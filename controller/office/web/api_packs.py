"""Packs of minutes: plans that are offered, and minutes sold for money."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus

from fastapi import APIRouter

from controller.office import packs
from controller.office.directory import credit_terms
from controller.office.web.doors import Readers, TheOffice, Till, Treasurers
from controller.office.web.schemas import Created, Page
from controller.office.web.schemas_money import PackIn, PlanIn

router = APIRouter(tags=["money"])


@router.get("/books/{key}/plans")
def list_plans(key: str, office: TheOffice, _: Readers) -> Page:
    """List the minutes that books sell or include now."""
    with office.store.read() as tx:
        credit_terms.terms_of(tx, key)
        return Page(items=[asdict(each) for each in packs.plans_of(tx, key)])


@router.post("/books/{key}/plans", status_code=HTTPStatus.CREATED)
def add_plan(key: str, body: PlanIn, office: TheOffice, principal: Treasurers) -> Created:
    """Sell minutes, or include them in memberships, from now on."""
    said = body.model_dump()
    with office.changing(principal.account) as change:
        credit_terms.terms_of(change.tx, key)
        packs.add_plan(change, packs.Plan(books=key, **{**said, "machines": tuple(body.machines)}))
    return Created(id=body.id)


@router.delete("/plans/{key}", status_code=HTTPStatus.NO_CONTENT)
def end_plan(key: str, office: TheOffice, principal: Treasurers) -> None:
    """Sell and include these minutes no more; what was sold holds on."""
    with office.changing(principal.account) as change:
        packs.end_plan(change, key)


@router.post("/payers/{payer}/packs", status_code=HTTPStatus.CREATED)
def sell_pack(payer: str, body: PackIn, office: TheOffice, principal: Till) -> Created:
    """Sell an account minutes, for money taken in now."""
    with office.changing(principal.account) as change:
        return Created(id=packs.sell(change, payer, body.plan, body.means, body.id, body.reference))
