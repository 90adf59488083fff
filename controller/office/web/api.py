"""The API under /api/v1: everything that the pages can do, for programs."""

from __future__ import annotations

from fastapi import APIRouter

from controller.office.web import (
    api_account,
    api_audit,
    api_bookings,
    api_closing,
    api_exports,
    api_floor,
    api_groups,
    api_invoices,
    api_machines,
    api_maintenance,
    api_messages,
    api_money,
    api_packs,
    api_payouts,
    api_people,
    api_places,
    api_screens,
    api_session,
    api_votes,
    api_witness,
)
from controller.office.web.doors import PREFIX

PARTS = (
    api_session,
    api_account,
    api_people,
    api_places,
    api_machines,
    api_maintenance,
    api_messages,
    api_screens,
    api_bookings,
    api_groups,
    api_invoices,
    api_money,
    api_packs,
    api_exports,
    api_closing,
    api_payouts,
    api_votes,
    api_witness,
    api_floor,
    api_audit,
)


def router() -> APIRouter:
    """Return every door of the API."""
    whole = APIRouter(prefix=PREFIX)
    for part in PARTS:
        whole.include_router(part.router)
    return whole
