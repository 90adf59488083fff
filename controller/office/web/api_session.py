"""Signing in and out, the first administrator, accounts, tokens."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from controller.office import accounts, api_tokens
from controller.office.accounts import Principal
from controller.office.refusals import no_such
from controller.office.web.auth import (
    attempt_of,
    check_own_token,
    check_person,
    clear_session_cookie,
    cookie_of,
    set_session_cookie,
)
from controller.office.web.doors import Admins, Anyone, OwnAccount, TheOffice
from controller.office.web.schemas import Created, Page
from controller.office.web.schemas_accounts import AccountIn, Session, SetUp, SignInWithCode, TokenIn, TokenOut

router = APIRouter(tags=["session"])


@router.post("/session")
def sign_in(body: SignInWithCode, request: Request, response: Response, office: TheOffice) -> Session:
    """Sign in: sets the session cookie and returns the CSRF token."""
    tried = attempt_of(request, body.login, body.password, body.code)
    signed = accounts.sign_in(office.store, office.now_ms(), tried, office.vault)
    set_session_cookie(response, request, signed)
    with office.store.read() as tx:
        principal = accounts.by_session(tx, signed.cookie, office.now_ms())
    if principal is None:
        raise no_such("la session", "session", "")
    return _session(principal)


@router.post("/setup", status_code=HTTPStatus.CREATED)
def set_up(body: SetUp, office: TheOffice) -> Created:
    """Make the first administrator with the code that the program printed; closed ever after."""
    with office.changing("setup") as change:
        return Created(id=accounts.claim_setup(change, body.code, body.login, body.password))


@router.get("/session")
def who_am_i(principal: OwnAccount) -> Session:
    """Tell who is signed in."""
    return _session(principal)


@router.delete("/session", status_code=HTTPStatus.NO_CONTENT)
def sign_out(request: Request, response: Response, office: TheOffice, principal: OwnAccount) -> None:
    """End this session."""
    if (cookie := cookie_of(request)) is not None:
        with office.changing(principal.account) as change:
            accounts.sign_out(change, cookie)
    clear_session_cookie(response, request)


@router.get("/accounts")
def list_accounts(office: TheOffice, _: Admins) -> Page:
    """List the accounts of the web door."""
    with office.store.read() as tx:
        return Page(items=accounts.web_accounts(tx))


@router.post("/accounts", status_code=HTTPStatus.CREATED)
def add_account(body: AccountIn, office: TheOffice, principal: Admins) -> Created:
    """Add an account."""
    with office.changing(principal.account) as change:
        key = accounts.create_web_account(
            change,
            body.login,
            body.password,
            body.roles,
            member=body.member,
            party=body.party,
            language=body.language,
        )
    return Created(id=key)


@router.post("/accounts/{key}/disable", status_code=HTTPStatus.NO_CONTENT)
def disable_account(key: str, office: TheOffice, principal: Admins) -> None:
    """Shut an account out; its sessions and tokens end at once."""
    with office.changing(principal.account) as change:
        accounts.set_disabled(change, key, disabled=True)


@router.get("/tokens")
def list_tokens(office: TheOffice, principal: OwnAccount) -> Page:
    """List one's own tokens."""
    with office.store.read() as tx:
        return Page(items=api_tokens.tokens_of(tx, principal.account))


@router.post("/tokens", status_code=HTTPStatus.CREATED)
def add_token(body: TokenIn, office: TheOffice, principal: OwnAccount) -> TokenOut:
    """Make a token with some of one's own roles; it is shown this once. A token makes no tokens."""
    check_person(principal)
    check_own_token(principal, body.roles)
    with office.changing(principal.account) as change:
        key, token = api_tokens.create_token(change, body.label, body.roles, days=body.days, read_only=body.read_only)
    return TokenOut(id=key, token=token)


@router.delete("/tokens/{key}", status_code=HTTPStatus.NO_CONTENT)
def end_token(key: str, office: TheOffice, principal: OwnAccount) -> None:
    """Revoke one of one's own tokens."""
    with office.changing(principal.account) as change:
        api_tokens.revoke_own_token(change, key)


@router.get("/events", response_class=StreamingResponse)
async def events(office: TheOffice, _: Anyone) -> StreamingResponse:
    """Follow what happens, as server-sent events; begins with `resync`."""
    return StreamingResponse(office.live.stream(), media_type="text/event-stream")


def _session(principal: Principal) -> Session:
    fields: dict[str, Any] = {name: getattr(principal, name) for name in Session.model_fields}
    return Session(**{**fields, "roles": sorted(principal.roles)})
