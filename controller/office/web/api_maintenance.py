"""Machines' counters and what is to be done to them when."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from controller.domain.counters import Reading
from controller.office.directory import maintenance
from controller.office.directory.machines import machine_view
from controller.office.directory.maintenance import Plan
from controller.office.machine_hours import hours_of
from controller.office.settlement.counters import write_reading
from controller.office.web.doors import Anyone, CounterReaders, Keepers, TheOffice, Watchers
from controller.office.web.schemas import DoneIn, Page, PlanIn
from controller.office.web.schemas_money import ReadingIn

router = APIRouter(tags=["maintenance"])


@router.get("/machines/{key}/maintenance")
def read_maintenance(key: str, office: TheOffice, _: Anyone) -> dict[str, Any]:
    """Read a machine's counters, which never go back, and its plans with what is left of each."""
    with office.store.read() as tx:
        machine_view(tx, key)
        return {
            "hours": asdict(hours_of(tx, key)),
            "plans": maintenance.plans_of(tx, key, office.now_ms()),
        }


@router.post("/machines/{key}/counter", status_code=HTTPStatus.NO_CONTENT)
def read_counter(key: str, body: ReadingIn, office: TheOffice, principal: CounterReaders) -> None:
    """Write down what a machine's own counter says: statements hold it against the uses on record."""
    with office.changing(principal.account) as change:
        said = body.model_dump()
        said["read_at"] = change.now_ms if body.read_at is None else body.read_at
        write_reading(change, key, Reading(**said))


@router.put("/machines/{key}/maintenance/{plan}", status_code=HTTPStatus.NO_CONTENT)
def set_plan(key: str, plan: str, body: PlanIn, office: TheOffice, principal: Keepers) -> None:
    """Say what is to be done to a machine, and after how many hours, uses or days."""
    with office.changing(principal.account) as change:
        maintenance.set_plan(change, key, plan, Plan(**dict(body)))


@router.delete("/machines/{key}/maintenance/{plan}", status_code=HTTPStatus.NO_CONTENT)
def drop_plan(key: str, plan: str, office: TheOffice, principal: Keepers) -> None:
    """Forget a plan."""
    with office.changing(principal.account) as change:
        maintenance.drop_plan(change, key, plan)


@router.post("/machines/{key}/maintenance/{plan}/done", status_code=HTTPStatus.NO_CONTENT)
def note_done(key: str, plan: str, body: DoneIn, office: TheOffice, principal: Keepers) -> None:
    """Record that it was done now."""
    with office.changing(principal.account) as change:
        maintenance.note_done(change, key, plan, body.note)


@router.get("/maintenance")
def list_due(office: TheOffice, _: Watchers) -> Page:
    """List what is due at any machine, or soon will be."""
    with office.store.read() as tx:
        return Page(items=maintenance.due_plans(tx, office.now_ms()))
