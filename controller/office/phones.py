"""A member's own page on their own phone: opened once by a link that the desk shows, and kept there.

House rules: a link is shown once, works once and for a quarter of an hour; it opens a mere maker's page and never an
account that may do more; whoever holds the phone, or the desk for a lost one, ends it.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from controller.errors import Message
from controller.office import accounts
from controller.office.accounts import Role, SignedIn, may_be_remembered
from controller.office.accounts_tables import phone_link, web_account
from controller.office.directory.people import member_row
from controller.office.refusals import ConflictError, NotFoundError
from controller.office.secrets_of_doors import hashed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

LINK_MS = 900_000
"""A link is good for a quarter of an hour: its member stands at the desk with the phone in hand."""


def create_link(change: Change, member: str) -> str:
    """Return the code of a new link to a member's own page, which is never shown again; an older one opens nothing any
    more. Raise `ConflictError` for a member whose account may do more than a maker's.
    """
    member_row(change.tx, member)
    _account_of(change.tx, member)
    code = secrets.token_urlsafe(16)
    old = (phone_link.c.member == member) | (phone_link.c.expires_at <= change.now_ms)
    change.tx.execute(delete(phone_link).where(old))
    change.tx.execute(insert(phone_link).values(hash=hashed(code), member=member, expires_at=change.now_ms + LINK_MS))
    change.audit("create_phone_link", member)
    return code


def is_good(tx: Connection, code: str, now_ms: int) -> bool:
    """Tell whether a link opens something."""
    found = select(phone_link.c.member).where(phone_link.c.hash == hashed(code), phone_link.c.expires_at > now_ms)
    return tx.execute(found).first() is not None


def claim_link(change: Change, code: str) -> SignedIn:
    """Begin the member's session, with an account made for it where there is none; raise `NotFoundError` for a link
    that is none, or not any more.
    """
    link = phone_link.c
    good = (link.hash == hashed(code), link.expires_at > change.now_ms)
    member = change.tx.execute(select(link.member).where(*good)).scalar()
    if member is None:
        raise NotFoundError(
            Message("ce lien a déjà servi, ou a plus d'un quart d'heure", "this link was used, or is too old"),
            cure=Message("demandez-en un autre à l'accueil", "ask for another one at the desk"),
        )
    change.tx.execute(delete(phone_link).where(link.hash == hashed(code)))
    key = _account_of(change.tx, member) or accounts.create_web_account(
        change,
        member,
        secrets.token_urlsafe(32),  # nobody knows it: this account is entered by links alone until one is set
        [Role.MAKER],
        member=member,
        language="en" if member_row(change.tx, member)["language"] == "en" else "fr",
    )
    change.audit("claim_phone_link", member, after={"account": key})
    return accounts.begin_session(change, key, remember=True)


def end_phones(change: Change, member: str) -> None:
    """End every session of a member's own account, and a link that waits."""
    member_row(change.tx, member)
    for row in change.tx.execute(select(web_account.c.id, web_account.c.roles).where(web_account.c.member == member)):
        if may_be_remembered(row.roles):
            accounts.end_sessions(change.tx, row.id)
    change.tx.execute(delete(phone_link).where(phone_link.c.member == member))
    change.audit("end_phones", member)


def _account_of(tx: Connection, member: str) -> str | None:
    """Return the member's own account, `None` when there is none yet; raise `ConflictError` for one that a link may not
    open.
    """
    rows = tx.execute(select(web_account).where(web_account.c.member == member)).all()
    if not rows:
        return None
    for row in rows:
        if may_be_remembered(row.roles) and row.disabled_at is None:
            return str(row.id)
    raise ConflictError(
        Message("ce compte ne s'ouvre pas par un lien", "this account is not opened by a link"),
        why=Message(
            "il est fermé, ou permet plus que sa propre page", "it is closed, or opens more than their own page"
        ),
        cure=Message("la personne se connecte par son mot de passe", "they sign in by their password"),
    )
