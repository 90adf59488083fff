"""The web application of one office: doors, headers, errors, in one place."""

from __future__ import annotations

from importlib import metadata
from typing import TYPE_CHECKING

from fastapi import FastAPI

from controller.office.web import api, pages
from controller.office.web.problems import handle_errors
from controller.office.web.shield import Shield

if TYPE_CHECKING:
    from controller.office.office import Office

OPENAPI_PATH = "/api/openapi.json"


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
    app.include_router(api.router())
    app.include_router(pages.router_for(office))
    app.add_middleware(Shield)
    return app
