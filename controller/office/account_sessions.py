"""The sessions of an account: which are open, since when, in what browser; each can be ended from another one.

House rules: a session is named by the beginning of its hash, from which nobody finds its cookie.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from controller.office.accounts_tables import web_session
from controller.office.refusals import no_such
from controller.office.secrets_of_doors import hashed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

NAMED_BY = 16
"""Signs of the hash that name a session: 64 bits, two of one account are never the same."""


def sessions_of(tx: Connection, account: str, now_ms: int, cookie: str | None = None) -> list[dict[str, Any]]:
    """Return an account's open sessions, newest first; `current` is the one of `cookie`."""
    row = web_session.c
    found = tx.execute(
        select(web_session).where(row.account == account, row.expires_at > now_ms).order_by(row.created_at.desc())
    )
    mine = None if cookie is None else hashed(cookie)
    return [
        {
            "id": each.hash[:NAMED_BY],
            "created_at": each.created_at,
            "expires_at": each.expires_at,
            "browser": each.browser,
            "current": each.hash == mine,
        }
        for each in found
    ]


def end_session(change: Change, account: str, key: str) -> None:
    """End one session of an account."""
    named = web_session.c.hash.startswith(key, autoescape=True)
    if (
        len(key) != NAMED_BY
        or not change.tx.execute(delete(web_session).where(web_session.c.account == account, named)).rowcount
    ):
        raise no_such("la session", "session", key)
    change.audit("end_session", account)
