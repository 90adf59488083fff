"""Who changed what and when: the audit as people look for something in it, and as a file.

House rules: reading only; it holds ids and values, and names are put to ids by whoever may read names.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from controller.office.accounts_tables import web_account
from controller.office.directory.tables import audit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection

SHOWN_MAX = 500
"""Changes in one answer; older ones are asked for with the last one's number."""

EXPORT_MAX = 50_000
"""Changes in one file, the newest: years of a lab, and what a small Pi still writes in seconds. A narrower period holds
the others.
"""

_HEAD = ("n", "date (UTC)", "qui / who", "quoi / what", "sur quoi / about", "avant / before", "après / after")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for: empty texts and nulls look for everything; instants in Unix ms, `to_at` is left out."""

    what: str = ""
    actor: str = ""
    about: str = ""
    from_at: int | None = None
    to_at: int | None = None


def changes(tx: Connection, wanted: Wanted, *, before: int | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Return changes, newest first: id, at, actor, what, subject, before, after (JSON texts)."""
    column, query = audit.c, select(audit)
    if wanted.what:
        query = query.where(column.what == wanted.what)
    if wanted.actor:
        query = query.where(column.actor == wanted.actor)
    if wanted.about:
        query = query.where(column.subject.contains(wanted.about, autoescape=True))
    if wanted.from_at is not None:
        query = query.where(column.at >= wanted.from_at)
    if wanted.to_at is not None:
        query = query.where(column.at < wanted.to_at)
    if before is not None:
        query = query.where(column.id < before)
    return [dict(row) for row in tx.execute(query.order_by(column.id.desc()).limit(limit)).mappings()]


def kinds(tx: Connection) -> list[str]:
    """Return the kinds of change that there are."""
    return sorted(tx.execute(select(audit.c.what).distinct()).scalars())


def logins(tx: Connection) -> dict[str, str]:
    """Return every account's login by its id."""
    return {row.id: row.login for row in tx.execute(select(web_account.c.id, web_account.c.login))}


def as_csv(rows: Iterable[Mapping[str, Any]], who: Mapping[str, str]) -> bytes:
    """Return changes as a table with semicolons and UTF-8's mark; no cell is taken for a formula."""
    out = io.StringIO()
    write = csv.writer(out, delimiter=";", lineterminator="\r\n").writerow
    write(_HEAD)
    for row in rows:
        at = datetime.fromtimestamp(row["at"] / 1_000, UTC).isoformat(timespec="seconds")
        said = (who.get(row["actor"], row["actor"]), row["what"], row["subject"], row["before"], row["after"])
        write([row["id"], at, *map(_plain, said)])
    return out.getvalue().encode("utf-8-sig")


def _plain(text: str | None) -> str:
    text = text or ""
    return f"'{text}" if text.startswith(_FORMULA) else text
