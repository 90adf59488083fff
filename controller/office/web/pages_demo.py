"""The panel of a demonstration: hold anybody's badge to any simulated reader."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.office.refusals import no_such
from controller.office.web import doors
from controller.office.web.pages_board import tile_views
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by

router = APIRouter(route_class=PageRoute)

Anyone = Annotated[Visit, Depends(visit_by(doors.Anyone))]


@router.get("/demo")
def show(here: Anyone, person: str = "") -> Response:
    """Show people, machines, and the board beneath."""
    demo = here.office.demo
    if demo is None:
        raise no_such("la page", "page", "demo")
    with here.office.store.read() as tx:
        tiles = tile_views(here, tx)
    return page(here, "demo.html", people=demo.people(), person=person, machines=demo.machines(), tiles=tiles)


@router.post("/demo/tap")
def tap(here: Anyone) -> Response:
    """Hold a badge to a reader."""
    demo = here.office.demo
    if demo is None:
        raise no_such("la page", "page", "demo")
    person = here.form.get("person", "")
    word = demo.tap(person, here.form.get("machine", ""))
    return go(f"/demo?person={quote(person)}", f"done.tap_{word}")
