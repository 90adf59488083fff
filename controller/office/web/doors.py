"""The locks that several doors of the API share: which roles open what."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from controller.office.accounts import Principal, Role
from controller.office.office import Office
from controller.office.web.auth import Needs, the_office

PREFIX = "/api/v1"

TheOffice = Annotated[Office, Depends(the_office)]
Anyone = Annotated[Principal, Depends(Needs())]
"""Everyone who is signed in."""

Desk = Annotated[Principal, Depends(Needs(Role.FABMANAGER))]
"""Who receives people: members, badges, machines."""

Trainers = Annotated[Principal, Depends(Needs(Role.FABMANAGER, Role.TRAINER))]
Keepers = Annotated[Principal, Depends(Needs(Role.FABMANAGER, Role.MAINTAINER))]
"""Who may lock a machine out and stop a use."""

Till = Annotated[Principal, Depends(Needs(Role.FABMANAGER, Role.TREASURER))]
"""Who takes money in."""

Treasurers = Annotated[Principal, Depends(Needs(Role.TREASURER))]
Readers = Annotated[Principal, Depends(Needs(Role.FABMANAGER, Role.TRAINER, Role.TREASURER))]
"""Who may read people's names."""

Watchers = Annotated[Principal, Depends(Needs(Role.FABMANAGER, Role.MAINTAINER, Role.TREASURER, Role.SERVICE))]
Owners = Annotated[Principal, Depends(Needs(Role.TREASURER, Role.FABMANAGER, Role.CO_OWNER))]
Admins = Annotated[Principal, Depends(Needs(Role.ADMIN))]

LIMIT_MAX = 500
"""Items in one answer: a screenful many times over; the following ones are asked for with `after`."""

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX)]
After = Annotated[str, Query(max_length=100)]
