"""One's own account: where one is signed in, the second factor, tokens for programs.

House rules: a secret, a recovery code and a token are shown on the answer to the form that made them, and never again.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office import account_sessions, api_tokens, second_factor
from controller.office.accounts import Role
from controller.office.web import doors
from controller.office.web.auth import ROLE_NAMES, check_own_token, check_person, cookie_of
from controller.office.web.pages_frame import PageRoute, Visit, go, page, visit_by
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

OwnAccount = Annotated[Visit, Depends(visit_by(doors.OwnAccount))]

HERE = "/account"


@router.get("/account")
def show_account(here: OwnAccount) -> Response:
    """Show one's own sessions, second factor and tokens."""
    return _account(here)


@router.post("/account/sessions/{key}/end")
def end_session(here: OwnAccount, key: str) -> Response:
    """End one of one's own sessions."""
    with here.office.changing(here.principal.account) as change:
        account_sessions.end_session(change, here.principal.account, key)
    return go(HERE, "done.session_ended")


@router.post("/account/second-factor")
def begin_second_factor(here: OwnAccount) -> Response:
    """Show the secret for the telephone, and ask for a code of it."""
    who = here.principal
    with here.office.changing(who.account) as change:
        secret = second_factor.begin(change, here.office.vault, who.account)
    address = second_factor.address_of(secret, who.login, here.office.title)
    return _account(here, secret=secret, address=address)


@router.post("/account/second-factor/confirm")
def confirm_second_factor(here: OwnAccount) -> Response:
    """Put the second factor in place and show the recovery codes."""
    try:
        with here.office.changing(here.principal.account) as change:
            account, typed = here.principal.account, here.form.get("code", "")
            codes = second_factor.confirm(change, here.office.vault, account, typed)
    except UserError as error:
        return _account(here, status_of(error), {"code": here.sentence(error)})
    return _account(here, codes=codes)


@router.post("/account/second-factor/remove")
def remove_second_factor(here: OwnAccount) -> Response:
    """Take the second factor away, with a code of it."""
    try:
        with here.office.changing(here.principal.account) as change:
            account, typed = here.principal.account, here.form.get("code", "")
            second_factor.remove_with(change, here.office.vault, account, typed)
    except UserError as error:
        return _account(here, status_of(error), {"code": here.sentence(error)})
    return go(HERE, "done.second_factor_off")


@router.post("/account/tokens")
def add_token(here: OwnAccount) -> Response:
    """Make a token for a program with some of one's own roles, and show it."""
    roles = [role for role in Role if here.form.get(f"role.{role}") == "yes"]
    days = here.form.get("days", "").strip()
    try:
        check_person(here.principal)
        check_own_token(here.principal, roles)
        with here.office.changing(here.principal.account) as change:
            _, token = api_tokens.create_token(
                change,
                here.form.get("label", ""),
                roles,
                days=int(days) if days.isdecimal() and len(days) <= len(str(api_tokens.DAYS_MAX)) else 0,
                read_only=here.form.get("changes") != "yes",
            )
    except UserError as error:
        return _account(here, status_of(error), {"label": here.sentence(error)})
    return _account(here, token=token)


@router.post("/account/tokens/{key}/revoke")
def revoke_token(here: OwnAccount, key: str) -> Response:
    """End one of one's own tokens."""
    with here.office.changing(here.principal.account) as change:
        api_tokens.revoke_own_token(change, key)
    return go(HERE, "done.token_ended")


def _account(here: Visit, status: int = 200, errors: dict[str, str] | None = None, **fresh: Any) -> Response:  # noqa: ANN401
    who = here.principal
    with here.office.store.read() as tx:
        return page(
            here,
            "account.html",
            status,
            errors=errors or {},
            sessions=account_sessions.sessions_of(tx, who.account, here.now_ms, cookie_of(here.request)),
            tokens=[
                each
                for each in api_tokens.tokens_of(tx, who.account)
                if each["revoked_at"] is None and each["expires_at"] > here.now_ms
            ],
            second=second_factor.state_of(tx, who.account),
            paper=second_factor.codes_left(tx, who.account),
            roles=[(role, ROLE_NAMES[role].text(here.lang)) for role in Role if who.has(role)],
            named=lambda held: ", ".join(ROLE_NAMES[Role(each)].text(here.lang) for each in held.split(",")),
            **{"secret": "", "address": "", "codes": [], "token": "", **fresh},
        )
