"""What somebody lacks for a machine, who may give it, until when it holds: one answer for the API and the pages.

House rules: judged by the rule that a tap is judged by (`domain.access.missing_right`). A trainer is named only who
agreed to it; others are there and stay unnamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from controller.domain.access import HeldRight, is_valid, lacking, missing_right
from controller.domain.ids import TrainingId
from controller.domain.reasons import REFUSAL_SENTENCES
from controller.errors import Message
from controller.office.directory.machines import machine_entry, machine_views
from controller.office.directory.people import member_row
from controller.office.directory.rights import held
from controller.office.directory.tables import training
from controller.office.refusals import ConflictError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from controller.domain.directory import MachineEntry
    from controller.office.vault import Vault


def access_of(tx: Connection, vault: Vault, member: str, machine: str, now_ms: int) -> dict[str, Any]:
    """Return whether a member's trainings open a machine, until when, what is missing and who gives it.

    `reason` is the refusal's code, null where the machine opens. Raises `NotFoundError`, and `ConflictError` for a
    machine that is wired nowhere.
    """
    member_row(tx, member)
    policy = machine_entry(tx, machine)
    if policy is None:
        raise ConflictError(Message("la machine n'est reliée à aucun boîtier", "the machine is wired to no controller"))
    return _access(tx, vault, policy, _rights_of(tx, member), now_ms)


def accesses_of(tx: Connection, vault: Vault, member: str, now_ms: int) -> list[dict[str, Any]]:
    """Return the same for every machine that asks for a training and is wired, with `machine` and `name`, by name."""
    member_row(tx, member)
    rights, found = _rights_of(tx, member), []
    for view in machine_views(tx):
        policy = machine_entry(tx, view.id)
        if policy is not None and policy.trainings:
            found.append({"machine": view.id, "name": view.name, **_access(tx, vault, policy, rights, now_ms)})
    return sorted(found, key=lambda each: str(each["name"]).casefold())


def _access(
    tx: Connection,
    vault: Vault,
    policy: MachineEntry,
    held_rights: tuple[tuple[HeldRight, ...], dict[str, int | None]],
    now_ms: int,
) -> dict[str, Any]:
    rights, ends = held_rights
    refusal = missing_right(policy, rights, now_ms)
    complete = [
        right.training
        for right in rights
        if right.training in policy.trainings
        and is_valid(right, now_ms)
        and not lacking(policy, right.training, rights, now_ms)
    ]
    until = [ends[each] for each in complete]
    names = {row.id: row.name for row in tx.execute(select(training.c.id, training.c.name))}
    said = None if refusal is None else REFUSAL_SENTENCES[refusal]
    return {
        "reason": None if refusal is None else refusal.value,
        "sentence": None if said is None else {"fr": said.fr, "en": said.en},
        "until_at": None if None in until or not until else max(each for each in until if each is not None),
        "trainings": [
            {
                "id": each,
                "name": names.get(each, each),
                "held": each in complete,
                "until_at": ends.get(each),
                "needs": [names.get(need, need) for need in lacking(policy, each, rights, now_ms)],
            }
            for each in policy.trainings
        ],
        "trainers": [] if refusal is None else _trainers(tx, vault, policy, now_ms),
    }


def opens(tx: Connection, member: str, machine: str, now_ms: int) -> bool:
    """Return whether one of a member's trainings opens a machine by now; one that is wired nowhere opens to nobody."""
    policy = machine_entry(tx, machine)
    return policy is not None and missing_right(policy, _rights_of(tx, member)[0], now_ms) is None


def _rights_of(tx: Connection, member: str) -> tuple[tuple[HeldRight, ...], dict[str, int | None]]:
    found, ends = [], {}
    for each in tx.execute(select(training.c.id)).scalars().all():
        for row, until_at in held(tx, each, member):
            found.append(HeldRight(training=TrainingId(each), from_ms=row.from_at, until_ms=until_at))
            ends[each] = until_at
    return tuple(found), ends


def _trainers(tx: Connection, vault: Vault, policy: MachineEntry, now_ms: int) -> list[str]:
    """Return the names of those who give one of the machine's trainings now and agreed to be named, in order."""
    willing = {
        row.member
        for each in policy.trainings
        for row, until_at in held(tx, each, None)
        if row.may_train and row.may_be_named and row.from_at <= now_ms and (until_at is None or now_ms < until_at)
    }
    return sorted(named.name for named in vault.names(tx, willing).values())
