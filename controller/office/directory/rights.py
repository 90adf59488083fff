"""Grants: who may use what a training opens, from and until when, and who said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from controller.domain.directory import RightEntry
from controller.domain.ids import MemberId, TrainingId
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.people import member_row
from controller.office.directory.tables import directory_entry, training, training_grant
from controller.office.directory.words import checked_note
from controller.office.refusals import InvalidError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.canonical import Json
    from controller.office.store import Change

DAY_MS = 86_400_000


def grant(
    change: Change,
    key: str,
    of_training: str,
    *,
    from_at: int | None = None,
    until_at: int | None = None,
    note: str = "",
    may_train: bool | None = None,
) -> str:
    """Grant a training to a member and return the grant's id; a grant that was open before is replaced.

    Without `until_at` it ends after the training's own validity, or never. `may_train`: the member gives it to
    others; unsaid, it stays as it was.
    """
    member_row(change.tx, key)
    row = change.tx.execute(select(training).where(training.c.id == of_training)).first()
    if row is None:
        raise no_such("la formation", "training", of_training)
    begins = change.now_ms if from_at is None else from_at
    ends = until_at
    if ends is None and row.valid_days is not None:
        ends = begins + row.valid_days * DAY_MS
    if ends is not None and ends <= begins:
        raise InvalidError(Message("le droit finit avant de commencer", "the grant ends before it begins"))
    text = checked_note(note)
    if may_train is None:
        may_train = _may_train(change.tx, key, of_training)
    _close(change, key, of_training)
    fresh = new_id("g")
    change.tx.execute(
        insert(training_grant).values(
            id=fresh,
            member=key,
            training=of_training,
            from_at=begins,
            until_at=ends,
            granted_by=change.actor,
            granted_at=change.now_ms,
            note=text,
            may_train=may_train,
        )
    )
    entry = RightEntry(
        member=MemberId(key), training=TrainingId(of_training), from_ms=begins, until_ms=ends, may_train=may_train
    )
    entries.put(change.tx, [entry])
    said: Json = {"grant": fresh, "from_at": begins, "until_at": ends, "may_train": may_train}
    change.audit("grant", f"{key}/{of_training}", after=said)
    return fresh


def revoked_since(tx: Connection, key: str, of_training: str, at_ms: int) -> bool:
    """Tell whether somebody took this right back after that instant."""
    grants = training_grant.c
    mine = and_(grants.member == key, grants.training == of_training, grants.revoked_at > at_ms)
    open_again = and_(grants.member == key, grants.training == of_training, grants.revoked_at.is_(None))
    return (
        tx.execute(select(grants.id).where(mine)).first() is not None
        and tx.execute(select(grants.id).where(open_again)).first() is None
    )


def revoke(change: Change, key: str, of_training: str) -> None:
    """Take a training's right back; nothing happens when there is none."""
    if _close(change, key, of_training):
        entries.bury(change.tx, RightEntry.KIND, f"{key}/{of_training}")
        change.audit("revoke", f"{key}/{of_training}")


def grants_of(tx: Connection, key: str) -> list[dict[str, Any]]:
    """Return a member's grants, open ones with the `revision` that has to reach the controllers."""
    entry_key = training_grant.c.member + "/" + training_grant.c.training
    rows = tx.execute(
        select(training_grant, directory_entry.c.revision)
        .outerjoin(
            directory_entry,
            and_(
                directory_entry.c.kind == RightEntry.KIND,
                directory_entry.c.key == entry_key,
                training_grant.c.revoked_at.is_(None),
            ),
        )
        .where(training_grant.c.member == key)
        .order_by(training_grant.c.granted_at, training_grant.c.revoked_at.is_(None), training_grant.c.id)
    )
    return [dict(row) for row in rows.mappings()]


def _close(change: Change, key: str, of_training: str) -> bool:
    closed = change.tx.execute(
        update(training_grant)
        .where(
            training_grant.c.member == key,
            training_grant.c.training == of_training,
            training_grant.c.revoked_at.is_(None),
        )
        .values(revoked_at=change.now_ms, revoked_by=change.actor)
    )
    return closed.rowcount > 0


def _may_train(tx: Connection, key: str, of_training: str) -> bool:
    grants = training_grant.c
    open_one = and_(grants.member == key, grants.training == of_training, grants.revoked_at.is_(None))
    return bool(tx.execute(select(grants.may_train).where(open_one)).scalar())
