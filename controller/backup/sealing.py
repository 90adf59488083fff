"""The key files of an installation, sealed under a passphrase, so that a backup without it opens no name and no badge.

scrypt (RFC 7914, N = 2^15, r = 8, p = 1: some 32 MB and a fraction of a second on a Pi) makes the key, AES-256-GCM
seals.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from controller.errors import Message, UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

PASSPHRASE_LENGTH_MIN = 12
"""Shorter ones fall to guessing once the file is out; four random words are easy to keep and long enough."""

_MAGIC = b"indivis-keys-1\n"
_SALT_BYTES = 16
_NONCE_BYTES = 12


def seal_keys(files: Mapping[str, bytes], passphrase: str) -> bytes:
    """Return the sealed form of the named key files; `UserError` for a passphrase that is too short."""
    if len(passphrase) < PASSPHRASE_LENGTH_MIN:
        raise UserError(
            Message("la phrase de passe est trop courte", "the passphrase is too short"),
            cure=Message(
                f"donnez au moins {PASSPHRASE_LENGTH_MIN} caractères",
                f"give at least {PASSPHRASE_LENGTH_MIN} characters",
            ),
        )
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    said = json.dumps({name: content.hex() for name, content in files.items()}).encode()
    return _MAGIC + salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, said, _MAGIC)


def open_keys(sealed: bytes, passphrase: str) -> dict[str, bytes]:
    """Return the key files; `UserError` when the passphrase is not the one, or the file is not ours."""
    salt_at = len(_MAGIC)
    nonce_at = salt_at + _SALT_BYTES
    said_at = nonce_at + _NONCE_BYTES
    if not sealed.startswith(_MAGIC) or len(sealed) <= said_at:
        raise UserError(Message("ce n'est pas un fichier de clés scellé", "this is not a sealed key file"))
    try:
        key = _key(passphrase, sealed[salt_at:nonce_at])
        said = AESGCM(key).decrypt(sealed[nonce_at:said_at], sealed[said_at:], _MAGIC)
    except InvalidTag as error:
        raise UserError(
            Message("les clés ne s'ouvrent pas", "the keys do not open"),
            why=Message(
                "la phrase de passe n'est pas la bonne, ou le fichier est abîmé", "wrong passphrase or damaged file"
            ),
            cure=Message(
                "vérifiez la phrase, essayez une autre sauvegarde", "check the passphrase, try another backup"
            ),
        ) from error
    return {name: bytes.fromhex(content) for name, content in json.loads(said).items()}


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=2**15, r=8, p=1).derive(passphrase.encode())
