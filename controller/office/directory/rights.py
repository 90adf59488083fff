"""Grants: who may use what a training opens, from and until when, and who said so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, or_, select, update

from controller.domain.directory import RightEntry
from controller.domain.ids import MemberId, TrainingId
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.people import member_row
from controller.office.directory.tables import directory_entry, training, training_grant, training_machine
from controller.office.directory.words import checked_note
from controller.office.journal_tables import session
from controller.office.refusals import ConflictError, InvalidError, no_such
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
    may_be_named: bool | None = None,
) -> str:
    """Grant a training to a member and return the grant's id; a grant that was open before is replaced.

    Without `until_at` it ends after the training's own validity, or never. `may_train`: the member gives it to
    others, and `may_be_named` to who lacks it; unsaid, they stay as they were.
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
    before = _open_grant(change.tx, key, of_training)
    if may_train is None:
        may_train = before is not None and before.may_train
    if may_be_named is None:
        may_be_named = before is not None and before.may_be_named
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
            may_be_named=may_be_named,
        )
    )
    project_rights(change.tx, of_training, key)
    said: dict[str, Json] = {"grant": fresh, "from_at": begins, "until_at": ends, "may_train": bool(may_train)}
    said["may_be_named"] = bool(may_be_named)
    change.audit("grant", f"{key}/{of_training}", after=said)
    return fresh


def set_trainer(change: Change, key: str, of_training: str, *, may_train: bool, may_be_named: bool) -> None:
    """Say of who holds a training whether they give it to others, and whether they agreed to be named to who lacks it.

    The right itself stays as it is. Raises `ConflictError` for who does not hold it.
    """
    before = _open_grant(change.tx, key, of_training)
    if before is None:
        raise ConflictError(
            Message("cette personne n'a pas l'habilitation", "this person does not hold the training"),
            cure=Message("accordez-la d'abord", "grant it first"),
        )
    row: dict[str, Json] = {"may_train": may_train, "may_be_named": may_train and may_be_named}
    change.tx.execute(update(training_grant).where(training_grant.c.id == before.id).values(**row))
    project_rights(change.tx, of_training, key)
    was: dict[str, Json] = {"may_train": bool(before.may_train), "may_be_named": bool(before.may_be_named)}
    change.audit("set_trainer", f"{key}/{of_training}", before=was, after=row)


def project_rights(tx: Connection, of_training: str, key: str | None = None) -> None:
    """Write the open grants of a training as they hold by now: one member's, or everybody's."""
    entries.put(
        tx,
        [
            RightEntry(
                member=MemberId(row.member),
                training=TrainingId(of_training),
                from_ms=row.from_at,
                until_ms=until_at,
                may_train=row.may_train,
            )
            for row, until_at in held(tx, of_training, key)
        ],
    )


def refresh_unused(change: Change) -> None:
    """Move the ends of rights that are lost unused to where their last use puts them."""
    lost = select(training.c.id).where(training.c.unused_max_days.is_not(None))
    for each in change.tx.execute(lost.order_by(training.c.id)).scalars().all():
        project_rights(change.tx, each)


def any_lost_unused(tx: Connection) -> bool:
    """Tell whether any training is lost when its machines are not used."""
    return tx.execute(select(training.c.id).where(training.c.unused_max_days.is_not(None)).limit(1)).first() is not None


def expiring(tx: Connection, now_ms: int, within_days: int) -> list[dict[str, Any]]:
    """Return the rights that end within so many days, soonest first: member, training, until_at, and whether by
    non-use, which a use moves on.
    """
    found = [
        {"member": row.member, "training": key, "until_at": until_at, "unused": until_at != row.until_at}
        for key in tx.execute(select(training.c.id)).scalars().all()
        for row, until_at in held(tx, key, None)
        if until_at is not None and now_ms < until_at <= now_ms + within_days * DAY_MS
    ]
    return sorted(found, key=lambda each: (each["until_at"], each["member"]))


def held(tx: Connection, of_training: str, key: str | None) -> list[tuple[Any, int | None]]:
    """Return the open grants of a training, one member's or everybody's, and when each ends, by date or unused."""
    grants = training_grant.c
    query = select(training_grant).where(grants.training == of_training, grants.revoked_at.is_(None))
    rows = tx.execute(query if key is None else query.where(grants.member == key)).all()
    days = tx.execute(select(training.c.unused_max_days).where(training.c.id == of_training)).scalar()
    if days is None:
        return [(row, row.until_at) for row in rows]
    opens = select(training_machine.c.machine).where(training_machine.c.training == of_training)
    uses = select(session.c.member, func.max(session.c.ended_at)).where(session.c.machine.in_(opens))
    uses = uses if key is None else uses.where(session.c.member == key)
    used = {member: at for member, at in tx.execute(uses.group_by(session.c.member)) if at is not None}
    ends = []
    for row in rows:
        lost_at = max(row.from_at, row.granted_at, used.get(row.member, 0)) + days * DAY_MS
        ends.append((row, lost_at if row.until_at is None else min(lost_at, row.until_at)))
    return ends


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


def trainers(tx: Connection, now_ms: int) -> list[str]:
    """Return the members who give any training now, by id."""
    grants = training_grant.c
    giving = and_(grants.revoked_at.is_(None), grants.may_train.is_(True), grants.from_at <= now_ms)
    ends = or_(grants.until_at.is_(None), grants.until_at > now_ms)
    return list(tx.execute(select(grants.member).where(giving, ends).distinct().order_by(grants.member)).scalars())


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


def _open_grant(tx: Connection, key: str, of_training: str) -> Any:  # noqa: ANN401 - a row of SQLAlchemy
    grants = training_grant.c
    open_one = and_(grants.member == key, grants.training == of_training, grants.revoked_at.is_(None))
    return tx.execute(select(training_grant).where(open_one)).first()
