"""Tokens by which programs ask: `ind_<prefix>_<secret>`, with an end, at most the roles of who made them.

House rules: shown once, stored as a hash; dead when its maker is shut out or loses the role.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from controller.errors import Message
from controller.office.accounts import Principal, Role, principal_of
from controller.office.accounts_tables import api_token, web_account
from controller.office.directory.words import checked_name
from controller.office.refusals import InvalidError, no_such
from controller.office.secrets_of_doors import hashed
from controller.office.store import Change, new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

DAY_MS = 86_400_000
DAYS_MAX = 400
"""A token lives at most thirteen months: what was forgotten in a script ends by itself."""

USED_EVERY_MS = 3_600_000
"""When a token was last used is noted by the hour: a write per request would wear the card for nothing."""


def create_token(
    change: Change, label: str, roles: Iterable[Role], *, days: int, read_only: bool = False
) -> tuple[str, str]:
    """Make a token for the acting account and return (id, the token, which is never shown again)."""
    held = ",".join(sorted({Role(role).value for role in roles}))
    if not held or not 1 <= days <= DAYS_MAX:
        raise InvalidError(
            Message("il faut un rôle et une durée", "a role and a duration are needed"),
            cure=Message(f"1 à {DAYS_MAX} jours", f"1 to {DAYS_MAX} days"),
        )
    key, prefix, secret = new_id("k"), secrets.token_hex(4), secrets.token_urlsafe(32)
    change.tx.execute(
        insert(api_token).values(
            id=key,
            prefix=prefix,
            hash=hashed(secret),
            label=checked_name(label),
            roles=held,
            read_only=int(read_only),
            account=change.actor,
            created_at=change.now_ms,
            expires_at=change.now_ms + days * DAY_MS,
        )
    )
    change.audit("create_token", key, after={"roles": held, "read_only": read_only, "days": days})
    return key, f"ind_{prefix}_{secret}"


def revoke_token(change: Change, key: str) -> None:
    """End a token."""
    ended = update(api_token).where(api_token.c.id == key).values(revoked_at=change.now_ms)
    if change.tx.execute(ended).rowcount == 0:
        raise no_such("le jeton", "token", key)
    change.audit("revoke_token", key)


def revoke_own_token(change: Change, key: str) -> None:
    """End a token of the acting account; raise `NotFoundError` for one that is another's."""
    if all(token["id"] != key for token in tokens_of(change.tx, change.actor)):
        raise no_such("le jeton", "token", key)
    revoke_token(change, key)


def tokens_of(tx: Connection, account: str) -> list[dict[str, Any]]:
    """Return an account's tokens without their secrets."""
    shown = [column for column in api_token.columns if column.name != "hash"]
    rows = tx.execute(select(*shown).where(api_token.c.account == account).order_by(api_token.c.created_at))
    return [dict(row) for row in rows.mappings()]


def by_token(tx: Connection, text: str, now_ms: int) -> tuple[Principal, bool] | None:
    """Return who a token speaks for, and whether its use is to be noted; `None` when it opens nothing."""
    kind, _, rest = text.partition("_")
    prefix, _, secret = rest.partition("_")
    token = api_token.c
    row = tx.execute(
        select(api_token).where(
            token.prefix == prefix, token.hash == hashed(secret), token.expires_at > now_ms, token.revoked_at.is_(None)
        )
    ).first()
    if kind != "ind" or row is None:
        return None
    holder = tx.execute(select(web_account).where(web_account.c.id == row.account)).mappings().first()
    if holder is None or holder["disabled_at"] is not None:
        return None
    principal = principal_of(holder, roles=row.roles, read_only=bool(row.read_only))
    return principal, row.used_at is None or row.used_at < now_ms - USED_EVERY_MS


def note_use(tx: Connection, text: str, now_ms: int) -> None:
    """Remember that a token was used now."""
    prefix = text.split("_")[1]
    tx.execute(update(api_token).where(api_token.c.prefix == prefix).values(used_at=now_ms))
