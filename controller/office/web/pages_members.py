"""Members: the list with its search, a new one, and one's page with trainings, credit, badges and uses.

House rules: a maker sees their own page and nothing on it that is not theirs to change; a badge is a label, never a
number.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.domain.ledger import MeansOfPayment
from controller.domain.lots import LotKind
from controller.domain.wishes import Wishes
from controller.errors import UserError
from controller.office import explaining, lots, money, overview, packs, sessions
from controller.office.directory import access, badges, machines, people, places, rights
from controller.office.directory.people import NewMember
from controller.office.store import new_id
from controller.office.web import doors, pages_format, price_words
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

OwnAccount = Annotated[Visit, Depends(visit_by(doors.OwnAccount))]
MemberReaders = Annotated[Visit, Depends(visit_by(doors.MemberReaders))]
Wishers = Annotated[Visit, Depends(visit_by(doors.Wishers))]
Readers = Annotated[Visit, Depends(visit_by(doors.Readers))]
Desk = Annotated[Visit, Depends(visit_by(doors.Desk))]
Trainers = Annotated[Visit, Depends(visit_by(doors.Trainers))]

MEMBERS_SHOWN = 100
"""Members on one page of the search; more are found by another letter."""

SESSIONS_SHOWN = 50

LEAST_YEAR, LAST_YEAR = 2000, 2100
"""A membership ends within these years; another one is a slip of the keyboard, and some have no next day."""

MEANS = (MeansOfPayment.CARD, MeansOfPayment.CASH, MeansOfPayment.TRANSFER, MeansOfPayment.CHEQUE)
"""How money is taken in at the desk."""


@router.get("/members")
def show_members(here: Readers, q: str = "") -> Response:
    """List the members whose name or e-mail holds every word of `q`."""
    found = listed(here, q, MEMBERS_SHOWN)
    return page(here, "members.html", members=found, q=q, more=len(found) == MEMBERS_SHOWN)


@router.get("/members/new")
def show_new(here: Desk, tap: str = "", q: str = "") -> Response:
    """Show the form for a new member, to whom an unknown badge may be given at once."""
    return _new(here, 200, {}, form={"name": q}, tap=tap)


@router.post("/members/new")
def create(here: Desk) -> Response:
    """Add a member, with the badge that was just tapped when the form names one."""
    form, tap = here.form, here.form.get("tap", "")
    try:
        until_at = _end_of(form.get("until", ""))
    except ValueError:
        return _new(here, 422, {"until": here.text("form.not_a_day")}, form=form, tap=tap)
    with here.office.store.read() as tx:
        known = overview.books_names(tx)
    if not known:
        return _new(here, 422, {"books": here.text("member.no_books")}, form=form, tap=tap)
    new = NewMember(
        name=form.get("name", ""),
        email=form.get("email", ""),
        books=form.get("books", next(iter(known))),
        membership_until_at=until_at,
        language="en" if form.get("language") == "en" else "fr",
    )
    try:
        people.checked_names(new.name, "")
        with here.office.changing(here.principal.account) as change:
            key = people.create_member(change, here.office.vault, new)
            if tap:
                badges.enrol_from_tap(change, tap, key, speed=here.office.speed)
    except UserError as error:
        wrong = "email" if new.name.strip() and "@" not in new.email and new.email else "name"
        return _new(here, status_of(error), {wrong: here.sentence(error)}, form=form, tap="")
    return go(f"/members/{key}", "done.member_enrolled" if tap else "done.member")


@router.get("/me")
def show_me(here: OwnAccount) -> Response:
    """Send a maker to their own page."""
    return go("/" if here.principal.member is None else f"/members/{here.principal.member}")


@router.get("/members/{key}")
def show_member(here: MemberReaders, key: str) -> Response:
    """Show a member to those who may read members, or to themselves."""
    here.require_own(doors.MemberReaders, key)
    return member_page(here, key)


@router.post("/members/{key}/status")
def set_status(here: Desk, key: str) -> Response:
    """Suspend a member or let them in again."""
    suspended = here.form.get("status") == "suspended"
    try:
        with here.office.changing(here.principal.account) as change:
            people.set_status(change, key, "suspended" if suspended else "active", here.form.get("reason", ""))
    except UserError as error:
        return member_page(here, key, status_of(error), {"reason": here.sentence(error)})
    return go(f"/members/{key}", "done.suspended" if suspended else "done.activated")


@router.post("/members/{key}/wishes")
def set_wishes(here: Wishers, key: str) -> Response:
    """Say how machines are to speak to a member: everybody for themselves, the desk for anybody."""
    here.require_own(doors.Wishers, key)
    form = here.form
    with here.office.changing(here.principal.account) as change:
        people.set_wishes(
            change,
            key,
            "en" if form.get("language") == "en" else "fr",
            Wishes(
                sound=form.get("always_sound") == "yes",
                spoken=form.get("spoken_messages") == "yes",
                large=form.get("larger_text") == "yes",
            ),
            longer_windows=form.get("longer_windows") == "yes",
        )
    return go(f"/members/{key}", "done.wishes")


@router.post("/members/{key}/audience")
def set_audience(here: Desk, key: str) -> Response:
    """Say for whom prices take a member."""
    try:
        with here.office.changing(here.principal.account) as change:
            people.set_audience(change, key, here.form.get("audience", ""))
    except UserError as error:
        return member_page(here, key, status_of(error), {"audience": here.sentence(error)})
    return go(f"/members/{key}", "done.audience")


@router.post("/members/{key}/grants")
def grant(here: Trainers, key: str) -> Response:
    """Grant a training."""
    try:
        with here.office.changing(here.principal.account) as change:
            rights.grant(change, key, here.form.get("training", ""))
    except UserError as error:
        return member_page(here, key, status_of(error), {"training": here.sentence(error)})
    return go(f"/members/{key}", "done.granted")


@router.post("/members/{key}/grants/{training}/revoke")
def revoke(here: Trainers, key: str, training: str) -> Response:
    """Take a training back."""
    with here.office.changing(here.principal.account) as change:
        people.member_row(change.tx, key)
        rights.revoke(change, key, training)
    return go(f"/members/{key}", "done.revoked")


@router.post("/members/{key}/badges/{badge}")
def change_badge(here: Desk, key: str, badge: str) -> Response:
    """Block a badge, let it open again, or take it back."""
    wanted = here.form.get("do")
    with here.office.changing(here.principal.account) as change:
        if wanted == "take_back":
            badges.take_back_badge(change, badge)
        else:
            badges.set_badge_blocked(change, badge, blocked=wanted == "block")
    done = {"block": "done.blocked", "take_back": "done.taken_back"}.get(wanted or "", "done.unblocked")
    return go(f"/members/{key}", done)


def listed(here: Visit, words: str, limit: int) -> list[dict[str, Any]]:
    """Return members by name with id, name, e-mail and status."""
    found = here.office.vault.search(here.office.store, words[:100], limit)
    with here.office.store.read() as tx:
        rows = {row["id"]: row for row in people.member_rows(tx, [key for key, _ in found], limit=limit)}
    return [
        {"id": key, "name": names.name, "email": names.email, "status": rows[key]["status"]}
        for key, names in found
        if key in rows
    ]


def member_page(here: Visit, key: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Show a member, with what is wrong beside its field."""
    own = here.principal.member == key
    sees_money = own or here.may(doors.MoneyReaders)
    with here.office.store.read() as tx:
        row = people.member_row(tx, key)
        names = here.office.vault.names(tx, [key]).get(key)
        trainings = {each["id"]: each["name"] for each in machines.trainings(tx)}
        grants = _grants(here, tx, key, trainings) if own or here.may(doors.RightsReaders) else []
        held = {each["training"] for each in grants if not each["expired"]}
        used = sessions.ended_sessions(tx, member=key, limit=SESSIONS_SHOWN) if sees_money else None
        return page(
            here,
            "member.html",
            status,
            row=row,
            errors=errors or {},
            wishes=own or here.may(doors.Wishers),
            why=row["suspended_reason"] if own or here.may(doors.Desk) else None,
            name=here.text("member.erased") if names is None else names.name,
            email="" if names is None else names.email,
            grants=grants,
            accesses=access.accesses_of(tx, here.office.vault, key, here.now_ms) if own else [],
            grantable=[(one, name) for one, name in trainings.items() if one not in held],
            badges=[b for b in badges.badges_of(tx, key) if b["to_at"] is None] if here.may(doors.Desk) else None,
            credit=money.account_state(tx, row["account"]) if sees_money else None,
            parts=lots.credit_of(tx, row["account"]) if sees_money else [],
            minutes=minutes_said(here, tx, row["account"]) if sees_money else [],
            plans=_plans(here, tx, row["account"]) if here.may(doors.Till) else [],
            pack_key=new_id("pk"),
            refundable=lots.refundable(tx, row["account"], here.now_ms) if here.may(doors.Till) else 0,
            lot_kinds=[(each.value, here.text(f"lot.{each.value}")) for each in LotKind],
            refund_key=new_id("rf"),
            entries=money.account_entries(tx, row["account"], SESSIONS_SHOWN) if sees_money else [],
            sessions=used,
            correctable=_correctable(here, tx, used or []) if here.may(doors.Till) else [],
            explained=_explained(here, tx, used or []),
            machines={view.id: view.name for view in machines.machine_views(tx)},
            means=[(each.value, here.text(f"means.{each.value}")) for each in MEANS],
            topup_key=new_id("p"),
        )


