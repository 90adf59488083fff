"""From a badge's number to the token that is stored and compared instead of it.

House rules: the number goes in and nowhere else; the key is read once, from a file that only its owner can read. The
token protects copies of the database; who holds the Pi holds the key.
"""

from __future__ import annotations

import hmac
import stat
from pathlib import Path

from controller.domain.ids import BadgeToken
from controller.errors import Message, UserError, reason_of

KEY_BYTES = 32
"""As long as SHA-256's output (RFC 2104, section 3: shorter weakens, longer gives nothing)."""

_CURE = Message(
    "un fichier de 32 octets aléatoires, lisible par le seul service (chmod 600)",
    "a file of 32 random bytes that only the service can read (chmod 600)",
)


def badge_token(key: bytes, number_hex: str) -> BadgeToken:
    """Return HMAC-SHA-256 of a badge's number, upper-case hex digits as the reader gave them."""
    return BadgeToken(hmac.digest(key, number_hex.upper().encode("ascii"), "sha256").hex())


def load_badge_key(path: Path) -> bytes:
    """Read the key; `UserError` when the file is missing, open to others or not `KEY_BYTES` long."""
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            key = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise _refused(path, reason_of(error)) from error
    if mode & (stat.S_IROTH | stat.S_IWOTH | stat.S_IWGRP):
        raise _refused(
            path, Message("d'autres comptes peuvent la lire ou l'écrire", "other accounts can read or write it")
        )
    if len(key) != KEY_BYTES:
        raise _refused(path, Message(f"elle n'a pas {KEY_BYTES} octets", f"it is not {KEY_BYTES} bytes long"))
    return key


def _refused(path: Path, why: Message) -> UserError:
    return UserError(
        Message(f"la clé des badges {path} est refusée", f"the badge key {path} is refused"), why=why, cure=_CURE
    )
