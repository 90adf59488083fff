"""Classes with their lessons, and the organisations that pay for them by order.

House rules: no pupil's name is asked; a class's door is the trainers', money's the till's; each form changes one thing,
and one that cannot be taken comes back as it was typed.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office import overview
from controller.office.directory import groups, machines, orders, people, rights
from controller.office.refusals import no_such
from controller.office.web import doors, pages_format
from controller.office.web.pages_bookings import instant_of, read_times
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.pages_trainings import ticked
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(route_class=PageRoute)

Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]
Till = Annotated[Visit, Depends(visit_by(doors.Till))]
Trainers = Annotated[Visit, Depends(visit_by(doors.Trainers))]


@router.get("/classes")
def show_classes(here: Trainers) -> Response:
    """List the classes with their next lesson."""
    with here.office.store.read() as tx:
        listed = groups.classes(tx, here.now_ms)
    return page(here, "classes.html", classes=sorted(listed, key=_by_name), reports=_reports(here))


@router.get("/classes/new")
def show_new(here: Desk) -> Response:
    """Show the form for a new class."""
    return _new(here)


@router.post("/classes/new")
def create(here: Desk) -> Response:
    """Add a class."""
    form, key = here.form, here.form.get("id", "").strip()
    try:
        with here.office.changing(here.principal.account) as change:
            groups.create_class(
                change,
                key,
                form.get("name", ""),
                form.get("account", ""),
                ticked(form, "trainer."),
                ticked(form, "machine."),
            )
    except UserError as error:
        return _new(here, status_of(error), {"class": here.sentence(error)})
    return go(f"/classes/{key}", "done.class")


@router.get("/classes/{key}")
def show_class(here: Trainers, key: str) -> Response:
    """Show one class with its lessons to come."""
    return _class(here, key)


@router.post("/classes/{key}/lessons")
def add_lesson(here: Trainers, key: str) -> Response:
    """Add a lesson."""
    times = read_times(here.form.get("day", ""), here.form.get("hours", ""))
    headcount = pages_format.read_count(here.form.get("headcount", "").strip())
    wrong = {} if times else {"hours": here.text("bookings.not_a_time")}
    wrong |= {} if headcount else {"headcount": here.text("training.not_a_count")}
    if wrong or times is None or headcount is None:
        return _class(here, key, 422, wrong)
    try:
        with here.office.changing(here.principal.account) as change:
            groups.add_lesson(change, key, *times, headcount)
    except UserError as error:
        return _class(here, key, status_of(error), {"hours": here.sentence(error)})
    return go(f"/classes/{key}", "done.lesson")


@router.post("/classes/{key}/lessons/{lesson}/cancel")
def cancel_lesson(here: Trainers, key: str, lesson: str) -> Response:
    """Take a lesson back that has not begun."""
    with here.office.changing(here.principal.account) as change:
        groups.cancel_lesson(change, lesson)
    return go(f"/classes/{key}", "done.lesson_cancelled")


@router.get("/organisations")
def show_organisations(here: Till) -> Response:
    """List the organisations, with what their orders have left."""
    return _organisations(here)


@router.post("/organisations")
def add_organisation(here: Till) -> Response:
    """Add an organisation's account."""
    form = here.form
    debt = pages_format.read_amount(form.get("debt", "").strip() or "0")
    if debt is None:
        return _organisations(here, 422, {"debt": here.text("form.not_an_amount")})
    try:
        with here.office.changing(here.principal.account) as change:
            key = people.create_account(
                change, form.get("books", ""), floor_cents=-debt, organisation=form.get("name", "")
            )
    except UserError as error:
        return _organisations(here, status_of(error), {"name": here.sentence(error)})
    return go(f"/organisations/{key}", "done.organisation")


@router.get("/organisations/{key}")
def show_organisation(here: Till, key: str) -> Response:
    """Show one organisation and its order."""
    return _organisation(here, key)


@router.post("/organisations/{key}/order")
def set_order(here: Till, key: str) -> Response:
    """Put a purchase order in force from now on."""
    ceiling = pages_format.read_cents(here.form.get("ceiling", ""))
    if ceiling is None:
        return _organisation(here, key, 422, {"ceiling": here.text("form.not_an_amount")})
    try:
        with here.office.changing(here.principal.account) as change:
            orders.set_order(change, key, here.form.get("number", ""), ceiling)
            groups.follow_orders(change, [key])
    except UserError as error:
        return _organisation(here, key, status_of(error), {"number": here.sentence(error)})
    return go(f"/organisations/{key}", "done.order")


def _by_name(row: dict[str, Any]) -> str:
    return str(row["name"]).casefold()


def _reports(here: Visit) -> list[tuple[int, str]]:
    """Return the years whose headcounts are offered as a file, this one and the one before, to who may read them."""
    if not here.may(doors.Watchers):
        return []
    year = pages_format.moment(here.now_ms).year
    report = "/api/v1/reports/lessons.csv?from_at={}&until_at={}"
    return [
        (each, report.format(instant_of(date(each, 1, 1)), instant_of(date(each + 1, 1, 1))))
        for each in (year, year - 1)
    ]


def _new(here: Visit, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        giving = here.office.vault.names(tx, rights.trainers(tx, here.now_ms))
        payers = [(row["id"], row["name"]) for row in orders.organisations(tx)]
        views = machines.machine_views(tx)
    named = sorted(((key, names.name) for key, names in giving.items()), key=lambda each: each[1].casefold())
    return page(
        here, "class_new.html", status, errors=errors or {}, trainers=named, organisations=payers, machines=views
    )


def _class(here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        row = next((each for each in groups.classes(tx, here.now_ms) if each["id"] == key), None)
        if row is None:
            raise no_such("le groupe", "class", key)
        names = here.office.vault.names(tx, row["trainers"])
        opened = {view.id: view.name for view in machines.machine_views(tx)}
        payer = next((each["name"] for each in orders.organisations(tx) if each["id"] == row["account"]), "")
    erased = here.text("member.erased")
    return page(
        here,
        "class.html",
        status,
        group=row,
        errors=errors or {},
        payer=payer,
        trainers=[names[each].name if each in names else erased for each in row["trainers"]],
        opens=[opened.get(each, each) for each in row["machines"]],
        lessons=[{**each, "hours": _hours(each["from_at"], each["until_at"])} for each in row["lessons"]],
        today=pages_format.iso_day(here.now_ms),
    )


def _hours(from_at: int, until_at: int) -> str:
    return f"{pages_format.moment(from_at):%H:%M} – {pages_format.moment(until_at):%H:%M}"


def _organisations(here: Visit, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        listed, known = orders.organisations(tx), list(overview.books_names(tx).items())
    return page(
        here,
        "organisations.html",
        status,
        organisations=listed,
        errors=errors or {},
        known=known,
        reports=_reports(here),
    )


def _organisation(here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        row = _organisation_row(tx, key)
    return page(here, "organisation.html", status, each=row, errors=errors or {}, invoices=here.may(doors.Treasurers))


def _organisation_row(tx: Connection, key: str) -> dict[str, Any]:
    row = next((each for each in orders.organisations(tx) if each["id"] == key), None)
    if row is None:
        raise no_such("l'organisme", "organisation", key)
    return row
