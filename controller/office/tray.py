"""What could not be posted or understood: shown with its reason, tried again, or settled by a person.

House rules: nothing leaves the tray but by being posted or by a person's note; the fact itself stays stored.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, insert, select, update

from controller.domain.facts import SessionEnded
from controller.errors import Message
from controller.office.charging import METERLESS
from controller.office.directory.balances import project_balances
from controller.office.directory.words import checked_note
from controller.office.fact_batch import READ_STANDINGS, Interpretation
from controller.office.interpreting import read_rows
from controller.office.journal_tables import journal_branch, journal_fact, metered_by_hand
from controller.office.outcomes import Name
from controller.office.refusals import InvalidError, no_such
from controller.office.session_rows import SessionRows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Row

    from controller.office.store import Change

TRAY_LIMIT = 500
"""Facts of the tray shown or tried again at a time; the next ones follow when these are settled."""


def retry_tray(change: Change, controller: str | None = None, limit: int = TRAY_LIMIT) -> Interpretation:
    """Read the facts of the tray once more, oldest first; those of a branch that is held back stay as they are."""
    return read_rows(change, _tray_rows(change.tx, controller, limit, READ_STANDINGS))


def dismiss(change: Change, name: Name, note: str) -> None:
    """Take one fact out of the tray for good, with a person's note: it will not be posted, and stays stored."""
    row = change.tx.execute(select(journal_fact).where(_at(name), journal_fact.c.state == "tray")).first()
    if row is None:
        raise no_such("le fait", "fact", f"{name[1]}/{name[2]}")
    change.tx.execute(update(journal_fact).where(_at(name)).values(state="nothing_to_post"))
    body = json.loads(row.body or "{}")
    if row.kind == SessionEnded.KIND and isinstance(body.get("session"), str):
        sessions = SessionRows(change.tx)
        sessions.load([body["session"]])
        if sessions.state(body["session"]) == "ended":
            sessions.change(body["session"], state="abandoned")
            sessions.release(body["session"])
        sessions.flush()
        project_balances(change.tx, sessions.touched)
    change.audit("dismiss", "/".join(map(str, name)), before=row.tray_reason, after=note)


def say_running_time(change: Change, name: Name, busy_s: int, note: str) -> Interpretation:
    """Say how long the machine ran in a use that its meter did not see whole, and post it. Said once."""
    row = change.tx.execute(
        select(journal_fact).where(_at(name), journal_fact.c.state == "tray", journal_fact.c.tray_reason == METERLESS)
    ).first()
    if row is None:
        raise no_such("l'utilisation à mesurer", "use to be measured", f"{name[1]}/{name[2]}")
    body = json.loads(row.body)
    if not 0 <= busy_s <= body["seconds"]:
        raise InvalidError(
            Message("la machine n'a pas pu tourner si longtemps", "the machine cannot have run so long"),
            cure=Message(f"de 0 à {body['seconds']} s", f"0 to {body['seconds']} s"),
        )
    said = {"session": body["session"], "busy_s": busy_s, "note": checked_note(note)}
    change.tx.execute(insert(metered_by_hand).values(**said, set_by=change.actor, set_at=change.now_ms))
    change.audit("say_running_time", body["session"], after={"busy_s": busy_s, "note": note})
    return read_rows(change, [row])


def tray(tx: Connection, controller: str | None = None, limit: int = TRAY_LIMIT) -> list[dict[str, Any]]:
    """Return what waits in the tray: controller, branch, n, kind, reason, detail, received_at."""
    return [
        {
            "controller": row.controller,
            "branch": row.branch,
            "n": row.n,
            "kind": row.kind,
            "reason": row.tray_reason,
            "detail": row.tray_detail,
            "received_at": row.received_at,
        }
        for row in _tray_rows(tx, controller, limit)
    ]


def _at(name: Name) -> Any:  # noqa: ANN401 - a condition
    fact = journal_fact.c
    return and_(fact.controller == name[0], fact.branch == name[1], fact.n == name[2])


def _tray_rows(
    tx: Connection, controller: str | None, limit: int, standings: Sequence[str] | None = None
) -> Sequence[Row[Any]]:
    fact, branch = journal_fact.c, journal_branch.c
    query = select(journal_fact).where(fact.state == "tray").order_by(fact.received_at, fact.controller, fact.n)
    if standings is not None:
        same = and_(branch.controller == fact.controller, branch.branch == fact.branch)
        query = query.join(journal_branch, same).where(branch.state.in_(standings))
    if controller is not None:
        query = query.where(fact.controller == controller)
    return tx.execute(query.limit(min(limit, TRAY_LIMIT))).all()
