"""Uses under a trainer's eyes: who practised at what, under whom; so many of them become the right itself.

House rules: a pupil counts once in a use, however often the badge is held there; what came before the right was taken
back or ran out counts no more; who has the right already gains nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select

from controller.office.directory.people import member_row
from controller.office.directory.rights import grant
from controller.office.directory.tables import supervised_use, training, training_grant
from controller.office.refusals import no_such

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.facts import UseSupervised
    from controller.office.store import Change

AFTER_USES = "sous surveillance / supervised uses:"


def note_use(change: Change, fact: UseSupervised, at_ms: int | None) -> bool:
    """Keep a supervised use, and grant the training when it was the last one needed; tell whether it was.

    Raises `NotFoundError` for a member or a training that the directory does not have.
    """
    member_row(change.tx, fact.member)
    needed = change.tx.execute(select(training.c.supervised_uses).where(training.c.id == fact.training)).scalar()
    if needed is None:
        raise no_such("la formation", "training", fact.training)
    seen, began = supervised_use.c, change.now_ms if at_ms is None else min(at_ms, change.now_ms)
    same = and_(seen.session == fact.session, seen.member == fact.member, seen.training == fact.training)
    if change.tx.execute(select(seen.session).where(same)).first() is not None:
        return False
    change.tx.execute(
        insert(supervised_use).values(
            session=fact.session,
            member=fact.member,
            training=fact.training,
            machine=fact.machine,
            supervisor=fact.supervisor,
            seen_at=began,
        )
    )
    if not needed or not _is_enough(change, fact, needed):
        return False
    by_trainer = replace(change, actor=fact.supervisor)
    grant(by_trainer, fact.member, fact.training, note=f"{AFTER_USES} {needed}")
    return True


def uses_of(tx: Connection, member: str) -> list[dict[str, Any]]:
    """Return a member's supervised uses, newest first."""
    mine = select(supervised_use).where(supervised_use.c.member == member).order_by(supervised_use.c.seen_at.desc())
    return [dict(row) for row in tx.execute(mine).mappings()]


def _is_enough(change: Change, fact: UseSupervised, needed: int) -> bool:
    grants, seen = training_grant.c, supervised_use.c
    mine = and_(grants.member == fact.member, grants.training == fact.training)
    holds = and_(mine, grants.revoked_at.is_(None), or_(grants.until_at.is_(None), grants.until_at > change.now_ms))
    if change.tx.execute(select(grants.id).where(holds)).first() is not None:
        return False
    over = select(func.max(func.coalesce(grants.revoked_at, grants.until_at))).where(mine)
    since = change.tx.execute(over).scalar() or 0
    counted = and_(seen.member == fact.member, seen.training == fact.training, seen.seen_at >= since)
    count = change.tx.execute(select(func.count()).select_from(supervised_use).where(counted)).scalar() or 0
    return count >= needed
