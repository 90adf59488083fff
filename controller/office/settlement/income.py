"""What goods held together earned in a period, use by use: the ledger's own legs, added up by version, machine and day.

House rules: every cent is a leg of a pool, so the days add up to the income; without a person, an id or a time of day.
A use that was taken back counts with its minus sign, in the days when it was.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from controller.domain.ledger import pool
from controller.office.accounts_tables import web_account
from controller.office.journal_tables import session
from controller.office.ledger.rows import legs_of
from controller.office.settlement.periods import day_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from controller.domain.agreement import Agreement
    from controller.office.settlement.periods import Period


@dataclass(slots=True)
class Sums:
    """Uses, seconds and cents; `earlier_cents` of the net are of uses that ended before the period."""

    uses: int = 0
    seconds: int = 0
    gross_cents: int = 0
    cents: int = 0
    earlier_cents: int = 0


@dataclass(slots=True)
class Day:
    """What one machine earned in the uses that ended on one day."""

    day: str
    machine: str
    sums: Sums = field(default_factory=Sums)

    def to_data(self) -> dict[str, Any]:
        """Return the day as data; `earlier` says that it is of a period that was closed before."""
        return {
            "day": self.day,
            "machine": self.machine,
            "uses": self.sums.uses,
            "seconds": self.sums.seconds,
            "gross_cents": self.sums.gross_cents,
            "net_cents": self.sums.cents,
            "earlier": self.sums.earlier_cents != 0,
        }


@dataclass(slots=True)
class Income:
    """The income of a period."""

    by_version: dict[int, Sums]
    days: list[Day]

    def machines(self) -> list[dict[str, Any]]:
        """Return the sums of each machine."""
        found: dict[str, Sums] = defaultdict(Sums)
        for day in self.days:
            sums = found[day.machine]
            sums.uses += day.sums.uses
            sums.seconds += day.sums.seconds
            sums.gross_cents += day.sums.gross_cents
            sums.cents += day.sums.cents
        return [
            {
                "machine": machine,
                "uses": sums.uses,
                "seconds": sums.seconds,
                "gross_cents": sums.gross_cents,
                "net_cents": sums.cents,
            }
            for machine, sums in sorted(found.items())
        ]


def income_of(
    tx: Connection, in_books: str, agreement: Agreement, span: Period, after_seq: int, closed_to_at: int
) -> Income:
    """Return what the pools of an agreement earned up to the end of `span` that no closing has counted yet.

    A closing counted the entries up to `after_seq` of uses that ended before `closed_to_at`.
    """
    by_version: dict[int, Sums] = defaultdict(Sums)
    by_day: dict[tuple[str, str], Day] = {}
    for version in agreement.versions:
        name = pool(agreement.agreement, version.version)
        for amount, kind, event_at, machine, said in legs_of(tx, in_books, name, span.to_at, after_seq, closed_to_at):
            place = (day_of(event_at), machine)
            known = by_day.get(place)
            if known is None:
                known = by_day[place] = Day(*place)
            details, sign = json.loads(said), -1 if kind == "reversal" else 1
            gross_cents = sum([rate[1] for rate in details["receipt"]]) + details.get("packs_cents", 0)
            gross_cents = sign * (gross_cents - details.get("unshared_cents", 0))
            seconds = sign * details["seconds"]
            for sums in (known.sums, by_version[version.version]):
                sums.uses += sign
                sums.seconds += seconds
                sums.gross_cents += gross_cents
                sums.cents -= amount
                if event_at < span.from_at:
                    sums.earlier_cents -= amount
    return Income(dict(by_version), [by_day[place] for place in sorted(by_day)])


def unshared_uses(tx: Connection, goods: Sequence[str], span: Period) -> list[dict[str, Any]]:
    """Return the uses of `goods` in `span` that brought the owners nothing, by machine and kind: hours that explain the
    machine's own counter.
    """
    use = session.c
    found = []
    for good in sorted(goods):  # of several at once SQLite, without statistics, would go through every use there is
        rows = tx.execute(
            select(use.kind, func.count().label("uses"), func.sum(use.seconds).label("seconds"))
            .where(
                use.machine == good,
                use.ended_at >= span.from_at,
                use.ended_at < span.to_at,
                use.agreement.is_(None),
                use.state == "posted",
            )
            .group_by(use.kind)
            .order_by(use.kind)
        )
        found += [
            {"machine": good, "kind": row.kind, "uses": int(row.uses), "seconds": int(row.seconds or 0)} for row in rows
        ]
    return found


def used_by_party(tx: Connection, goods: Sequence[str], span: Period) -> Mapping[str, int]:
    """Return the seconds that each co-owner used `goods` in `span`: the uses of the member who signs in for them."""
    use = session.c
    rows = tx.execute(
        select(web_account.c.party, func.sum(use.seconds).label("seconds"))
        .join(web_account, web_account.c.member == use.member)
        .where(
            web_account.c.party.is_not(None),
            use.machine.in_(goods),
            use.state == "posted",
            use.ended_at >= span.from_at,
            use.ended_at < span.to_at,
        )
        .group_by(web_account.c.party)
    )
    return {row.party: int(row.seconds or 0) for row in rows}
