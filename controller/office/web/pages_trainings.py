"""Trainings: what each opens, needs and how long it lasts; a new one; who gives it, and who agreed to be named.

House rules: everybody reads what a training asks for, names stand behind the trainers' door; each form changes one
thing, and one that cannot be taken comes back as it was typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office.directory import machines, rights, training_rules
from controller.office.refusals import no_such
from controller.office.web import doors, pages_format
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(route_class=PageRoute)

Anyone = Annotated[Visit, Depends(visit_by(doors.Anyone))]
Trainers = Annotated[Visit, Depends(visit_by(doors.Trainers))]
Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

COUNTS = ("valid_days", "supervised_uses", "unused_max_days")
"""The fields that are numbers; nothing typed is none."""


@router.get("/trainings")
def show_trainings(here: Anyone) -> Response:
    """List the trainings by name."""
    with here.office.store.read() as tx:
        listed = [_shown(tx, row) for row in machines.trainings(tx)]
    return page(here, "trainings.html", trainings=sorted(listed, key=lambda each: each["name"].casefold()))


@router.get("/trainings/new")
def show_new(here: Desk) -> Response:
    """Show the form for a new training."""
    return _new(here)


@router.post("/trainings/new")
def create(here: Desk) -> Response:
    """Add a training."""
    form = here.form
    counts = _counts(form)
    wrong = {name: here.text("training.not_a_count") for name, count in counts.items() if count is None}
    key = form.get("id", "").strip()
    if wrong:
        return _new(here, 422, wrong)
    try:
        with here.office.changing(here.principal.account) as change:
            machines.create_training(
                change,
                key,
                form.get("name", ""),
                ticked(form, "machine."),
                counts["valid_days"] or None,
                counts["supervised_uses"] or 0,
                needs=ticked(form, "need."),
                unused_max_days=counts["unused_max_days"] or None,
            )
    except UserError as error:
        return _new(here, status_of(error), {"training": here.sentence(error)})
    return go(f"/trainings/{key}", "done.training")


@router.get("/trainings/{key}")
def show_training(here: Anyone, key: str) -> Response:
    """Show one training; to trainers also who gives it."""
    return _training(here, key)


@router.post("/trainings/{key}")
def change_rules(here: Desk, key: str) -> Response:
    """Give the training other rules."""
    counts = _counts(here.form)
    wrong = {name: here.text("training.not_a_count") for name, count in counts.items() if count is None}
    if wrong:
        return _training(here, key, 422, wrong)
    try:
        with here.office.changing(here.principal.account) as change:
            training_rules.change_training(
                change,
                key,
                here.form.get("name", ""),
                counts["valid_days"] or None,
                counts["supervised_uses"] or 0,
                needs=ticked(here.form, "need."),
                unused_max_days=counts["unused_max_days"] or None,
            )
    except UserError as error:
        return _training(here, key, status_of(error), {"training": here.sentence(error)})
    return go(f"/trainings/{key}", "done.training_rules")


@router.post("/trainings/{key}/machines")
def set_machines(here: Desk, key: str) -> Response:
    """Say which machines the training opens."""
    with here.office.changing(here.principal.account) as change:
        _row(change.tx, key)
        machines.set_training_machines(change, key, ticked(here.form, "machine."))
    return go(f"/trainings/{key}", "done.training_machines")


@router.post("/trainings/{key}/trainers")
def set_trainer(here: Trainers, key: str) -> Response:
    """Say of who holds the training whether they give it, and whether they agreed to be named."""
    wanted = here.form.get("do", "")
    try:
        with here.office.changing(here.principal.account) as change:
            rights.set_trainer(
                change, here.form.get("member", ""), key, may_train=wanted != "not", may_be_named=wanted == "named"
            )
    except UserError as error:
        return _training(here, key, status_of(error), {"member": here.sentence(error)})
    return go(f"/trainings/{key}", "done.trainer")


def ticked(form: dict[str, str], place: str) -> list[str]:
    """Return what a form has ticked of the boxes whose names begin with `place`."""
    return [name.removeprefix(place) for name, value in form.items() if name.startswith(place) and value == "yes"]


def _counts(form: dict[str, str]) -> dict[str, int | None]:
    return {name: pages_format.read_count(form.get(name, "").strip()) for name in COUNTS}


def _row(tx: Connection, key: str) -> dict[str, Any]:
    row = next((each for each in machines.trainings(tx) if each["id"] == key), None)
    if row is None:
        raise no_such("la formation", "training", key)
    return row


def _shown(tx: Connection, row: dict[str, Any]) -> dict[str, Any]:
    """Return a training with the names of what it opens and needs."""
    opened = {view.id: view.name for view in machines.machine_views(tx)}
    named = {each["id"]: each["name"] for each in machines.trainings(tx)}
    return {
        **row,
        "opens": [opened.get(each, each) for each in row["machines"]],
        "needed": [named.get(each, each) for each in row["needs"]],
    }


def _new(here: Visit, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        known = machines.trainings(tx)
        views = machines.machine_views(tx)
    return page(here, "training_new.html", status, errors=errors or {}, known=known, machines=views)


def _training(here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        row = _row(tx, key)
        holders = [each for each, _ in rights.held(tx, key, None)] if here.may(doors.Trainers) else []
        names = here.office.vault.names(tx, {each.member for each in holders})
        people = [
            {
                "member": each.member,
                "name": names[each.member].name if each.member in names else here.text("member.erased"),
                "gives": each.may_train,
                "named": each.may_be_named,
            }
            for each in holders
        ]
        return page(
            here,
            "training.html",
            status,
            training=_shown(tx, row),
            errors=errors or {},
            people=sorted(people, key=lambda each: str(each["name"]).casefold()),
            machines=machines.machine_views(tx),
            others=[each for each in machines.trainings(tx) if each["id"] != key],
        )
