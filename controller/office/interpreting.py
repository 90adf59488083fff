"""Stored facts are read, many in one transaction that also writes what they mean (`fact_batch`).

House rules: a crash between storing and reading loses and doubles nothing. A fact that nobody can work with waits in
the tray by itself; everything beside it is read.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, select
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from controller import logs
from controller.errors import UserError
from controller.office.fact_batch import READ_STANDINGS, FactBatch, Interpretation
from controller.office.intake import NOT_UNDERSTOOD
from controller.office.journal_tables import journal_branch, journal_fact
from controller.office.outcomes import Outcomes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from controller.office.store import Change

_log = logs.get("office")

FACTS_LIMIT = 2_000
"""Facts read in one transaction: half a second on a PC, so a person's change never waits long for its turn. Fewer at a
time would cost a backlog a third more: what accounts, machines and agreements say is looked up once in each.
"""

_READ = [column for column in journal_fact.columns if column.name not in {"prev", "commitment", "hash", "salt"}]
"""What is read of a fact: its proof was checked when it was stored."""

UNWORKABLE = (
    *(DataError, IntegrityError, ProgrammingError),
    *(UserError, ArithmeticError, LookupError, TypeError, ValueError),
)
"""What reading a fact may come to when it says what nobody foresaw. A batch with such a fact is read one by one, so
that no controller's nonsense keeps the others' money waiting. A disk or a server in trouble is no such thing.
"""


def interpret(change: Change, limit: int = FACTS_LIMIT) -> Interpretation:
    """Read at most `limit` stored facts in order and post what they mean; `facts` is 0 when nothing waits."""
    fact, branch = journal_fact.c, journal_branch.c
    same = and_(branch.controller == fact.controller, branch.branch == fact.branch)
    rows = change.tx.execute(
        select(*_READ)
        .join(journal_branch, same)
        .where(fact.state == "stored", branch.state.in_(READ_STANDINGS))
        .order_by(fact.controller, fact.n, fact.branch)
        .limit(min(limit, FACTS_LIMIT))
    ).all()
    return read_rows(change, rows)


def read_rows(change: Change, rows: Sequence[Row[Any]]) -> Interpretation:
    """Read stored rows of facts in the order given; one that cannot be worked with waits in the tray, alone."""
    try:
        with change.tx.begin_nested():
            return FactBatch(change).run(rows)
    except UNWORKABLE as error:
        if len(rows) > 1:
            return reduce(_together, (read_rows(change, [row]) for row in rows))
        _log.exception("a fact cannot be worked with; it waits in the tray", controller=rows[0].controller, n=rows[0].n)
        outcomes = Outcomes(change.tx)
        outcomes.settle(rows[0], "tray", NOT_UNDERSTOOD, type(error).__name__)
        outcomes.write()
        return Interpretation(facts=1, in_tray=1)


def _together(one: Interpretation, other: Interpretation) -> Interpretation:
    return Interpretation(
        one.facts + other.facts,
        one.posted + other.posted,
        one.in_tray + other.in_tray,
        one.events + other.events,
    )
