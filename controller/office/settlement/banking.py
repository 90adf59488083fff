"""Bank accounts of the books and of co-owners: checked where they enter, sealed like names, shown by their last digits.

House rules: an account number leaves the vault for the bank's own file alone; it is in no log, note, audit or error.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from controller.domain.iban import IbanRefusedError, iban, masked
from controller.errors import Message
from controller.office.directory.words import checked_name
from controller.office.refusals import InvalidError
from controller.office.settlement.payout_tables import bank_account

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from controller.office.store import Change
    from controller.office.vault import Vault


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Whose account it is, as the bank knows them, and its IBAN in electronic form."""

    name: str
    iban: str

    @property
    def masked(self) -> str:
        """What a page shows of it."""
        return masked(self.iban)


def of_books(books: str) -> str:
    """Return under which name the account of books is kept."""
    return f"books:{books}"


def of_party(party: str) -> str:
    """Return under which name a co-owner's account is kept."""
    return f"party:{party}"


def write_bank_account(change: Change, vault: Vault, holder: str, name: str, number: str) -> None:
    """Keep or replace a bank account; raise `InvalidError` for what is no IBAN, without repeating it."""
    try:
        said = {"name": checked_name(name), "iban": iban(number)}
    except IbanRefusedError as error:
        raise InvalidError(
            Message(f"ce n'est pas un IBAN ({error})", f"this is no IBAN ({error})"),
            cure=Message("recopiez-le du relevé d'identité bancaire", "copy it from the bank's own paper"),
        ) from error
    _replace(change, holder, vault.seal(holder, json.dumps(said, ensure_ascii=False).encode()))
    change.audit("write_bank_account", holder)


def erase_bank_account(change: Change, holder: str) -> None:
    """Destroy what is known of a bank account; that it was done stays."""
    _replace(change, holder, None)
    change.audit("erase_bank_account", holder)


def bank_accounts(tx: Connection, vault: Vault, holders: Iterable[str]) -> dict[str, BankAccount]:
    """Return the accounts of those of `holders` who have one."""
    rows = tx.execute(select(bank_account).where(bank_account.c.holder.in_(list(holders))))
    return {
        row.holder: BankAccount(**json.loads(vault.unseal(row.holder, row.sealed)))
        for row in rows
        if row.sealed is not None
    }


def _replace(change: Change, holder: str, sealed: str | None) -> None:
    change.tx.execute(delete(bank_account).where(bank_account.c.holder == holder))
    change.tx.execute(
        insert(bank_account).values(holder=holder, sealed=sealed, changed_by=change.actor, changed_at=change.now_ms)
    )
