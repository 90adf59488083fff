"""Who wishes which messages, and where to: each for their own account, and nothing until they ask.

House rules: an address is typed by the person whom it reaches and sealed at once. What a role opens is looked at again
when something is told: who is a fabmanager no more is told of no fault any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from controller.errors import Message
from controller.office.accounts import Role
from controller.office.accounts_tables import web_account
from controller.office.messages.tables import message_out, message_wish
from controller.office.refusals import InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, Row

    from controller.domain.canonical import Json
    from controller.office.store import Change
    from controller.office.vault import Vault


class Subject(StrEnum):
    """What a message is about."""

    WARNING = "warning"
    JOB_FINISHED = "job_finished"
    TRAINING_ENDING = "training_ending"
    LOW_CREDIT = "low_credit"
    FAULT = "fault"
    CONTROLLER_SILENT = "controller_silent"
    BACKUP_OLD = "backup_old"
    STATEMENT_READY = "statement_ready"
    DAILY_HASH = "daily_hash"
    TRIAL = "trial"


OF_A_MEMBER = (Subject.WARNING, Subject.JOB_FINISHED, Subject.TRAINING_ENDING, Subject.LOW_CREDIT)
OF_A_PARTY = (Subject.STATEMENT_READY, Subject.DAILY_HASH)
OF_ROLES = {
    Subject.FAULT: {Role.FABMANAGER, Role.MAINTAINER},
    Subject.CONTROLLER_SILENT: {Role.FABMANAGER, Role.MAINTAINER},
    Subject.BACKUP_OLD: {Role.FABMANAGER, Role.MAINTAINER, Role.TREASURER},
    Subject.DAILY_HASH: {Role.TREASURER},
}

EMAIL, NTFY = "email", "ntfy"

EMAIL_LENGTH = 254  # of an address on the wire, RFC 5321 §4.5.3.1.3 less the angle brackets
_EMAIL = re.compile(r"[!-?A-~]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one account is told, and where: an e-mail address, an ntfy topic, or both."""

    subjects: frozenset[Subject] = frozenset()
    email: str = ""
    ntfy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """An account that asked for something, as it stands now."""

    account: str
    member: str | None
    party: str | None
    roles: frozenset[Role]
    subjects: frozenset[Subject]
    channels: tuple[str, ...]

    def wants(self, subject: Subject) -> bool:
        """Tell whether the account asked for this subject and may still have it."""
        return subject in self.subjects and subject in offered(self.roles, self.member, self.party)


def offered(roles: Iterable[Role], member: str | None, party: str | None) -> list[Subject]:
    """Return what an account may ask for, in the order of a page."""
    held = set(roles)
    every = Role.ADMIN in held
    return [
        subject
        for subject in Subject
        if (subject in OF_A_MEMBER and member is not None)
        or (subject in OF_A_PARTY and party is not None and Role.CO_OWNER in held)
        or (subject in OF_ROLES and (every or not held.isdisjoint(OF_ROLES[subject])))
    ]


def set_wish(change: Change, vault: Vault, account: str, wish: Wish) -> None:
    """Keep what an account wishes; nothing wished drops what still waits for it. Raise `InvalidError` for an address
    that is none, or for wishes without one.
    """
    email, ntfy = _checked_email(wish.email.strip()), _checked_topic(wish.ntfy.strip())
    if wish.subjects and not (email or ntfy):
        raise InvalidError(
            Message("il manque une adresse où vous prévenir", "an address to tell you at is missing"),
            cure=Message("donnez une adresse électronique ou un sujet ntfy", "give an e-mail address or an ntfy topic"),
        )
    forget(change, [account])
    if wish.subjects or email or ntfy:
        change.tx.execute(
            insert(message_wish).values(
                account=account,
                email=vault.seal(_about(account), email.encode()) if email else None,
                ntfy=vault.seal(_about(account), ntfy.encode()) if ntfy else None,
                subjects=" ".join(sorted(wish.subjects)),
                set_at=change.now_ms,
            )
        )
    subjects: list[Json] = [*sorted(wish.subjects)]
    change.audit("set_messages", account, after={"subjects": subjects, "email": bool(email), "ntfy": bool(ntfy)})


def wish_of(tx: Connection, vault: Vault, account: str) -> Wish:
    """Return what an account wishes; raise `DataError` when the vault's key is another."""
    row = tx.execute(select(message_wish).where(message_wish.c.account == account)).first()
    if row is None:
        return Wish()
    email, ntfy = (
        "" if each is None else vault.unseal(_about(account), each).decode() for each in (row.email, row.ntfy)
    )
    return Wish(subjects=_subjects(row.subjects), email=email, ntfy=ntfy)


def listeners(tx: Connection) -> list[Listener]:
    """Return everybody who asked for something and may still sign in."""
    rows = tx.execute(
        select(message_wish, web_account.c.member, web_account.c.party, web_account.c.roles)
        .join(web_account, web_account.c.id == message_wish.c.account)
        .where(web_account.c.disabled_at.is_(None), message_wish.c.subjects != "")
        .order_by(message_wish.c.account)
    )
    return [
        Listener(
            account=row.account,
            member=row.member,
            party=row.party,
            roles=frozenset(Role(word) for word in row.roles.split(",")),
            subjects=_subjects(row.subjects),
            channels=_channels(row),
        )
        for row in rows
    ]


def channels_of(tx: Connection, account: str) -> tuple[str, ...]:
    """Return the channels on which an account has an address."""
    row = tx.execute(select(message_wish).where(message_wish.c.account == account)).first()
    return () if row is None else _channels(row)


def forget(change: Change, accounts: Iterable[str]) -> None:
    """Drop what these accounts wish, their addresses, and what still waits for them."""
    for account in accounts:
        change.tx.execute(delete(message_wish).where(message_wish.c.account == account))
        waits = (message_out.c.account == account, message_out.c.state == "waiting")
        change.tx.execute(delete(message_out).where(*waits))


def forget_member(change: Change, member: str) -> None:
    """Drop all that is to be told to a member who is being erased."""
    forget(change, change.tx.execute(select(web_account.c.id).where(web_account.c.member == member)).scalars().all())


def _channels(row: Row[Any]) -> tuple[str, ...]:
    return tuple(name for name, sealed in ((EMAIL, row.email), (NTFY, row.ntfy)) if sealed is not None)


def _subjects(words: str) -> frozenset[Subject]:
    known = set(Subject)
    return frozenset(Subject(word) for word in words.split() if word in known)


def _about(account: str) -> str:
    return f"message:{account}"


def _checked_email(said: str) -> str:
    if said and (len(said) > EMAIL_LENGTH or not _EMAIL.fullmatch(said)):
        raise InvalidError(
            Message("l'adresse électronique n'en est pas une", "the e-mail address is none"),
            cure=Message("écrivez nom@domaine, sans accents", "write name@domain, without accents"),
        )
    return said


def _checked_topic(said: str) -> str:
    if said and not _TOPIC.fullmatch(said):
        raise InvalidError(
            Message("ce sujet ntfy n'en est pas un", "this ntfy topic is none"),
            cure=Message(
                "écrivez 1 à 64 lettres sans accents, chiffres, - ou _", "write 1 to 64 letters, digits, - or _"
            ),
        )
    return said
