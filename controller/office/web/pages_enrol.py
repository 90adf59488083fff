"""Enrolling by tapping: an unknown badge that was just tapped is given to somebody in one gesture."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office.directory import badges, machines
from controller.office.web import doors
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.pages_members import listed
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

CHOICES_MAX = 50
"""Members to choose from; one more letter narrows them."""


@router.get("/enrol")
def show(here: Desk, q: str = "", member: str = "", tap: str = "", label: str = "") -> Response:
    """Show the unknown badges of the last minute, and whose they may be."""
    return _enrol(here, 200, {}, {"q": q, "member": member, "tap": tap, "label": label})


@router.get("/enrol/taps")
def show_taps(here: Desk) -> Response:
    """Return the unknown badges alone, for the page that is open."""
    return page(here, "_taps.html", taps=taps_shown(here), chosen="")


@router.get("/enrol/members")
def show_choices(here: Desk, q: str = "") -> Response:
    """Return the members to choose from alone."""
    return page(here, "_members.html", members=listed(here, q, CHOICES_MAX), member="")


@router.post("/enrol")
def enrol(here: Desk) -> Response:
    """Give the badge to the member; a conflict names the holder."""
    tap, member = here.form.get("tap", ""), here.form.get("member", "")
    if not tap or not member:
        wrong = "member" if tap else "tap"
        return _enrol(here, 422, {wrong: here.text(f"enrol.no_{wrong}")}, here.form)
    try:
        with here.office.changing(here.principal.account) as change:
            badges.enrol_from_tap(change, tap, member, here.form.get("label", ""), here.office.speed)
    except UserError as error:
        return _enrol(here, status_of(error), {"tap": here.sentence(error)}, here.form)
    return go(f"/members/{member}", "done.enrolled")


def _enrol(here: Visit, status: int, errors: dict[str, str], form: dict[str, str]) -> Response:
    member, q = form.get("member", ""), form.get("q", "")
    choices = listed(here, q, CHOICES_MAX)
    if member and all(each["id"] != member for each in choices):
        with here.office.store.read() as tx:
            name = here.office.vault.name(tx, member)
        choices = ([] if name is None else [{"id": member, "name": name, "email": ""}]) + choices
    return page(
        here,
        "enrol.html",
        status,
        errors=errors,
        form=form,
        q=q,
        member=member,
        members=choices,
        taps=taps_shown(here),
        chosen=form.get("tap", ""),
    )


def taps_shown(here: Visit) -> list[dict[str, Any]]:
    """Return the unknown badges of the last minute, with the machine's name."""
    with here.office.store.read() as tx:
        names = {view.id: view.name for view in machines.machine_views(tx)}
        taps = badges.unknown_taps(tx, here.now_ms, here.office.speed)
    # In a demonstration the clock runs faster than the visitor, whose minute this is.
    ago_ms = [(here.now_ms - tap["seen_at"]) // here.office.speed for tap in taps]
    return [
        {**tap, "name": names.get(tap["machine"], tap["machine"]), "seen_at": here.now_ms - ago}
        for tap, ago in zip(taps, ago_ms, strict=True)
    ]
