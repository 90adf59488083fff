"""The web application of one office: doors, headers, errors, in one place."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from controller.exchange import asyncapi
from controller.office.web import api, pages
from controller.office.web.pages_frame import refused_page
from controller.office.web.problems import answer_http, handle_errors
from controller.office.web.shield import Shield

if TYPE_CHECKING:
    from controller.office.office import Office

OPENAPI_PATH = "/api/openapi.json"
ASYNCAPI_PATH = "/api/asyncapi.json"


def create_app(office: Office) -> FastAPI:
    """Return the application; it holds no state but the office's."""
    app = FastAPI(
        title=office.title,
        version=metadata.version("indivis"),
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
    )
    app.state.office = office
    handle_errors(app)
    app.add_exception_handler(HTTPException, _nothing_there)
    app.add_route(ASYNCAPI_PATH, _public_tree)
    app.include_router(api.router())
    app.include_router(pages.router_for(office))
    app.add_middleware(Shield)
    return app


async def _public_tree(_request: Request) -> Response:
    """Answer what the machines publish, for tools: nothing in it is of this office."""
    return Response(asyncapi.as_text(metadata.version("indivis")), media_type="application/json")


async def _nothing_there(request: Request, error: Exception) -> Response:
    """Answer an address that is none of ours: people read a page, programs and files a problem document."""
    if request.url.path.startswith(("/api/", "/static/")) or "text/html" not in request.headers.get("Accept", ""):
        return await answer_http(request, error)
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    return await refused_page(request, error.status_code)