def minutes_said(here: Visit, tx: Any, payer: str) -> list[str]:  # noqa: ANN401 - a connection
    """Say what an account has left of packs, with their machines and last day."""
    names = {view.id: view.name for view in machines.machine_views(tx)}
    return [price_words.minutes_line(each, names, here.lang) for each in packs.minutes_of(tx, payer)]


def _plans(here: Visit, tx: Any, payer: str) -> list[tuple[str, str]]:  # noqa: ANN401 - a connection
    names = {view.id: view.name for view in machines.machine_views(tx)}
    sold = [each for each in packs.plans_of(tx, packs.books_of(tx, payer)) if not each.period]
    return [(each.id, price_words.plan_line(each, names, here.lang)) for each in sold]


def _correctable(here: Visit, tx: Any, used: list[dict[str, Any]]) -> list[tuple[str, str]]:  # noqa: ANN401
    names, lang = {view.id: view.name for view in machines.machine_views(tx)}, here.lang

    def said(use: dict[str, Any]) -> str:
        day, lasted = pages_format.day(use["ended_at"], lang), pages_format.duration(use["seconds"], lang)
        named = names.get(use["machine"], use["machine"])
        return " · ".join((named, day, lasted, pages_format.euros(use["gross_cents"], lang)))

    return [(each["id"], said(each)) for each in used if each["state"] == "posted" and each["seconds"]]


