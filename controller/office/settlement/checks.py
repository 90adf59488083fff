"""What is looked at before a period is closed: a list of lines, each green, or waived by somebody with a reason.

House rules: a line names what is in the way, by ids; a person is never named. The list is kept with the closing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, or_, select

from controller.domain.facts import SessionEnded
from controller.domain.ledger import PREPAID_PREFIX
from controller.errors import Message
from controller.office.directory.tables import controller, site
from controller.office.journal_tables import journal_branch, journal_fact, session
from controller.office.ledger.caches import Recount
from controller.office.ledger.tables import ledger_balance
from controller.office.settlement.expenses import dispute_views
from controller.office.settlement.till import till_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

    from controller.domain.canonical import Json
    from controller.office.settlement.periods import Period

NAMED_MAX = 20
"""Ids that one line of the list names: enough to begin with, and the count says how many there are."""

UNDATED = ("undated", "date_to_come")

QUESTIONS: dict[str, Message] = {
    "controllers_heard": Message(
        "Chaque contrôleur a été entendu après la fin", "Each controller was heard past the end"
    ),
    "facts_read": Message("Tout ce qui est arrivé est lu", "All that has arrived is read"),
    "tray": Message("Aucune utilisation n'attend dans le bac", "No use waits in the tray"),
    "undated": Message("Chaque utilisation a sa date", "Each use has its date"),
    "uses_over": Message("Chaque utilisation commencée est inscrite", "Each use that began is posted"),
    "top_ups": Message(
        "Les versements de chaque moyen de paiement sont ceux de la caisse et de la banque",
        "What came in by each means of payment is what till and bank say",
    ),
    "disputes": Message("Aucune contestation n'est ouverte", "No dispute is open"),
    "balances": Message(
        "Les soldes sont ceux du compte 419, recalculés de zéro", "Balances are those of account 419, added up anew"
    ),
}
"""The lines, in the order in which they are gone through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: `names` are the ids of what is in the way, at most `NAMED_MAX` of `count`."""

    code: str
    count: int
    names: tuple[str, ...] = ()
    waived_by: str | None = None
    reason: str | None = None

    @property
    def green(self) -> bool:
        """Nothing is in the way."""
        return self.count == 0

    @property
    def settled(self) -> bool:
        """Nothing is in the way, or somebody has said why that may be."""
        return self.green or self.waived_by is not None

    @property
    def question(self) -> Message:
        """What the line says."""
        return QUESTIONS[self.code]

    def to_data(self) -> dict[str, Json]:
        """Return the line as data."""
        return {
            "code": self.code,
            "green": self.green,
            "count": self.count,
            "names": list(self.names),
            "waived_by": self.waived_by,
            "reason": self.reason,
        }


def check_list(
    tx: Connection,
    in_books: str,
    agreement: str,
    goods: Sequence[str],
    span: Period,
    recount: Recount | None = None,
) -> list[Line]:
    """Go through the list for the period `span` of an agreement on `goods`, and return its lines; with a `recount` that
    was begun already, only what was posted since is added to it.
    """
    controllers = select(controller.c.id).join(site, site.c.id == controller.c.site).where(site.c.books == in_books)
    theirs = journal_branch.c.controller.in_(controllers)
    last_word = func.coalesce(func.max(journal_branch.c.heard_at), 0)
    unheard = (
        select(controller.c.id)
        .outerjoin(journal_branch, journal_branch.c.controller == controller.c.id)
        .where(controller.c.id.in_(controllers))
        .group_by(controller.c.id, controller.c.heard_at)
        .having(and_(last_word < span.to_at, func.coalesce(controller.c.heard_at, 0) < span.to_at))
        .order_by(controller.c.id)
    )
    unread = (
        select(journal_branch.c.controller)
        .where(theirs, journal_branch.c.interpreted_n < journal_branch.c.stored_n)
        .distinct()
        .order_by(journal_branch.c.controller)
    )
    fact = journal_fact.c
    # Whose they are is asked of the few that wait: asked of the database, it would go through every fact of each.
    waiting = (
        select(fact.tray_reason, fact.controller, fact.branch, fact.n)
        .where(fact.state == "tray", fact.kind == SessionEnded.KIND)
        .order_by(fact.received_at)
    )
    ours = frozenset(tx.execute(controllers).scalars())
    facts = [
        (row.tray_reason, f"{row.controller}/{row.branch}/{row.n}")
        for row in tx.execute(waiting)
        if row.controller in ours
    ]
    use = session.c
    running = (
        select(use.id)
        .where(
            use.machine.in_(goods),
            or_(use.opened_at.is_(None), use.opened_at < span.to_at),
            # A lost use may still come, but holds up the closing of its own period only.
            or_(use.state.in_(("open", "ended")), and_(use.state == "lost", use.opened_at >= span.from_at)),
        )
        .order_by(use.id)
    )
    wrong = [difference.what for difference in (recount or Recount()).differences(tx) if difference.books == in_books]
    return [
        _line("controllers_heard", list(tx.execute(unheard).scalars())),
        _line("facts_read", list(tx.execute(unread).scalars())),
        _line("tray", [name for reason, name in facts if reason not in UNDATED]),
        _line("undated", [name for reason, name in facts if reason in UNDATED]),
        _line("uses_over", list(tx.execute(running).scalars())),
        _line("top_ups", [each.named for each in till_lines(tx, in_books, span) if each.difference_cents != 0]),
        _line("disputes", [str(each["id"]) for each in dispute_views(tx, agreement, only_open=True)]),
        _line("balances", wrong),
    ]


def liability_cents(tx: Connection, in_books: str) -> int:
    """Return what all prepaid accounts of the books hold together (account 419 of the French plan), in cents."""
    balance = ledger_balance.c
    named = and_(balance.books == in_books, balance.account.startswith(PREPAID_PREFIX))
    return -int(tx.execute(select(func.coalesce(func.sum(balance.amount), 0)).where(named)).scalar_one())


def waived(lines: Sequence[Line], reasons: Mapping[str, str], by: str) -> list[Line]:
    """Return the lines, those that are not green waived by `by` where `reasons` gives one."""
    return [
        line
        if line.green or not reasons.get(line.code, "").strip()
        else Line(
            code=line.code,
            count=line.count,
            names=line.names,
            waived_by=by,
            reason=" ".join(reasons[line.code].split()),
        )
        for line in lines
    ]


def _line(code: str, names: Sequence[str]) -> Line:
    return Line(code=code, count=len(names), names=tuple(names[:NAMED_MAX]))


def _said(reason: str) -> str:
    return " ".join(reason.split())
