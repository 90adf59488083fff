"""Screens at machines: made, listed and ended by the desk."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path

from controller.office import screens
from controller.office.directory.machines import machine_view
from controller.office.web.doors import Desk, TheOffice
from controller.office.web.schemas import Page, ScreenIn, ScreenOut

router = APIRouter(tags=["machines"])

Key = Annotated[str, Path(max_length=64)]


@router.get("/machines/{key}/screens")
def list_screens(key: Key, office: TheOffice, _: Desk) -> Page:
    """List the screens that show a machine."""
    with office.store.read() as tx:
        machine_view(tx, key)
        return Page(items=screens.screens_of(tx, key, office.now_ms()))


@router.post("/machines/{key}/screens", status_code=HTTPStatus.CREATED)
def add_screen(key: Key, body: ScreenIn, office: TheOffice, principal: Desk) -> ScreenOut:
    """Let a screen show a machine; the path that opens it is shown this once."""
    with office.changing(principal.account) as change:
        screen, secret = screens.create_screen(change, key, body.label, names=body.names)
    return ScreenOut(id=screen, path=f"/kiosk/{key}/open?screen={secret}")


@router.delete("/screens/{key}", status_code=HTTPStatus.NO_CONTENT)
def end_screen(key: Key, office: TheOffice, principal: Desk) -> None:
    """Let a screen show nothing any more."""
    with office.changing(principal.account) as change:
        screens.end_screen(change, key)
