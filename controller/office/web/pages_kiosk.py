"""The screen at a machine: one machine, full screen, in type that is read from across the room.

House rules: opened by who is signed in, or by a screen's own key, which a browser keeps for this page alone; it changes
nothing; nobody is named unless the desk said so for this screen; a refusal is shown to who stands there and not longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response, StreamingResponse

from controller.errors import UserError
from controller.office import screens
from controller.office.board import Tile
from controller.office.directory import machines
from controller.office.web import doors, qr
from controller.office.web.pages_board import drawn_tile, people_at_work
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit, visit_by
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from controller.office.screens import Screen
    from controller.office.web.pages_board import TileView

router = APIRouter(route_class=PageRoute)

Stranger = Annotated[Visit, Depends(visit)]
Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

COOKIE = "indivis_screen"
COOKIE_S = 400 * 86_400
"""As long as browsers keep a cookie (RFC 6265bis § 5.5); each visit begins anew."""

BEAT_S = 3.0
"""A word this often, so that a screen that is cut off knows it within seconds; a few bytes each."""

REFUSAL_SHOWN_MS = 60_000
"""A refusal may speak of money: it is shown while who met it stands there, and then to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a machine's screen: by a screen, or (`None`) by who is signed in."""

    here: Visit
    screen: Screen | None


def looking(here: Stranger, key: str) -> Look:
    """Let in a screen of this machine, or who is signed in; raise `NotSignedInError` for a stranger."""
    secret = here.request.cookies.get(COOKIE)
    found = screens.screen_by_key(here.office.store, key, secret, here.now_ms) if secret else None
    if found is None:
        here.require(doors.Anyone)
    return Look(here=here, screen=found)


Looking = Annotated[Look, Depends(looking)]


@router.get("/kiosk/{key}/open")
def open_screen(here: Stranger, key: str, screen: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Take a screen's key out of the address that the desk made, and keep it in this browser for this machine."""
    answer = go(f"/kiosk/{key}")
    if screens.screen_by_key(here.office.store, key, screen, here.now_ms) is not None:
        _keep(here, answer, key, screen)
    return answer


@router.get("/kiosk/{key}")
def show_kiosk(look: Looking, key: str) -> Response:
    """Show the machine."""
    here = look.here
    answer = page(here, "kiosk.html", tile=_tile(look, key), key=key, code=qr.inline(qr.machine_address(here, key)))
    if look.screen is not None:
        _keep(here, answer, key, here.request.cookies[COOKIE])
    return answer


@router.get("/kiosk/{key}/tile")
def show_tile(look: Looking, key: str) -> Response:
    """Return what changes, for the page that is open."""
    return page(look.here, "_kiosk.html", tile=_tile(look, key))


@router.get("/kiosk/{key}/events")
def follow(look: Looking, key: str) -> Response:
    """Follow what happens at this machine."""
    return StreamingResponse(look.here.office.live.stream(key, BEAT_S), media_type="text/event-stream")


@router.get("/machines/{key}/screens")
def show_screens(here: Desk, key: str) -> Response:
    """List the machine's screens, with the form for one more."""
    return _screens(here, key)


@router.post("/machines/{key}/screens")
def add_screen(here: Desk, key: str) -> Response:
    """Make a screen; its address is shown this once, so this page answers and sends nobody on."""
    try:
        with here.office.changing(here.principal.account) as change:
            _, secret = screens.create_screen(
                change, key, here.form.get("label", ""), names=here.form.get("names") == "yes"
            )
    except UserError as error:
        return _screens(here, key, status_of(error), errors={"label": here.sentence(error)})
    address = qr.address_of(here, f"/kiosk/{key}/open?screen={secret}")
    return _screens(here, key, made=address, form={})


@router.post("/machines/{key}/screens/{screen}/end")
def end_screen(here: Desk, key: str, screen: str) -> Response:
    """Let a screen show nothing any more."""
    with here.office.changing(here.principal.account) as change:
        screens.end_screen(change, screen)
    return go(f"/machines/{key}/screens", "done.screen_ended")


def _tile(look: Look, key: str) -> TileView:
    here = look.here
    with here.office.store.read() as tx:
        view = machines.machine_view(tx, key)
        people = people_at_work(here, tx) if look.screen is not None and look.screen.names else {}
    tile = here.office.board.snapshot().get(key, Tile(machine=key))
    return drawn_tile(here, view, tile, people, REFUSAL_SHOWN_MS)


def _screens(here: Visit, key: str, status: int = 200, **shown: Any) -> Response:  # noqa: ANN401 - the page's values
    with here.office.store.read() as tx:
        view = machines.machine_view(tx, key)
        found = screens.screens_of(tx, key, here.now_ms)
    made = shown.pop("made", "")
    code = qr.inline(made) if made else ""
    return page(here, "screens.html", status, view=view, screens=found, made=made, code=code, **shown)


def _keep(here: Visit, answer: Response, key: str, secret: str) -> None:
    secure = here.request.url.scheme == "https"
    answer.set_cookie(
        COOKIE, secret, max_age=COOKIE_S, path=f"/kiosk/{key}", secure=secure, httponly=True, samesite="lax"
    )
