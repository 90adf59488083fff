"""Whether all is well: controllers heard, what waits in the tray, alarms, how old the backup is."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.office import overview, sessions, tray
from controller.office.directory import maintenance
from controller.office.web import doors, pages_format
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by

router = APIRouter(route_class=PageRoute)

Watchers = Annotated[Visit, Depends(visit_by(doors.Watchers))]
Till = Annotated[Visit, Depends(visit_by(doors.Till))]

LATE_MS = 120_000
"""A controller that was not heard for two minutes is shown as late: several of its regular messages are missing."""

TRAY_SHOWN = 50


@router.get("/health")
def show_health(here: Watchers) -> Response:
    """Show what a person should look at."""
    with here.office.store.read() as tx:
        return page(
            here,
            "health.html",
            health=sessions.health(tx),
            alarms=sessions.open_alarms(tx),
            tray=tray.tray(tx, limit=TRAY_SHOWN) if here.may(doors.Till) else [],
            plans=maintenance.due_plans(tx, here.now_ms),
            backup_at=overview.backup_at(tx),
            late_ms=LATE_MS,
        )


@router.post("/health/tray/retry")
def retry(here: Till) -> Response:
    """Read the tray once more."""
    with here.office.changing(here.principal.account) as change:
        tray.retry_tray(change)
    return go("/health", "done.retried")


@router.post("/health/tray/{controller}/{branch}/{n}")
def settle(here: Till, controller: str, branch: str, n: int) -> Response:
    """Take one fact out of the tray for good, with a note."""
    with here.office.changing(here.principal.account) as change:
        tray.dismiss(change, (controller, branch, n), here.form.get("note", ""))
    return go("/health", "done.settled")


@router.post("/health/tray/{controller}/{branch}/{n}/running-time")
def say_running_time(here: Till, controller: str, branch: str, n: int) -> Response:
    """Say how long the machine ran in a use that its meter did not see whole, and post it."""
    busy_s = pages_format.read_duration(here.form.get("ran", ""), 60)
    if busy_s is None:
        return go("/health", "done.unread_time")
    with here.office.changing(here.principal.account) as change:
        tray.say_running_time(change, (controller, branch, n), busy_s, here.form.get("note", ""))
    return go("/health", "done.running_time")
