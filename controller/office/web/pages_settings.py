"""What a fabmanager sets of a machine: its rules, trainings and wiring; a new machine. Its price: `pages_prices`.

House rules: each form changes one thing and says so; what cannot be taken comes back as it was typed, and nothing of
it is stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office import overview
from controller.office.directory import machines, places
from controller.office.directory.policies import Policy
from controller.office.web import doors, pages_policy, pages_prices
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(route_class=PageRoute)

Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]
Till = Annotated[Visit, Depends(visit_by(doors.Till))]


@router.get("/machines/new")
def show_new(here: Desk) -> Response:
    """Show the form for a new machine."""
    return _new(here)


@router.post("/machines/new")
def create(here: Desk) -> Response:
    """Add a machine, which is set up on the page that follows."""
    key, name = here.form.get("id", "").strip(), here.form.get("name", "")
    try:
        with here.office.changing(here.principal.account) as change:
            machines.create_machine(change, key, here.form.get("site", ""), name)
    except UserError as error:
        return _new(here, status_of(error), {"id" if name.strip() else "name": here.sentence(error)})
    return go(f"/machines/{key}/settings", "done.machine")


@router.get("/machines/{key}/settings")
def show_settings(here: Desk, key: str) -> Response:
    """Show what is set of a machine."""
    return _settings(here, key)


@router.post("/machines/{key}/settings")
def set_rules(here: Desk, key: str) -> Response:
    """Change the machine's rules, all of them or none."""
    values, wrong = pages_policy.read(here, here.form)
    if wrong:
        return _settings(here, key, 422, {**wrong, "rules": here.text("rules.not_taken")})
    try:
        with here.office.changing(here.principal.account) as change:
            machines.set_policy(change, key, Policy(**values))
    except UserError as error:
        return _settings(here, key, status_of(error), {"rules": here.sentence(error)})
    return go(f"/machines/{key}", "done.rules")


@router.post("/machines/{key}/price")
def set_price(here: Till, key: str) -> Response:
    """Give the machine its next price; a use under way keeps its own."""
    typed, wrong = pages_prices.read(here)
    if typed is None:
        return _settings(here, key, 422, wrong)
    try:
        with here.office.changing(here.principal.account) as change:
            pages_prices.give(change, key, typed)
    except UserError as error:
        return _settings(here, key, status_of(error), {"measured": here.sentence(error)})
    return go(f"/machines/{key}", "done.price")


@router.post("/machines/{key}/trainings")
def set_trainings(here: Desk, key: str) -> Response:
    """Say which trainings open the machine."""
    with here.office.changing(here.principal.account) as change:
        for row in machines.trainings(change.tx):
            wanted = here.form.get(f"training.{row['id']}") == "yes"
            if wanted != (key in row["machines"]):
                opened = {*row["machines"], key} if wanted else {*row["machines"]} - {key}
                machines.set_training_machines(change, row["id"], sorted(opened))
    return go(f"/machines/{key}", "done.trainings")


@router.post("/machines/{key}/placement")
def place(here: Desk, key: str) -> Response:
    """Say where the machine is wired."""
    try:
        with here.office.changing(here.principal.account) as change:
            places.place_machine(change, key, here.form.get("controller", ""), here.form.get("channel", "").strip())
    except UserError as error:
        return _settings(here, key, status_of(error), {"channel": here.sentence(error)})
    return go(f"/machines/{key}", "done.placed")


def _new(here: Visit, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        sites = overview.site_names(tx)
    errors = errors or ({} if sites else {"site": here.text("machine.no_site")})
    return page(here, "machine_new.html", status, errors=errors, sites=sites)


def _settings(here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        view = machines.machine_view(tx, key)
        return page(
            here,
            "machine_settings.html",
            status,
            view=view,
            errors=errors or {},
            groups=pages_policy.drawn(here, view.policy, errors or ()),
            **pages_prices.drawn(here, view.price),
            trainings=[(row["id"], row["name"], key in row["machines"]) for row in machines.trainings(tx)],
            controllers=_controllers(tx),
        )


def _controllers(tx: Connection) -> list[tuple[str, str]]:
    return [(row["id"], row["name"]) for row in places.controllers(tx)]
