"""Machines: what each demands and how it ends a use, its price, its lock-outs, the trainings that open it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import and_, delete, func, insert, select, update

from controller.domain.canonical import canonical
from controller.domain.codec import decode, encode
from controller.domain.directory import LockEntry, MachineEntry, Prerequisite
from controller.domain.ids import BooksId, ControllerId, LockId, MachineId, SiteId, TrainingId
from controller.domain.tariff import OFFERS_SCHEMA, SCHEMA, SECONDS_LIMIT, Price
from controller.errors import Message
from controller.office.directory import entries
from controller.office.directory.policies import Policy, check_measured, check_offers, policy_columns, policy_of
from controller.office.directory.tables import (
    machine,
    machine_lock,
    placement,
    price_version,
    site,
    training,
    training_machine,
)
from controller.office.directory.words import checked_id, checked_name, checked_note
from controller.office.refusals import ConflictError, InvalidError, no_such
from controller.office.store import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, RowMapping

    from controller.domain.canonical import Json
    from controller.office.store import Change

DAYS_MAX = SECONDS_LIMIT // 86_400 * 100
"""A century: a validity that is longer is a slip of the keyboard and refused."""

SUPERVISED_MAX = 1_000
"""Supervised uses before a right: more than anybody makes in a year, so more is a slip of the keyboard and refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineView:
    """A machine as people see it; `locks` are (id, reason, emergency, set_by, set_at)."""

    id: str
    books: str
    site: str
    name: str
    policy: Policy
    controller: str | None
    channel: str | None
    price: Price | None
    trainings: tuple[str, ...]
    locks: tuple[dict[str, Any], ...]


def create_machine(change: Change, key: str, at_site: str, name: str, policy: Policy | None = None) -> None:
    """Add a machine to a site, whose books earn from it; it comes down to the floor once it is placed."""
    if _row(change.tx, key) is not None:
        raise ConflictError(Message(f"la machine « {key} » existe déjà", f"the machine '{key}' exists already"))
    in_books = change.tx.execute(select(site.c.books).where(site.c.id == at_site)).scalar()
    if in_books is None:
        raise no_such("le site", "site", at_site)
    policy = policy or Policy()
    change.tx.execute(
        insert(machine).values(
            id=checked_id(key),
            books=in_books,
            site=at_site,
            name=checked_name(name),
            created_at=change.now_ms,
            **policy_columns(policy),
        )
    )
    change.audit("create_machine", key, after={"site": at_site, **asdict(policy)})


def set_policy(change: Change, key: str, policy: Policy) -> None:
    """Change what a machine demands and how it ends a use."""
    before = policy_of(_required(change.tx, key))
    check_measured(policy, price_of(change.tx, key))
    change.tx.execute(update(machine).where(machine.c.id == key).values(**policy_columns(policy)))
    change.audit("set_policy", key, before=asdict(before), after=asdict(policy))
    project_machine(change.tx, key)


def set_price(
    change: Change,
    key: str,
    per_minute: tuple[int, int],
    minimum_cents: int = 0,
    measured: Literal["badge_on", "running"] = "badge_on",
) -> Price:
    """Give a machine its next price, VAT included; uses under way keep theirs.

    `per_minute` is an exact fraction of cents (numerator, denominator), for the time that is `measured`.
    """
    said = {"per_minute_num": per_minute[0], "per_minute_den": per_minute[1], "minimum_cents": minimum_cents}
    return _next_price(change, key, {**said, "schema": SCHEMA, "measured": measured})


def set_offers(change: Change, key: str, offers: Sequence[Json]) -> Price:
    """Give a machine its next price as offers of components (docs/reference/prices.md); uses under way keep theirs."""
    said: dict[str, Json] = {"per_minute_num": 0, "per_minute_den": 1, "minimum_cents": 0}
    return _next_price(change, key, {**said, "schema": OFFERS_SCHEMA, "offers": [*offers]})


def _next_price(change: Change, key: str, said: dict[str, Any]) -> Price:
    policy = policy_of(_required(change.tx, key))
    newest = select(func.max(price_version.c.version)).where(price_version.c.machine == key)
    version = (change.tx.execute(newest).scalar() or 0) + 1
    try:
        price = decode(Price, {"machine": key, "version": version, **said}, "price")
    except ValueError as error:
        raise InvalidError(Message(f"ce prix n'en est pas un ({error})", f"this is no price ({error})")) from error
    check_offers(price)
    check_measured(policy, price)
    body = canonical(encode(price)).decode()
    change.tx.execute(
        insert(price_version).values(
            machine=key, version=version, body=body, from_at=change.now_ms, set_by=change.actor
        )
    )
    change.audit("set_price", key, after=encode(price))
    project_machine(change.tx, key)
    return price


