"""A lost badge is replaced in one step, and nothing of its history is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from controller.office.directory import badges
from controller.office.directory.entries import snapshot
from tests.pages.house import NOW, House, founded, send


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office, whose stories follow each other."""
    made = founded(tmp_path_factory.mktemp("lost"))
    yield made
    made.office.store.close()


def held(house: House) -> list[tuple[str, str]]:
    """Zoé's badges: status and label, the oldest first."""
    with house.office.store.read() as tx:
        return [(row["status"], row["label"]) for row in badges.badges_of(tx, house.members["zoe"]) if not row["to_at"]]


def told(house: House) -> dict[str, str]:
    """What came down to the floor of each badge."""
    with house.office.store.read() as tx:
        return {
            each.key: str(each.body["status"])
            for each in snapshot(tx)
            if isinstance(each.body, dict) and each.kind == "badge"
        }


def test_a_tap_that_is_too_old_changes_nothing(house: House) -> None:
    """Both or neither: the lost badge is not blocked by an action that gave no new one."""
    zoe = house.members["zoe"]
    with house.office.store.read() as tx:
        (lost,) = badges.badges_of(tx, zoe)
    path = f"/members/{zoe}/badges/{lost['id']}/replace"
    tap = house.unknown_tap()
    house.clock[0] = NOW + 3_600_000
    late = send(house.browser("fabmanager"), path, path, tap=tap)
    house.clock[0] = NOW

    assert late.status_code == 409
    assert "trop ancien" in late.text
    assert send(house.browser("fabmanager"), path, path).status_code == 422
    assert held(house) == [("active", "carte blanche")]


def test_the_old_badge_is_blocked_and_the_new_one_given_in_one_step(house: House) -> None:
    """It stays the member's, so its uses do too; the new one takes its label; the floor hears of both."""
    zoe = house.members["zoe"]
    with house.office.store.read() as tx:
        (lost,) = badges.badges_of(tx, zoe)
    path = f"/members/{zoe}/badges/{lost['id']}/replace"

    answer = send(house.browser("fabmanager"), path, path, tap=house.unknown_tap("ef" * 32))

    assert answer.headers["Location"] == f"/members/{zoe}?done=done.replaced"
    assert held(house) == [("blocked", "carte blanche"), ("active", "carte blanche")]
    assert told(house) == {"ab" * 32: "blocked", "ef" * 32: "active"}


def test_a_program_replaces_one_too_and_a_badge_of_somebody_else_is_refused(house: House) -> None:
    """The desk's door; the page of a member knows their own badges alone."""
    desk, zoe, marc = house.browser("fabmanager"), house.members["zoe"], house.members["marc"]
    csrf = {"X-CSRF-Token": desk.get("/api/v1/session").json()["csrf"]}
    with house.office.store.read() as tx:
        lost = badges.badges_of(tx, zoe)[-1]["id"]

    elsewhere = desk.get(f"/members/{marc}/badges/{lost}/replace").status_code
    body = {"tap": house.unknown_tap("0f" * 32), "label": "porte-clés"}
    made = desk.post(f"/api/v1/badges/{lost}/replace", json=body, headers=csrf)

    assert (elsewhere, made.status_code) == (404, 201)
    assert held(house)[1:] == [("blocked", "carte blanche"), ("active", "porte-clés")]
    assert house.browser("trainer").get(f"/members/{zoe}/badges/{lost}/replace").status_code == 403
