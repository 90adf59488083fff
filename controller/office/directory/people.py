"""Members and the accounts that pay for them.

House rules: a member is a random id; the name goes to the vault in the same transaction. Why somebody is suspended is
for them and the desk: it comes down to no controller, and goes with the names when a person is erased.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, insert, select, update

from controller.domain.canonical import canonical
from controller.domain.directory import MemberEntry
from controller.domain.ids import AccountId, MemberId
from controller.domain.ledger import AMOUNT_LIMIT_CENTS
from controller.domain.sessions import SessionKind
from controller.domain.wishes import Wishes
from controller.errors import Language, Message
from controller.office.directory import entries
from controller.office.directory.balances import project_balances
from controller.office.directory.tables import account, audit, books, member
from controller.office.directory.words import checked_id, checked_name, checked_note
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.store import new_id
from controller.office.vault import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection, RowMapping

    from controller.office.store import Change
    from controller.office.vault import Vault

EMAIL_LENGTH = 254  # RFC 5321 § 4.5.3.1.3: a path of 256 octets with its angle brackets

SUSPENSION = "set_status"
"""Under which word the audit keeps who was suspended or let in again."""

MemberStatus = Literal["active", "suspended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMember:
    """Who joins. `account` is whose account pays; by default one of their own in `books`, down to
    `floor_cents`.
    """

    name: str
    books: str
    email: str = ""
    account: str | None = None
    floor_cents: int = 0
    status: MemberStatus = "active"
    membership_until_at: int | None = None
    language: Literal["fr", "en"] = "fr"
    use_kind: SessionKind = SessionKind.PAID
    external_id: str | None = None
    audience: str = ""


def create_member(change: Change, vault: Vault, new: NewMember) -> str:
    """Add a member and return the random id; raise `ConflictError` when the external id is taken."""
    names = checked_names(new.name, new.email)
    if new.external_id is not None:
        _refuse_taken(change.tx, new.external_id)
    payer = new.account or create_account(change, new.books, floor_cents=new.floor_cents)
    _require_account(change.tx, payer)
    key = new_id("m")
    change.tx.execute(
        insert(member).values(
            id=key,
            account=payer,
            status=new.status,
            membership_until_at=new.membership_until_at,
            language=new.language,
            use_kind=new.use_kind.value,
            audience=_checked_audience(new.audience),
            external_id=None if new.external_id is None else checked_name(new.external_id),
            created_at=change.now_ms,
        )
    )
    vault.put(change.tx, {key: names})
    project_members(change.tx, [key])
    change.audit("create_member", key, after={"account": payer, "status": new.status})
    return key


def create_account(change: Change, in_books: str, *, floor_cents: int = 0, organisation: str | None = None) -> str:
    """Add an account that pays, a person's or an organisation's, and return its random id."""
    if change.tx.execute(select(books.c.id).where(books.c.id == in_books)).first() is None:
        raise no_such("la structure", "books", in_books)
    _check_floor(floor_cents)
    key = new_id("a")
    change.tx.execute(
        insert(account).values(
            id=key,
            books=in_books,
            kind="person" if organisation is None else "organisation",
            name=None if organisation is None else checked_name(organisation),
            floor_cents=floor_cents,
            created_at=change.now_ms,
        )
    )
    project_balances(change.tx, [key])
    change.audit("create_account", key, after={"books": in_books, "floor_cents": floor_cents})
    return key


def rename_member(change: Change, vault: Vault, key: str, name: str, email: str = "") -> None:
    """Replace a member's names; the audit says that it was done, not what they are."""
    _required(change.tx, key)
    vault.put(change.tx, {key: checked_names(name, email)})
    change.audit("rename_member", key)


def set_status(change: Change, key: str, status: MemberStatus, reason: str = "") -> None:
    """Suspend a member for a `reason`, or let them in again, which clears it; raise `InvalidError` without a reason."""
    if status == "suspended" and not reason.strip():
        raise InvalidError(
            Message("une suspension a un motif", "a suspension has a reason"),
            cure=Message("écrivez-le pour l'adhérent, qui le lira", "write it for the member, who will read it"),
        )
    told = checked_note(reason) if status == "suspended" else None
    _update(change, key, SUSPENSION, status=status, suspended_reason=told)


def forget_reasons(change: Change, key: str) -> None:
    """Take what was written of a member's suspensions out of the directory and the audit; who and when stay."""
    change.tx.execute(update(member).where(member.c.id == key).values(suspended_reason=None))
    mine = and_(audit.c.what == SUSPENSION, audit.c.subject == key)
    for row in change.tx.execute(select(audit.c.id, audit.c.before, audit.c.after).where(mine)).all():
        change.tx.execute(
            update(audit).where(audit.c.id == row.id).values(before=_wordless(row.before), after=_wordless(row.after))
        )


def set_membership(change: Change, key: str, until_at: int | None) -> None:
    """Say until when a membership is paid (Unix ms, exclusive); `None` for no end."""
    _update(change, key, "set_membership", membership_until_at=until_at)


