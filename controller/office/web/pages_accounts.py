"""Everybody's accounts, for administrators: who has which roles, who is signed in, who is shut out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office import account_sessions, accounts, second_factor
from controller.office.accounts import Role
from controller.office.refusals import InvalidError
from controller.office.web import doors
from controller.office.web.auth import ROLE_NAMES
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Admins = Annotated[Visit, Depends(visit_by(doors.Admins))]

HERE = "/accounts"


@router.get("/accounts")
def show_accounts(here: Admins) -> Response:
    """Show every account."""
    return _accounts(here)


@router.post("/accounts")
def add_account(here: Admins) -> Response:
    """Add an account with its first password."""
    form = here.form
    roles = [role for role in Role if form.get(f"role.{role}") == "yes"]
    try:
        with here.office.changing(here.principal.account) as change:
            accounts.create_web_account(
                change,
                form.get("login", ""),
                form.get("password", ""),
                roles,
                member=form.get("member", "").strip() or None,
                party=form.get("party", "").strip() or None,
                language=here.lang,
            )
    except UserError as error:
        return _accounts(here, status_of(error), {"login": here.sentence(error)})
    return go(HERE, "done.account")


@router.post("/accounts/{key}")
def change_account(here: Admins, key: str) -> Response:
    """Shut an account out, let it in again, end its sessions, take its second factor away, or give it other roles."""
    wanted = here.form.get("do")
    try:
        with here.office.changing(here.principal.account) as change:
            match wanted:
                case "disable" | "enable":
                    if key == here.principal.account:
                        raise InvalidError(accounts.NOT_ONESELF)
                    accounts.set_disabled(change, key, disabled=wanted == "disable")
                case "no_second_factor":
                    second_factor.remove(change, key)
                case "roles":
                    given = [role for role in Role if here.form.get(f"role.{role}") == "yes"]
                    if key == here.principal.account and Role.ADMIN not in given:
                        raise InvalidError(accounts.NOT_ONESELF)
                    accounts.set_roles(change, key, given)
                case _:
                    accounts.shut_sessions(change, key)
    except UserError as error:
        return _accounts(here, status_of(error), {key: here.sentence(error)})
    return go(HERE, "done.account_changed")


def _accounts(here: Visit, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        rows = accounts.web_accounts(tx)
        return page(
            here,
            "accounts.html",
            status,
            errors=errors or {},
            accounts=[
                {
                    **row,
                    "held": row["roles"].split(","),
                    "sessions": len(account_sessions.sessions_of(tx, row["id"], here.now_ms)),
                    "second": second_factor.is_on(tx, row["id"]),
                }
                for row in rows
            ],
            roles=[(role.value, ROLE_NAMES[role].text(here.lang)) for role in Role],
        )
