"""The panel of a demonstration: hold anybody's badge to any simulated reader, copy it, pull a reader's plug."""

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
    readers = [(key, name, about.text(here.lang), plugged) for key, name, about, plugged in demo.readers()]
    return page(here, "demo.html", people=demo.people(), person=person, readers=readers, tiles=tiles)


@router.post("/demo/tap")
def tap(here: Anyone) -> Response:
    """Hold a badge to a reader."""
    demo = here.office.demo
    if demo is None:
        raise no_such("la page", "page", "demo")
    person = here.form.get("person", "")
    word = demo.tap(person, here.form.get("machine", ""), copied=bool(here.form.get("copied")))
    return go(f"/demo?person={quote(person)}", f"done.tap_{word}")


@router.post("/demo/plug")
def plug(here: Anyone) -> Response:
    """Pull a reader's plug, or put it back."""
    demo = here.office.demo
    if demo is None:
        raise no_such("la page", "page", "demo")
    plugged = demo.plug(here.form.get("machine", ""), plugged=bool(here.form.get("plugged")))
    return go("/demo", "done.plugged" if plugged else "done.unplugged")
