"""Uses that were posted under an agreement which, as is written down only now, did not hold any more when they ended.

House rules: corrections only by reversal, so each such use is taken back and posted anew under its next revision, in
the transaction that writes the agreement down. What the maker pays stays what it was unless the agreement says of
that kind of use that it is free, or no longer is.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select, update

from controller.domain.agreement import OwnersShare, kept_of, owners_share, version_for
from controller.domain.components import Used
from controller.domain.ids import AccountId, BooksId, MachineId, SessionId
from controller.domain.pack_entries import Timed, minutes_in
from controller.domain.posting import Reversal, SessionCharge, revision_of_key
from controller.domain.receipt import ReceiptLine, receipt_of
from controller.domain.scope import owners_part
from controller.domain.sessions import SessionKind
from controller.errors import Message, ProgrammerError
from controller.office.directory.balances import project_balances
from controller.office.directory.tables import account
from controller.office.explaining import prices_of
from controller.office.journal_tables import session
from controller.office.ledger.store import pool_earning, post
from controller.office.ledger.tables import ledger_entry
from controller.office.refusals import ConflictError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Row

    from controller.domain.agreement import Agreement
    from controller.domain.posting import Request
    from controller.domain.tariff import Price
    from controller.office.store import Change

REPOST_LIMIT = 10_000
"""Uses posted anew in one go: some months of a busy workshop, and some seconds during which nobody else writes. More
is refused, for a date so far back is mostly a slip of the keyboard.
"""


ANNOUNCED = (None, "free_kind")
"""Adjustments under which the announced price is what a use costs where it is not free. Any other is a price that was
computed anew or that a person has put right, and stays.
"""

_OF_ENTRY = (ledger_entry.c.key, ledger_entry.c.event_at, ledger_entry.c.details)


def repost_since(
    change: Change,
    in_books: str,
    machines: Sequence[str],
    from_at: int,
    agreements: Sequence[Agreement],
    limit: int = REPOST_LIMIT,
) -> int:
    """Post anew what `machines` were used for from `from_at` on, where `agreements` say otherwise by now.

    Return how many uses that were. Raises `ConflictError` when there are more than `limit`.
    """
    rows = change.tx.execute(
        select(session, *_OF_ENTRY, account.c.floor_cents)
        .join(ledger_entry, and_(ledger_entry.c.books == in_books, ledger_entry.c.seq == session.c.entry))
        .join(account, account.c.id == session.c.account)
        .where(session.c.machine.in_(machines), session.c.state == "posted", ledger_entry.c.event_at >= from_at)
        .order_by(ledger_entry.c.seq)
        .limit(limit + 1)
    ).all()
    if len(rows) > limit:
        raise ConflictError(
            Message(f"plus de {limit} usages sont déjà inscrits depuis", f"more than {limit} uses are posted since"),
            cure=Message("vérifiez la date", "check the date"),
        )
    prices = cache(lambda key: prices_of(change.tx, key))
    changed = [(row, charge) for row in rows if (charge := _anew(row, agreements, prices)) is not None]
    requests: list[Request] = []
    for row, charge in changed:
        reason = f"agreement of {charge.event_at}, written down at {change.now_ms}"
        requests += [Reversal(target=row.key, reason=reason, floor_cents=row.floor_cents), charge]
    results = post(change.tx, BooksId(in_books), requests, booked_at=change.now_ms)
    for place, (row, charge) in enumerate(changed):
        back, again = results[2 * place : 2 * place + 2]
        if (back.outcome, again.outcome) != ("posted", "posted"):
            raise ProgrammerError(Message("usage non réinscrit", "a use was not posted anew"))
        pool = pool_earning(charge, again)
        values: dict[str, Any] = {
            "agreement": None if pool is None else pool[0],
            "agreement_version": None if pool is None else pool[1],
            "gross_cents": again.paid_cents,
            "net_cents": again.earned_cents,
            "entry": again.seq,
        }
        if row.adjustment in ANNOUNCED:
            values["adjustment"] = None if again.paid_cents == row.announced_cents else "free_kind"
        change.tx.execute(update(session).where(session.c.id == row.id).values(values))
    project_balances(change.tx, {row.account for row, _ in changed})
    return len(changed)


def _anew(
    row: Row[Any], agreements: Sequence[Agreement], prices: Callable[[str], dict[str, Price]]
) -> SessionCharge | None:
    """Return what a use is to be posted as now; `None` when that is what it is posted as."""
    details = json.loads(row.details)
    machine, kind = MachineId(row.machine), SessionKind(row.kind)
    version = version_for(agreements, machine, row.event_at)
    share = owners_share(version, kind)
    costs = details.get("list_cents")
    if costs is None:
        costs = row.announced_cents if row.adjustment in ANNOUNCED else row.gross_cents
    gross_cents = 0 if share is OwnersShare.FREE else costs
    credited = version is not None and share is OwnersShare.CREDITED
    kept, named = kept_of(version), details["price_hash"]
    price = prices(row.machine).get(named) if kept else None
    if kept and named is not None and price is None:
        raise ConflictError(
            Message(f"le prix de l'usage {row.id} n'est plus connu", f"the price of the use {row.id} is not known"),
            cure=Message("faites commencer la version plus tard", "let the version begin later"),
        )
    running_s = row.seconds - (row.idle_s or 0)
    owners = owners_part(kept, price, Used(seconds=row.seconds, running_s=running_s, energy_wh=row.energy_wh))
    pool = (version.agreement, version.version) if version is not None and credited and owners else None
    known = None if row.agreement is None else (row.agreement, row.agreement_version)
    if (pool, gross_cents) == (known, details.get("list_cents", row.gross_cents)):
        return None
    return SessionCharge(
        session=SessionId(row.id),
        account=AccountId(row.account),
        machine=machine,
        kind=kind,
        event_at=row.event_at,
        seconds=row.seconds,
        price_hash=details["price_hash"],
        receipt=receipt_of([ReceiptLine(gross_cents, details["receipt"][0][0])]),
        pool=pool,
        vat_point=details["vat_point"],
        floor_cents=row.floor_cents,
        revision=revision_of_key(row.key) + 1,
        gifts_credited=owners_share(version, SessionKind.GIFT) is OwnersShare.CREDITED,
        owners_part=owners,
        timed=_timed(row, details, prices, kept),
    )


def _timed(
    row: Row[Any], details: dict[str, Any], prices: Callable[[str], dict[str, Price]], kept: tuple[str, ...]
) -> Timed | None:
    """Return what the use is priced from where packs have paid for it: they pay the same again."""
    had_s = minutes_in(details)
    if not had_s:
        return None
    price = prices(row.machine).get(details["price_hash"] or "")
    if price is None:
        raise ProgrammerError(Message("prix inconnu", "the price of a use is not known any more"))
    idle_s = row.seconds - row.busy_s if price.counts_running and row.busy_s is not None else row.idle_s or 0
    return Timed(price, row.seconds, idle_s, row.energy_wh, row.event_at - 1_000 * row.seconds, had_s, kept)
