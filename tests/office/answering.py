"""An office answered for by an application that all offices of a test run share, for building one takes long."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from controller.office.web.app import create_app

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

    from controller.office.office import Office


def answering(office: Office) -> ASGIApp:
    """The web application over this office; it holds no state but the office's."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        app = _application(demo=office.demo is not None)
        app.state.office = office
        await app(scope, receive, send)

    return serve


def description() -> dict[str, Any]:
    """What the application says of its API (OpenAPI)."""
    return _application(demo=True).openapi()


@cache
def _application(*, demo: bool) -> FastAPI:
    return create_app(cast("Office", SimpleNamespace(title="shared", demo=demo or None)))
