"""The one place where people have names: each person's are encrypted under a key of their own.

House rules: AES-256-GCM; a person's key is wrapped by the master key, a file of 32 bytes that the database
does not hold. Erasing destroys the person's key and leaves every id, hash and balance as it was. Names never
go to logs, entries of the directory, journals or the ledger. Names read for a search are kept in this
process's memory only.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import unicodedata
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, func, insert, select, update

from controller.errors import DataError, Message, OperatingError
from controller.office.accounts_tables import vault_person
from controller.office.directory.entries import next_number
from controller.office.ledger.rows import chunks
from controller.office.settlement.payout_tables import bank_account, payout_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from controller.office.store import Change, OfficeStore

KEY_BYTES = 32
NONCE_BYTES = 12
_WRAP = b"indivis-vault-key:"
_NAMES = b"indivis-vault-names:"
_APART = b"indivis-vault-apart:"
_WORLD_BITS = 0o007
SEARCH_LIMIT = 200
"""Matches in one answer: more are no help to a person, who then types another letter."""


@dataclass(frozen=True, slots=True)
class Names:
    """What names a person."""

    name: str
    email: str = ""


class Vault:
    """The names in one office database, under one master key."""

    def __init__(self, master_key: bytes) -> None:
        """Take the master key, 32 bytes."""
        self._master = AESGCM(master_key)
        self._guard = threading.Lock()
        self._index: dict[str, tuple[str, Names]] = {}
        self._seen = 0

    def put(self, tx: Connection, people: Mapping[str, Names]) -> None:
        """Write or replace people's names; each person keeps the key they have."""
        keys = self._keys(tx, list(people))
        first = next_number(tx, "vault", len(people)) if people else 0
        rows = []
        for number, (person, names) in enumerate(people.items(), start=first):
            key = keys.get(person) or AESGCM.generate_key(bit_length=8 * KEY_BYTES)
            said = json.dumps(asdict(names), ensure_ascii=False).encode()
            rows.append(
                {
                    "person": person,
                    "wrapped_key": _seal(self._master, key, _WRAP + person.encode()),
                    "sealed": _seal(AESGCM(key), said, _NAMES + person.encode()),
                    "change": number,
                }
            )
        for chunk in chunks(list(people)):
            tx.execute(delete(vault_person).where(vault_person.c.person.in_(chunk)))
        if rows:
            tx.execute(insert(vault_person), rows)

    def names(self, tx: Connection, people: Iterable[str]) -> dict[str, Names]:
        """Return the names of those of `people` who have any; erased people have none."""
        found: dict[str, Names] = {}
        for chunk in chunks(sorted(set(people))):
            rows = tx.execute(select(vault_person).where(vault_person.c.person.in_(chunk)))
            found.update({row.person: names for row in rows if (names := self._open(row)) is not None})
        return found

    def name(self, tx: Connection, person: str) -> str | None:
        """Return one person's name; `None` when erased or never written."""
        names = self.names(tx, [person]).get(person)
        return None if names is None else names.name

    def search(self, store: OfficeStore, words: str, limit: int = SEARCH_LIMIT) -> list[tuple[str, Names]]:
        """Return (person, names) whose name or e-mail holds every one of `words`, in the order of names.

        Case and accents do not count; no words find everyone.
        """
        wanted = _plain(words).split()
        with self._guard:
            with store.read() as tx:
                self._refresh(tx)
            hits = [
                (plain, person, names)
                for person, (plain, names) in self._index.items()
                if all(word in plain for word in wanted)
            ]
        hits.sort(key=lambda hit: hit[:2])
        return [(person, names) for _, person, names in hits[: min(limit, SEARCH_LIMIT)]]

    def erase(self, change: Change, person: str) -> None:
        """Destroy a person's key and names; the row stays, so that this is seen to have been done."""
        change.tx.execute(
            update(vault_person)
            .where(vault_person.c.person == person)
            .values(wrapped_key=None, sealed=None, change=next_number(change.tx, "vault"))
        )
        change.audit("erase", person)

    def seal(self, subject: str, said: bytes) -> str:
        """Return what is personal but no name (a bank account) sealed under a key of its own, for whoever keeps it:
        dropping the text erases it.
        """
        key, about = AESGCM.generate_key(bit_length=8 * KEY_BYTES), _APART + subject.encode()
        parts = (_seal(self._master, key, about), _seal(AESGCM(key), said, about))
        return ".".join(b64encode(part).decode() for part in parts)

    def unseal(self, subject: str, sealed: str) -> bytes:
        """Return what was sealed for `subject`; raise `DataError` when the key is another or the text was changed."""
        about = _APART + subject.encode()
        wrapped, said = (b64decode(part) for part in sealed.split("."))
        return _unseal(AESGCM(_unseal(self._master, wrapped, about)), said, about)

    def _refresh(self, tx: Connection) -> None:
        """Read what changed since the last search; a committed state only, so a number is never seen too
        early.
        """
        rows = tx.execute(
            select(vault_person).where(vault_person.c.change > self._seen).order_by(vault_person.c.change)
        )
        for row in rows:
            names = self._open(row)
            if names is None:
                self._index.pop(row.person, None)
            else:
                self._index[row.person] = (_plain(f"{names.name} {names.email}"), names)
            self._seen = row.change

    def _keys(self, tx: Connection, people: Sequence[str]) -> dict[str, bytes]:
        keys: dict[str, bytes] = {}
        for chunk in chunks(people):
            rows = tx.execute(
                select(vault_person.c.person, vault_person.c.wrapped_key).where(vault_person.c.person.in_(chunk))
            )
            keys.update(
                {
                    row.person: _unseal(self._master, row.wrapped_key, _WRAP + row.person.encode())
                    for row in rows
                    if row.wrapped_key is not None
                }
            )
        return keys

    def _open(self, row: object) -> Names | None:
        person, wrapped, sealed = row.person, row.wrapped_key, row.sealed  # type: ignore[attr-defined]
        if wrapped is None or sealed is None:
            return None
        key = _unseal(self._master, wrapped, _WRAP + person.encode())
        return Names(**json.loads(_unseal(AESGCM(key), sealed, _NAMES + person.encode())))


