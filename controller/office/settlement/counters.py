"""Machines' own counters beside the uses on record, for statements: billed, free by kind, and what nothing explains.

House rules: hours and energy only, by machine and kind; no member, no time of day. A use that was taken back ran the
machine all the same. Corrections stand with their reason and the role of who made them, never with who that was.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, insert, or_, select, text

from controller.domain.counters import Reading, around, counted_s, counted_wh, goes_back
from controller.errors import Message
from controller.office.accounts import Role
from controller.office.accounts_tables import web_account
from controller.office.directory.machines import machine_view
from controller.office.directory.tables import audit
from controller.office.journal_tables import counter_reading, metered_by_hand, session, stray_current
from controller.office.ledger.rows import chunks
from controller.office.ledger.tables import ledger_entry
from controller.office.refusals import ConflictError, InvalidError
from controller.office.settlement.periods import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from controller.office.settlement.periods import Period
    from controller.office.store import Change

_REVERSAL = "reversal:"
_RANK = (Role.ADMIN, Role.TREASURER, Role.FABMANAGER, Role.MAINTAINER, Role.TRAINER)
"""The role that a correction is told under, where its author has several."""


def write_reading(change: Change, machine: str, reading: Reading) -> None:
    """Keep what a machine's counter says; `ConflictError` where it would go back though it was not replaced."""
    machine_view(change.tx, machine)
    if reading.seconds is None and reading.energy_wh is None:
        raise InvalidError(Message("il manque ce que dit le compteur", "what the counter says is missing"))
    if reading.read_at > change.now_ms:
        raise InvalidError(Message("cette date est à venir", "this date is to come"))
    known = readings_of(change.tx, machine)
    before = next((each for each in reversed(known) if each.read_at <= reading.read_at), None)
    after = next((each for each in known if each.read_at > reading.read_at), None)
    if (before is not None and goes_back(before, reading)) or (after is not None and goes_back(reading, after)):
        raise ConflictError(
            Message("le compteur reculerait", "the counter would go back"),
            cure=Message("relisez-le, ou dites qu'il a été remplacé", "read it again, or say that it was replaced"),
        )
    if before is not None and before.read_at == reading.read_at:
        raise ConflictError(Message("ce relevé existe déjà", "this reading exists already"))
    change.tx.execute(
        insert(counter_reading).values(
            machine=machine,
            read_at=reading.read_at,
            seconds=reading.seconds,
            energy_wh=reading.energy_wh,
            counts=reading.counts,
            replaced=int(reading.replaced),
            read_by=change.actor,
        )
    )
    change.audit("read_counter", machine, after={"seconds": reading.seconds, "energy_wh": reading.energy_wh})


def readings_of(tx: Connection, machine: str) -> list[Reading]:
    """Return what a machine's counter said, oldest first."""
    column = counter_reading.c
    rows = tx.execute(select(counter_reading).where(column.machine == machine).order_by(column.read_at))
    return [
        Reading(
            read_at=row.read_at,
            seconds=row.seconds,
            energy_wh=row.energy_wh,
            counts=row.counts,
            replaced=bool(row.replaced),
        )
        for row in rows
    ]


def counter_lines(tx: Connection, goods: Sequence[str], span: Period) -> list[dict[str, Any]]:
    """Return for each machine its counter at the opening and the closing of `span`, what explains the difference, and
    what nothing does. Without two readings only what is on record in the period itself is told.
    """
    return [_line(tx, machine, span) for machine in sorted(goods)]


def stray_lines(tx: Connection, goods: Sequence[str], span: Period) -> list[dict[str, Any]]:
    """Return current that meters saw while nobody used a machine: day, machine, watts."""
    column = stray_current.c
    rows = tx.execute(
        select(column.machine, column.power_w, column.seen_at)
        .where(column.machine.in_(goods), column.seen_at >= span.from_at, column.seen_at < span.to_at)
        .order_by(column.seen_at, column.machine)
    )
    return [{"day": day_of(row.seen_at), "machine": row.machine, "power_w": row.power_w} for row in rows]


def corrections(
    tx: Connection, in_books: str, goods: Sequence[str], after_seq: int, span: Period
) -> list[dict[str, Any]]:
    """Return uses that a person took back since entry `after_seq`, and those whose running time a person said, in the
    order of their days: day, machine, what, seconds, reason, role.
    """
    found = [*_taken_back(tx, in_books, goods, after_seq), *_said_by_hand(tx, goods, span)]
    roles = _roles(tx, {each[-1] for each in found})
    return [
        {
            "day": day_of(at),
            "machine": machine,
            "what": what,
            "seconds": seconds,
            "reason": reason or "",
            "role": roles.get(actor, ""),
        }
        for at, machine, what, seconds, reason, actor in sorted(found, key=lambda each: each[:4])
    ]


