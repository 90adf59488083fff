"""Classes: made from trainers, machines and the organisation that pays; their lessons; what the floor saw of them.

House rules: no pupil is known here. A lesson that has begun is never cancelled. What comes down reaches `AHEAD_DAYS`
into the future and is written anew as time and orders move (`refresh`, `follow_orders`).
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from controller.domain.canonical import canonical
from controller.domain.codec import encode
from controller.domain.directory import GroupEntry, LessonSeen, LessonWindow
from controller.domain.ids import AccountId, GroupId, MachineId, MemberId
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.access import opens
from controller.office.directory.group_tables import group_class, lesson
from controller.office.directory.machines import machine_view
from controller.office.directory.orders import admits, warn_of_orders
from controller.office.directory.people import member_row
from controller.office.directory.tables import account, directory_entry
from controller.office.directory.words import checked_id, checked_name
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection, Row

    from controller.domain.facts import LessonMarked
    from controller.office.store import Change

DAY_MS = 86_400_000

AHEAD_DAYS = 60
"""Days of lessons that come down: a term's half, so that a school needs no network in between."""

LESSONS_MAX = 200
"""Lessons of one class that lie ahead: one a school day for a year. More is a slip of the keyboard and refused."""

HEADCOUNT_MAX = 1_000
"""People in one lesson: more than fit into any workshop, so more is a slip of the keyboard and refused."""

MEMBERS_MAX = 50
"""Trainers, and machines, of one class: all of a large floor. More is refused."""


def create_class(
    change: Change, key: str, name: str, payer: str, trainers: Sequence[str], machines: Sequence[str]
) -> None:
    """Add a class."""
    if _row(change.tx, key) is not None:
        raise ConflictError(Message(f"le groupe « {key} » existe déjà", f"the class '{key}' exists already"))
    if not 1 <= len(trainers) <= MEMBERS_MAX or not 1 <= len(machines) <= MEMBERS_MAX:
        raise InvalidError(
            Message("un groupe a des formateurs et des machines", "a class has trainers and machines"),
            cure=Message(f"de 1 à {MEMBERS_MAX} de chaque", f"1 to {MEMBERS_MAX} of each"),
        )
    if change.tx.execute(select(account.c.id).where(account.c.id == payer)).first() is None:
        raise no_such("le compte", "account", payer)
    for each in trainers:
        member_row(change.tx, each)
    for each in machines:
        machine_view(change.tx, each)
    row = {
        "name": checked_name(name),
        "account": payer,
        "trainers": json.dumps([*trainers]),
        "machines": json.dumps([*machines]),
    }
    change.tx.execute(insert(group_class).values(id=checked_id(key), created_at=change.now_ms, **row))
    change.audit("create_class", key, after={**row})


def add_lesson(change: Change, key: str, from_at: int, until_at: int, headcount: int) -> str:
    """Add a lesson of a class and return its id."""
    _required(change.tx, key)
    if not from_at < until_at <= from_at + DAY_MS or until_at <= change.now_ms or not 0 < headcount <= HEADCOUNT_MAX:
        raise InvalidError(
            Message("ce n'est pas une séance à venir", "this is no lesson to come"),
            cure=Message(
                f"un jour au plus, 1 à {HEADCOUNT_MAX} personnes", f"a day at most, 1 to {HEADCOUNT_MAX} people"
            ),
        )
    mine = and_(lesson.c.group_class == key, lesson.c.until_at > change.now_ms)
    ahead = [row for row in change.tx.execute(select(lesson).where(mine)) if row.cancelled_at is None]
    if len(ahead) >= LESSONS_MAX or any(row.from_at < until_at and from_at < row.until_at for row in ahead):
        raise ConflictError(Message("le groupe a déjà une séance alors", "the class has a lesson then already"))
    change.tx.execute(
        lesson.delete().where(
            lesson.c.group_class == key, lesson.c.from_at == from_at, lesson.c.cancelled_at.is_not(None)
        )
    )
    fresh = new_id("ls")
    row: dict[str, Any] = {"group_class": key, "from_at": from_at, "until_at": until_at, "headcount": headcount}
    change.tx.execute(insert(lesson).values(id=fresh, made_by=change.actor, **row))
    change.audit("add_lesson", fresh, after=row)
    project(change, key)
    return fresh


def cancel_lesson(change: Change, key: str) -> None:
    """Take a lesson back that has not begun."""
    row = change.tx.execute(select(lesson).where(lesson.c.id == key)).first()
    if row is None:
        raise no_such("la séance", "lesson", key)
    if row.begun_at is not None:
        raise ConflictError(Message("la séance a commencé", "the lesson has begun"))
    change.tx.execute(update(lesson).where(lesson.c.id == key).values(cancelled_at=change.now_ms))
    change.audit("cancel_lesson", key, before={"group_class": row.group_class, "from_at": row.from_at})
    project(change, row.group_class)


def classes(tx: Connection, now_ms: int) -> list[dict[str, Any]]:
    """Return every class with its lessons to come and whether its account pays for another one."""
    rows = tx.execute(select(group_class).order_by(group_class.c.id)).mappings().all()
    ahead = and_(lesson.c.until_at > now_ms, lesson.c.cancelled_at.is_(None))
    lessons = tx.execute(select(lesson).where(ahead).order_by(lesson.c.from_at)).mappings().all()
    return [
        {
            **row,
            "trainers": json.loads(row["trainers"]),
            "machines": json.loads(row["machines"]),
            "admits": admits(tx, row["account"]),
            "lessons": [_shown(each) for each in lessons if each["group_class"] == row["id"]],
        }
        for row in rows
    ]


