"""Questions that pages ask across the office's tables, answered without a person's name.

House rules: reading only; what owners see of uses is by day, without an id, a member or a time of day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from controller.office.directory.tables import agreement, books, site, training_grant
from controller.office.journal_tables import session
from controller.office.tables import office_meta

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection

TRAINED_MAX = 500
"""People listed on a machine's page; the search for members finds the others."""

USES_MAX = 1_000
"""Uses behind an agreement on one page, newest first; the exports hold them all."""

BACKUP_NOTE = "backup_at"
"""The name under which the last verified backup's instant (Unix ms) is noted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseOfDay:
    """One use as owners see it: its day, the machine, how long, in which quality, what it brought."""

    day: str
    machine: str
    kind: str
    seconds: int
    gross_cents: int
    net_cents: int


def trained_people(tx: Connection, trainings: Sequence[str], now_ms: int) -> list[tuple[str, str, int | None]]:
    """Return (member, training, until when) of the grants that hold now."""
    grant = training_grant.c
    rows = tx.execute(
        select(grant.member, grant.training, grant.until_at)
        .where(
            grant.training.in_(trainings),
            grant.revoked_at.is_(None),
            grant.from_at <= now_ms,
            or_(grant.until_at.is_(None), grant.until_at > now_ms),
        )
        .order_by(grant.training, grant.member)
        .limit(TRAINED_MAX)
    )
    return [(row.member, row.training, row.until_at) for row in rows]


def uses_by_day(tx: Connection, key: str, day_of: Callable[[int], str]) -> list[UseOfDay]:
    """Return the uses that count for an agreement, newest day first; within a day by machine and duration, not by
    clock.
    """
    use = session.c
    rows = tx.execute(
        select(use.machine, use.kind, use.ended_at, use.seconds, use.gross_cents, use.net_cents)
        .where(use.agreement == key, use.ended_at.is_not(None))
        .order_by(use.ended_at.desc())
        .limit(USES_MAX)
    )
    found = [
        UseOfDay(
            day=day_of(row.ended_at),
            machine=row.machine,
            kind=row.kind,
            seconds=row.seconds or 0,
            gross_cents=row.gross_cents or 0,
            net_cents=row.net_cents or 0,
        )
        for row in rows
    ]
    found.sort(key=lambda each: (each.machine, each.seconds))
    found.sort(key=lambda each: each.day, reverse=True)
    return found


def agreement_names(tx: Connection) -> dict[str, str]:
    """Return every agreement's name by its id."""
    return {row.id: row.name for row in tx.execute(select(agreement.c.id, agreement.c.name))}


def books_names(tx: Connection) -> dict[str, str]:
    """Return every books' name by its id."""
    return {row.id: row.name for row in tx.execute(select(books.c.id, books.c.name).order_by(books.c.id))}


def site_names(tx: Connection) -> list[tuple[str, str]]:
    """Return (id, name) of every place."""
    return [(row.id, row.name) for row in tx.execute(select(site.c.id, site.c.name).order_by(site.c.id))]


def backup_at(tx: Connection) -> int | None:
    """Return when the last backup was made (Unix ms); `None` when none was noted."""
    noted = tx.execute(select(office_meta.c.value).where(office_meta.c.name == BACKUP_NOTE)).scalar()
    return int(noted) if noted is not None and noted.isdecimal() else None


def earned_by_machine(tx: Connection, key: str) -> dict[int, dict[str, tuple[int, int]]]:
    """Return, by agreement version and machine, how many uses brought how many net cents."""
    use = session.c
    rows = tx.execute(
        select(use.agreement_version, use.machine, func.count().label("uses"), func.sum(use.net_cents).label("cents"))
        .where(use.agreement == key)
        .group_by(use.agreement_version, use.machine)
    )
    found: dict[int, dict[str, tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(row.agreement_version, {})[row.machine] = (int(row.uses), int(row.cents or 0))
    return found
