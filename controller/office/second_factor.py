"""A second factor for an account: one-time codes of a telephone (TOTP, RFC 6238), and recovery codes on paper.

House rules: who wants it takes it; the secret lies sealed by the vault's key; a code opens once; recovery codes are
shown once and stored as hashes. Whoever sits at the computer takes it away with a new password (`indivis admin`).
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Literal

import pyotp
from sqlalchemy import delete, insert, select, update

from controller.errors import Message
from controller.office.accounts_tables import account_totp, recovery_code, web_account
from controller.office.refusals import ConflictError, InvalidError
from controller.office.secrets_of_doors import hashed

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change
    from controller.office.vault import Vault

STEP_MS = 30_000
SLACK_STEPS = 1
"""A telephone's clock may be half a minute off, either way (RFC 6238 § 5.2)."""

RECOVERY_CODES = 10
CODE_MAX = 40
"""Signs of a typed code; what is longer is none, and is not looked at."""


def begin(change: Change, vault: Vault, account: str) -> str:
    """Return a fresh secret for the telephone; it counts only once a code of it was typed (`confirm`)."""
    if is_on(change.tx, account):
        raise ConflictError(Message("le second facteur est déjà en place", "the second factor is there already"))
    secret = pyotp.random_base32()
    change.tx.execute(delete(account_totp).where(account_totp.c.account == account))
    sealed = vault.seal(_subject(account), secret.encode())
    change.tx.execute(
        insert(account_totp).values(account=account, sealed=sealed, begun_at=change.now_ms, confirmed_at=None, step=0)
    )
    return secret


def address_of(secret: str, login: str, title: str) -> str:
    """Return the address by which a telephone takes the secret up (`otpauth://`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=title)


def confirm(change: Change, vault: Vault, account: str, code: str) -> list[str]:
    """Put the second factor in place for a right code, and return the recovery codes, never shown again."""
    row = change.tx.execute(select(account_totp).where(account_totp.c.account == account)).first()
    if row is None or row.confirmed_at is not None:
        raise ConflictError(Message("rien n'est à confirmer", "there is nothing to confirm"))
    if not _takes(change, vault, account, code):
        raise InvalidError(
            Message("ce code n'est pas le bon", "this is not the right code"),
            cure=Message(
                "tapez celui que le téléphone montre maintenant, et vérifiez son heure",
                "type what the telephone shows now, and check its clock",
            ),
        )
    mine = account_totp.c.account == account
    change.tx.execute(update(account_totp).where(mine).values(confirmed_at=change.now_ms))
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES)]
    change.tx.execute(delete(recovery_code).where(recovery_code.c.account == account))
    change.tx.execute(insert(recovery_code), [{"hash": _kept(account, each), "account": account} for each in codes])
    change.audit("second_factor", account, after="on")
    return codes


def remove(change: Change, account: str) -> None:
    """Take the second factor away, with its recovery codes."""
    taken = change.tx.execute(delete(account_totp).where(account_totp.c.account == account)).rowcount
    change.tx.execute(delete(recovery_code).where(recovery_code.c.account == account))
    if taken:
        change.audit("second_factor", account, after="off")


def remove_with(change: Change, vault: Vault, account: str, code: str) -> None:
    """Take one's own second factor away; raise `InvalidError` unless `code` opens."""
    if not passes(change, vault, account, code):
        raise InvalidError(Message("ce code n'est pas le bon", "this is not the right code"))
    remove(change, account)


def state_of(tx: Connection, account: str) -> Literal["off", "begun", "on"]:
    """Return how far the second factor is: begun is a secret of which no code was typed yet."""
    row = tx.execute(select(account_totp.c.confirmed_at).where(account_totp.c.account == account)).first()
    if row is None:
        return "off"
    return "begun" if row.confirmed_at is None else "on"


def is_on(tx: Connection, account: str) -> bool:
    """Tell whether signing in asks for a code."""
    return state_of(tx, account) == "on"


def codes_left(tx: Connection, account: str) -> int:
    """Return how many recovery codes are left."""
    return len(tx.execute(select(recovery_code.c.hash).where(recovery_code.c.account == account)).all())


def passes(change: Change, vault: Vault, account: str, code: str) -> bool:
    """Tell whether a code opens, the telephone's or one of the paper; it opens this once."""
    # Two sign-ins with one code at a time: the row is locked first, so that one of them sees it used (PostgreSQL).
    change.tx.execute(select(web_account.c.id).where(web_account.c.id == account).with_for_update())
    if _takes(change, vault, account, code):
        return True
    plain = code.strip().casefold()
    if len(plain) > CODE_MAX:
        return False
    used = delete(recovery_code).where(recovery_code.c.hash == _kept(account, plain))
    return change.tx.execute(used).rowcount == 1


def _takes(change: Change, vault: Vault, account: str, code: str) -> bool:
    row = change.tx.execute(select(account_totp).where(account_totp.c.account == account)).first()
    typed = "".join(code.split())
    if row is None or len(typed) > CODE_MAX:
        return False
    totp = pyotp.TOTP(vault.unseal(_subject(account), row.sealed).decode())
    now = change.now_ms // STEP_MS
    for step in range(max(row.step + 1, now - SLACK_STEPS), now + SLACK_STEPS + 1):
        shown = totp.at(datetime.fromtimestamp(step * STEP_MS / 1_000, UTC))
        if compare_digest(shown.encode(), typed.encode()):
            mine = account_totp.c.account == account
            change.tx.execute(update(account_totp).where(mine).values(step=step))
            return True
    return False


def _subject(account: str) -> str:
    return f"second-factor:{account}"


def _kept(account: str, code: str) -> str:
    return hashed(f"recovery:{account}:{code}")
