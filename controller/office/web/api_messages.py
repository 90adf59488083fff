"""What one wishes to be told of, by e-mail or ntfy: each for their own account."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from controller.office.messages import outbox, wishes
from controller.office.messages.wishes import EMAIL_LENGTH, Subject, Wish
from controller.office.web.auth import check_person
from controller.office.web.doors import OwnAccount, TheOffice
from controller.office.web.schemas import Taken

router = APIRouter(tags=["messages"])


class MessagesIn(Taken):
    """What to be told of; an address that is empty is none."""

    subjects: Annotated[tuple[Subject, ...], Field(max_length=len(Subject))] = ()
    email: Annotated[str, Field(max_length=EMAIL_LENGTH)] = ""
    ntfy: Annotated[str, Field(max_length=64)] = ""


class Messages(BaseModel):
    """What one is told of, where, what else there is to ask for, and by what this office can tell anybody."""

    subjects: list[Subject]
    email: str
    ntfy: str
    offered: list[Subject]
    channels: list[str]


@router.get("/account/messages")
def read_messages(office: TheOffice, principal: OwnAccount) -> Messages:
    """Read what one is told of."""
    check_person(principal)
    with office.store.read() as tx:
        wish = wishes.wish_of(tx, office.vault, principal.account)
    return Messages(
        subjects=sorted(wish.subjects),
        email=wish.email,
        ntfy=wish.ntfy,
        offered=wishes.offered(principal.roles, principal.member, principal.party),
        channels=sorted(office.message_channels),
    )


@router.put("/account/messages", status_code=HTTPStatus.NO_CONTENT)
def set_messages(body: MessagesIn, office: TheOffice, principal: OwnAccount) -> None:
    """Say what to be told of; what is not offered to this account is told to nobody."""
    check_person(principal)
    wish = Wish(subjects=frozenset(body.subjects), email=body.email, ntfy=body.ntfy)
    with office.changing(principal.account) as change:
        wishes.set_wish(change, office.vault, principal.account, wish)


@router.post("/account/messages/trial", status_code=HTTPStatus.ACCEPTED)
def send_trial(office: TheOffice, principal: OwnAccount) -> None:
    """Send a trial to the addresses that are kept."""
    check_person(principal)
    with office.changing(principal.account) as change:
        outbox.take_trial(change, principal.account)
