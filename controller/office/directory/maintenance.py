"""What must be done to a machine from time to time: by its hours, its uses or the calendar, whichever comes first.

House rules: a plan counts from when it was last done, by the counters that never go back; a plan that is due says so
and locks nothing out: whether a machine may run on is a person's decision.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import delete, insert, select, update

from controller.errors import Message
from controller.office.directory.tables import machine, maintenance_plan
from controller.office.directory.words import checked_id, checked_name, checked_note
from controller.office.machine_hours import Hours, hours_of
from controller.office.refusals import InvalidError, no_such

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from controller.office.store import Change

DAY_MS = 86_400_000

PLANS_MAX = 50
"""Plans of one machine: a page of a service booklet; more are refused."""

EVERY_MAX = 10**9
"""Thirty years in seconds: an interval that no machine lives to see is a slip of the keyboard and refused."""

SOON_PERCENT = 10
"""A plan is soon due in the last tenth of its interval."""

State = Literal["due", "soon", "later"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How often something is done: hours (in seconds, of power or of measured work), uses, days; the first counts."""

    name: str
    measured: Literal["powered", "running"] = "powered"
    every_s: int | None = None
    every_uses: int | None = None
    every_days: int | None = None

    def __post_init__(self) -> None:
        """Refuse what never or always would be due."""
        given = [each for each in (self.every_s, self.every_uses, self.every_days) if each is not None]
        if not given or not all(0 < each <= EVERY_MAX for each in given):
            raise InvalidError(
                Message("cet entretien ne dit pas quand", "this maintenance does not say when"),
                cure=Message("donnez every_s, every_uses ou every_days", "give every_s, every_uses or every_days"),
            )


def set_plan(change: Change, at: str, key: str, plan: Plan) -> None:
    """Add a plan to a machine, which counts from now on, or change one, which counts on from when it was last done."""
    if change.tx.execute(select(machine.c.id).where(machine.c.id == at)).first() is None:
        raise no_such("la machine", "machine", at)
    known = _row(change.tx, at, checked_id(key))
    cells: dict[str, Any] = {**asdict(plan), "name": checked_name(plan.name)}
    if known is not None and known.measured == plan.measured:
        change.tx.execute(update(maintenance_plan).where(_is(at, key)).values(cells))
    else:
        if known is None and len(plans_of(change.tx, at, change.now_ms)) >= PLANS_MAX:
            raise InvalidError(Message("trop d'entretiens prévus", "too many plans"))
        change.tx.execute(delete(maintenance_plan).where(_is(at, key)))
        change.tx.execute(
            insert(maintenance_plan).values(machine=at, id=key, **cells, **_now(change, at, plan.measured))
        )
    change.audit("set_maintenance_plan", f"{at}/{key}", after=cells)


def drop_plan(change: Change, at: str, key: str) -> None:
    """Forget a plan."""
    if _row(change.tx, at, key) is None:
        raise no_such("l'entretien", "maintenance plan", f"{at}/{key}")
    change.tx.execute(delete(maintenance_plan).where(_is(at, key)))
    change.audit("drop_maintenance_plan", f"{at}/{key}")


def note_done(change: Change, at: str, key: str, note: str) -> None:
    """Record that it was done now; who, when and at which counters stays in the audit."""
    known = _row(change.tx, at, key)
    if known is None:
        raise no_such("l'entretien", "maintenance plan", f"{at}/{key}")
    cells = _now(change, at, known.measured)
    change.tx.execute(update(maintenance_plan).where(_is(at, key)).values(cells))
    change.audit("maintenance_done", f"{at}/{key}", after={**cells, "note": checked_note(note)})


def plans_of(tx: Connection, at: str, now_ms: int) -> list[dict[str, Any]]:
    """Return a machine's plans with what is left of each (`left_s`, `left_uses`, `left_days`) and its `state`."""
    hours = hours_of(tx, at)
    query = select(maintenance_plan).where(maintenance_plan.c.machine == at).order_by(maintenance_plan.c.id)
    return [_shown(row, hours, now_ms) for row in tx.execute(query)]


def due_plans(tx: Connection, now_ms: int) -> list[dict[str, Any]]:
    """Return the plans of all machines that are due or soon will be, due ones first."""
    machines = tx.execute(select(maintenance_plan.c.machine).distinct().order_by(maintenance_plan.c.machine)).scalars()
    found = [plan for at in machines.all() for plan in plans_of(tx, at, now_ms) if plan["state"] != "later"]
    return sorted(found, key=lambda plan: plan["state"])


def _shown(row: Row[Any], hours: Hours, now_ms: int) -> dict[str, Any]:
    counted = hours.powered_s if row.measured == "powered" else hours.busy_s
    left = {
        "left_s": (row.every_s, None if row.every_s is None else row.done_s + row.every_s - counted),
        "left_uses": (row.every_uses, None if row.every_uses is None else row.done_uses + row.every_uses - hours.uses),
        "left_days": (
            row.every_days,
            None if row.every_days is None else row.every_days - (now_ms - row.done_at) // DAY_MS,
        ),
    }
    states = [_state(rest, every) for every, rest in left.values() if every is not None and rest is not None]
    state: State = "due" if "due" in states else "soon" if "soon" in states else "later"
    return {**row._mapping, **{name: rest for name, (_, rest) in left.items()}, "state": state}  # noqa: SLF001


def _state(rest: int, every: int) -> State:
    if rest <= 0:
        return "due"
    return "soon" if 100 * rest <= SOON_PERCENT * every else "later"


def _now(change: Change, at: str, measured: str) -> dict[str, int]:
    hours = hours_of(change.tx, at)
    counted = hours.powered_s if measured == "powered" else hours.busy_s
    return {"done_at": change.now_ms, "done_s": counted, "done_uses": hours.uses}


def _is(at: str, key: str) -> Any:  # noqa: ANN401 - a condition
    return (maintenance_plan.c.machine == at) & (maintenance_plan.c.id == key)


def _row(tx: Connection, at: str, key: str) -> Row[Any] | None:
    return tx.execute(select(maintenance_plan).where(_is(at, key))).first()
