"""Passwords: which ones are taken, and how they are kept (argon2id).

House rules: a hash is computed outside every transaction, and never more than a few at a time.
"""

from __future__ import annotations

import threading

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from controller.errors import Message
from controller.office.refusals import InvalidError

PASSWORD_MIN = 10
PASSWORD_MAX = 200
"""Longer passwords gain nothing and would let a stranger make the hash work for long; they are refused."""

DISTINCT_MIN = 5
HASHES_AT_ONCE = 2
"""Argon2 takes 19 MiB each: more at a time would press on a small Pi; further sign-ins wait for their turn.
"""

_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
_turn_to_hash = threading.BoundedSemaphore(HASHES_AT_ONCE)
NOBODY = _hasher.hash("nobody has this password")
"""What the password of an unknown login is held against, so that it takes as long as a wrong one."""


def checked_password(password: str, login: str) -> str:
    """Return a password that is worth hashing; raise `InvalidError` that says what is wrong, not what it was."""
    plain = password.casefold()
    if (
        not PASSWORD_MIN <= len(password) <= PASSWORD_MAX
        or len(set(plain)) < DISTINCT_MIN
        or plain in {login, f"{login}{login}"}
        or "indivis" in plain
    ):
        raise InvalidError(
            Message("ce mot de passe se devine", "this password can be guessed"),
            cure=Message(
                f"prenez au moins {PASSWORD_MIN} signes, par exemple trois mots",
                f"take at least {PASSWORD_MIN} characters, three words for example",
            ),
        )
    return password


def hash_of(password: str) -> str:
    """Return what is stored of a password."""
    with _turn_to_hash:
        return _hasher.hash(password)


def matches(password: str, against: str) -> bool:
    """Tell whether a password is the one of a stored hash."""
    with _turn_to_hash:
        return len(password) <= PASSWORD_MAX and _hasher.verify(password, against)