def open_vault(path: Path, store: OfficeStore) -> Vault:
    """Open the vault with the master key in `path`, which is made when nothing is sealed yet.

    Raises `DataError` when the file is missing although names, bank accounts or the bank's files are sealed, or holds
    no key; `OperatingError` when others on this computer may read it.
    """
    if not path.exists():
        sealed = (vault_person.c.sealed, bank_account.c.sealed, payout_run.c.sealed_file)
        with store.read() as tx:
            names, accounts, files = (
                tx.execute(select(func.count()).where(each.is_not(None))).scalar_one() for each in sealed
            )
        if names or accounts or files:
            raise DataError(
                Message(f"la clé du coffre {path} manque", f"the vault's key {path} is missing"),
                why=Message(
                    f"en dépendent {names} noms, {accounts} comptes bancaires, {files} fichiers de virement",
                    f"{names} names, {accounts} bank accounts and {files} payment files depend on it",
                ),
                cure=Message("remettez-la depuis la sauvegarde des clés", "put it back from the backup of keys"),
            )
        _create(path)
    if path.stat().st_mode & _WORLD_BITS:
        raise OperatingError(
            Message(f"tout le monde peut lire la clé {path}", f"everyone may read the key {path}"),
            cure=Message(f"chmod 600 {path}", f"chmod 600 {path}"),
        )
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise DataError(
            Message(f"{path} n'est pas une clé de coffre", f"{path} is not a vault's key"),
            why=Message(f"{len(key)} octets au lieu de {KEY_BYTES}", f"{len(key)} bytes instead of {KEY_BYTES}"),
            cure=Message("remettez-la depuis la sauvegarde des clés", "put it back from the backup of keys"),
        )
    return Vault(key)


def _create(path: Path) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())


def _seal(key: AESGCM, said: bytes, about: bytes) -> bytes:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + key.encrypt(nonce, said, about)


def _unseal(key: AESGCM, sealed: bytes, about: bytes) -> bytes:
    try:
        return key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], about)
    except InvalidTag as error:
        raise DataError(
            Message("ce que garde le coffre ne se déchiffre pas", "what the vault keeps cannot be decrypted"),
            why=Message(
                "la clé n'est pas la sienne, ou la base a été modifiée",
                "the key is another, or the database was changed",
            ),
            cure=Message("remettez la clé qui va avec cette base", "put back the key that goes with this database"),
        ) from error


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
