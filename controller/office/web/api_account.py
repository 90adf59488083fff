"""One's own sessions and second factor; other people's accounts, for administrators."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter, Request

from controller.office import account_sessions, accounts, second_factor
from controller.office.web.auth import check_person, cookie_of
from controller.office.web.doors import Admins, OwnAccount, TheOffice
from controller.office.web.schemas import Page
from controller.office.web.schemas_accounts import CodeIn, RecoveryCodes, RolesIn, SecondFactor

router = APIRouter(tags=["accounts"])


@router.get("/account/sessions")
def list_sessions(request: Request, office: TheOffice, principal: OwnAccount) -> Page:
    """List one's own open sessions; `current` is the one that asks."""
    with office.store.read() as tx:
        cookie = cookie_of(request)
        return Page(items=account_sessions.sessions_of(tx, principal.account, office.now_ms(), cookie))


@router.delete("/account/sessions/{key}", status_code=HTTPStatus.NO_CONTENT)
def end_session(key: str, office: TheOffice, principal: OwnAccount) -> None:
    """End one of one's own sessions, a forgotten one for example."""
    check_person(principal)
    with office.changing(principal.account) as change:
        account_sessions.end_session(change, principal.account, key)


@router.post("/account/second-factor", status_code=HTTPStatus.CREATED)
def begin_second_factor(office: TheOffice, principal: OwnAccount) -> SecondFactor:
    """Begin a second factor: the secret for the telephone, which counts once a code of it was sent to `confirm`."""
    check_person(principal)
    with office.changing(principal.account) as change:
        secret = second_factor.begin(change, office.vault, principal.account)
    return SecondFactor(secret=secret, address=second_factor.address_of(secret, principal.login, office.title))


@router.post("/account/second-factor/confirm")
def confirm_second_factor(body: CodeIn, office: TheOffice, principal: OwnAccount) -> RecoveryCodes:
    """Put the second factor in place; the recovery codes are shown this once."""
    check_person(principal)
    with office.changing(principal.account) as change:
        codes = second_factor.confirm(change, office.vault, principal.account, body.code)
    return RecoveryCodes(codes=codes)


@router.post("/account/second-factor/remove", status_code=HTTPStatus.NO_CONTENT)
def remove_second_factor(body: CodeIn, office: TheOffice, principal: OwnAccount) -> None:
    """Take one's own second factor away, with a code of it or a recovery code."""
    check_person(principal)
    with office.changing(principal.account) as change:
        second_factor.remove_with(change, office.vault, principal.account, body.code)


@router.get("/accounts/{key}/sessions")
def list_sessions_of(key: str, office: TheOffice, _: Admins) -> Page:
    """List the open sessions of an account."""
    with office.store.read() as tx:
        return Page(items=account_sessions.sessions_of(tx, key, office.now_ms()))


@router.delete("/accounts/{key}/sessions", status_code=HTTPStatus.NO_CONTENT)
def end_sessions_of(key: str, office: TheOffice, principal: Admins) -> None:
    """End every session of an account."""
    with office.changing(principal.account) as change:
        accounts.shut_sessions(change, key)


@router.delete("/accounts/{key}/second-factor", status_code=HTTPStatus.NO_CONTENT)
def remove_second_factor_of(key: str, office: TheOffice, principal: Admins) -> None:
    """Take the second factor of somebody away who lost telephone and paper."""
    check_person(principal)
    with office.changing(principal.account) as change:
        second_factor.remove(change, key)


@router.post("/accounts/{key}/enable", status_code=HTTPStatus.NO_CONTENT)
def enable_account(key: str, office: TheOffice, principal: Admins) -> None:
    """Let an account in again."""
    with office.changing(principal.account) as change:
        accounts.set_disabled(change, key, disabled=False)


@router.put("/accounts/{key}/roles", status_code=HTTPStatus.NO_CONTENT)
def set_roles(key: str, body: RolesIn, office: TheOffice, principal: Admins) -> None:
    """Replace an account's roles, from its next request on."""
    with office.changing(principal.account) as change:
        accounts.set_roles(change, key, body.roles)
