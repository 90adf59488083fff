"""One person cannot be at two sites within minutes: whoever seems to be carries a badge that somebody has copied.

House rules: it only raises an alarm, for a person decides what a badge is worth; a network of one site asks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, or_, select

from controller.office.directory.tables import machine, site
from controller.office.journal_tables import session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.office.store import Change

APART_MS = 10 * 60_000
"""Ten minutes: less than the way between any two workshops, more than any two clocks differ."""

ALARM = "badge_in_two_places"


class Opened(NamedTuple):
    """A use that has just become known, with its date."""

    session: str
    machine: str
    member: str
    opened_at: int


def look_for_two_places(change: Change, opened: Iterable[Opened]) -> None:
    """Raise an alarm for each use whose member was at another site at about that time; the uses' rows are written."""
    uses = list(opened)
    if not uses or change.tx.execute(select(func.count()).select_from(site)).scalar_one() < 2:  # noqa: PLR2004 - two
        return
    site_of = {row.id: row.site for row in change.tx.execute(select(machine.c.id, machine.c.site))}
    for use in uses:
        elsewhere = change.tx.execute(
            select(session.c.machine)
            .join(machine, machine.c.id == session.c.machine)
            .where(
                session.c.member == use.member,
                session.c.id != use.session,
                machine.c.site != site_of.get(use.machine),
                session.c.opened_at < use.opened_at + APART_MS,
                or_(
                    session.c.ended_at > use.opened_at - APART_MS,
                    and_(session.c.ended_at.is_(None), session.c.state == "open"),
                ),
            )
            .limit(1)
        ).scalar()
        if elsewhere is not None:
            change.alarm(ALARM, use.member, {"machines": sorted([elsewhere, use.machine])})
