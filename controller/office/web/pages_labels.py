"""Sheets of labels: each machine's name with the code of its address, and words for badges, 24 on a page of A4.

House rules: the sheet is an ordinary page that prints to size; nothing about a person is put on a label but what the
desk types itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from markupsafe import Markup
from starlette.responses import Response

from controller.office.directory import machines
from controller.office.web import doors, qr
from controller.office.web.pages_frame import PageRoute, Visit, page, visit_by

router = APIRouter(route_class=PageRoute)

Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

ON_A_SHEET = 24
"""Three by eight labels of 70 by 37 mm, the commonest sheet of labels in Europe."""

LABELS_MAX = 10 * ON_A_SHEET
"""Labels at once: ten sheets; what is beyond is left out, and the page says so."""

WORDS_MAX = 60
"""Signs of a label's words: three lines in its type; more are cut."""

ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,100}")
ONLY_HERE = re.compile(r"https?://(localhost|127\.|\[::1\])")


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label; nothing on those that were peeled off before."""

    name: str = ""
    address: str = ""
    code: Markup = field(default_factory=Markup)


@router.get("/labels")
def show_labels(
    here: Desk,
    machine: Annotated[list[str] | None, Query(max_length=500)] = None,
    words: Annotated[str, Query(max_length=20_000)] = "",
    first: Annotated[str, Query(max_length=5)] = "1",
    address: Annotated[str, Query(max_length=120)] = "",
) -> Response:
    """Show the sheets, with the form that says what stands on them; at first every machine."""
    base = address.strip().rstrip("/") or qr.address_of(here, "")
    errors = {} if ADDRESS.fullmatch(base) else {"address": here.text("labels.no_address")}
    begin = int(first) if first.isdecimal() and 1 <= int(first) <= ON_A_SHEET else 1
    with here.office.store.read() as tx:
        known = sorted(machines.machine_views(tx), key=lambda view: view.name.casefold())
    wanted = {view.id for view in known} if machine is None and not words.strip() else set(machine or ())
    labels = [Label()] * (begin - 1)
    for view in known:
        if view.id in wanted and not errors:
            whole = f"{base}/m/{view.id}"
            labels.append(Label(view.name, whole.partition("://")[2], qr.inline(whole)))
    labels += [Label(line.strip()[:WORDS_MAX]) for line in words.splitlines() if line.strip()]
    shown = labels[:LABELS_MAX]
    return page(
        here,
        "labels.html",
        422 if errors else 200,
        errors=errors,
        form={"address": base, "first": str(begin), "words": words},
        machines=[(view.id, view.name, view.id in wanted) for view in known],
        sheets=[shown[at : at + ON_A_SHEET] for at in range(0, len(shown), ON_A_SHEET)],
        only_here=ONLY_HERE.match(base) is not None,
        left_out=len(labels) - len(shown),
    )