def set_use_kind(change: Change, key: str, kind: SessionKind) -> None:
    """Say in which quality a member uses machines: maker, owner, staff and so on."""
    _update(change, key, "set_use_kind", use_kind=kind.value)


def set_wishes(change: Change, key: str, language: Language, wishes: Wishes, *, longer_windows: bool) -> None:
    """Say how machines are to speak to a member: in which language, how, and whether they give them twice as long."""
    _update(
        change,
        key,
        "set_wishes",
        language=language,
        longer_windows=longer_windows,
        always_sound=wishes.sound,
        spoken_messages=wishes.spoken,
        larger_text=wishes.large,
    )


def set_audience(change: Change, key: str, audience: str) -> None:
    """Say for whom prices take a member (a word that prices name, "": nobody in particular)."""
    _update(change, key, "set_audience", audience=_checked_audience(audience))


def set_account(change: Change, key: str, payer: str) -> None:
    """Say whose account pays for a member from now on."""
    _require_account(change.tx, payer)
    _update(change, key, "set_account", account=payer)


def set_floor(change: Change, payer: str, floor_cents: int) -> None:
    """Say how far below zero an account's credit may go (0 or negative)."""
    _check_floor(floor_cents)
    before = _require_account(change.tx, payer)["floor_cents"]
    change.tx.execute(update(account).where(account.c.id == payer).values(floor_cents=floor_cents))
    project_balances(change.tx, [payer])
    change.audit("set_floor", payer, before=before, after=floor_cents)


def member_row(tx: Connection, key: str) -> dict[str, Any]:
    """Return a member's row without names; raise `NotFoundError`."""
    return dict(_required(tx, key))


def member_rows(
    tx: Connection, keys: Iterable[str] | None = None, after: str = "", limit: int = 100
) -> list[dict[str, Any]]:
    """Return members by id, those of `keys` or all, beginning behind `after`."""
    query = select(member).where(member.c.id > after).order_by(member.c.id).limit(limit)
    if keys is not None:
        query = query.where(member.c.id.in_(sorted(keys)))
    return [dict(row) for row in tx.execute(query).mappings()]


def project_members(tx: Connection, keys: list[str]) -> None:
    """Write the entries of members."""
    rows = tx.execute(select(member).where(member.c.id.in_(keys))).mappings()
    entries.put(tx, [entry_of(row) for row in rows])


def entry_of(row: RowMapping | dict[str, Any]) -> MemberEntry:
    """Return the entry of a member's row."""
    return MemberEntry(
        member=MemberId(row["id"]),
        account=AccountId(row["account"]),
        status=row["status"],
        membership_until_ms=row["membership_until_at"],
        language=row["language"],
        use_kind=SessionKind(row["use_kind"]),
        audience=row["audience"],
        longer_windows=bool(row["longer_windows"]),
        wishes=Wishes(
            sound=bool(row["always_sound"]), spoken=bool(row["spoken_messages"]), large=bool(row["larger_text"])
        ),
    )


def checked_names(name: str, email: str) -> Names:
    """Return names fit for the vault; raise `InvalidError` without repeating them."""
    address = email.strip()
    if address and (len(address) > EMAIL_LENGTH or "@" not in address or not address.isprintable()):
        raise InvalidError(
            Message("l'adresse électronique n'en est pas une", "the e-mail address is none"),
            cure=Message("écrivez nom@domaine, ou rien", "write name@domain, or nothing"),
        )
    return Names(checked_name(name), address)


def _update(change: Change, key: str, what: str, **values: str | int | None) -> None:
    before = _required(change.tx, key)
    change.tx.execute(update(member).where(member.c.id == key).values(**values))
    project_members(change.tx, [key])
    change.audit(what, key, before={name: before[name] for name in values}, after=dict(values))


def _wordless(values: str | None) -> str | None:
    if values is None:
        return None
    return canonical({name: said for name, said in json.loads(values).items() if name != "suspended_reason"}).decode()


def _checked_audience(word: str) -> str:
    return checked_id(word.strip()) if word.strip() else ""


def _refuse_taken(tx: Connection, external_id: str) -> None:
    holder = tx.execute(select(member.c.id).where(member.c.external_id == external_id)).scalar()
    if holder is not None:
        raise ConflictError(
            Message(f"cet identifiant externe est celui de {holder}", f"this external id is that of {holder}")
        )


def _check_floor(floor_cents: int) -> None:
    if not -AMOUNT_LIMIT_CENTS <= floor_cents <= 0:
        raise InvalidError(
            Message(f"un plancher de {floor_cents} centimes", f"a floor of {floor_cents} cents"),
            cure=Message("écrivez 0 ou un nombre négatif", "write 0 or a negative number"),
        )


def _require_account(tx: Connection, key: str) -> RowMapping:
    row = tx.execute(select(account).where(account.c.id == key)).mappings().first()
    if row is None:
        raise no_such("le compte", "account", key)
    return row


def _required(tx: Connection, key: str) -> RowMapping:
    row = tx.execute(select(member).where(member.c.id == key)).mappings().first()
    if row is None:
        raise no_such("l'adhérent", "member", key)
    return row
