"""Badges: attached by tapping, blocked, taken back.

House rules: a badge is its keyed token and never shown; a refusal names the holder's id, not the badge.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, delete, insert, select, update

from controller.domain.directory import BadgeEntry
from controller.domain.ids import BadgeToken, MemberId
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.people import member_row
from controller.office.directory.tables import badge, unknown_badge_tap
from controller.office.directory.words import checked_note
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.store import new_id
from controller.office.tables_base import NAME_LENGTH

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

TAP_VISIBLE_MS = 60_000
"""An unknown tap is shown for a minute: long enough to walk to the desk, short enough that it is the badge at
hand.
"""

TAP_KEPT_MS = 600_000
"""Then it can still be enrolled for ten minutes, from a page that was left open."""

TAP_PURGED_MS = 86_400_000
"""After a day it is deleted: the token of a stranger is no use to us."""

_TOKEN = re.compile(r"[0-9a-f]{64}")


def attach_badge(change: Change, key: str, token: str, label: str = "") -> str:
    """Give a member a badge and return the badge's id; the same again changes nothing.

    Raises `ConflictError` naming the holder when the badge is another member's.
    """
    if not _TOKEN.fullmatch(token):
        raise InvalidError(
            Message("ce n'est pas le jeton d'un badge", "this is not a badge's token"),
            cure=Message("posez le badge sur un lecteur", "tap the badge on a reader"),
        )
    member_row(change.tx, key)
    held = change.tx.execute(select(badge).where(badge.c.token == token, badge.c.to_at.is_(None))).first()
    if held is not None and held.member != key:
        raise ConflictError(
            Message(f"ce badge est déjà celui de {held.member}", f"this badge is that of {held.member} already"),
            cure=Message("reprenez-le d'abord", "take it back first"),
        )
    if held is not None:
        return str(held.id)
    fresh = new_id("b")
    change.tx.execute(
        insert(badge).values(
            id=fresh,
            token=token,
            member=key,
            status="active",
            label=checked_note(label)[:NAME_LENGTH],
            from_at=change.now_ms,
        )
    )
    _project(change.tx, token, key, "active")
    change.audit("attach_badge", key, after={"badge": fresh})
    return fresh


def enrol_from_tap(change: Change, tap: str, key: str, label: str = "", speed: int = 1) -> str:
    """Give a member the unknown badge of tap `tap`, as shown by `unknown_taps`; return the badge's id."""
    row = change.tx.execute(select(unknown_badge_tap).where(unknown_badge_tap.c.id == tap)).first()
    if row is None or row.seen_at < change.now_ms - TAP_KEPT_MS * speed:
        raise ConflictError(
            Message("ce passage de badge est trop ancien", "this tap is too old"),
            cure=Message("posez le badge encore une fois", "tap the badge once more"),
        )
    attached = attach_badge(change, key, row.token, label)
    change.tx.execute(delete(unknown_badge_tap).where(unknown_badge_tap.c.token == row.token))
    return attached


def replace_badge(change: Change, lost: str, tap: str, label: str = "", speed: int = 1) -> str:
    """Give the holder of a lost badge the unknown badge of tap `tap` instead, and return the new badge's id.

    The lost one stays theirs, blocked, with all that was done with it: whoever finds it opens nothing. Both or neither.
    """
    row = _open_badge(change.tx, lost)
    fresh = enrol_from_tap(change, tap, row.member, label or row.label, speed)
    set_badge_blocked(change, lost, blocked=True)
    change.audit("replace_badge", row.member, before={"badge": lost}, after={"badge": fresh})
    return fresh


def set_badge_blocked(change: Change, key: str, *, blocked: bool) -> None:
    """Block a badge (lost, stolen) or let it open again; it stays the member's."""
    row = _open_badge(change.tx, key)
    status: Literal["active", "blocked"] = "blocked" if blocked else "active"
    change.tx.execute(update(badge).where(badge.c.id == key).values(status=status))
    _project(change.tx, row.token, row.member, status)
    change.audit("set_badge_blocked", row.member, before={"badge": key, "status": row.status}, after=status)


def block_badge(change: Change, key: str) -> None:
    """Block a badge."""
    set_badge_blocked(change, key, blocked=True)


def take_back_badge(change: Change, key: str) -> None:
    """End a badge's attachment: it is unknown from now on and can be given to somebody else."""
    row = _open_badge(change.tx, key)
    change.tx.execute(update(badge).where(badge.c.id == key).values(to_at=change.now_ms))
    entries.bury(change.tx, BadgeEntry.KIND, row.token)
    change.audit("take_back_badge", row.member, before={"badge": key})


def badges_of(tx: Connection, key: str) -> list[dict[str, Any]]:
    """Return a member's badges without their tokens: id, status, label, from_at, to_at."""
    shown = (badge.c.id, badge.c.status, badge.c.label, badge.c.from_at, badge.c.to_at)
    query = select(*shown).where(badge.c.member == key).order_by(badge.c.from_at)
    return [dict(row) for row in tx.execute(query).mappings()]


def unknown_taps(tx: Connection, now_ms: int, speed: int = 1) -> list[dict[str, Any]]:
    """Return the unknown badges of the last minute, newest first, one line each: id, machine, controller, seen_at.

    `speed` is the demonstration's: the minute is a person's, however fast the workshop's time runs.
    """
    tap = unknown_badge_tap.c
    rows = tx.execute(
        select(tap.id, tap.token, tap.machine, tap.controller, tap.seen_at)
        .outerjoin(badge, and_(badge.c.token == tap.token, badge.c.to_at.is_(None)))
        .where(tap.seen_at > now_ms - TAP_VISIBLE_MS * speed, badge.c.id.is_(None))
        .order_by(tap.seen_at.desc(), tap.id)
    ).mappings()
    newest: dict[str, dict[str, Any]] = {}
    for row in rows:
        shown = {name: row[name] for name in ("id", "machine", "controller", "seen_at")}
        newest.setdefault(row["token"], shown)
    return list(newest.values())


def note_unknown_tap(tx: Connection, *, token: str, machine: str, controller: str, seen_at: int) -> str:
    """Keep an unknown badge's tap for enrolment; older ones than a day go."""
    tx.execute(delete(unknown_badge_tap).where(unknown_badge_tap.c.seen_at < seen_at - TAP_PURGED_MS))
    key = new_id("t")
    tx.execute(
        insert(unknown_badge_tap).values(id=key, token=token, machine=machine, controller=controller, seen_at=seen_at)
    )
    return key


def _project(tx: Connection, token: str, holder: str, status: Literal["active", "blocked"]) -> None:
    entries.put(tx, [BadgeEntry(token=BadgeToken(token), member=MemberId(holder), status=status)])


def _open_badge(tx: Connection, key: str) -> Any:  # noqa: ANN401 - a row
    row = tx.execute(select(badge).where(badge.c.id == key, badge.c.to_at.is_(None))).first()
    if row is None:
        raise no_such("le badge", "badge", key)
    return row
