"""The first steps: from the first account to the first member's first use, one after the other on one page.

House rules: each step is a form that works by itself, done when what it makes is there; nothing here closes a relay:
the first admitted badge does, at the machine.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.ledger import MeansOfPayment
from controller.errors import UserError
from controller.office import first_steps, money
from controller.office.board import Tile
from controller.office.directory import badges, machines, people, places, rights
from controller.office.directory.people import NewMember
from controller.office.first_steps import Standing
from controller.office.web import doors, pages_format
from controller.office.web.pages_board import tile_views
from controller.office.web.pages_enrol import taps_shown
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.pages_health import LATE_MS
from controller.office.web.pages_prices import PRICE_MAX_CENTS
from controller.office.web.pages_till import TOPUP_MAX_CENTS
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]

_HOUR_MIN = 60


@router.get("/start")
def show(here: Desk) -> Response:
    """Show what is done and what comes next."""
    return _start(here)


@router.get("/start/wiring")
def show_wiring(here: Desk) -> Response:
    """Return what is heard of the wiring alone, for the page that is open."""
    with here.office.store.read() as tx:
        return page(here, "_wiring.html", **_wiring(here, tx, first_steps.standing(tx)))


@router.post("/start/machine")
def add_machine(here: Desk) -> Response:
    """Add the first machine where it is wired, with a training of its own where one is needed."""
    name, channel = here.form.get("name", "").strip(), here.form.get("channel", "").strip()
    try:
        with here.office.changing(here.principal.account) as change:
            there = first_steps.standing(change.tx)
            key = first_steps.free_id(change.tx, name)
            machines.create_machine(change, key, there.at_site, name)
            places.place_machine(change, key, here.form.get("controller", ""), channel)
            if here.form.get("trained") == "yes":
                machines.create_training(change, key, name, [key])
    except UserError as error:
        return _start(here, status_of(error), {"channel" if name else "name": here.sentence(error)})
    return go("/start", "done.machine")


@router.post("/start/price")
def set_price(here: Desk) -> Response:
    """Say what an hour at the machine costs, or that nothing costs anything here."""
    free, cents = here.form.get("free") == "yes", pages_format.read_cents(here.form.get("per_hour", ""))
    if not free and (cents is None or cents > PRICE_MAX_CENTS):
        wrong = "form.not_an_amount" if cents is None else "price.too_much"
        return _start(here, 422, {"per_hour": here.text(wrong)})
    with here.office.changing(here.principal.account) as change:
        view = first_steps.standing(change.tx).machine
        if view is None:
            return go("/start")
        if free or cents is None:
            machines.set_policy(change, view.id, replace(view.policy, free_of_charge=True))
        else:
            machines.set_price(change, view.id, (cents, _HOUR_MIN))
    return go("/start", "done.free" if free else "done.price")


@router.post("/start/member")
def add_member(here: Desk) -> Response:
    """Add the first member with the badge that was just tapped, trained for the machine, with money where it is."""
    form, said = here.form, here.form.get("amount", "").strip()
    cents = pages_format.read_cents(said) if said else 0
    if cents is None or cents > TOPUP_MAX_CENTS:
        return _start(here, 422, {"amount": here.text("form.not_an_amount")})
    if not form.get("tap"):
        return _start(here, 422, {"tap": here.text("enrol.no_tap")})
    try:
        with here.office.changing(here.principal.account) as change:
            there = first_steps.standing(change.tx)
            if there.machine is None:
                return go("/start")
            new = NewMember(name=form.get("name", ""), books=there.machine.books, language=here.lang)
            key = people.create_member(change, here.office.vault, new)
            badges.enrol_from_tap(change, form["tap"], key, speed=here.office.speed)
            for training in there.machine.trainings:
                rights.grant(change, key, training)
            if cents:
                payer = people.member_row(change.tx, key)["account"]
                money.top_up(change, payer, cents, MeansOfPayment.CASH, "")
    except UserError as error:
        return _start(here, status_of(error), {"member": here.sentence(error)})
    return go("/start", "done.member_enrolled")


def _start(here: Visit, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        there = first_steps.standing(tx)
        names = here.office.vault.names(tx, [there.member] if there.member else [])
        return page(
            here,
            "start.html",
            status,
            errors=errors or {},
            there=there,
            channels=here.office.channels,
            controllers=[(row["id"], row["name"]) for row in there.controllers],
            member=names[there.member].name if there.member in names else "",
            taps=taps_shown(here),
            chosen=here.form.get("tap", ""),
            tiles=[] if there.machine is None else tile_views(here, tx, there.machine.id),
            **_wiring(here, tx, there),
        )


def _wiring(here: Visit, tx: Any, there: Standing) -> dict[str, Any]:  # noqa: ANN401 - a connection
    """Return what is heard of the machine's controller, its relay and its reader."""
    key = "" if there.machine is None else there.machine.id
    tile = here.office.board.snapshot().get(key, Tile(machine=key))
    on = None if there.machine is None else there.machine.controller
    heard = [row["heard_at"] for row in there.controllers if row["id"] == on and row["heard_at"] is not None]
    in_touch = bool(heard) and here.now_ms - max(heard) < LATE_MS
    read = badges.unknown_taps(tx, here.now_ms, here.office.speed)
    return {
        "controller": on or "",
        "in_touch": in_touch,
        "relay": {"OFF": "off", "ON": "on"}.get(tile.relay or "", "unknown"),
        "reader": tile.reader if tile.reader and f"reader.{tile.reader}" in here.known_texts else "",
        "read_at": max((tap["seen_at"] for tap in read), default=None),
        "wired": in_touch and tile.relay == "OFF" and (bool(read) or there.member is not None),
    }
