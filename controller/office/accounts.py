"""Who may enter the office's web door: accounts with roles, sessions, tokens for programs, the first
administrator.

House rules: there is no default account; the first one is made with a code that the program prints once.
Passwords are argon2id, everything else that opens is 128 bits or more of chance and stored as a hash. Wrong
sign-ins cost a growing wait that a stranger cannot make endless for the right person.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, func, insert, select, update

from controller.errors import Message, UserError
from controller.office import passwords, second_factor
from controller.office.accounts_tables import login_failure, setup_code, web_account, web_session
from controller.office.directory.words import checked_name
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.secrets_of_doors import hashed
from controller.office.store import Change, new_id
from controller.office.tables_base import NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, RowMapping

    from controller.office.store import OfficeStore
    from controller.office.vault import Vault

SESSION_MS = 12 * 3_600_000
"""A session ends after twelve hours: a day at the desk, not a week on a shared computer."""

REMEMBERED_MS = 90 * 24 * 3_600_000
"""On a maker's own phone it lasts a quarter of a year: what it opens is their own page and no more."""

REMEMBERED_MAX = 10
"""Sessions of one account: more phones and computers than anybody carries; the oldest ends when one more begins."""

SETUP_MS = 24 * 3_600_000
"""The set-up code is good for a day; the program prints another one at its next start."""

FREE_TRIES = 3
LOGIN_WAIT_MS = 30_000
"""The longest wait for one login: a stranger who fails on purpose cannot keep its holder out for longer."""

ADDRESS_WAIT_MS = 300_000
"""The longest wait for one network address: who guesses from there makes at most a few hundred tries a day.
"""

FAILURE_KEPT_MS = 86_400_000

NOT_ONESELF = Message("on ne se ferme pas la porte à soi-même", "nobody shuts the door on themselves")


class Role(StrEnum):
    """What an account may do; `controller.office.web.auth` says which role opens which door."""

    MAKER = "maker"
    TRAINER = "trainer"
    MAINTAINER = "maintainer"
    FABMANAGER = "fabmanager"
    TREASURER = "treasurer"
    CO_OWNER = "co_owner"
    ADMIN = "admin"
    SERVICE = "service"


class SignInError(UserError):
    """Not let in; `wait_ms` is how long to wait before the next try is looked at."""

    def __init__(self, wait_ms: int = 0) -> None:
        super().__init__(
            Message("identifiant ou mot de passe refusé", "login or password refused"),
            cure=Message(f"réessayez dans {wait_ms // 1_000 + 1} s", f"try again in {wait_ms // 1_000 + 1} s")
            if wait_ms
            else None,
        )
        self.wait_ms = wait_ms


