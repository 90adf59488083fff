"""What a person asks the floor to do: stop a use. Written down first, sent after the commit, answered by a
fact.

House rules: a command names the session it is for and nothing switches on from afar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy import insert, select

from controller.errors import Message
from controller.office.directory.tables import command
from controller.office.journal_tables import session
from controller.office.refusals import ConflictError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from controller.office.store import Change


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorCommand:
    """One command as it is handed to the exchange."""

    id: str
    controller: str
    machine: str
    session: str
    kind: Literal["stop"]
    asked_at: int


def ask_stop(change: Change, key: str) -> FloorCommand:
    """Write down that session `key` is to be stopped and return the command to send; raise when it is not
    open.
    """
    row = change.tx.execute(select(session).where(session.c.id == key)).first()
    if row is None:
        raise no_such("l'utilisation", "session", key)
    if row.state != "open":
        raise ConflictError(Message("cette session est terminée", "this session is over"))
    asked = FloorCommand(
        id=new_id("c"),
        controller=row.controller,
        machine=row.machine,
        session=key,
        kind="stop",
        asked_at=change.now_ms,
    )
    change.tx.execute(
        insert(command).values(
            id=asked.id,
            controller=asked.controller,
            machine=asked.machine,
            kind=asked.kind,
            session=key,
            asked_by=change.actor,
            asked_at=change.now_ms,
        )
    )
    change.audit("ask_stop", key, after=asked.id)
    return asked
