"""Opening hours of a place, and how far the books trust credit without the office."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from controller.domain.directory import OfflineStep
from controller.office.directory import credit_terms, opening
from controller.office.directory.credit_terms import CreditTerms
from controller.office.directory.opening import OpeningHours
from controller.office.refusals import no_such
from controller.office.web.doors import Anyone, Desk, TheOffice, Till
from controller.office.web.schemas import CreditTermsIn, OpeningIn

router = APIRouter(tags=["places"])


@router.get("/sites/{key}/opening-hours")
def read_opening_hours(key: str, office: TheOffice, _: Anyone) -> dict[str, Any]:
    """Read when a place is open."""
    with office.store.read() as tx:
        hours = opening.hours_of(tx, key)
    if hours is None:
        raise no_such("les heures d'ouverture", "opening hours", key)
    return {name: getattr(hours, name) for name in OpeningHours.__slots__}


@router.put("/sites/{key}/opening-hours", status_code=HTTPStatus.NO_CONTENT)
def set_opening_hours(key: str, body: OpeningIn, office: TheOffice, principal: Desk) -> None:
    """Say when a place is open: a week, exceptions, public holidays."""
    with office.changing(principal.account) as change:
        opening.set_hours(change, key, OpeningHours(**dict(body)))


@router.delete("/sites/{key}/opening-hours", status_code=HTTPStatus.NO_CONTENT)
def clear_opening_hours(key: str, office: TheOffice, principal: Desk) -> None:
    """Let a place be open always again."""
    with office.changing(principal.account) as change:
        opening.clear_hours(change, key)


@router.get("/books/{key}/credit-terms")
def read_credit_terms(key: str, office: TheOffice, _: Till) -> dict[str, Any]:
    """Read how far these books trust credit without the office."""
    with office.store.read() as tx:
        return asdict(credit_terms.terms_of(tx, key))


@router.put("/books/{key}/credit-terms", status_code=HTTPStatus.NO_CONTENT)
def set_credit_terms(key: str, body: CreditTermsIn, office: TheOffice, principal: Till) -> None:
    """Say how far these books trust credit without the office, from now on."""
    with office.changing(principal.account) as change:
        steps = tuple(OfflineStep(**dict(each)) for each in body.offline_steps)
        credit_terms.set_terms(change, key, CreditTerms(**{**dict(body), "offline_steps": steps}))
