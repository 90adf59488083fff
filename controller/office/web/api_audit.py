"""Who changed what, for programs."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from controller.office import audit_trail
from controller.office.audit_trail import Wanted
from controller.office.web.doors import Desk, Limit, TheOffice
from controller.office.web.schemas import Page

router = APIRouter(tags=["audit"])

Short = Annotated[str, Query(max_length=130)]
At = Annotated[int | None, Query(ge=0, le=2**52)]


@router.get("/audit")
def list_changes(
    office: TheOffice,
    _: Desk,
    actor: Short = "",
    what: Short = "",
    about: Short = "",
    from_at: At = None,
    to_at: At = None,
    before: Annotated[str | None, Query(pattern=r"^\d{1,16}$")] = None,
    limit: Limit = 100,
) -> Page:
    """List changes by account, kind, thing (part of its id) and time, newest first; `next` goes in as `before`."""
    wanted = Wanted(what=what, actor=actor, about=about, from_at=from_at, to_at=to_at)
    with office.store.read() as tx:
        rows = audit_trail.changes(tx, wanted, before=None if before is None else int(before), limit=limit)
    return Page(items=rows, next=str(rows[-1]["id"]) if len(rows) == limit else None)
