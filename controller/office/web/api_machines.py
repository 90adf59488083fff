"""Machines, trainings, prices, placements, lock-outs."""

from __future__ import annotations

from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from controller.domain.codec import encode
from controller.domain.tariff import Price
from controller.office.directory import machines, places, training_rules
from controller.office.directory.machines import MachineView
from controller.office.directory.policies import Policy
from controller.office.refusals import no_such
from controller.office.web import price_words, qr
from controller.office.web.doors import Anyone, Desk, Keepers, Reporters, TheOffice, Till
from controller.office.web.schemas import (
    Created,
    DangerIn,
    LockIn,
    MachineIn,
    MachinesIn,
    Page,
    PlacementIn,
    PolicyIn,
    TrainingIn,
    TrainingRulesIn,
)
from controller.office.web.schemas_prices import PriceIn

router = APIRouter(tags=["machines"])

DANGER = "danger signalé / danger reported"
"""The reason of a lock whose reporter had no time to write one."""


@router.get("/machines")
def list_machines(office: TheOffice, _: Anyone) -> Page:
    """List every machine with policy, price, trainings and open lock-outs."""
    with office.store.read() as tx:
        return Page(items=[_machine(view) for view in machines.machine_views(tx)])


@router.get("/machines/{key}")
def read_machine(key: str, office: TheOffice, _: Anyone) -> dict[str, Any]:
    """Read one machine."""
    with office.store.read() as tx:
        return _machine(machines.machine_view(tx, key))


@router.get("/machines/{key}/label.svg", response_class=Response)
def draw_label(
    key: str,
    request: Request,
    office: TheOffice,
    _: Anyone,
    address: Annotated[str, Query(pattern=r"^(https?://[A-Za-z0-9.\-\[\]:]{1,100})?$")] = "",
) -> Response:
    """Draw the code of the machine's own address (SVG), at this office's address or another that leads to it."""
    with office.store.read() as tx:
        machines.machine_view(tx, key)
    base = address or str(request.base_url).rstrip("/")
    return Response(qr.drawing(f"{base}/m/{key}"), media_type="image/svg+xml")


@router.post("/machines", status_code=HTTPStatus.CREATED)
def add_machine(body: MachineIn, office: TheOffice, principal: Desk) -> Created:
    """Add a machine."""
    with office.changing(principal.account) as change:
        machines.create_machine(change, body.id, body.site, body.name, Policy(**dict(body.policy)))
    return Created(id=body.id)


@router.put("/machines/{key}/policy", status_code=HTTPStatus.NO_CONTENT)
def set_policy(key: str, body: PolicyIn, office: TheOffice, principal: Desk) -> None:
    """Change what a machine demands and how it ends a use."""
    with office.changing(principal.account) as change:
        machines.set_policy(change, key, Policy(**dict(body)))


@router.put("/machines/{key}/placement", status_code=HTTPStatus.NO_CONTENT)
def place(key: str, body: PlacementIn, office: TheOffice, principal: Desk) -> None:
    """Say where a machine is wired from now on."""
    with office.changing(principal.account) as change:
        places.place_machine(change, key, body.controller, body.channel)


@router.post("/machines/{key}/prices", status_code=HTTPStatus.CREATED)
def set_price(key: str, body: PriceIn, office: TheOffice, principal: Till) -> dict[str, Any]:
    """Give a machine its next price."""
    with office.changing(principal.account) as change:
        if body.offers is not None:
            price = machines.set_offers(change, key, body.offers)
        else:
            rate = (body.per_minute_num, body.per_minute_den)
            price = machines.set_price(change, key, rate, body.minimum_cents, body.measured)
    return shown_price(price)


@router.post("/machines/{key}/locks", status_code=HTTPStatus.CREATED)
def lock_out(key: str, body: LockIn, office: TheOffice, principal: Keepers) -> Created:
    """Lock a machine out."""
    with office.changing(principal.account) as change:
        return Created(id=machines.set_lock(change, key, body.reason, emergency=body.emergency))


@router.post("/machines/{key}/danger", status_code=HTTPStatus.CREATED)
def report_danger(key: str, body: DangerIn, office: TheOffice, principal: Reporters) -> Created:
    """Report a dangerous machine: it is cut and locked at once, whoever reports it; a maintainer lifts the lock."""
    with office.changing(principal.account) as change:
        return Created(id=machines.report_danger(change, key, body.reason or DANGER))


@router.delete("/locks/{lock}", status_code=HTTPStatus.NO_CONTENT)
def lift(lock: str, office: TheOffice, principal: Keepers) -> None:
    """Lift one lock by its id; others of the machine hold."""
    with office.changing(principal.account) as change:
        machines.lift_lock(change, lock)


@router.get("/trainings")
def list_trainings(office: TheOffice, _: Anyone) -> Page:
    """List trainings and what they open."""
    with office.store.read() as tx:
        return Page(items=machines.trainings(tx))


@router.post("/trainings", status_code=HTTPStatus.CREATED)
def add_training(body: TrainingIn, office: TheOffice, principal: Desk) -> Created:
    """Add a training."""
    with office.changing(principal.account) as change:
        machines.create_training(
            change,
            body.id,
            body.name,
            body.machines,
            body.valid_days,
            body.supervised_uses,
            needs=body.needs,
            unused_max_days=body.unused_max_days,
        )
    return Created(id=body.id)


@router.put("/trainings/{key}", status_code=HTTPStatus.NO_CONTENT)
def change_training(key: str, body: TrainingRulesIn, office: TheOffice, principal: Desk) -> None:
    """Give a training other rules; grants keep their dates."""
    with office.changing(principal.account) as change:
        training_rules.change_training(
            change,
            key,
            body.name,
            body.valid_days,
            body.supervised_uses,
            needs=body.needs,
            unused_max_days=body.unused_max_days,
        )


@router.put("/trainings/{key}/machines", status_code=HTTPStatus.NO_CONTENT)
def set_training_machines(key: str, body: MachinesIn, office: TheOffice, principal: Desk) -> None:
    """Say which machines a training opens."""
    with office.changing(principal.account) as change:
        if all(row["id"] != key for row in machines.trainings(change.tx)):
            raise no_such("l'habilitation", "training", key)
        machines.set_training_machines(change, key, body.machines)


def _machine(view: MachineView) -> dict[str, Any]:
    return asdict(view) | {"price": None if view.price is None else shown_price(view.price)}


def shown_price(price: Price) -> dict[str, Any]:
    """Return a price with its offers as they are sent in, and as a person reads them."""
    said = {"fr": price_words.price_lines(price, "fr"), "en": price_words.price_lines(price, "en")}
    return asdict(price) | {"offers": encode(price.offers), "said": said}