_Correction = tuple[int, str, str, int, str | None, str]
"""Instant, machine, what was done, seconds, reason, who did it."""


def _taken_back(tx: Connection, in_books: str, goods: Sequence[str], after_seq: int) -> list[_Correction]:
    """Return what people took back; a use posted anew under another version is nobody's correction."""
    entry = ledger_entry.c
    since = select(entry.booked_at).where(entry.books == in_books, entry.seq == after_seq)
    since_at = tx.execute(since).scalar() or 0
    # From the few notes of reversals to their entries: the ledger itself is long.
    noted = select(audit.c.subject, audit.c.actor).where(audit.c.at >= since_at, audit.c.what == "reverse")
    actors = {_REVERSAL + row.subject: row.actor for row in tx.execute(noted)}
    found: list[_Correction] = []
    for chunk in chunks(sorted(actors)):
        rows = tx.execute(
            select(entry.key, entry.event_at, entry.machine, entry.reason, entry.details).where(
                entry.books == in_books, entry.key.in_(chunk), entry.machine.in_(goods), entry.seq > after_seq
            )
        )
        for row in rows:
            seconds = json.loads(row.details)["seconds"]
            found.append((row.event_at, row.machine, "reversed", seconds, row.reason, actors[row.key]))
    return found


def _said_by_hand(tx: Connection, goods: Sequence[str], span: Period) -> list[_Correction]:
    use = session.c
    words = {row.session: row for row in tx.execute(select(metered_by_hand).where(_said_since(span)))}
    found: list[_Correction] = []
    for chunk in chunks(sorted(words)):
        rows = tx.execute(
            select(use.id, use.ended_at, use.machine).where(
                use.id.in_(chunk), use.machine.in_(goods), use.ended_at >= span.from_at, use.ended_at < span.to_at
            )
        )
        for row in rows:
            word = words[row.id]
            found.append((row.ended_at, row.machine, "by_hand", word.busy_s, word.note, word.set_by))
    return found


def _said_since(span: Period) -> Any:  # noqa: ANN401 - a condition
    """A word on a use comes after its end."""
    return metered_by_hand.c.set_at >= span.from_at


def _line(tx: Connection, machine: str, span: Period) -> dict[str, Any]:
    readings = around(readings_of(tx, machine), span.from_at, span.to_at)
    from_at, to_at = (readings[0].read_at, readings[-1].read_at) if readings else (span.from_at, span.to_at)
    running = bool(readings) and readings[-1].counts == "running"
    explained = _explained(tx, machine, from_at, to_at, running=running)
    seconds, energy_wh = counted_s(readings), counted_wh(readings)
    return {
        "machine": machine,
        "counts": "running" if running else "powered",
        "opening": _said(readings[0]) if readings else None,
        "closing": _said(readings[-1]) if readings else None,
        "counted_s": seconds,
        "counted_wh": energy_wh,
        "explained": explained,
        "unexplained_s": None if seconds is None else seconds - sum(each["seconds"] for each in explained),
        "unexplained_wh": None if energy_wh is None else energy_wh - sum(each["energy_wh"] for each in explained),
    }


def _said(reading: Reading) -> dict[str, Any]:
    return {"day": day_of(reading.read_at), "seconds": reading.seconds, "energy_wh": reading.energy_wh}


def _explained(tx: Connection, machine: str, from_at: int, to_at: int, *, running: bool) -> list[dict[str, Any]]:
    use = session.c
    billed = and_(use.state == "posted", or_(use.gross_cents > 0, use.net_cents > 0))
    what = case(
        (billed, "billed"), (use.state == "reversed", "reversed"), (use.state == "ended", "waiting"), else_=use.kind
    ).label("what")
    seconds = func.coalesce(use.busy_s, use.seconds) if running else use.seconds
    rows = tx.execute(
        select(
            what, func.count().label("uses"), func.sum(seconds).label("seconds"), func.sum(use.energy_wh).label("wh")
        )
        .where(
            use.machine == machine,
            use.state.in_(("posted", "reversed", "ended")),
            use.ended_at >= from_at,
            use.ended_at < to_at,
        )
        .group_by(text("what"))  # the word itself: a database may not see that two such expressions are one
        .order_by(text("what"))
    )
    return [
        {"what": row.what, "uses": int(row.uses), "seconds": int(row.seconds or 0), "energy_wh": int(row.wh or 0)}
        for row in rows
    ]


def _roles(tx: Connection, actors: set[str]) -> dict[str, str]:
    rows = tx.execute(select(web_account.c.id, web_account.c.roles).where(web_account.c.id.in_(sorted(actors))))
    named = {row.id: row.roles.split(",") for row in rows}
    return {
        actor: next((role.value for role in _RANK if role.value in roles), roles[0]) for actor, roles in named.items()
    }
