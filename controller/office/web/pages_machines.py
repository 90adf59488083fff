"""A machine's page: price, rules, trainings and who has them, lock-outs, uses; stopping a use."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from controller.errors import UserError
from controller.office import asking, overview, packs, sessions
from controller.office.commands import ask_stop
from controller.office.directory import access, machines, maintenance
from controller.office.directory.machines import MachineView
from controller.office.directory.policies import Policy
from controller.office.machine_hours import hours_of
from controller.office.web import doors, pages_format, price_words
from controller.office.web.api_machines import DANGER
from controller.office.web.pages_board import Anyone, tile_views
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Reporters = Annotated[Visit, Depends(visit_by(doors.Reporters))]
Keepers = Annotated[Visit, Depends(visit_by(doors.Keepers))]

SESSIONS_SHOWN = 50


@router.get("/machines")
def show_machines(here: Anyone) -> Response:
    """List the machines."""
    with here.office.store.read() as tx:
        listed = sorted(machines.machine_views(tx), key=lambda view: view.name.casefold())
    return page(here, "machines.html", machines=listed)


@router.get("/machines/{key}")
def show_machine(here: Anyone, key: str, time: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show one machine; who is a member may ask here whether so long a use fits the balance."""
    return _machine(here, key, asked=time)


@router.get("/machines/{key}/tile")
def show_tile(here: Anyone, key: str) -> Response:
    """Return its tile alone, for the page that is open."""
    with here.office.store.read() as tx:
        return page(here, "_tiles.html", tiles=tile_views(here, tx, key))


@router.post("/machines/{key}/locks")
def set_lock(here: Keepers, key: str) -> Response:
    """Lock the machine out."""
    reason = here.form.get("reason", "").strip()
    if not reason:
        return _machine(here, key, 422, {"reason": here.text("form.needed")})
    try:
        with here.office.changing(here.principal.account) as change:
            machines.set_lock(change, key, reason, emergency=here.form.get("emergency") == "yes")
    except UserError as error:
        return _machine(here, key, status_of(error), {"reason": here.sentence(error)})
    return go(f"/machines/{key}", "done.locked")


@router.post("/machines/{key}/danger")
def report_danger(here: Reporters, key: str) -> Response:
    """Cut and lock a dangerous machine at once, whoever reports it."""
    reason = here.form.get("danger", "").strip() or DANGER
    try:
        with here.office.changing(here.principal.account) as change:
            machines.report_danger(change, key, reason)
    except UserError as error:
        return _machine(here, key, status_of(error), {"danger": here.sentence(error)})
    return go(f"/m/{key}" if here.form.get("from") == "m" else f"/machines/{key}", "done.danger")


@router.post("/machines/{key}/locks/{lock}/lift")
def lift_lock(here: Keepers, key: str, lock: str) -> Response:
    """Lift one lock by its id."""
    with here.office.changing(here.principal.account) as change:
        machines.lift_lock(change, lock)
    return go(f"/machines/{key}", "done.lifted")


@router.post("/machines/{key}/stop")
def stop(here: Keepers, key: str) -> Response:
    """Ask the floor to stop the use that this page showed."""
    try:
        with here.office.changing(here.principal.account) as change:
            command = ask_stop(change, here.form.get("session", ""))
    except UserError as error:
        return _machine(here, key, status_of(error), {"session": here.sentence(error)})
    here.office.send_command(command)
    return go(f"/machines/{key}", "done.stop_asked")


@router.post("/machines/{key}/maintenance/{plan}/done")
def note_done(here: Keepers, key: str, plan: str) -> Response:
    """Record that a piece of maintenance was done now."""
    with here.office.changing(here.principal.account) as change:
        maintenance.note_done(change, key, plan, here.form.get("note", ""))
    return go(f"/machines/{key}", "done.maintained")


def _machine(
    here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None, asked: str = ""
) -> Response:
    office = here.office
    with office.store.read() as tx:
        view = machines.machine_view(tx, key)
        named = {row["id"]: row["name"] for row in machines.trainings(tx)}
        return page(
            here,
            "machine.html",
            status,
            view=view,
            errors=errors or {},
            tiles=tile_views(here, tx, key),
            policy=policy_lines(here, view),
            **price_said(here, tx, view),
            plan_lines=_plan_lines(here, tx, view),
            asked=asked,
            answer=would_fit(here, tx, key, asked),
            hours=hours_of(tx, key),
            plans=[{**plan, "left": left_of(here, plan)} for plan in maintenance.plans_of(tx, key, here.now_ms)],
            trainings=[named.get(each, each) for each in view.trainings],
            mine=access_said(here, tx, view),
            trained=_trained(here, tx, view) if here.may(doors.Readers) else [],
            sessions=sessions.ended_sessions(tx, machine=key, limit=SESSIONS_SHOWN) if here.may(doors.Till) else [],
            use=next((use for use in sessions.open_sessions(tx) if use["machine"] == key), None),
        )


def _plan_lines(here: Visit, tx: Any, view: MachineView) -> list[str]:  # noqa: ANN401 - a connection
    """Say which minutes are sold or included for this machine."""
    names = {each.id: each.name for each in machines.machine_views(tx)}
    offered = [each for each in packs.plans_of(tx, view.books) if not each.machines or view.id in each.machines]
    return [price_words.plan_line(each, names, here.lang) for each in offered]