def set_lock(change: Change, key: str, reason: str, *, emergency: bool = False, lock: str | None = None) -> str:
    """Lock a machine out and return the lock's id; `lock` is the id when the floor has named it already."""
    lock = lock or new_id("lk")
    if change.tx.execute(select(machine_lock.c.id).where(machine_lock.c.id == lock)).first() is not None:
        return lock
    _required(change.tx, key)
    text = checked_note(reason)
    change.tx.execute(
        insert(machine_lock).values(
            id=lock, machine=key, reason=text, emergency=emergency, set_by=change.actor, set_at=change.now_ms
        )
    )
    entry = LockEntry(lock=LockId(lock), machine=MachineId(key), reason=text, emergency=emergency)
    entries.put(change.tx, [entry])
    change.audit("set_lock", key, after={"lock": lock, "reason": text, "emergency": emergency})
    return lock


def report_danger(change: Change, key: str, reason: str) -> str:
    """Lock a dangerous machine as an emergency and return the lock's id; while one stands, that one is enough."""
    found = change.tx.execute(
        select(machine_lock.c.id).where(
            machine_lock.c.machine == key, machine_lock.c.emergency.is_(True), machine_lock.c.lifted_at.is_(None)
        )
    ).first()
    return set_lock(change, key, reason, emergency=True) if found is None else str(found.id)


def lift_lock(change: Change, lock: str) -> None:
    """Lift one lock by its id; the machine stays locked while another is open."""
    row = change.tx.execute(select(machine_lock).where(machine_lock.c.id == lock)).first()
    if row is None:
        raise no_such("la mise hors service", "lock", lock)
    if row.lifted_at is not None:
        return
    change.tx.execute(
        update(machine_lock).where(machine_lock.c.id == lock).values(lifted_by=change.actor, lifted_at=change.now_ms)
    )
    entries.bury(change.tx, LockEntry.KIND, lock)
    change.audit("lift_lock", row.machine, before={"lock": lock})


def create_training(
    change: Change,
    key: str,
    name: str,
    machines: Sequence[str],
    valid_days: int | None = None,
    supervised_uses: int = 0,
    *,
    needs: Sequence[str] = (),
    unused_max_days: int | None = None,
) -> None:
    """Add a training that opens `machines`; so many supervised uses become the right (0: none ever do).

    It counts for who holds those that it `needs` too, which must be there before it, so no circle can be made. A grant
    ends `unused_max_days` after the last use of a machine that it opens (null: it does not).
    """
    if change.tx.execute(select(training.c.id).where(training.c.id == key)).first() is not None:
        raise ConflictError(Message(f"la formation « {key} » existe déjà", f"the training '{key}' exists already"))
    row = checked_training(change.tx, valid_days, supervised_uses, needs, unused_max_days)
    change.tx.execute(insert(training).values(id=checked_id(key), name=checked_name(name), **row))
    change.audit("create_training", key, after=row)
    set_training_machines(change, key, machines)


def checked_training(
    tx: Connection, valid_days: int | None, supervised_uses: int, needs: Sequence[str], unused_max_days: int | None
) -> dict[str, Any]:
    """Return a training's rules as they are stored; raise `InvalidError` or `NotFoundError` for what are none."""
    for days in (valid_days, unused_max_days):
        if days is not None and not 0 < days <= DAYS_MAX:
            raise InvalidError(Message("durée de validité hors limites", "validity out of range"))
    for each in needs:
        if tx.execute(select(training.c.id).where(training.c.id == each)).first() is None:
            raise no_such("la formation", "training", each)
    if not 0 <= supervised_uses <= SUPERVISED_MAX:
        raise InvalidError(Message("nombre d'utilisations hors limites", "number of uses out of range"))
    row: dict[str, Any] = {"valid_days": valid_days, "supervised_uses": supervised_uses}
    return row | {"needs": json.dumps([*needs]), "unused_max_days": unused_max_days}


def set_training_machines(change: Change, key: str, machines: Sequence[str]) -> None:
    """Say which machines a training opens."""
    opens = training_machine.c
    before = set(change.tx.execute(select(opens.machine).where(opens.training == key)).scalars())
    for each in machines:
        _required(change.tx, each)
    change.tx.execute(delete(training_machine).where(opens.training == key))
    if machines:
        change.tx.execute(
            insert(training_machine), [{"training": key, "machine": each} for each in sorted(set(machines))]
        )
    change.audit("set_training_machines", key, before=[*sorted(before)], after=[*sorted(set(machines))])
    for each in sorted(before | set(machines)):
        project_machine(change.tx, each)


