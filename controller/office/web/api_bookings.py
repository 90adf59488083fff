"""Bookings of machines. Makers book for themselves and cancel their own; others' are shown without whose they are."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from controller.office.directory import bookings
from controller.office.web.auth import check_own, may
from controller.office.web.doors import Anyone, Bookers, TheOffice
from controller.office.web.roles import Action
from controller.office.web.schemas import BookingIn, Created, Page

router = APIRouter(tags=["bookings"])


@router.get("/machines/{key}/bookings")
def list_bookings(key: str, office: TheOffice, principal: Anyone) -> Page:
    """List what lies ahead at a machine; whose it is, only at the desk and of one's own."""
    desk = may(principal, Action.BOOK)
    with office.store.read() as tx:
        listed = bookings.bookings_of(tx, key, office.now_ms())
    return Page(items=[each if desk else _without_others(each, principal.member) for each in listed])


@router.get("/machines/{key}/booking-feed")
def read_feed(key: str, office: TheOffice, _: Anyone) -> dict[str, Any]:
    """Read when the booking tool was asked last for a machine (null: never), and what was wrong with its answer."""
    with office.store.read() as tx:
        return bookings.feed_of(tx, key) or {"read_at": None, "trouble": {"fr": "", "en": ""}}


@router.post("/bookings", status_code=HTTPStatus.CREATED)
def book(body: BookingIn, office: TheOffice, principal: Bookers) -> Created:
    """Book a machine: makers for themselves, the desk for anybody."""
    check_own(principal, Action.BOOK, body.member)
    with office.changing(principal.account) as change:
        return Created(id=bookings.make(change, body.machine, body.member, body.from_at, body.until_at))


@router.delete("/bookings/{key}", status_code=HTTPStatus.NO_CONTENT)
def cancel(key: str, office: TheOffice, principal: Bookers) -> None:
    """Take a booking back: makers their own, the desk anybody's."""
    with office.changing(principal.account) as change:
        check_own(principal, Action.BOOK, bookings.booking_row(change.tx, key)["member"])
        bookings.cancel(change, key)


def _without_others(listed: dict[str, Any], member: str | None) -> dict[str, Any]:
    return listed if member is not None and listed["member"] == member else {**listed, "id": None, "member": None}
