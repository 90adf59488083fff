"""Signed heads: statements, under a key that the database does not hold, that a chain had this hash at this
number.

House rules: Ed25519; the private key is a file of its own, readable by the office alone, and its public half
is given to whoever wants to verify. Heads are numbered without a gap per books. A published head is
`SignedHead.to_data()` as JSON.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from sqlalchemy import insert, select

from controller.domain.canonical import canonical
from controller.office.ledger.store import chain_end
from controller.office.ledger.tables import ledger_head

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Row

    from controller.domain.canonical import Json
    from controller.domain.ids import BooksId

FORMAT = "indivis-head-1"
KEY_ID_LENGTH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedHead:
    """Entry `seq` of `books` had `hash` when it was signed, at `signed_at` (Unix ms), as head number `n`."""

    books: str
    n: int
    seq: int
    hash: str
    signed_at: int
    key_id: str
    signature: str

    def to_data(self) -> dict[str, Json]:
        """Return the record as it is published and witnessed."""
        return {**self._signed(), "signature": self.signature}

    def is_signed_by(self, public_key: Ed25519PublicKey) -> bool:
        """Tell whether the signature is that of `public_key` over this very content."""
        try:
            public_key.verify(bytes.fromhex(self.signature), canonical(self._signed()))
        except (InvalidSignature, ValueError):
            return False
        return True

    def signed_with(self, key: Ed25519PrivateKey) -> SignedHead:
        """Return this head with its signature."""
        return SignedHead(
            books=self.books,
            n=self.n,
            seq=self.seq,
            hash=self.hash,
            signed_at=self.signed_at,
            key_id=self.key_id,
            signature=key.sign(canonical(self._signed())).hex(),
        )

    def _signed(self) -> dict[str, Json]:
        return {
            "format": FORMAT,
            "books": self.books,
            "n": self.n,
            "seq": self.seq,
            "hash": self.hash,
            "signed_at": self.signed_at,
            "key_id": self.key_id,
        }


def sign_head(connection: Connection, books: BooksId, key: Ed25519PrivateKey, signed_at: int) -> SignedHead | None:
    """Sign the end of the chain and store the head; the last one again when nothing was added, `None` for an
    empty chain.
    """
    end = chain_end(connection, books)
    last = last_head(connection, books)
    if end.seq == 0 or (last is not None and last.seq == end.seq):
        return last
    head = SignedHead(
        books=books,
        n=1 if last is None else last.n + 1,
        seq=end.seq,
        hash=end.hash,
        signed_at=signed_at,
        key_id=key_id(key.public_key()),
        signature="",
    ).signed_with(key)
    row = {name: value for name, value in head.to_data().items() if name != "format"}
    connection.execute(insert(ledger_head).values(row))
    return head


def last_head(connection: Connection, books: BooksId) -> SignedHead | None:
    """Return the newest signed head of `books`."""
    head = ledger_head.c
    row = connection.execute(select(ledger_head).where(head.books == books).order_by(head.n.desc()).limit(1)).first()
    return None if row is None else head_from(row)


def head_from(row: Row[Any]) -> SignedHead:
    """Rebuild a head from its row."""
    return SignedHead(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for a row as a mapping


def key_id(public_key: Ed25519PublicKey) -> str:
    """Return the short name of a key: the first 64 bits of SHA-256 over its 32 raw bytes, in hex."""
    return sha256(public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:KEY_ID_LENGTH]


def create_key(path: Path) -> Ed25519PrivateKey:
    """Make a key and write it to `path` (PEM, PKCS 8, mode 0600); raise `FileExistsError` rather than replace
    one.
    """
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return key


def load_key(path: Path) -> Ed25519PrivateKey:
    """Read the private key; raise `ValueError` when the file holds no Ed25519 key, `OSError` when it cannot
    be read.
    """
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path} holds a key that is not Ed25519")  # noqa: TRY004 - the file is wrong, not a type
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """Return the public half as it is given away (PEM)."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def load_public_key(path: Path) -> Ed25519PublicKey:
    """Read a public key; raise `ValueError` when the file holds no Ed25519 public key, `OSError` when it
    cannot be read.
    """
    key = load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path} holds a key that is not Ed25519")  # noqa: TRY004 - the file is wrong, not a type
    return key
