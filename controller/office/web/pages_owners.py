"""What machines that are owned together have earned, and each owner's part, cent by cent.

House rules: the sums are the ledger's; behind them stand uses by day, without a person or a time of day; a co-owner
sees the agreements they are in and no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.agreement import Agreement, Line
from controller.errors import UserError
from controller.office import money, overview
from controller.office.directory import agreements, machines
from controller.office.refusals import no_such
from controller.office.settlement.transfers import transfer_share, transfer_views
from controller.office.web import doors, pages_format
from controller.office.web.agreement_words import term_alert, terms_lines
from controller.office.web.api_money import may_read
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

router = APIRouter(route_class=PageRoute)

Owners = Annotated[Visit, Depends(visit_by(doors.Owners))]
Treasurers = Annotated[Visit, Depends(visit_by(doors.Treasurers))]


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitView:
    """One version's split as it is drawn."""

    version: int
    to_at: int | None
    income_cents: int
    sum_cents: int
    sessions: int
    seconds: int
    lines: tuple[tuple[Line, int], ...]
    words: list[str]
    total_weight: int
    per_machine: list[tuple[str, int, int]]


@router.get("/agreements")
def show_agreements(here: Owners) -> Response:
    """List the agreements that are the visitor's to see."""
    with here.office.store.read() as tx:
        named, goods = overview.agreement_names(tx), _machine_names(tx)
        shown = [
            (each.agreement, named[each.agreement], [goods.get(good, good) for good in each.goods])
            for each in agreements.agreements_of(tx)
            if may_read(here.principal, each)
        ]
    return page(here, "agreements.html", agreements=shown)


@router.get("/agreements/{key}")
def show_agreement(here: Owners, key: str) -> Response:
    """Show the running split."""
    return _agreement(here, key, "agreement.html")


@router.post("/agreements/{key}/transfer")
def transfer(here: Treasurers, key: str) -> Response:
    """Hand a share over."""
    said = {name: here.form.get(name, "").strip() for name in ("seller", "buyer", "day", "part", "notified_on", "note")}
    try:
        with here.office.changing(here.principal.account) as change:
            transfer_share(
                change,
                key,
                said["seller"],
                said["buyer"],
                said["day"],
                part=said["part"] or "1",
                notified_on=said["notified_on"] or None,
                note=said["note"],
            )
    except UserError as error:
        return _agreement(here, key, "agreement.html", status_of(error), here.sentence(error))
    return go(f"/agreements/{key}", "done.transferred")


@router.get("/agreements/{key}/split")
def show_split(here: Owners, key: str) -> Response:
    """Return the running split alone, for the page that is open."""
    return _agreement(here, key, "_split.html")


@router.get("/agreements/{key}/uses")
def show_uses(here: Owners, key: str) -> Response:
    """Show the uses behind the sums."""
    with here.office.store.read() as tx:
        _readable(here, tx, key)
        return page(
            here,
            "uses.html",
            key=key,
            name=overview.agreement_names(tx)[key],
            uses=overview.uses_by_day(tx, key, pages_format.iso_day),
            machines=_machine_names(tx),
        )


def _readable(here: Visit, tx: Connection, key: str) -> Agreement:
    found = agreements.agreement_by_id(tx, key)
    if not may_read(here.principal, found):
        raise no_such("l'indivision", "agreement", key)
    return found


def _agreement(here: Visit, key: str, template: str, status: int = 200, refused: str = "") -> Response:
    with here.office.store.read() as tx:
        found, names = _readable(here, tx, key), _machine_names(tx)
        earned = overview.earned_by_machine(tx, key)
        splits = [
            SplitView(
                version=split.version,
                to_at=split.to_at,
                income_cents=split.income_cents,
                sum_cents=sum(cents for _, cents in split.lines),
                sessions=split.sessions,
                seconds=split.seconds,
                lines=split.lines,
                words=terms_lines(found.versions[split.version - 1], here.lang),
                total_weight=sum(line.weight for line, _ in split.lines),
                per_machine=_per_machine(earned.get(split.version, {}), names),
            )
            for split in money.running_split(tx, key)
        ]
        goods = [names.get(good, good) for good in found.goods]
        return page(
            here,
            template,
            status,
            key=key,
            name=overview.agreement_names(tx)[key],
            goods=goods,
            splits=splits,
            transfers=transfer_views(tx, key),
            sellers=[line.party for line in found.versions[-1].lines if line.role == "share"],
            refused=refused,
            ends=term_alert(found.versions[-1], here.now_ms, here.lang),
        )


def _per_machine(earned: dict[str, tuple[int, int]], names: dict[str, str]) -> list[tuple[str, int, int]]:
    return sorted((names.get(machine, machine), uses, cents) for machine, (uses, cents) in earned.items())


def _machine_names(tx: Any) -> dict[str, str]:  # noqa: ANN401 - a connection
    return {view.id: view.name for view in machines.machine_views(tx)}