def machine_view(tx: Connection, key: str) -> MachineView:
    """Return a machine as people see it; raise `NotFoundError`."""
    row = _required(tx, key)
    where = _placed(tx, key)
    open_locks = tx.execute(
        select(machine_lock)
        .where(machine_lock.c.machine == key, machine_lock.c.lifted_at.is_(None))
        .order_by(machine_lock.c.set_at)
    )
    shown = ("id", "reason", "emergency", "set_by", "set_at")
    return MachineView(
        id=key,
        books=row["books"],
        site=row["site"],
        name=row["name"],
        policy=policy_of(row),
        controller=where[0] if where else None,
        channel=where[1] if where else None,
        price=price_of(tx, key),
        trainings=_trainings(tx, key),
        locks=tuple({name: lock[name] for name in shown} for lock in open_locks.mappings()),
    )


def machine_views(tx: Connection) -> list[MachineView]:
    """Return every machine, by id."""
    return [machine_view(tx, key) for key in tx.execute(select(machine.c.id).order_by(machine.c.id)).scalars()]


def trainings(tx: Connection) -> list[dict[str, Any]]:
    """Return every training: id, name, valid_days, supervised_uses, needs, unused_max_days, machines."""
    opened: dict[str, list[str]] = {}
    for row in tx.execute(select(training_machine).order_by(training_machine.c.machine)):
        opened.setdefault(row.training, []).append(row.machine)
    rows = tx.execute(select(training).order_by(training.c.id)).mappings()
    return [{**row, "needs": json.loads(row["needs"]), "machines": opened.get(row["id"], [])} for row in rows]


def price_of(tx: Connection, key: str) -> Price | None:
    """Return a machine's newest price."""
    newest = (
        select(price_version.c.body)
        .where(price_version.c.machine == key)
        .order_by(price_version.c.version.desc())
        .limit(1)
    )
    body = tx.execute(newest).scalar()
    return None if body is None else decode(Price, json.loads(body), "price")


def project_machine(tx: Connection, key: str) -> None:
    """Write the machine's entry; a machine that is wired nowhere has none."""
    entry = machine_entry(tx, key)
    if entry is None:
        entries.bury(tx, MachineEntry.KIND, key)
    else:
        entries.put(tx, [entry])


def machine_entry(tx: Connection, key: str) -> MachineEntry | None:
    """Return the machine as it comes down; `None` for one that is wired nowhere."""
    row, where = _required(tx, key), _placed(tx, key)
    if where is None:
        return None
    return MachineEntry(
        machine=MachineId(key),
        books=BooksId(row["books"]),
        site=SiteId(row["site"]),
        controller=ControllerId(where[0]),
        channel=where[1],
        name=row["name"],
        trainings=tuple(TrainingId(each) for each in _trainings(tx, key)),
        price=price_of(tx, key),
        prerequisites=_prerequisites(tx, key),
        **asdict(policy_of(row)),
    )


def _trainings(tx: Connection, key: str) -> tuple[str, ...]:
    opens = training_machine.c
    return tuple(tx.execute(select(opens.training).where(opens.machine == key).order_by(opens.training)).scalars())


def _prerequisites(tx: Connection, key: str) -> tuple[Prerequisite, ...]:
    opens = training_machine.c
    query = select(training.c.id, training.c.needs).join(training_machine, opens.training == training.c.id)
    rows = tx.execute(query.where(opens.machine == key).order_by(training.c.id)).all()
    needs = {row.id: tuple(TrainingId(each) for each in json.loads(row.needs)) for row in rows}
    return tuple(Prerequisite(training=TrainingId(each), needs=needs[each]) for each in needs if needs[each])


def _placed(tx: Connection, key: str) -> tuple[str, str] | None:
    open_one = and_(placement.c.machine == key, placement.c.to_at.is_(None))
    row = tx.execute(select(placement.c.controller, placement.c.channel).where(open_one)).first()
    return None if row is None else (row.controller, row.channel)


def _row(tx: Connection, key: str) -> RowMapping | None:
    return tx.execute(select(machine).where(machine.c.id == key)).mappings().first()


def _required(tx: Connection, key: str) -> RowMapping:
    row = _row(tx, key)
    if row is None:
        raise no_such("la machine", "machine", key)
    return row
