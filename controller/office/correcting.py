"""A forgotten stop put right: the use is taken back and posted anew for as long as it really lasted, with a reason.

House rules: a correction only shortens, for nobody is billed for what no machine has told. The price stays the frozen
one; the agreement is that of the real end. What was paid too much goes back to the credit that paid it, and owners get
back and give back their cents by the wheel, whatever has been closed meanwhile: the next closing settles it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from controller.domain.agreement import OwnersShare, kept_of, owners_share, version_for
from controller.domain.components import Used
from controller.domain.ids import AccountId, BooksId, MachineId, SessionId
from controller.domain.pack_entries import Timed, minutes_in
from controller.domain.posting import Reversal, SessionCharge, revision_of_key
from controller.domain.receipt import ReceiptLine, receipt_of
from controller.domain.scope import ALL, owners_part
from controller.domain.sessions import SessionKind
from controller.domain.tariff import charge
from controller.errors import Message, ProgrammerError
from controller.office.directory.agreements import agreements_of
from controller.office.directory.balances import project_balances
from controller.office.directory.tables import account, machine
from controller.office.directory.words import checked_note
from controller.office.explaining import prices_of
from controller.office.journal_tables import metered_by_hand, session
from controller.office.ledger.store import pool_earning, post
from controller.office.ledger.tables import ledger_entry
from controller.office.refusals import ConflictError, InvalidError, no_such

if TYPE_CHECKING:
    from sqlalchemy import Row

    from controller.domain.canonical import Json
    from controller.office.store import Change

CORRECTED = "corrected"
"""Why the posted price is not the announced one: a person said how long the use really lasted."""


def correct(change: Change, key: str, seconds: int, reason: str) -> int:
    """Post a use anew for its first `seconds`, and return what it costs now, in cents.

    Raises `NotFoundError`, `InvalidError` for a duration that is not shorter or no reason, and `ConflictError` for a
    use that is not posted or whose price cannot be computed again.
    """
    said = checked_note(reason)
    row = _posted(change, key)
    if not said or not 0 <= seconds < row.seconds:
        raise InvalidError(
            Message(
                "une correction raccourcit une utilisation, avec une raison",
                "a correction shortens a use, and has a reason",
            ),
            cure=Message(f"de 0 à {row.seconds - 1} s", f"0 to {row.seconds - 1} s"),
        )
    busy_s, idle_s = _worked(row, seconds)
    again = _charge(change, row, seconds, idle_s or 0)
    back = Reversal(target=row.key, reason=said, floor_cents=row.floor_cents)
    results = post(change.tx, BooksId(row.books), [back, again], booked_at=change.now_ms)
    if [each.outcome for each in results] != ["posted", "posted"]:
        raise ProgrammerError(Message("usage non réinscrit", "a use was not posted anew"))
    pool = pool_earning(again, results[1])
    change.tx.execute(
        update(session)
        .where(session.c.id == key)
        .values(
            seconds=seconds,
            busy_s=busy_s,
            idle_s=idle_s,
            ended_at=again.event_at,
            gross_cents=results[1].paid_cents,
            net_cents=results[1].earned_cents,
            agreement=None if pool is None else pool[0],
            agreement_version=None if pool is None else pool[1],
            adjustment=CORRECTED,
            entry=results[1].seq,
        )
    )
    project_balances(change.tx, [row.account])
    cents = results[1].paid_cents
    after: dict[str, Json] = {"seconds": seconds, "cents": cents, "reason": said}
    change.audit("correct_use", key, before={"seconds": row.seconds, "cents": row.gross_cents}, after=after)
    return cents


def _posted(change: Change, key: str) -> Row[Any]:
    entry = ledger_entry.c
    row = change.tx.execute(
        select(
            session,
            *(machine.c.books, entry.key, entry.event_at, entry.details, account.c.floor_cents),
            metered_by_hand.c.busy_s.label("said_s"),
        )
        .join(machine, machine.c.id == session.c.machine)
        .join(account, account.c.id == session.c.account)
        .outerjoin(ledger_entry, and_(entry.books == machine.c.books, entry.seq == session.c.entry))
        .outerjoin(metered_by_hand, metered_by_hand.c.session == session.c.id)
        .where(session.c.id == key)
    ).first()
    if row is None:
        raise no_such("l'utilisation", "use", key)
    if row.state != "posted":
        raise ConflictError(
            Message("cette utilisation n'est pas comptée", "this use is not counted"),
            cure=Message(
                "arrêtez-la d'abord si elle dure encore ; si elle est annulée ou en attente, il n'y a rien à corriger",
                "stop it first if it goes on; if it was taken back or waits, there is nothing to correct",
            ),
        )
    return row


def _worked(row: Row[Any], seconds: int) -> tuple[int | None, int | None]:
    """Return how long the machine ran and stood still in the first `seconds`, as far as anybody knows."""
    ran_s = row.busy_s if row.said_s is None else row.said_s
    if ran_s is None:
        return None, None
    busy_s = min(int(ran_s), seconds)
    known_s = seconds if row.said_s is not None else min((row.busy_s or 0) + (row.idle_s or 0), seconds)
    return busy_s, known_s - busy_s


def _charge(change: Change, row: Row[Any], seconds: int, idle_s: int) -> SessionCharge:
    """Return what the use is to be posted as: the frozen price, the agreement of the real end."""
    details, kind = json.loads(row.details), SessionKind(row.kind)
    event_at = row.event_at - 1_000 * (row.seconds - seconds)
    version = version_for(agreements_of(change.tx, row.books), MachineId(row.machine), event_at)
    share = owners_share(version, kind)
    cents, owners, timed = 0, ALL, None
    if details["price_hash"] is not None and share is not OwnersShare.FREE:
        price = prices_of(change.tx, row.machine).get(details["price_hash"])
        if price is None:
            raise ConflictError(
                Message("le prix de cette utilisation n'est plus connu", "the price of this use is not known any more"),
                cure=Message("annulez-la, puis versez ce qui est dû", "take it back, then settle what is due"),
            )
        cents = charge(price, seconds, idle_s=idle_s, energy_wh=row.energy_wh).gross_cents
        kept = kept_of(version)
        used = Used(seconds=seconds, running_s=seconds - idle_s, energy_wh=row.energy_wh)
        owners = owners_part(kept, price, used)
        if had_s := minutes_in(details):
            began_at = event_at - 1_000 * seconds
            timed = Timed(price, seconds, idle_s, row.energy_wh, began_at, had_s, kept)
    cents = min(cents, details.get("list_cents", row.gross_cents))
    credited = version is not None and share is OwnersShare.CREDITED
    return SessionCharge(
        session=SessionId(row.id),
        account=AccountId(row.account),
        machine=MachineId(row.machine),
        kind=kind,
        event_at=event_at,
        seconds=seconds,
        price_hash=details["price_hash"],
        receipt=receipt_of([ReceiptLine(cents, details["receipt"][0][0])]),
        pool=(version.agreement, version.version) if version is not None and credited and owners else None,
        vat_point=details["vat_point"],
        floor_cents=row.floor_cents,
        revision=revision_of_key(row.key) + 1,
        gifts_credited=owners_share(version, SessionKind.GIFT) is OwnersShare.CREDITED,
        owners_part=owners,
        timed=timed,
    )
