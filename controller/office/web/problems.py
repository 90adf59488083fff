"""Errors as problem details (RFC 9457): what, why, what to do, in the reader's language; never a trace.

House rules: a refusal repeats no value that was sent in. What is our fault gets a number that the log has
too.
"""

from __future__ import annotations

import secrets
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from controller import logs
from controller.errors import IndivisError, Language, Message, OperatingError, UserError
from controller.office.accounts import CodeNeededError, SignInError
from controller.office.refusals import ConflictError, NotFoundError
from controller.office.web.auth import ForbiddenError, NotSignedInError

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request

PROBLEM = "application/problem+json"

_STATUS: tuple[tuple[type[IndivisError], HTTPStatus], ...] = (
    (NotSignedInError, HTTPStatus.UNAUTHORIZED),
    (CodeNeededError, HTTPStatus.UNAUTHORIZED),
    (ForbiddenError, HTTPStatus.FORBIDDEN),
    (NotFoundError, HTTPStatus.NOT_FOUND),
    (ConflictError, HTTPStatus.CONFLICT),
    (UserError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (OperatingError, HTTPStatus.SERVICE_UNAVAILABLE),
)

_log = logs.get("web")


def status_of(error: IndivisError) -> int:
    """Return the HTTP status of a refusal."""
    if isinstance(error, SignInError):
        return HTTPStatus.TOO_MANY_REQUESTS if error.wait_ms else HTTPStatus.UNAUTHORIZED
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def language_of(request: Request) -> Language:
    """Return English when the browser asks for it before French, else French."""
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        if part.strip().startswith(("fr", "en")):
            return "en" if part.strip().startswith("en") else "fr"
    return "fr"


def problem(status: int, title: str, detail: str | None = None, **more: Any) -> JSONResponse:  # noqa: ANN401 - JSON
    """Return a problem document."""
    body = {"type": "about:blank", "title": title, "status": int(status), **more}
    if detail:
        body["detail"] = detail
    return JSONResponse(body, status_code=int(status), media_type=PROBLEM)


def handle_errors(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    app.add_exception_handler(IndivisError, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(Exception, _failed)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, IndivisError)  # noqa: S101 - registered for this type only
    status, lang = status_of(error), language_of(request)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return await _failed(request, error)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        _log.info("a door stayed shut", status=int(status), path=request.url.path, method=request.method)
    answer = problem(status, error.what.text(lang), error.sentence(lang), code=type(error).__name__)
    if isinstance(error, SignInError) and error.wait_ms:
        answer.headers["Retry-After"] = str(error.wait_ms // 1_000 + 1)
    if status == HTTPStatus.UNAUTHORIZED:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="indivis"'
    return answer


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    fields = [{"field": ".".join(map(str, each["loc"])), "message": each["msg"]} for each in error.errors()]
    title = Message("la demande est mal formée", "the request is malformed").text(language_of(request))
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, title, errors=fields)


async def answer_http(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the framework refuses: no such address, a wrong method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    answer = problem(error.status_code, HTTPStatus(error.status_code).phrase)
    answer.headers.update(error.headers or {})  # what a wrong method may be instead (`Allow`, RFC 9110 § 15.5.6)
    return answer


async def _failed(request: Request, error: Exception) -> JSONResponse:
    incident = secrets.token_hex(4)
    trace = "".join(traceback.format_exception(error))  # text only: a rendering with variables would show names
    _log.error("a request failed", incident=incident, path=request.url.path, trace=trace)
    title = Message("erreur interne", "internal error").text(language_of(request))
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, title, incident=incident)
