"""The pages that people see: every part of them under one router, and the files they load."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from controller.office.web import (
    pages_account,
    pages_accounts,
    pages_audit,
    pages_board,
    pages_bookings,
    pages_classes,
    pages_closing,
    pages_credit,
    pages_demo,
    pages_door,
    pages_enrol,
    pages_health,
    pages_hours,
    pages_invoices,
    pages_kiosk,
    pages_labels,
    pages_machines,
    pages_members,
    pages_messages,
    pages_mine,
    pages_owners,
    pages_packs,
    pages_payouts,
    pages_settings,
    pages_start,
    pages_statements,
    pages_till,
    pages_trainings,
    pages_votes,
    pages_witness,
)
from controller.office.web.pages_frame import ASSETS, HERE

if TYPE_CHECKING:
    from controller.office.office import Office

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FILES = {name: (HERE / "static" / name).read_bytes() for name in ASSETS}

static = APIRouter()


@static.get("/static/{name}", include_in_schema=False)
async def static_file(name: str, request: Request) -> Response:
    """Return a file of ours; its address changes with its content, so browsers may keep it for a year."""
    if name not in _FILES:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    headers = {"Cache-Control": "public, max-age=31536000, immutable"} if request.url.query else None
    return Response(_FILES[name], media_type=_TYPES[name.rpartition(".")[2]], headers=headers)


def router_for(office: Office) -> APIRouter:
    """Return the pages of this office; the panel of simulated readers only where there are any."""
    whole = APIRouter(include_in_schema=False)
    parts = [
        pages_door,
        pages_board,
        pages_settings,
        pages_machines,
        pages_members,
        pages_enrol,
        pages_owners,
        pages_statements,
        pages_votes,
        pages_closing,
        pages_invoices,
        pages_hours,
        pages_bookings,
        pages_trainings,
        pages_classes,
        pages_credit,
        pages_health,
        pages_payouts,
        pages_witness,
        pages_kiosk,
        pages_mine,
        pages_messages,
        pages_labels,
        pages_till,
        pages_start,
        pages_audit,
        pages_account,
        pages_accounts,
        pages_packs,
    ]
    for part in parts if office.demo is None else [*parts, pages_demo]:
        whole.include_router(part.router)
    whole.include_router(static)
    return whole
