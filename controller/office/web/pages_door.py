"""Signing in and out, the first administrator, the language."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from starlette.responses import Response

from controller.errors import UserError
from controller.office import accounts
from controller.office.accounts import CodeNeededError, SignInError
from controller.office.web.auth import attempt_of, clear_session_cookie, cookie_of, set_session_cookie
from controller.office.web.pages_frame import (
    LANGUAGE_COOKIE,
    TEXT_COOKIE,
    PageRoute,
    Visit,
    go,
    local_path,
    page,
    visit,
)
from controller.office.web.problems import status_of

router = APIRouter(route_class=PageRoute)

Stranger = Annotated[Visit, Depends(visit)]
"""Anybody: these doors are how one gets in."""

_YEAR_S = 31_536_000


@router.get("/sign-in")
def show_sign_in(here: Stranger, next: str = "/") -> Response:  # noqa: A002 - the word in the address
    """Show the form."""
    return go("/") if here.who is not None else _sign_in(here, local_path(next))


@router.post("/sign-in")
def sign_in(here: Stranger) -> Response:
    """Begin a session, or say once for both fields that it was refused."""
    login, password, after = here.form.get("login", ""), here.form.get("password", ""), here.form.get("next", "/")
    office, remember = here.office, here.form.get("remember") == "yes"
    tried = attempt_of(here.request, login, password, here.form.get("code", ""), remember=remember)
    try:
        signed = accounts.sign_in(office.store, here.now_ms, tried, office.vault)
    except CodeNeededError as error:
        return _sign_in(here, local_path(after), status_of(error), {"code": here.sentence(error)})
    except SignInError as error:
        errors = {"password": here.sentence(error)}
        return _sign_in(here, local_path(after), status_of(error), errors)
    answer = go(local_path(after))
    set_session_cookie(answer, here.request, signed)
    return answer


def _sign_in(here: Visit, after: str, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    with here.office.store.read() as tx:
        first = accounts.is_setup_open(tx)
    return page(here, "sign_in.html", status, next=after, errors=errors or {}, first=first)


@router.post("/sign-out")
def sign_out(here: Stranger) -> Response:
    """End this session."""
    cookie = cookie_of(here.request)
    if here.who is not None and cookie is not None:
        with here.office.changing(here.who.account) as change:
            accounts.sign_out(change, cookie)
    answer = go("/sign-in")
    clear_session_cookie(answer, here.request)
    return answer


@router.get("/set-up")
def show_set_up(here: Stranger, code: str = "") -> Response:
    """Show the form for the first administrator; the code may stand in the address that the program printed."""
    return page(here, "set_up.html", form={"code": code[:100]})


@router.post("/set-up")
def set_up(here: Stranger) -> Response:
    """Make the first administrator and sign them in."""
    code, login, password = (here.form.get(name, "") for name in ("code", "login", "password"))
    try:
        with here.office.changing("setup") as change:
            accounts.claim_setup(change, code, login, password)
    except SignInError:
        return page(here, "set_up.html", 422, errors={"code": here.text("set_up.wrong_code")})
    except UserError as error:
        return page(here, "set_up.html", 422, errors={"password": here.sentence(error)})
    signed = accounts.sign_in(here.office.store, here.now_ms, attempt_of(here.request, login, password))
    answer = go("/start", "done.set_up")
    set_session_cookie(answer, here.request, signed)
    return answer


@router.get("/language/{wanted}")
def choose_language(here: Stranger, wanted: Literal["fr", "en"], next: str = "/") -> Response:  # noqa: A002 - as above
    """Remember the language in this browser and go back."""
    return _remembered(here, LANGUAGE_COOKIE, wanted, next)


@router.get("/text/{wanted}")
def choose_text(here: Stranger, wanted: Literal["larger", "usual"], next: str = "/") -> Response:  # noqa: A002 - as above
    """Remember in this browser how large the text is to be, and go back."""
    return _remembered(here, TEXT_COOKIE, wanted, next)


def _remembered(here: Visit, name: str, wanted: str, after: str) -> Response:
    answer = go(local_path(after))
    secure = here.request.url.scheme == "https"
    answer.set_cookie(name, wanted, max_age=_YEAR_S, path="/", secure=secure, httponly=True, samesite="lax")
    return answer
