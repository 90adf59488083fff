"""Uses whose end will not come: their card was replaced or put back, and what they hold must not stay held for ever.

House rules: a use is lost when its machine starts another one, for a machine serves one person at a time, or when its
controller declares a restore. It is not billed for a guess: a person is told, and if the end comes after all, it is
posted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select

from controller.office.journal_tables import session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.office.session_rows import SessionRows
    from controller.office.store import Change

ALARM = "use_lost"

_AT_ONCE = 100
"""Machines in one statement: far below what the smallest SQLite takes in parameters; the rest follows in the next."""


def let_go_of_lost_uses(
    change: Change, uses: SessionRows, started: Mapping[str, tuple[str, int]], restored: Mapping[str, int]
) -> None:
    """Close what waits in vain; the uses' rows are written before and after.

    `started` names for each machine the last use that began in this batch and its instant, `restored` for each
    controller the instant of a restore that it declared.
    """
    here = session.c
    before = [
        *(and_(here.machine == machine, here.id != use, here.opened_at < at) for machine, (use, at) in started.items()),
        *(and_(here.controller == controller, here.opened_at < at) for controller, at in restored.items()),
    ]
    for place in range(0, len(before), _AT_ONCE):
        query = select(here.id, here.machine, here.controller).where(
            here.state == "open", or_(*before[place : place + _AT_ONCE])
        )
        for row in change.tx.execute(query.order_by(here.id)).all():
            uses.load([row.id])
            uses.change(row.id, state="lost")
            uses.release(row.id)
            change.alarm(ALARM, row.id, {"machine": row.machine, "controller": row.controller})
    uses.flush()
