"""What a training asks for, changed after it was made.

House rules: grants that were given keep their dates; what it needs and when it is lost unused hold from now on, for
everybody who has it; no training needs itself, by whatever way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from controller.errors import Message
from controller.office.directory import machines, rights
from controller.office.directory.tables import training
from controller.office.directory.words import checked_name
from controller.office.refusals import ConflictError, no_such

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from controller.office.store import Change


def change_training(
    change: Change,
    key: str,
    name: str,
    valid_days: int | None,
    supervised_uses: int,
    *,
    needs: Sequence[str],
    unused_max_days: int | None,
) -> None:
    """Give a training other rules; raise `ConflictError` where it would need itself."""
    known = {row["id"]: row for row in machines.trainings(change.tx)}
    before = known.get(key)
    if before is None:
        raise no_such("la formation", "training", key)
    row = machines.checked_training(change.tx, valid_days, supervised_uses, needs, unused_max_days)
    if key in _all_needed(change.tx, needs):
        raise ConflictError(
            Message("cette formation se demanderait elle-même", "this training would need itself"),
            cure=Message("retirez-la de ce que demandent les autres", "take it out of what the others need"),
        )
    row["name"] = checked_name(name)
    change.tx.execute(update(training).where(training.c.id == key).values(**row))
    old = {"needs": before["needs"]} | {each: before[each] for each in row if each != "needs"}
    change.audit("change_training", key, before=old, after=row)
    for each in before["machines"]:
        machines.project_machine(change.tx, each)
    rights.project_rights(change.tx, key)


def _all_needed(tx: Connection, needs: Sequence[str]) -> set[str]:
    """Return these trainings and whatever they need in turn."""
    known = {row["id"]: row["needs"] for row in machines.trainings(tx)}
    found: set[str] = set()
    left = [*needs]
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left += known.get(each, [])
    return found