class CodeNeededError(UserError):
    """The password is right; the code of the second factor is missing (401)."""

    def __init__(self) -> None:
        super().__init__(
            Message("il faut aussi le code à six chiffres", "the code of six digits is needed too"),
            cure=Message("tapez celui de votre téléphone", "type the one on your telephone"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What somebody types to get in, and from where."""

    login: str
    password: str
    address: str
    code: str = ""
    browser: str = ""
    remember: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking: by a session (with its CSRF token) or by a token."""

    account: str
    login: str
    roles: frozenset[Role]
    member: str | None
    party: str | None
    language: Literal["fr", "en"]
    csrf: str | None
    read_only: bool = False

    def has(self, *roles: Role) -> bool:
        """Tell whether one of `roles` is held; an administrator holds every role."""
        return Role.ADMIN in self.roles or not self.roles.isdisjoint(roles)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: what goes into the cookie, what goes into forms, who it is."""

    cookie: str
    csrf: str
    account: str
    lasts_ms: int = SESSION_MS


def create_setup_code(change: Change) -> str | None:
    """Return a one-time code that makes the first administrator; `None` when there are accounts already."""
    if change.tx.execute(select(func.count()).select_from(web_account)).scalar_one():
        return None
    code = secrets.token_hex(8)
    change.tx.execute(delete(setup_code))
    change.tx.execute(insert(setup_code).values(hash=hashed(code), expires_at=change.now_ms + SETUP_MS))
    return code


def is_setup_open(tx: Connection) -> bool:
    """Tell whether there is no account yet, so that the first is to be made with the printed code."""
    return not tx.execute(select(func.count()).select_from(web_account)).scalar_one()


def claim_setup(change: Change, code: str, login: str, password: str) -> str:
    """Make the first administrator with the code that the program printed; raise `SignInError` for a wrong
    one.
    """
    good = change.tx.execute(
        delete(setup_code).where(setup_code.c.hash == hashed(code.strip()), setup_code.c.expires_at > change.now_ms)
    ).rowcount
    if not good or change.tx.execute(select(func.count()).select_from(web_account)).scalar_one():
        raise SignInError
    return create_web_account(change, login, password, [Role.ADMIN])


def create_web_account(
    change: Change,
    login: str,
    password: str,
    roles: Iterable[Role],
    *,
    member: str | None = None,
    party: str | None = None,
    language: Literal["fr", "en"] = "fr",
) -> str:
    """Add an account and return its random id; raise `ConflictError` when the login is taken."""
    word = checked_name(login).casefold()
    if change.tx.execute(select(web_account.c.id).where(web_account.c.login == word)).first() is not None:
        raise ConflictError(Message("cet identifiant est pris", "this login is taken"))
    key = new_id("w")
    held = _joined(roles)
    change.tx.execute(
        insert(web_account).values(
            id=key,
            login=word,
            password_hash=passwords.hash_of(passwords.checked_password(password, word)),
            roles=held,
            member=member,
            party=party,
            language=language,
            created_at=change.now_ms,
        )
    )
    change.audit("create_web_account", key, after={"roles": held, "member": member, "party": party})
    return key


def set_password(change: Change, key: str, password: str) -> None:
    """Replace a password; every session of the account ends."""
    row = _required(change.tx, key)
    fresh = passwords.hash_of(passwords.checked_password(password, row["login"]))
    change.tx.execute(update(web_account).where(web_account.c.id == key).values(password_hash=fresh))
    end_sessions(change.tx, key)
    change.audit("set_password", key)


def set_roles(change: Change, key: str, roles: Iterable[Role]) -> None:
    """Replace an account's roles, from the next request on; who may do more than before signs in anew for it."""
    before, held = _required(change.tx, key)["roles"], _joined(roles)
    change.tx.execute(update(web_account).where(web_account.c.id == key).values(roles=held))
    if not may_be_remembered(held):
        end_sessions(change.tx, key)
    change.audit("set_roles", key, before=before, after=held)


def set_disabled(change: Change, key: str, *, disabled: bool) -> None:
    """Shut an account out, its sessions and tokens included, or let it in again."""
    _required(change.tx, key)
    at = change.now_ms if disabled else None
    change.tx.execute(update(web_account).where(web_account.c.id == key).values(disabled_at=at))
    if disabled:
        end_sessions(change.tx, key)
    change.audit("set_disabled", key, after=disabled)


def shut_sessions(change: Change, key: str) -> None:
    """End every session of an account, and say so in the audit."""
    _required(change.tx, key)
    end_sessions(change.tx, key)
    change.audit("end_sessions", key)


def web_accounts(tx: Connection) -> list[dict[str, Any]]:
    """Return every account without its password's hash."""
    shown = [column for column in web_account.columns if column.name != "password_hash"]
    return [dict(row) for row in tx.execute(select(*shown).order_by(web_account.c.login)).mappings()]


def account_by_login(tx: Connection, login: str) -> str | None:
    """Return the id of the account with this login."""
    word = login.strip().casefold()
    found: str | None = tx.execute(select(web_account.c.id).where(web_account.c.login == word)).scalar()
    return found


def sign_in(store: OfficeStore, now_ms: int, tried: Attempt, vault: Vault | None = None) -> SignedIn:
    """Begin a session for the right password; raise `SignInError`, which does not tell what was wrong.

    An account with a second factor needs its code too (`CodeNeededError`), and the vault, which knows it. A mere
    maker's is remembered for longer where they wish it. The hash is computed outside every transaction, so a flood of
    guesses holds up nobody's work.
    """
    word = tried.login.strip().casefold()
    keys = {hashed(f"login:{word}"): LOGIN_WAIT_MS, hashed(f"address:{tried.address}"): ADDRESS_WAIT_MS}
    with store.read() as tx:
        waits = select(func.max(login_failure.c.wait_until_at)).where(login_failure.c.key.in_(keys))
        wait_ms = (tx.execute(waits).scalar() or 0) - now_ms
        row = tx.execute(select(web_account).where(web_account.c.login == word)).mappings().first()
    if wait_ms > 0:
        raise SignInError(wait_ms)
    good = passwords.matches(tried.password, passwords.NOBODY if row is None else row["password_hash"])
    with store.changing("nobody" if row is None else row["id"], now_ms) as change:
        if good and row is not None and row["disabled_at"] is None and _second(change, vault, row["id"], tried.code):
            change.tx.execute(delete(login_failure).where(login_failure.c.key == hashed(f"login:{word}")))
            change.audit("sign_in", row["id"])
            remember = tried.remember and may_be_remembered(row["roles"])
            return begin_session(change, row["id"], remember=remember, browser=tried.browser)
        _note_failure(change, keys)
    raise SignInError


def may_be_remembered(roles: str) -> bool:
    """Tell whether a session of an account with these roles may outlast a day at the desk: only a mere maker's."""
    return roles == Role.MAKER.value


def begin_session(change: Change, key: str, *, remember: bool = False, browser: str = "") -> SignedIn:
    """Begin a session of an account whose holder has proved who they are."""
    cookie, lasts_ms, session = secrets.token_urlsafe(32), REMEMBERED_MS if remember else SESSION_MS, web_session.c
    change.tx.execute(delete(web_session).where(session.expires_at <= change.now_ms))
    mine = select(session.hash).where(session.account == key).order_by(session.created_at.desc())
    too_many = change.tx.execute(mine.offset(REMEMBERED_MAX - 1)).scalars().all()
    change.tx.execute(delete(web_session).where(session.hash.in_(too_many)))
    change.tx.execute(
        insert(web_session).values(
            hash=hashed(cookie),
            account=key,
            created_at=change.now_ms,
            expires_at=change.now_ms + lasts_ms,
            browser=browser.strip()[:NAME_LENGTH],
        )
    )
    return SignedIn(cookie, csrf_of(cookie), key, lasts_ms)


def sign_out(change: Change, cookie: str) -> None:
    """End one session."""
    change.tx.execute(delete(web_session).where(web_session.c.hash == hashed(cookie)))


def end_sessions(tx: Connection, key: str) -> None:
    """End every session of an account."""
    tx.execute(delete(web_session).where(web_session.c.account == key))


def by_session(tx: Connection, cookie: str, now_ms: int) -> Principal | None:
    """Return whose session a cookie is; `None` when it is over, unknown or shut out."""
    row = (
        tx.execute(
            select(web_account)
            .join(web_session, web_session.c.account == web_account.c.id)
            .where(web_session.c.hash == hashed(cookie), web_session.c.expires_at > now_ms)
        )
        .mappings()
        .first()
    )
    return None if row is None or row["disabled_at"] is not None else principal_of(row, csrf=csrf_of(cookie))


def principal_of(
    row: RowMapping, *, csrf: str | None = None, roles: str | None = None, read_only: bool = False
) -> Principal:
    """Return an account's row as who is asking, with fewer roles when `roles` says so."""
    held = frozenset(Role(role) for role in row["roles"].split(","))
    kept = held if roles is None else frozenset(Role(role) for role in roles.split(","))
    return Principal(
        account=row["id"],
        login=row["login"],
        roles=kept if Role.ADMIN in held else held & kept,
        member=row["member"],
        party=row["party"],
        language=row["language"],
        csrf=csrf,
        read_only=read_only,
    )


def csrf_of(cookie: str) -> str:
    """Return what a form or a program must send along with this cookie to change anything."""
    return hashed(f"csrf:{cookie}")


def _second(change: Change, vault: Vault | None, key: str, code: str) -> bool:
    if not second_factor.is_on(change.tx, key):
        return True
    if not code.strip() or vault is None:
        raise CodeNeededError
    return second_factor.passes(change, vault, key, code)


def _note_failure(change: Change, keys: dict[str, int]) -> None:
    tx, now_ms, failure = change.tx, change.now_ms, login_failure.c
    tx.execute(delete(login_failure).where(failure.wait_until_at < now_ms - FAILURE_KEPT_MS))
    known = {row.key: row.failures for row in tx.execute(select(login_failure).where(failure.key.in_(keys)))}
    tx.execute(delete(login_failure).where(failure.key.in_(keys)))
    rows = []
    for key, longest in keys.items():
        failures = min(known.get(key, 0) + 1, FREE_TRIES + 20)
        wait_ms = 0 if failures < FREE_TRIES else min(1_000 * 2 ** (failures - FREE_TRIES), longest)
        rows.append({"key": key, "failures": failures, "wait_until_at": now_ms + wait_ms})
    tx.execute(insert(login_failure), rows)
    change.audit("sign_in_refused", change.actor)


def _joined(roles: Iterable[Role]) -> str:
    held = sorted({Role(role).value for role in roles})
    if not held:
        raise InvalidError(Message("il faut au moins un rôle", "at least one role is needed"))
    return ",".join(held)


def _required(tx: Connection, key: str) -> RowMapping:
    row = tx.execute(select(web_account).where(web_account.c.id == key)).mappings().first()
    if row is None:
        raise no_such("le compte", "account", key)
    return row
