"""Everything that a page does, the API does."""

from __future__ import annotations

from controller.office.accounts import Role
from controller.office.web.auth import CSRF_HEADER
from controller.office.web.doors import PREFIX
from controller.office.web.roles import RULES
from controller.office.web.twins import PAGES_ONLY, TWINS
from tests.office.every_door import every_door
from tests.pages.house import House

DOORS = {(door.method, door.path): door for door in every_door()}


def test_every_form_of_a_page_has_its_twin_or_a_reason() -> None:
    """A form that no program could send would be found here."""
    forms = {door.path for door in DOORS.values() if door.method == "POST" and not door.is_api}

    assert forms == set(TWINS) | set(PAGES_ONLY)
    assert set(TWINS).isdisjoint(PAGES_ONLY)


def test_a_twin_is_there_and_open_to_whom_the_form_is_open() -> None:
    """Whoever may by the page may by the API."""
    missing, narrower = [], []
    for form, calls in TWINS.items():
        for method, path in calls:
            twin, page = DOORS.get((method, f"{PREFIX}{path}")), DOORS["POST", form]
            if twin is None:
                missing.append((form, method, path))
            elif page.action is not None and twin.action is not None:
                by_page, by_api = RULES[page.action], RULES[twin.action]
                if not set(by_page.roles) <= set(Role if by_api.own else by_api.roles):
                    narrower.append((form, method, path))

    assert (missing, narrower) == ([], [])


def test_a_trainings_machines_are_set_by_a_program(house: House) -> None:
    """As on the training's page: the list replaces the one before; a machine that is none is refused."""
    desk = house.browser("fabmanager")
    headers = {CSRF_HEADER: desk.get("/api/v1/session").json()["csrf"]}
    path = "/api/v1/trainings/laser-basics/machines"

    taken = desk.put(path, json={"machines": ["laser", "vinyl"]}, headers=headers)
    refused = desk.put(path, json={"machines": ["nowhere"]}, headers=headers)

    listed = {row["id"]: row["machines"] for row in desk.get("/api/v1/trainings").json()["items"]}
    assert (taken.status_code, refused.status_code) == (204, 404)
    assert sorted(listed["laser-basics"]) == ["laser", "vinyl"]
