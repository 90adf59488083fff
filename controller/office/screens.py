"""Screens at machines: each shows one machine, without anybody's sign-in, until somebody ends it.

House rules: a screen's key is shown once and stored as a hash; it opens the page of its own machine and nothing else,
changes nothing, and tells who is at the machine only where the desk said so for this screen.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select, update

from controller.errors import Message
from controller.office.accounts_tables import screen
from controller.office.directory.machines import machine_view
from controller.office.directory.words import checked_name
from controller.office.refusals import ConflictError, no_such
from controller.office.secrets_of_doors import hashed
from controller.office.store import Change, new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import OfficeStore

DAY_MS = 86_400_000
DARK_MS = 60 * DAY_MS
"""A screen that nobody switched on for so long shows nothing any more: it was thrown away, or sold with its memory."""

SCREENS_MAX = 20
"""Screens of one machine: more than anybody hangs up; the next one is refused until another is ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One screen: its machine, and whether it says who is at it."""

    id: str
    machine: str
    names: bool


def create_screen(change: Change, at: str, label: str, *, names: bool = False) -> tuple[str, str]:
    """Let a screen show a machine and return (id, its key, which is never shown again); raise `ConflictError` for one
    too many.
    """
    machine_view(change.tx, at)
    if len(screens_of(change.tx, at, change.now_ms)) >= SCREENS_MAX:
        raise ConflictError(
            Message("cette machine a assez d'écrans", "this machine has enough screens"),
            cure=Message("retirez-en un", "end one of them"),
        )
    key, secret = new_id("sc"), secrets.token_urlsafe(24)
    change.tx.execute(
        insert(screen).values(
            id=key,
            machine=at,
            hash=hashed(secret),
            label=checked_name(label),
            names=names,
            created_at=change.now_ms,
            created_by=change.actor,
            seen_at=change.now_ms,
        )
    )
    change.audit("create_screen", at, after={"screen": key, "label": label, "names": names})
    return key, secret


def end_screen(change: Change, key: str) -> None:
    """Let a screen show nothing any more."""
    row = change.tx.execute(select(screen).where(screen.c.id == key, screen.c.ended_at.is_(None))).first()
    if row is None:
        raise no_such("l'écran", "screen", key)
    change.tx.execute(update(screen).where(screen.c.id == key).values(ended_at=change.now_ms))
    change.audit("end_screen", row.machine, before={"screen": key})


def screens_of(tx: Connection, at: str, now_ms: int) -> list[dict[str, Any]]:
    """Return a machine's screens that show it, without their keys."""
    shown = [column for column in screen.columns if column.name not in {"hash", "ended_at"}]
    alive = (screen.c.machine == at, screen.c.ended_at.is_(None), screen.c.seen_at > now_ms - DARK_MS)
    rows = tx.execute(select(*shown).where(*alive).order_by(func.lower(screen.c.label)))
    return [dict(row) for row in rows.mappings()]


def screen_by_key(store: OfficeStore, at: str, secret: str, now_ms: int) -> Screen | None:
    """Return the screen of a machine whose key this is, and note once a day that it is alive; `None` for no such."""
    with store.read() as tx:
        row = tx.execute(
            select(screen).where(screen.c.hash == hashed(secret), screen.c.machine == at, screen.c.ended_at.is_(None))
        ).first()
    if row is None or row.seen_at <= now_ms - DARK_MS:
        return None
    if row.seen_at <= now_ms - DAY_MS:
        with store.write() as tx:
            tx.execute(update(screen).where(screen.c.id == row.id).values(seen_at=now_ms))
    return Screen(id=row.id, machine=row.machine, names=bool(row.names))
