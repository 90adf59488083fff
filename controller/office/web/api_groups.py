"""Classes and their lessons, the organisations that pay and their orders, the headcounts for the funder's report."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import PlainTextResponse

from controller.office.directory import groups, orders, people
from controller.office.web.doors import Desk, TheOffice, Till, Trainers, Watchers
from controller.office.web.schemas import ClassIn, Created, LessonIn, OrderIn, OrganisationIn, Page

router = APIRouter(tags=["classes"])

At = Annotated[int, Query(ge=0, le=2**52, description="Unix milliseconds")]


@router.get("/organisations")
def list_organisations(office: TheOffice, _: Till) -> Page:
    """List the organisations, with their balance, their order and what was spent of it."""
    with office.store.read() as tx:
        return Page(items=orders.organisations(tx))


@router.post("/organisations", status_code=HTTPStatus.CREATED)
def add_organisation(body: OrganisationIn, office: TheOffice, principal: Till) -> Created:
    """Add an organisation's account."""
    with office.changing(principal.account) as change:
        return Created(
            id=people.create_account(change, body.books, floor_cents=body.floor_cents, organisation=body.name)
        )


@router.put("/organisations/{payer}/purchase-order", status_code=HTTPStatus.CREATED)
def set_order(payer: str, body: OrderIn, office: TheOffice, principal: Till) -> Created:
    """Put a purchase order in force from now on; the one before stays in the history."""
    with office.changing(principal.account) as change:
        made = orders.set_order(change, payer, body.number, body.ceiling_cents)
        groups.follow_orders(change, [payer])
    return Created(id=made)


@router.get("/classes")
def list_classes(office: TheOffice, _: Trainers) -> Page:
    """List the classes with their lessons to come."""
    with office.store.read() as tx:
        return Page(items=groups.classes(tx, office.now_ms()))


@router.post("/classes", status_code=HTTPStatus.CREATED)
def add_class(body: ClassIn, office: TheOffice, principal: Desk) -> Created:
    """Add a class."""
    with office.changing(principal.account) as change:
        groups.create_class(change, body.id, body.name, body.account, body.trainers, body.machines)
    return Created(id=body.id)


@router.post("/classes/{key}/lessons", status_code=HTTPStatus.CREATED)
def add_lesson(key: str, body: LessonIn, office: TheOffice, principal: Trainers) -> Created:
    """Add a lesson of a class."""
    with office.changing(principal.account) as change:
        return Created(id=groups.add_lesson(change, key, body.from_at, body.until_at, body.headcount))


@router.delete("/lessons/{key}", status_code=HTTPStatus.NO_CONTENT)
def cancel_lesson(key: str, office: TheOffice, principal: Trainers) -> None:
    """Take a lesson back that has not begun."""
    with office.changing(principal.account) as change:
        groups.cancel_lesson(change, key)


@router.get("/reports/lessons")
def report_lessons(office: TheOffice, _: Watchers, from_at: At, until_at: At) -> Page:
    """List the lessons that began within a time, with their headcount."""
    with office.store.read() as tx:
        return Page(items=groups.held(tx, from_at, until_at))


@router.get("/reports/lessons.csv", response_class=PlainTextResponse)
def report_lessons_csv(office: TheOffice, _: Watchers, from_at: At, until_at: At) -> PlainTextResponse:
    """The same as CSV."""
    with office.store.read() as tx:
        listed = groups.held(tx, from_at, until_at)
    return PlainTextResponse(groups.held_csv(listed), media_type="text/csv; charset=utf-8")
