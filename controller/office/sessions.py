"""Uses as people look at them: who is on which machine now, and what was used before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from controller.office.directory.tables import alarm, controller
from controller.office.journal_tables import journal_branch, journal_fact, session

if TYPE_CHECKING:
    from sqlalchemy import Connection

SESSIONS_MAX = 500
"""Uses in one answer; the following ones are asked for with the last instant and id."""


def open_sessions(tx: Connection) -> list[dict[str, Any]]:
    """Return the uses under way, by machine."""
    query = select(session).where(session.c.state == "open").order_by(session.c.machine, session.c.opened_at)
    return [dict(row) for row in tx.execute(query).mappings()]


def ended_sessions(
    tx: Connection,
    *,
    machine: str | None = None,
    member: str | None = None,
    before: tuple[int, str] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return the uses that ended, newest first, those of one machine or member, before (ended_at, id)."""
    query = select(session).where(session.c.ended_at.is_not(None))
    if machine is not None:
        query = query.where(session.c.machine == machine)
    if member is not None:
        query = query.where(session.c.member == member)
    if before is not None:
        same = (session.c.ended_at == before[0]) & (session.c.id < before[1])
        query = query.where(or_(session.c.ended_at < before[0], same))
    query = query.order_by(session.c.ended_at.desc(), session.c.id.desc()).limit(min(limit, SESSIONS_MAX))
    return [dict(row) for row in tx.execute(query).mappings()]


def member_of(tx: Connection, key: str) -> str | None:
    """Return whose use it is; `None` for an unknown one."""
    found: str | None = tx.execute(select(session.c.member).where(session.c.id == key)).scalar()
    return found


def health(tx: Connection) -> dict[str, Any]:
    """Return what shows whether all is well: controllers, facts that wait, the tray, open alarms, quarantines."""
    fact = journal_fact.c

    def count(state: str) -> int:
        return tx.execute(select(func.count()).where(fact.state == state)).scalar_one()

    heard = select(controller.c.id, controller.c.heard_at, controller.c.applied_revision).order_by(controller.c.id)
    quarantined = select(func.count()).where(journal_branch.c.state == "quarantined")
    return {
        "controllers": [dict(row) for row in tx.execute(heard).mappings()],
        "facts_waiting": count("stored"),
        "facts_in_tray": count("tray"),
        "open_alarms": tx.execute(select(func.count()).where(alarm.c.cleared_at.is_(None))).scalar_one(),
        "quarantined_branches": tx.execute(quarantined).scalar_one(),
    }


def open_alarms(tx: Connection) -> list[dict[str, Any]]:
    """Return what nobody has looked at yet, newest first."""
    query = select(alarm).where(alarm.c.cleared_at.is_(None)).order_by(alarm.c.raised_at.desc()).limit(SESSIONS_MAX)
    return [dict(row) for row in tx.execute(query).mappings()]
