"""Every door of the office's web application, API and pages, with the action that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from fastapi.routing import APIRoute

from controller.office.web import api, pages
from controller.office.web.auth import Needs
from controller.office.web.doors import PREFIX
from controller.office.web.pages_frame import VisitBy
from controller.office.web.roles import Action

if TYPE_CHECKING:
    from fastapi import APIRouter

    from controller.office.office import Office


@dataclass(frozen=True, slots=True)
class Opening:
    """One method of one address; `action` is `None` where the route names none."""

    method: str
    path: str
    action: Action | None
    route: APIRoute = field(compare=False)

    @property
    def is_api(self) -> bool:
        """Whether a program asks here."""
        return self.path.startswith("/api/")


def every_door() -> list[Opening]:
    """Every door in the order of the routers, the panel of simulated readers too."""
    shown = pages.router_for(cast("Office", SimpleNamespace(demo=True)))
    routes = [(PREFIX, route) for part in api.PARTS for route in part.router.routes if isinstance(route, APIRoute)]
    routes += [("", route) for route in _within(shown)]
    return [
        Opening(method, prefix + route.path, _action(route), route)
        for prefix, route in routes
        for method in sorted(route.methods or ())
    ]


def _within(router: APIRouter) -> Iterator[APIRoute]:
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            yield from _within(cast("APIRouter", getattr(route, "original_router")))  # noqa: B009 - not in the types


def _action(route: APIRoute) -> Action | None:
    named = [each.call.action for each in route.dependant.dependencies if isinstance(each.call, Needs | VisitBy)]
    return named[0] if len(named) == 1 else None
