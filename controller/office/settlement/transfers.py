"""Sales of shares: a version of the agreement from midnight of a day on, with who was told and when.

House rules: a sale holds from 00:00 local time of its day. Written down late it re-splits what is open by reversal, and
gives what is closed an adjustment in the next closing. To somebody outside, the others must have been told a month
before (Code civil 815-14), or have given up their right in writing.
"""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dateutil.relativedelta import relativedelta
from sqlalchemy import insert, select

from controller.domain.transfer import TransferRefusedError, transferred
from controller.errors import Message
from controller.office.directory.agreements import agreement_by_id, create_version
from controller.office.directory.words import checked_name, checked_note
from controller.office.refusals import InvalidError
from controller.office.settlement.expenses import parties_of
from controller.office.settlement.periods import period
from controller.office.settlement.tables import share_transfer

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.office.store import Change

NOTICE_MONTHS = 1
_PART = re.compile(r"([0-9]{1,5})(?:/([1-9][0-9]{0,4}))?")


def transfer_share(
    change: Change,
    agreement: str,
    seller: str,
    buyer: str,
    day: str,
    *,
    part: str = "1",
    notified_on: str | None = None,
    note: str = "",
) -> int:
    """Hand `part` (`1`, `1/2`) of a share over from a day on, and return the version that begins then.

    Raises `InvalidError` for a share that is not there, a part that is none, a day before the version in force began,
    or an outsider of whom the others were not told in time (unless `note` says how they gave up their right).
    """
    span, whom = period("day", day), checked_name(buyer)
    known = agreement_by_id(change.tx, agreement)
    said = checked_note(note)
    _check_notice(whom in parties_of(known), span.name, notified_on, said)
    try:
        lines = transferred(known.versions[-1].lines, seller, whom, _part(part))
    except ValueError as error:
        raise InvalidError(
            Message(f"cette part ne peut pas être cédée ({error})", f"this share cannot be handed over ({error})")
        ) from error
    number = create_version(change, agreement, from_at=span.from_at, lines=lines)
    change.tx.execute(
        insert(share_transfer).values(
            agreement=agreement,
            version=number,
            seller=seller,
            buyer=whom,
            part=part,
            day=span.name,
            notified_on=notified_on,
            note=said,
            made_by=change.actor,
            made_at=change.now_ms,
        )
    )
    change.audit("transfer_share", agreement, after={"version": number, "day": span.name, "part": part})
    return number


def transfer_views(tx: Connection, agreement: str) -> list[dict[str, Any]]:
    """Return the sales of an agreement's shares, newest first: version, seller, buyer, part, day, notified_on, note."""
    column = share_transfer.c
    query = select(
        *(column.version, column.seller, column.buyer, column.part, column.day, column.notified_on, column.note)
    ).where(column.agreement == agreement)
    return [dict(row) for row in tx.execute(query.order_by(column.version.desc())).mappings()]


def _part(typed: str) -> Fraction:
    match = _PART.fullmatch("".join(typed.split()))
    if match is None:
        raise TransferRefusedError(f"{typed[:20]!r} is no part; write 1 or 1/2")
    return Fraction(int(match[1]), int(match[2] or 1))


def _check_notice(within: bool, day: str, notified_on: str | None, note: str) -> None:  # noqa: FBT001 - a fact of it
    told = None if notified_on is None else date.fromisoformat(period("day", notified_on).name)
    if within or note:
        return
    if told is None or told + relativedelta(months=NOTICE_MONTHS) > date.fromisoformat(day):
        raise InvalidError(
            Message(
                "les autres indivisaires doivent en être avertis un mois avant (Code civil, 815-14)",
                "the other co-owners must be told of it a month before (Code civil 815-14)",
            ),
            cure=Message(
                "donnez le jour de la notification, ou écrivez comment ils ont renoncé à leur droit",
                "give the day of the notice, or write how they gave up their right",
            ),
        )
