"""What a person wishes to be told of, by e-mail or ntfy: each for their own account.

House rules: nothing is told that was not asked for here; an address is shown to its holder alone.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office.messages import outbox, wishes
from controller.office.messages.wishes import Subject, Wish
from controller.office.web import doors
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

OwnAccount = Annotated[Visit, Depends(visit_by(doors.OwnAccount))]


@router.get("/messages")
def show_messages(here: OwnAccount) -> Response:
    """Show what one is told of, and where."""
    with here.office.store.read() as tx:
        return _page(here, wishes.wish_of(tx, here.office.vault, here.principal.account))


@router.post("/messages")
def set_messages(here: OwnAccount) -> Response:
    """Keep what one wishes."""
    asked = frozenset(each for each in _offered(here) if here.form.get(each.value) == "yes")
    wish = Wish(subjects=asked, email=here.form.get("email", ""), ntfy=here.form.get("ntfy", ""))
    try:
        with here.office.changing(here.principal.account) as change:
            wishes.set_wish(change, here.office.vault, here.principal.account, wish)
    except UserError as error:
        wrong = "ntfy" if "ntfy" in error.what.en else "email"
        return _page(here, wish, status_of(error), {wrong: here.sentence(error)})
    return go("/messages", "done.messages")


@router.post("/messages/try")
def send_trial(here: OwnAccount) -> Response:
    """Send a trial to the addresses that are kept, so that one sees whether anything arrives."""
    with here.office.changing(here.principal.account) as change:
        outbox.take_trial(change, here.principal.account)
    return go("/messages", "done.message_trial")


def _offered(here: Visit) -> list[Subject]:
    who = here.principal
    return wishes.offered(who.roles, who.member, who.party)


def _page(here: Visit, wish: Wish, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    subjects = [(each.value, here.text(f"messages.{each.value}"), each in wish.subjects) for each in _offered(here)]
    return page(
        here,
        "messages.html",
        status,
        wish=wish,
        errors=errors or {},
        subjects=subjects,
        channels=here.office.message_channels,
    )