def price_said(here: Visit, tx: Any, view: MachineView) -> dict[str, Any]:  # noqa: ANN401 - a connection
    """Say a price of offers in words, and which of them is the visitor's now where they may differ."""
    price, member = view.price, here.principal.member
    if price is None or not price.offers:
        return {"price_lines": [], "my_price": []}
    mine = [] if member is None or len(price.offers) == 1 else [asking.price_for(tx, price, member, here.now_ms)]
    return {
        "price_lines": price_words.price_lines(price, here.lang),
        "my_price": [price_words.component_line(each, here.lang) for own in mine for each in own.components]
        or [here.text("machine.free")] * len(mine),
    }


def would_fit(here: Visit, tx: Any, key: str, asked: str) -> str:  # noqa: ANN401 - a connection
    """Say whether so long a use would fit the visitor's balance; nothing where nobody asked."""
    member = here.who.member if here.who is not None else None
    if member is None or not asked:
        return ""
    seconds = pages_format.read_duration(asked, 3600)
    if not seconds:
        return here.text("fits.unread")
    try:
        told = asking.would_fit(tx, key, member, seconds, here.now_ms)
    except UserError as error:
        return here.sentence(error)
    return here.text(
        "fits.yes" if told.fits else "fits.no",
        duration=pages_format.duration(seconds, here.lang),
        amount=pages_format.euros(told.cents, here.lang),
        longest=pages_format.duration(told.longest_s, here.lang),
        reason=here.text(f"limit.{told.ends_by}"),
    )


def policy_lines(here: Visit, view: MachineView) -> list[str]:
    """Say in sentences what the machine demands and how it ends a use."""
    policy, lang = view.policy, here.lang
    if policy.pulse_s:
        opens = here.text("policy.door", duration=pages_format.duration(policy.pulse_s, lang))
        return [here.text(f"policy.{policy.in_service}"), opens, here.text(f"policy.clock_{policy.without_clock}")]
    lines = [
        here.text(f"policy.{policy.in_service}"),
        here.text("policy.max_duration", duration=pages_format.duration(policy.max_duration_s, lang)),
        here.text(f"policy.end_{policy.end_policy}", duration=pages_format.duration(policy.finish_max_s, lang)),
        here.text(f"policy.stop_{policy.stop_tap}"),
        here.text(f"policy.clock_{policy.without_clock}"),
        here.text(f"policy.exit_{policy.on_process_exit}"),
    ]
    if policy.bookings != "ignore":
        lines.append(here.text(f"policy.bookings_{policy.bookings}"))
    if policy.no_show_s:
        lines.append(here.text("policy.no_show", duration=pages_format.duration(policy.no_show_s, lang)))
    if policy.least_proof != "number":
        lines.append(here.text(f"policy.proof_{policy.least_proof}"))
    if policy.on_the_spot != "no":
        lines.append(here.text(f"policy.spot_{policy.on_the_spot}"))
    lines[3:3] = _bounds(here, policy)
    if policy.extend_s and policy.extended_max_s > policy.max_duration_s:
        added, longest = (pages_format.duration(each, lang) for each in (policy.extend_s, policy.extended_max_s))
        lines.insert(2, here.text("policy.extend", duration=added, longest=longest))
    if policy.minimum_start_cents:
        lines.insert(1, here.text("policy.minimum", amount=pages_format.euros(policy.minimum_start_cents, lang)))
    return lines


def _bounds(here: Visit, policy: Policy) -> list[str]:
    """Say what else may bound a use."""
    lines = []
    if policy.person_day_max_s:
        day = pages_format.duration(policy.person_day_max_s, here.lang)
        lines.append(here.text("policy.day", duration=day))
    if policy.stop_on_revoked:
        lines.append(here.text("policy.revoked"))
    if policy.uses_at_once_max:
        lines.append(here.text("policy.at_once", count=policy.uses_at_once_max))
    if policy.after_power_loss == "acknowledge":
        lines.append(here.text("policy.acknowledge"))
    if policy.cool_down_s:
        stays = pages_format.duration(policy.cool_down_s, here.lang)
        lines.append(here.text("policy.cool_down", duration=stays))
    if policy.hand_over == "yes":
        lines.append(here.text("policy.hand_over"))
    if policy.running_above_w:
        lines.append(here.text("policy.running", above=policy.running_above_w, below=policy.running_below_w))
    if policy.idle_end_s:
        lines.append(here.text("policy.idle_end", duration=pages_format.duration(policy.idle_end_s, here.lang)))
    return lines


def left_of(here: Visit, plan: dict[str, Any]) -> str:
    """Say what is left of a plan, its hours, uses and days; an overdue one has nothing left of what it passed."""
    left = []
    if plan["left_s"] is not None:
        left.append(pages_format.duration(max(0, plan["left_s"]), here.lang))
    if plan["left_uses"] is not None:
        left.append(here.text("maintenance.uses", count=max(0, plan["left_uses"])))
    if plan["left_days"] is not None:
        left.append(here.text("maintenance.days", count=max(0, plan["left_days"])))
    return " · ".join(left)


def access_said(here: Visit, tx: Any, view: MachineView) -> dict[str, Any] | None:  # noqa: ANN401 - a connection
    """What whoever looks at the page lacks for this machine; nothing for who is no member, or where nobody starts."""
    member = here.principal.member
    if member is None or view.controller is None:
        return None
    return access.access_of(tx, here.office.vault, member, view.id, here.now_ms)


def _trained(here: Visit, tx: Any, view: MachineView) -> list[dict[str, Any]]:  # noqa: ANN401 - a connection
    found = overview.trained_people(tx, view.trainings, here.now_ms)
    names = here.office.vault.names(tx, [member for member, _, _ in found])
    people = {
        member: {"member": member, "name": names[member].name, "until_at": until_at}
        for member, _, until_at in found
        if member in names
    }
    return sorted(people.values(), key=lambda each: str(each["name"]).casefold())
