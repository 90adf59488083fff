"""Bookings of machines: made, listed and cancelled here, or read from the lab's booking tool (`booking_feed`).

House rules: two bookings of a machine never overlap in our own calendar; what the booking tool says is taken as it
is. What comes down reaches `AHEAD_DAYS` into the future and is written anew as time goes on (`refresh`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update

from controller.domain.canonical import canonical
from controller.domain.codec import encode
from controller.domain.directory import Booked, BookingsEntry
from controller.domain.ids import MachineId, MemberId
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.booking_tables import booking, booking_feed
from controller.office.directory.people import member_row
from controller.office.directory.tables import directory_entry, machine
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

DAY_MS = 86_400_000

AHEAD_DAYS = 7
"""Days of bookings that come down: a week without the office, after which most machines' rights are too old anyway."""

WINDOWS_MAX = 200
"""Bookings of one machine that come down: half an hour each, day and night, for four days. Later ones come down as the
first ones pass.
"""

BOOKINGS_MAX = 500
"""Bookings of one machine that lie ahead: a year of working days, two a day. More is a program gone wild, refused."""

KEPT_DAYS = 90
"""Days after which a past booking is deleted: passages of people are kept for three months."""

LENGTH_MAX_MS = 14 * DAY_MS
"""A machine for longer than a fortnight is no booking, and is refused."""


def make(change: Change, of_machine: str, member: str, from_at: int, until_at: int) -> str:
    """Book a machine for a member and return the booking's id; raise `ConflictError` where somebody has it."""
    _required(change.tx, of_machine)
    member_row(change.tx, member)
    if not from_at < until_at <= from_at + LENGTH_MAX_MS or until_at <= change.now_ms:
        raise InvalidError(
            Message(
                "la réservation finit avant de commencer, ou est passée",
                "the booking ends before it begins, or is past",
            ),
            cure=Message("quinze jours au plus, dans l'avenir", "a fortnight at most, in the future"),
        )
    ahead = [each for each in _own(change.tx, of_machine, change.now_ms) if each["until_at"] > change.now_ms]
    if len(ahead) >= BOOKINGS_MAX:
        raise ConflictError(Message("trop de réservations pour cette machine", "too many bookings of this machine"))
    taken = [(each["from_at"], each["until_at"]) for each in ahead]
    taken += [(each.from_ms, each.until_ms) for each in _fed(change.tx, of_machine)]
    if any(begins < until_at and from_at < ends for begins, ends in taken):
        raise ConflictError(
            Message("la machine est déjà réservée sur ce temps", "the machine is booked for a part of that time"),
            cure=Message("choisissez une heure libre", "choose a free hour"),
        )
    fresh = new_id("bk")
    row: dict[str, Any] = {"machine": of_machine, "member": member, "from_at": from_at, "until_at": until_at}
    change.tx.execute(insert(booking).values(id=fresh, made_by=change.actor, made_at=change.now_ms, **row))
    change.audit("book", fresh, after=row)
    project(change, of_machine)
    return fresh


def cancel(change: Change, key: str) -> None:
    """Take a booking back; nothing happens when it was."""
    row = booking_row(change.tx, key)
    if row["cancelled_at"] is not None:
        return
    gone = {"cancelled_at": change.now_ms, "cancelled_by": change.actor}
    change.tx.execute(update(booking).where(booking.c.id == key).values(**gone))
    change.audit("cancel_booking", key, before={"machine": row["machine"], "member": row["member"]})
    project(change, row["machine"])


def booking_row(tx: Connection, key: str) -> dict[str, Any]:
    """Return one booking; raise `NotFoundError`."""
    row = tx.execute(select(booking).where(booking.c.id == key)).mappings().first()
    if row is None:
        raise no_such("la réservation", "booking", key)
    return dict(row)


def bookings_of(tx: Connection, of_machine: str, now_ms: int) -> list[dict[str, Any]]:
    """Return what lies ahead at a machine, in order: id (null for one of the booking tool), member, from_at,
    until_at.
    """
    _required(tx, of_machine)
    own = [
        {name: each[name] for name in ("id", "member", "from_at", "until_at")} for each in _own(tx, of_machine, now_ms)
    ]
    fed = [
        {"id": None, "member": each.member, "from_at": each.from_ms, "until_at": each.until_ms}
        for each in _fed(tx, of_machine)
        if each.until_ms > now_ms
    ]
    return sorted([*own, *fed], key=lambda each: (each["from_at"], each["until_at"]))