def note_lesson(change: Change, fact: LessonMarked, at_ms: int | None) -> tuple[str, dict[str, Any]]:
    """Keep when the floor saw a lesson begin or end, the first beginning and the last end of all controllers, and tell
    the others.

    Raises `NotFoundError` for a class that the directory does not have.
    """
    _required(change.tx, fact.group)
    mine = and_(lesson.c.group_class == fact.group, lesson.c.from_at == fact.from_ms)
    row = change.tx.execute(select(lesson).where(mine)).first()
    if row is None:
        raise no_such("la séance", "lesson", f"{fact.group}/{fact.from_ms}")
    seen_at = change.now_ms if at_ms is None else at_ms
    if fact.phase == "over":
        cells: dict[str, Any] = {"over_at": max(seen_at, row.over_at or 0)}
    else:
        cells = {"begun_at": min(seen_at, row.begun_at or seen_at), "trainer": fact.member}
        cells["headcount"] = fact.headcount
        if row.over_at is not None and seen_at > row.over_at:
            cells["over_at"] = None  # the class has come back from its pause
    change.tx.execute(update(lesson).where(mine).values(**cells))
    project(change, fact.group)
    return ("lesson", {"group": fact.group, "phase": fact.phase})


def held(tx: Connection, from_at: int, until_at: int) -> list[dict[str, Any]]:
    """Return the lessons that began within a time, for the funder's report: class, organisation, headcount, times."""
    rows = tx.execute(
        select(lesson, group_class.c.name.label("class_name"), account.c.name.label("organisation"))
        .join(group_class, group_class.c.id == lesson.c.group_class)
        .join(account, account.c.id == group_class.c.account)
        .where(lesson.c.begun_at >= from_at, lesson.c.begun_at < until_at)
        .order_by(lesson.c.begun_at, lesson.c.id)
    ).mappings()
    names = ("group_class", "class_name", "organisation", "headcount", "begun_at", "over_at")
    return [{name: row[name] for name in names} for row in rows]


def held_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Return the report as CSV with a head line; times are Unix milliseconds, an unknown end is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, ("group_class", "class_name", "organisation", "headcount", "begun_at", "over_at"))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def project(change: Change, key: str) -> None:
    """Write the class's entry; one without lessons to come has none."""
    entry = _entry(change.tx, key, change.now_ms)
    if entry.lessons:
        entries.put(change.tx, [entry])
    else:
        entries.bury(change.tx, GroupEntry.KIND, key)


def due(tx: Connection, now_ms: int) -> list[str]:
    """Return the classes whose entry is not what it should be by now."""
    of_kind = and_(directory_entry.c.kind == GroupEntry.KIND, directory_entry.c.body.is_not(None))
    rows = tx.execute(select(directory_entry.c.key, directory_entry.c.body).where(of_kind))
    told = {row.key: row.body for row in rows}
    keys = tx.execute(select(group_class.c.id).order_by(group_class.c.id)).scalars().all()
    return [key for key in keys if told.get(key, "") != _told(_entry(tx, key, now_ms))]


def refresh(change: Change) -> None:
    """Write what has come nearer and drop what is past."""
    for key in due(change.tx, change.now_ms):
        project(change, key)


def follow_orders(change: Change, accounts: Iterable[str]) -> None:
    """After money of these accounts moved: warn of orders near their end, and tell the floor what they admit."""
    touched = set(accounts)
    rows = change.tx.execute(select(group_class.c.id, group_class.c.account)).all() if touched else []
    concerned = [row for row in rows if row.account in touched]
    warn_of_orders(change, {row.account for row in concerned})
    for row in concerned:
        project(change, row.id)


def _told(entry: GroupEntry) -> str:
    return canonical(encode(entry)).decode() if entry.lessons else ""


def _entry(tx: Connection, key: str, now_ms: int) -> GroupEntry:
    row = _required(tx, key)
    near = and_(
        lesson.c.group_class == key,
        lesson.c.cancelled_at.is_(None),
        lesson.c.until_at > now_ms,
        lesson.c.from_at < now_ms + AHEAD_DAYS * DAY_MS,
    )
    lessons = tx.execute(select(lesson).where(near).order_by(lesson.c.from_at).limit(LESSONS_MAX))
    return GroupEntry(
        group=GroupId(key),
        trainers=tuple(MemberId(each) for each in json.loads(row["trainers"])),
        machines=tuple(MachineId(each) for each in json.loads(row["machines"])),
        account=AccountId(row["account"]),
        admits=admits(tx, row["account"]),
        lessons=tuple(
            LessonWindow(
                from_ms=each.from_at,
                until_ms=each.until_at,
                headcount=each.headcount,
                seen=_seen(tx, each, json.loads(row["machines"]), now_ms),
            )
            for each in lessons
        ),
    )


def _seen(tx: Connection, row: Row[Any], machines: Sequence[str], now_ms: int) -> LessonSeen | None:
    """Return what a controller told of a lesson, with the machines that its trainer is trained for by now."""
    if row.begun_at is None or row.trainer is None:
        return None
    trained = [each for each in machines if opens(tx, row.trainer, each, now_ms)]
    return LessonSeen(
        trainer=MemberId(row.trainer), machines=tuple(MachineId(each) for each in trained), over_ms=row.over_at
    )


def _shown(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of SQLAlchemy
    return {name: row[name] for name in ("id", "from_at", "until_at", "headcount", "begun_at", "over_at")}


def _row(tx: Connection, key: str) -> Any:  # noqa: ANN401 - a row of SQLAlchemy
    return tx.execute(select(group_class).where(group_class.c.id == key)).mappings().first()


def _required(tx: Connection, key: str) -> Any:  # noqa: ANN401 - a row of SQLAlchemy
    row = _row(tx, key)
    if row is None:
        raise no_such("le groupe", "class", key)
    return row
