"""What is worth a message now: looked up in what the office knows, so that nothing that makes it has to think of it.

House rules: only what somebody asked for is looked for. Each piece of news has a key that names what happened, by which
the outbox tells it once; what is long over is no news.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from controller.domain import closing as closing_rules
from controller.office import money
from controller.office.directory import agreements, rights
from controller.office.directory.tables import account, books, controller, machine, machine_lock, member, training
from controller.office.journal_tables import session
from controller.office.ledger.rows import chunks
from controller.office.ledger.tables import ledger_entry, ledger_posting
from controller.office.messages.wishes import OF_A_MEMBER, Listener, Subject
from controller.office.overview import backup_at
from controller.office.settlement.expenses import parties_of
from controller.office.settlement.tables import agreement_closing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from controller.domain.canonical import Json
    from controller.office.board import Tile

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000

WARN_WITHIN_MS = 10 * MINUTE_MS
"""The machine itself warns ten minutes before an end first: so does the message."""

NEWS_MS = HOUR_MS
"""Uses and faults are told for an hour: a controller back after a day tells nobody of yesterday's kiln."""

WRITTEN_MS = DAY_MS
"""Statements and closings are told for a day, for a message server that is away in the meantime."""

SILENT_MS = 10 * MINUTE_MS
"""A controller speaks every few seconds; after ten minutes it is worth a walk, after a restart of the office too."""

BACKUP_MS = 2 * DAY_MS
"""Backups are made each night: after two days one is missing for certain."""

TRAINING_DAYS = 14
"""Two weeks before a right ends there is time to find a trainer."""

LOW_CREDIT_CENTS = 500
"""Below five euros a longer use is likely to be refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something to tell: `about` is what its text is made of; `until_at` when it is no news any more.

    It is for one `member`, for co-owners who are one of `parties`, and for whoever has a role that the subject is for.
    """

    subject: Subject
    key: str
    about: Mapping[str, Json]
    until_at: int
    member: str | None = None
    parties: frozenset[str] = frozenset()

    def is_for(self, listener: Listener) -> bool:
        """Tell whether this is an account's own and asked for."""
        if not listener.wants(self.subject):
            return False
        if self.subject in OF_A_MEMBER:
            return listener.member == self.member
        if self.subject is Subject.STATEMENT_READY:
            return listener.party in self.parties
        if self.subject is Subject.DAILY_HASH and listener.party is not None:
            return listener.party in self.parties
        return True


def quick(tx: Connection, now_ms: int, heard: Iterable[Listener], tiles: Mapping[str, Tile]) -> Iterator[News]:
    """Yield what cannot wait: ends that come near (`tiles`: the live board), uses that ended, faults."""
    warned = {each.member for each in heard if each.wants(Subject.WARNING)}
    ended = {each.member for each in heard if each.wants(Subject.JOB_FINISHED)}
    if warned:
        yield from _warnings(tx, now_ms, warned, tiles)
    for some in chunks(sorted(filter(None, ended))):
        yield from _finished(tx, now_ms, some)
    if any(each.wants(Subject.FAULT) for each in heard):
        yield from _faults(tx, now_ms)


def slow(tx: Connection, now_ms: int, heard: Iterable[Listener], since_ms: int) -> Iterator[News]:
    """Yield what takes its time; `since_ms` is when the office began to listen to its controllers."""
    asked = {subject for each in heard for subject in each.subjects if each.wants(subject)}
    members = {each.member for each in heard if each.member is not None}
    if Subject.CONTROLLER_SILENT in asked and now_ms - since_ms > SILENT_MS:
        yield from _silent(tx, now_ms)
    if Subject.BACKUP_OLD in asked:
        yield from _old_backup(tx, now_ms)
    if Subject.TRAINING_ENDING in asked:
        yield from _ending_rights(tx, now_ms, members)
    if Subject.LOW_CREDIT in asked:
        poor = {each.member for each in heard if each.member is not None and each.wants(Subject.LOW_CREDIT)}
        yield from _low_credit(tx, now_ms, sorted(poor))
    if Subject.STATEMENT_READY in asked:
        yield from _statements(tx, now_ms)
    if Subject.DAILY_HASH in asked:
        yield from _daily_hashes(tx, now_ms)


def _warnings(tx: Connection, now_ms: int, members: set[str | None], tiles: Mapping[str, Tile]) -> Iterator[News]:
    near = {
        tile.use.session: tile.use.ends_at
        for tile in tiles.values()
        if tile.use is not None
        and tile.use.ends_at is not None
        and now_ms < tile.use.ends_at <= now_ms + WARN_WITHIN_MS
    }
    rows = tx.execute(_uses().where(session.c.id.in_(list(near)), session.c.state == "open"))
    for row in rows:
        if row.member in members:
            ends_at = near[row.id]
            about = {"machine": row.name, "ends_at": ends_at}
            yield News(subject=Subject.WARNING, key=row.id, about=about, until_at=ends_at, member=row.member)


def _finished(tx: Connection, now_ms: int, members: Iterable[str]) -> Iterator[News]:
    ended = and_(session.c.ended_at > now_ms - NEWS_MS, session.c.ended_at <= now_ms, session.c.member.in_(members))
    for row in tx.execute(_uses().where(ended, session.c.state.in_(("ended", "posted")))):
        cents = row.announced_cents if row.gross_cents is None else row.gross_cents
        about = {"machine": row.name, "seconds": row.seconds, "cents": cents}
        until_at = row.ended_at + NEWS_MS
        yield News(subject=Subject.JOB_FINISHED, key=row.id, about=about, until_at=until_at, member=row.member)


