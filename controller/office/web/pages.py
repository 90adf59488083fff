"""The pages that people see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter

if TYPE_CHECKING:
    from controller.office.office import Office


def router_for(office: Office) -> APIRouter:  # noqa: ARG001 - pages to come need it
    """Return the pages of this office."""
    return APIRouter()
