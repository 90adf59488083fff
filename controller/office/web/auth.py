"""Who is asking, and whether this door is theirs.

House rules: a request is somebody's by a session cookie or a bearer token; what changes something needs the
session's CSRF token as well. A door opens for the roles it names and for administrators; no door is open by
default.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.concurrency import run_in_threadpool

from controller.errors import Language, Message, UserError
from controller.office.accounts import Attempt, Principal, Role, by_session
from controller.office.api_tokens import by_token, note_use
from controller.office.web.roles import RULES, Action, roles_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from controller.office.accounts import SignedIn
    from controller.office.office import Office

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "X-CSRF-Token"
COOKIE = "indivis"
SECURE_COOKIE = "__Host-indivis"
"""Browsers accept this name only over HTTPS and from this very host (RFC 6265bis § 4.1.3.2)."""


LANGUAGES: tuple[Language, Language] = ("fr", "en")

ROLE_NAMES: dict[Role, Message] = {
    Role.MAKER: Message("adhérent", "maker"),
    Role.TRAINER: Message("formateur", "trainer"),
    Role.MAINTAINER: Message("mainteneur", "maintainer"),
    Role.FABMANAGER: Message("fabmanager", "fabmanager"),
    Role.TREASURER: Message("trésorier", "treasurer"),
    Role.CO_OWNER: Message("co-indivisaire", "co-owner"),
    Role.ADMIN: Message("administrateur", "administrator"),
    Role.SERVICE: Message("programme", "service"),
}


class NotSignedInError(UserError):
    """Nobody is signed in, or no longer (401)."""


class ForbiddenError(UserError):
    """This is not theirs to do (403)."""


def office_of(request: Request) -> Office:
    """Return the office that this application serves."""
    return cast("Office", request.app.state.office)


async def the_office(request: Request) -> Office:
    """Return the office, as a dependency."""
    return office_of(request)


def address_of(request: Request) -> str:
    """Return the network address asked from, as far as it can be known."""
    return "" if request.client is None else request.client.host


def attempt_of(request: Request, login: str, password: str, code: str = "", *, remember: bool = False) -> Attempt:
    """Return what somebody typed to get in, with where they are and what browser they use."""
    browser = request.headers.get("User-Agent", "")
    address = address_of(request)
    return Attempt(login=login, password=password, code=code, address=address, browser=browser, remember=remember)


def cookie_of(request: Request) -> str | None:
    """Return the session cookie; over HTTPS only the one bound to this host."""
    return request.cookies.get(SECURE_COOKIE if request.url.scheme == "https" else COOKIE)


def set_session_cookie(response: Response, request: Request, signed: SignedIn) -> None:
    """Give the browser its session: not readable by scripts, not sent along from other sites."""
    secure = request.url.scheme == "https"
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        signed.cookie,
        max_age=signed.lasts_ms // 1_000,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, request: Request) -> None:
    """Take the session from the browser."""
    secure = request.url.scheme == "https"
    response.delete_cookie(SECURE_COOKIE if secure else COOKIE, path="/", secure=secure, httponly=True, samesite="lax")


async def asking(request: Request) -> Principal | None:
    """Return who is asking; `None` for a stranger. Does not check what they may do."""
    return await run_in_threadpool(_asking, request)


async def signed_in(
    principal: Annotated[Principal | None, Depends(asking)],
    request: Request,
    _cookie: Annotated[str | None, Depends(APIKeyCookie(name=COOKIE, auto_error=False))] = None,
    _bearer: Annotated[object, Depends(HTTPBearer(auto_error=False))] = None,
) -> Principal:
    """Return who is asking; raise `NotSignedInError` for a stranger, `ForbiddenError` for a change without
    CSRF token.
    """
    if principal is None:
        raise NotSignedInError(
            Message("personne n'est connecté", "nobody is signed in"),
            cure=Message("connectez-vous", "sign in"),
        )
    if request.method not in SAFE_METHODS:
        if principal.read_only:
            raise ForbiddenError(Message("ce jeton ne fait que lire", "this token only reads"))
        if principal.csrf is not None:
            check_csrf(principal, request.headers.get(CSRF_HEADER, ""))
    return principal


def check_csrf(principal: Principal, given: str) -> None:
    """Raise `ForbiddenError` unless `given` belongs to the session that asks (pages hand in their form's
    field).
    """
    if principal.csrf is None or not secrets.compare_digest(principal.csrf.encode(), given.encode()):
        raise ForbiddenError(
            Message("la demande ne vient pas de nos pages", "the request does not come from our pages"),
            cure=Message("rechargez la page", "load the page again"),
        )


def check_person(principal: Principal) -> None:
    """Raise `ForbiddenError` for a token: what opens doors is made and taken away by people."""
    if principal.csrf is None:
        raise ForbiddenError(Message("un jeton ne fait pas cela", "a token does not do this"))


def check_own_token(principal: Principal, roles: Iterable[Role]) -> None:
    """Raise `ForbiddenError` unless every role is held: a token has at most those of who makes it."""
    for role in roles:
        check_role(principal, role)


class Needs:
    """The lock of a door: opens for those who may do one action."""

    def __init__(self, action: Action) -> None:
        """Take what is done behind the door."""
        self.action = action

    async def __call__(self, principal: Annotated[Principal, Depends(signed_in)]) -> Principal:
        """Return who is asking; raise `ForbiddenError` when this is not theirs. What is open to everybody for
        themselves lets all in, and the handler asks `check_own`.
        """
        if not RULES[self.action].own:
            check_role(principal, *roles_for(self.action))
        return principal


def may(principal: Principal, action: Action) -> bool:
    """Tell whether somebody may do something for anybody."""
    return principal.has(*roles_for(action))


def check_own(principal: Principal, action: Action, member: str | None) -> None:
    """Raise `ForbiddenError` unless `member` is who asks, or they may do this for anybody."""
    if member is None or principal.member != member:
        check_role(principal, *roles_for(action))


def check_role(principal: Principal, *roles: Role) -> None:
    """Raise `ForbiddenError` unless one of `roles` is held."""
    if not principal.has(*roles):
        fr, en = (", ".join(ROLE_NAMES[role].text(lang) for role in roles) for lang in LANGUAGES)
        raise ForbiddenError(
            Message("votre compte ne permet pas cela", "your account does not allow this"),
            why=Message(f"il y faut l'un de ces rôles : {fr}", f"one of these roles is needed: {en}"),
        )


def _asking(request: Request) -> Principal | None:
    office, now_ms = office_of(request), office_of(request).now_ms()
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind:
        if kind.lower() != "bearer":
            return None
        with office.store.read() as tx:
            found = by_token(tx, token.strip(), now_ms)
        if found is not None and found[1]:
            with office.store.write() as tx:
                note_use(tx, token.strip(), now_ms)
        return None if found is None else found[0]
    cookie = cookie_of(request)
    if cookie is None:
        return None
    with office.store.read() as tx:
        return by_session(tx, cookie, now_ms)