def _explained(here: Visit, tx: Any, used: list[dict[str, Any]]) -> dict[str, list[str]]:  # noqa: ANN401
    found = explaining.charges_of(tx, [each["id"] for each in used])
    return {key: price_words.charge_lines(priced, here.lang) for key, priced in found.items()}


def _grants(here: Visit, tx: Any, key: str, trainings: dict[str, str]) -> list[dict[str, Any]]:  # noqa: ANN401
    return [
        {
            "training": row["training"],
            "name": trainings.get(row["training"], row["training"]),
            "until_at": row["until_at"],
            "expired": row["until_at"] is not None and row["until_at"] <= here.now_ms,
            "arrived": None if row["revision"] is None else places.arrived_on(tx, row["revision"]),
        }
        for row in rights.grants_of(tx, key)
        if row["revoked_at"] is None
    ]


def _new(here: Visit, status: int, errors: dict[str, str], *, form: dict[str, str], tap: str) -> Response:
    with here.office.store.read() as tx:
        known = overview.books_names(tx)
    return page(here, "member_new.html", status, errors=errors, form={**form, "tap": tap}, tap=tap, books=known)


def _end_of(day: str) -> int | None:
    """Return the first instant after a day (`2027-03-05`); `None` for no day; raise `ValueError` for what is none."""
    if not day:
        return None
    if not LEAST_YEAR <= datetime.fromisoformat(day).year <= LAST_YEAR:
        raise ValueError(day)
    first = datetime.combine(datetime.fromisoformat(day).date() + timedelta(days=1), time(), pages_format.TIME_ZONE)
    return round(first.timestamp() * 1_000)
