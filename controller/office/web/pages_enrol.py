"""Enrolling by tapping: an unknown badge that was just tapped is given to somebody in one gesture."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office.directory import badges, machines
from controller.office.refusals import no_such
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


@router.get("/members/{key}/badges/{badge}/replace")
def show_replacement(here: Desk, key: str, badge: str) -> Response:
    """Ask for the badge that takes a lost one's place."""
    return _replacement(here, key, badge)


@router.post("/members/{key}/badges/{badge}/replace")
def replace(here: Desk, key: str, badge: str) -> Response:
    """Block the lost badge and give the new one, in one step."""
    tap = here.form.get("tap", "")
    if not tap:
        return _replacement(here, key, badge, 422, {"tap": here.text("enrol.no_tap")})
    try:
        with here.office.changing(here.principal.account) as change:
            badges.replace_badge(change, badge, tap, here.form.get("label", ""), here.office.speed)
    except UserError as error:
        return _replacement(here, key, badge, status_of(error), {"tap": here.sentence(error)})
    return go(f"/members/{key}", "done.replaced")


def _replacement(
    here: Visit, key: str, badge: str, status: int = 200, errors: dict[str, str] | None = None
) -> Response:
    with here.office.store.read() as tx:
        lost = next((each for each in badges.badges_of(tx, key) if each["id"] == badge and each["to_at"] is None), None)
        name = here.office.vault.name(tx, key)
    if lost is None:
        raise no_such("le badge", "badge", badge)
    shown = {"lost": lost, "key": key, "name": name or here.text("member.erased"), "taps": taps_shown(here)}
    return page(here, "replace.html", status, errors=errors or {}, chosen=here.form.get("tap", ""), **shown)


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