def feed_of(tx: Connection, of_machine: str) -> dict[str, Any] | None:
    """Return when the booking tool was read last for a machine, and what was wrong with it."""
    row = tx.execute(select(booking_feed).where(booking_feed.c.machine == of_machine)).mappings().first()
    return (
        None
        if row is None
        else {
            "read_at": row["read_at"],
            "trouble": {"fr": row["trouble_fr"], "en": row["trouble_en"]},
        }
    )


def keep_feed(change: Change, of_machine: str, windows: tuple[Booked, ...] | None, trouble: Message) -> None:
    """Replace what the booking tool says of a machine; `None`: it could not be read, and what it said before holds."""
    _required(change.tx, of_machine)
    held = _fed(change.tx, of_machine) if windows is None else windows
    said = canonical([[each.member, each.from_ms, each.until_ms] for each in held]).decode()
    row: dict[str, Any] = {"body": said, "trouble_fr": trouble.fr, "trouble_en": trouble.en}
    row["read_at"] = change.now_ms
    mine = booking_feed.c.machine == of_machine
    if change.tx.execute(update(booking_feed).where(mine).values(**row)).rowcount == 0:
        change.tx.execute(insert(booking_feed).values(machine=of_machine, **row))
    project(change, of_machine)


def project(change: Change, of_machine: str) -> None:
    """Write the machine's entry; a machine that nobody books has none."""
    entry = _entry(change.tx, of_machine, change.now_ms)
    if entry.windows:
        entries.put(change.tx, [entry])
    else:
        entries.bury(change.tx, BookingsEntry.KIND, of_machine)


def due(tx: Connection, now_ms: int) -> list[str]:
    """Return the machines whose entry is not what it should be by now."""
    of_kind = and_(directory_entry.c.kind == BookingsEntry.KIND, directory_entry.c.body.is_not(None))
    told = {
        row.key: row.body for row in tx.execute(select(directory_entry.c.key, directory_entry.c.body).where(of_kind))
    }
    ahead = and_(booking.c.until_at > now_ms, booking.c.cancelled_at.is_(None))
    with_any = {
        *told,
        *tx.execute(select(booking.c.machine).where(ahead).distinct()).scalars(),
        *tx.execute(select(booking_feed.c.machine)).scalars(),
    }
    return [key for key in sorted(with_any) if told.get(key, "") != _told(_entry(tx, key, now_ms))]


def refresh(change: Change) -> None:
    """Write what has come nearer and drop what is past; who had a machine when is forgotten after `KEPT_DAYS`."""
    change.tx.execute(delete(booking).where(booking.c.until_at < change.now_ms - KEPT_DAYS * DAY_MS))
    for key in due(change.tx, change.now_ms):
        project(change, key)


def _told(entry: BookingsEntry) -> str:
    return canonical(encode(entry)).decode() if entry.windows else ""


def _entry(tx: Connection, of_machine: str, now_ms: int) -> BookingsEntry:
    own = [
        Booked(member=MemberId(each["member"]), from_ms=each["from_at"], until_ms=each["until_at"])
        for each in _own(tx, of_machine, now_ms)
    ]
    near = [
        each
        for each in (*own, *_fed(tx, of_machine))
        if each.until_ms > now_ms and each.from_ms < now_ms + AHEAD_DAYS * DAY_MS
    ]
    near.sort(key=lambda each: (each.from_ms, each.until_ms, each.member or ""))
    return BookingsEntry(machine=MachineId(of_machine), windows=tuple(near[:WINDOWS_MAX]))


def _own(tx: Connection, of_machine: str, now_ms: int) -> list[dict[str, Any]]:
    standing = and_(booking.c.machine == of_machine, booking.c.until_at > now_ms, booking.c.cancelled_at.is_(None))
    return [dict(row) for row in tx.execute(select(booking).where(standing).order_by(booking.c.from_at)).mappings()]


def _fed(tx: Connection, of_machine: str) -> tuple[Booked, ...]:
    body = tx.execute(select(booking_feed.c.body).where(booking_feed.c.machine == of_machine)).scalar()
    rows = [] if body is None else json.loads(body)
    return tuple(Booked(member=member, from_ms=begins, until_ms=ends) for member, begins, ends in rows)


def _required(tx: Connection, of_machine: str) -> None:
    if not tx.execute(select(func.count()).where(machine.c.id == of_machine)).scalar():
        raise no_such("la machine", "machine", of_machine)
