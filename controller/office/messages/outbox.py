"""The durable queue of messages: what is to be told to whom, once, tried again for a day and then given up.

House rules: everything here has an end: so many wait at most, so many a day to one person, a day of tries, a month of
memory. Nothing waits for it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, delete, func, insert, select, update

from controller import logs
from controller.domain.canonical import canonical
from controller.office.accounts_tables import web_account
from controller.office.directory.tables import member
from controller.office.ledger.rows import chunks
from controller.office.messages.happenings import News
from controller.office.messages.tables import message_out
from controller.office.messages.wishes import Listener, Subject, channels_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from controller.office.store import Change

WAITING_MAX = 2_000
"""Messages that wait at a time: a day of a large workshop with its mail server away. More are not taken, with a line in
the log: the news stands on the pages all the same.
"""

A_DAY_MAX = 60
"""Messages a day to one person on one channel: beyond it something flaps, and they would read none of them."""

AT_A_TURN = 20
"""Messages sent before it is looked again what is new."""

DAY_MS = 86_400_000
FIRST_WAIT_MS, LONGEST_WAIT_MS = 60_000, 3_600_000
"""A failed message is tried after a minute, then after twice as long each time, an hour at most."""

TRIAL_EVERY_MS = 60_000
"""A trial a minute: an impatient finger sends one."""

KEPT_MS = 30 * DAY_MS
"""For so long it is known that something was told: longer than anything is news."""

_log = logs.get("messages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message whose time has come, and the language of whom it is for."""

    account: str
    channel: str
    key: str
    subject: Subject
    about: dict[str, Any]
    tries: int
    created_at: int
    until_at: int
    language: str


def untold(tx: Connection, news: Iterable[News], heard: Sequence[Listener]) -> list[tuple[Listener, str, News]]:
    """Return what is not in the queue yet: whom to tell what, on which channel."""
    wanted = [
        (listener, channel, each)
        for each in news
        for listener in heard
        if each.is_for(listener)
        for channel in listener.channels
    ]
    known = _known(tx, [each for _, _, each in wanted])
    return [one for one in wanted if (one[0].account, one[1], _key(one[2])) not in known]


def take(change: Change, new: Sequence[tuple[Listener, str, News]]) -> int:
    """Put messages into the queue as far as there is room, and return how many went in."""
    column, taken = message_out.c, 0
    waiting = change.tx.execute(select(func.count()).where(column.state == "waiting")).scalar_one()
    for listener, channel, news in new:
        today = and_(
            column.account == listener.account,
            column.channel == channel,
            column.created_at > change.now_ms - DAY_MS,
        )
        told = change.tx.execute(select(func.count()).select_from(message_out).where(today)).scalar_one()
        if waiting + taken >= WAITING_MAX or told >= A_DAY_MAX:
            _log.warning("a message is not taken: too many", account=listener.account, subject=news.subject.value)
            continue
        taken += 1
        change.tx.execute(
            insert(message_out).values(
                account=listener.account,
                channel=channel,
                key=_key(news),
                subject=news.subject.value,
                about=canonical(dict(news.about)).decode(),
                state="waiting",
                tries=0,
                created_at=change.now_ms,
                next_at=change.now_ms,
                until_at=min(news.until_at, change.now_ms + DAY_MS),
            )
        )
    return taken


def take_trial(change: Change, account: str) -> int:
    """Queue a trial for an account, one a minute; return to how many addresses."""
    trial = News(
        subject=Subject.TRIAL,
        key=str(change.now_ms // TRIAL_EVERY_MS),
        about={},
        until_at=change.now_ms + FIRST_WAIT_MS,
    )
    channels = channels_of(change.tx, account)
    me = Listener(account=account, member=None, party=None, roles=frozenset(), subjects=frozenset(), channels=channels)
    known = _known(change.tx, [trial])
    return take(change, [(me, each, trial) for each in channels if (account, each, _key(trial)) not in known])


def due(tx: Connection, now_ms: int) -> list[Due]:
    """Return the messages whose time has come, the oldest first."""
    column = message_out.c
    rows = tx.execute(
        select(message_out, func.coalesce(member.c.language, web_account.c.language).label("language"))
        .join(web_account, web_account.c.id == column.account)
        .outerjoin(member, member.c.id == web_account.c.member)
        .where(column.state == "waiting", column.next_at <= now_ms)
        .order_by(column.created_at, column.key)
        .limit(AT_A_TURN)
    )
    return [
        Due(
            account=row.account,
            channel=row.channel,
            key=row.key,
            subject=Subject(row.subject),
            about=json.loads(row.about),
            tries=row.tries,
            created_at=row.created_at,
            until_at=row.until_at,
            language=row.language,
        )
        for row in rows
    ]


def note_sent(change: Change, message: Due) -> None:
    """Note that a message was handed over; it is not told again."""
    change.tx.execute(update(message_out).where(_place(message)).values(state="sent"))


def note_failed(change: Change, message: Due, *, for_good: bool) -> bool:
    """Note a failure: tried again later, or given up where that makes no sense any more, and tell which."""
    next_at = change.now_ms + min(FIRST_WAIT_MS << min(message.tries, 16), LONGEST_WAIT_MS)
    over = for_good or next_at > message.until_at
    state = "given_up" if over else "waiting"
    done = {"state": state, "tries": message.tries + 1, "next_at": next_at}
    change.tx.execute(update(message_out).where(_place(message)).values(**done))
    return over


def any_old(tx: Connection, now_ms: int) -> bool:
    """Tell whether there is something to forget."""
    return tx.execute(select(message_out.c.key).where(_is_old(now_ms)).limit(1)).first() is not None


def forget_old(change: Change) -> None:
    """Forget what was told, or given up, a month ago."""
    change.tx.execute(delete(message_out).where(_is_old(change.now_ms)))


def _is_old(now_ms: int) -> Any:  # noqa: ANN401 - a condition
    return and_(message_out.c.state != "waiting", message_out.c.created_at < now_ms - KEPT_MS)


def _known(tx: Connection, news: Sequence[News]) -> set[tuple[str, str, str]]:
    column, known = message_out.c, set[tuple[str, str, str]]()
    for some in chunks(sorted({_key(each) for each in news})):
        rows = tx.execute(select(column.account, column.channel, column.key).where(column.key.in_(some)))
        known.update((row.account, row.channel, row.key) for row in rows)
    return known


def _key(news: News) -> str:
    return f"{news.subject.value}:{news.key}"


def _place(message: Due) -> Any:  # noqa: ANN401 - a condition
    column = message_out.c
    return and_(column.account == message.account, column.channel == message.channel, column.key == message.key)
