"""A maker's own page at a machine, to which the code on its label leads, and how it gets onto their phone.

House rules: short enough for a phone held in one hand; what is refused is said with who can help; nobody else's name,
money or use stands on it. A link is looked at before it is used, so that a messenger's preview does not use it up.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from controller.errors import UserError
from controller.office import explaining, money, phones, sessions
from controller.office.directory import machines, people
from controller.office.web import doors, price_words, qr
from controller.office.web.auth import set_session_cookie
from controller.office.web.pages_board import tile_views
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit, visit_by
from controller.office.web.pages_machines import access_said, price_said, would_fit
from controller.office.web.pages_members import minutes_said
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Stranger = Annotated[Visit, Depends(visit)]
Anyone = Annotated[Visit, Depends(visit_by(doors.Anyone))]
PhoneHolders = Annotated[Visit, Depends(visit_by(doors.PhoneHolders))]
Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

USES_SHOWN = 5
"""Uses of this machine; the others stand on the member's page."""


@router.get("/m/{key}")
def show_machine(here: Anyone, key: str, time: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show a machine to the maker who stands before it; to who is no member, its usual page."""
    member = here.principal.member
    if member is None:
        return go(f"/machines/{key}")
    with here.office.store.read() as tx:
        view = machines.machine_view(tx, key)
        used = sessions.ended_sessions(tx, machine=key, member=member, limit=USES_SHOWN)
        charges = explaining.charges_of(tx, [each["id"] for each in used])
        return page(
            here,
            "mine.html",
            view=view,
            member=member,
            tiles=tile_views(here, tx, key),
            mine=access_said(here, tx, view),
            credit=money.account_state(tx, people.member_row(tx, member)["account"]),
            minutes=minutes_said(here, tx, people.member_row(tx, member)["account"]),
            **price_said(here, tx, view),
            asked=time,
            answer=would_fit(here, tx, key, time),
            sessions=used,
            explained={use: price_words.charge_lines(priced, here.lang) for use, priced in charges.items()},
        )


@router.post("/members/{key}/phone-link")
def make_link(here: Desk, key: str) -> Response:
    """Make a link to a member's own page; it is shown this once, so this page answers and sends nobody on."""
    shown: dict[str, Any] = {}
    try:
        with here.office.changing(here.principal.account) as change:
            address = qr.address_of(here, f"/phone/{phones.create_link(change, key)}")
        shown, status = {"made": address, "code": qr.inline(address)}, 200
    except UserError as error:
        shown, status = {"errors": {"phone": here.sentence(error)}}, status_of(error)
    with here.office.store.read() as tx:
        names = here.office.vault.names(tx, [key]).get(key)
    name = here.text("member.erased") if names is None else names.name
    return page(here, "phone_link.html", status, **{"made": "", "code": "", "key": key, "name": name} | shown)


@router.post("/members/{key}/phones/end")
def end_phones(here: PhoneHolders, key: str) -> Response:
    """Sign a member's phones out: everybody their own, the desk a lost one."""
    here.require_own(doors.PhoneHolders, key)
    with here.office.changing(here.principal.account) as change:
        phones.end_phones(change, key)
    return go(f"/members/{key}", "done.phones_ended")


@router.get("/phone/{code}")
def show_link(here: Stranger, code: str) -> Response:
    """Ask whether this phone is to keep the page."""
    with here.office.store.read() as tx:
        good = phones.is_good(tx, code, here.now_ms)
    return page(here, "phone.html", 200 if good else 404, code=code, good=good)


@router.post("/phone/{code}")
def claim_link(here: Stranger, code: str) -> Response:
    """Open the member's page on this phone and keep it there."""
    with here.office.changing("phone") as change:
        signed = phones.claim_link(change, code)
    answer = go("/me")
    set_session_cookie(answer, here.request, signed)
    return answer