def _faults(tx: Connection, now_ms: int) -> Iterator[News]:
    lock = machine_lock.c
    rows = tx.execute(
        select(lock.id, lock.machine, lock.reason, lock.set_at, machine.c.name)
        .join(machine, machine.c.id == lock.machine)
        .where(
            lock.set_at > now_ms - NEWS_MS,
            lock.lifted_at.is_(None),
            lock.emergency | lock.set_by.in_(select(controller.c.id)),
        )
    )
    for row in rows:
        about = {"machine": row.name, "reason": row.reason}
        yield News(subject=Subject.FAULT, key=row.id, about=about, until_at=row.set_at + NEWS_MS)


def _silent(tx: Connection, now_ms: int) -> Iterator[News]:
    rows = tx.execute(select(controller).where(controller.c.heard_at <= now_ms - SILENT_MS))
    for row in rows:
        about = {"controller": row.name, "heard_at": row.heard_at}
        key = f"{row.id}:{row.heard_at}"
        yield News(subject=Subject.CONTROLLER_SILENT, key=key, about=about, until_at=now_ms + DAY_MS)


def _old_backup(tx: Connection, now_ms: int) -> Iterator[News]:
    made_at = backup_at(tx)
    if made_at is None:
        began_at = tx.execute(select(func.min(books.c.created_at))).scalar()
        if began_at is None or began_at > now_ms - BACKUP_MS:
            return
    elif made_at > now_ms - BACKUP_MS:
        return
    key = "never" if made_at is None else str(made_at)
    yield News(subject=Subject.BACKUP_OLD, key=key, about={"made_at": made_at}, until_at=now_ms + DAY_MS)


def _ending_rights(tx: Connection, now_ms: int, members: set[str]) -> Iterator[News]:
    names: dict[str, str] = {row.id: row.name for row in tx.execute(select(training.c.id, training.c.name))}
    for each in rights.expiring(tx, now_ms, TRAINING_DAYS):
        if each["member"] in members:
            about = {"training": names[each["training"]], "until_at": each["until_at"], "unused": each["unused"]}
            yield News(
                subject=Subject.TRAINING_ENDING,
                key=f"{each['training']}:{each['until_at']}",
                about=about,
                until_at=min(each["until_at"], now_ms + DAY_MS),
                member=each["member"],
            )


def _low_credit(tx: Connection, now_ms: int, members: list[str]) -> Iterator[News]:
    for some in chunks(members):
        own = and_(member.c.id.in_(some), account.c.kind == "person")
        payers = select(member.c.id, member.c.account, account.c.books)
        rows = tx.execute(payers.join(account, account.c.id == member.c.account).where(own))
        for row in rows.all():
            cents = money.account_state(tx, row.account).credit_cents
            if cents < LOW_CREDIT_CENTS:
                key = f"{row.account}:{_last_paid_in(tx, row.books, row.account)}"
                until_at = now_ms + DAY_MS
                about = {"cents": cents}
                yield News(subject=Subject.LOW_CREDIT, key=key, about=about, until_at=until_at, member=row.id)


def _last_paid_in(tx: Connection, in_books: str, payer: str) -> int:
    """Return the number of the last entry that added credit: after it, low credit is news again."""
    leg = ledger_posting.c
    added = (leg.books == in_books, leg.account == f"prepaid:{payer}", leg.amount < 0)
    return tx.execute(select(func.max(leg.seq)).where(*added)).scalar() or 0


def _statements(tx: Connection, now_ms: int) -> Iterator[News]:
    rows = tx.execute(select(agreement_closing).where(agreement_closing.c.closed_at > now_ms - WRITTEN_MS))
    for row in rows.all():
        found = agreements.agreement_by_id(tx, row.agreement)
        name = agreements.agreement_place(tx, row.agreement)[1]
        yield News(
            subject=Subject.STATEMENT_READY,
            key=f"{row.agreement}:{row.period}",
            about={"agreement": name, "period": row.period, "hash": row.hash},
            until_at=row.closed_at + WRITTEN_MS,
            parties=frozenset(parties_of(found)),
        )


def _daily_hashes(tx: Connection, now_ms: int) -> Iterator[News]:
    entry, prefix = ledger_entry.c, closing_rules.books_key("day", "")
    rows = tx.execute(
        select(entry.books, entry.key, entry.seq, entry.hash, entry.booked_at, books.c.name)
        .join(books, books.c.id == entry.books)
        .where(entry.kind == "closing", entry.key.startswith(prefix), entry.booked_at > now_ms - WRITTEN_MS)
        .order_by(entry.books, entry.seq)
    )
    for row in rows.all():
        about = {"books": row.name, "day": row.key.removeprefix(prefix), "entry": row.seq, "hash": row.hash}
        yield News(
            subject=Subject.DAILY_HASH,
            key=f"{row.books}:{row.seq}",
            about=about,
            until_at=row.booked_at + WRITTEN_MS,
            parties=frozenset(party for each in agreements.agreements_of(tx, row.books) for party in parties_of(each)),
        )


def _uses() -> Any:  # noqa: ANN401 - a statement
    return select(
        session.c.id,
        session.c.member,
        session.c.ended_at,
        session.c.seconds,
        session.c.announced_cents,
        session.c.gross_cents,
        machine.c.name,
    ).join(machine, machine.c.id == session.c.machine)
