"""Who may do what, cell by cell: every door, page or API, is knocked at with every role."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from controller.office.accounts import Role
from controller.office.directory import bookings, people
from controller.office.web.auth import CSRF_HEADER
from controller.office.web.roles import OPEN_TO_STRANGERS, RULES, Action
from tests.office.every_door import Opening, every_door
from tests.office.workshop import Journal, Workshop
from tests.pages.house import NOW, House, founded
from tests.pages.knocking import Knocker
from tests.rules.role_book import PAGE, page

HOUR_MS = 3_600_000
WHO = {
    Role.MAKER: "maker",
    Role.TRAINER: "trainer",
    Role.MAINTAINER: "maintainer",
    Role.FABMANAGER: "fabmanager",
    Role.TREASURER: "treasurer",
    Role.CO_OWNER: "owner",
    Role.ADMIN: "admin",
    Role.SERVICE: "service",
}
LEFT_OUT = {("GET", "/api/v1/events"), ("DELETE", "/api/v1/session")}
"""A stream that does not end, and what ends the knocker's session; whoever is signed in may do both."""

FOR_ONESELF_ONLY = {("POST", "/machines/{key}/bookings")}
"""What nobody does for anybody else by this door, whatever they may by others."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Marc has a booking and a use; nobody who knocks is Marc."""
    made = founded(tmp_path_factory.mktemp("roles"), demo=True)
    marc, store = made.members["marc"], made.office.store
    with made.office.changing("tester") as change:
        made.members["booking"] = bookings.make(change, "laser", marc, NOW + HOUR_MS, NOW + 2 * HOUR_MS)
        account = people.member_row(change.tx, marc)["account"]
    shop = Workshop(Path(), store, made.office.vault, marc, account, NOW)
    journal = Journal(shop)
    journal.used(1, "kiln", 600)
    shop.told(journal)
    yield made
    store.close()


def address(house: House, door: Opening) -> str:
    """The door's address with Marc in it, and for the rest ids that nobody has."""
    marc = house.members["marc"]
    ids = {"booking": house.members["booking"], "machine": "laser", "n": "1", "wanted": "fr", "name": "app.css"}
    if door.path.startswith("/api/v1/bookings/"):
        ids["key"] = house.members["booking"]
    elif "/members/{key}" in door.path:
        ids["key"] = marc
    elif door.path.startswith("/api/v1/sessions/"):
        ids["key"] = "s-1"
    elif door.path.startswith("/machines/{key}/bookings"):
        ids["key"] = "laser"
    if door.path.endswith("{sort}"):
        ids["sort"] = "fec"
    path = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "nobody"), door.path)
    return path + ("?" + urlencode({"member": marc, "machine": "laser", "seconds": 60}) if door.is_api else "")


def body(house: House, door: Opening) -> dict[str, object] | None:
    """What is sent along: nothing that a form or a program would get far with, but whose booking it is."""
    if door.path == "/api/v1/members/{key}/wishes":
        return {"language": "fr"}
    if (door.method, door.path) == ("POST", "/api/v1/bookings"):
        hours = {"from_at": NOW + HOUR_MS, "until_at": NOW + 2 * HOUR_MS}
        return {"machine": "laser", "member": house.members["marc"], **hours}
    return None


def lockable() -> list[Opening]:
    """The doors that have a lock to try."""
    return [door for door in every_door() if door.action and (door.method, door.path) not in LEFT_OUT]


def is_let_in(role: Role, door: Opening) -> bool:
    """Whether the table lets a role in for somebody else."""
    named = door.action is not None and role in RULES[door.action].roles
    return named or (door.method, door.path) in FOR_ONESELF_ONLY


def wrongly_met(house: House, role: Role, doors: list[Opening]) -> list[tuple[Role, str, str, int]]:
    """Knock with a role; return where the answer is not what the table says."""
    wrong = []
    with Knocker(house, WHO[role]) as knocker:
        for door in doors:
            got = knocker.knock(door.method, address(house, door), body(house, door))
            refused = got in {401, 403} or (got == 303 and knocker.sent_to.startswith("/sign-in"))
            if refused is is_let_in(role, door) or got >= 500:
                wrong.append((role, door.method, door.path, got))
    return wrong


def test_every_door_names_its_action_or_why_it_is_open() -> None:
    """Deny by default: a new page or address of the API that names no action may not exist."""
    without = {(door.method, door.path) for door in every_door() if door.action is None}

    assert without == set(OPEN_TO_STRANGERS)
    assert set(RULES) == set(Action) == {door.action for door in every_door()} - {None}


def test_the_reference_of_roles_is_what_the_doors_say() -> None:
    """After a change of the table, or with a new door: `make rules`."""
    assert PAGE.read_text("utf-8") == page(), "run `make rules`"


def test_a_role_gets_in_where_the_table_says_and_nowhere_else(house: House) -> None:
    """Each door with one role that may and one that may not, another pair at the next; the long run asks them all."""
    pairs = {}
    for number, door in enumerate(lockable()):
        turned = [list(Role)[(number + each) % len(Role)] for each in range(len(Role))]
        pairs[door] = {
            next((role for role in turned if is_let_in(role, door) is wanted), None) for wanted in (True, False)
        }

    wrong = [each for role in Role for each in wrongly_met(house, role, [one for one in pairs if role in pairs[one]])]

    assert wrong == []


@pytest.mark.soak
@pytest.mark.parametrize("role", list(Role))
def test_every_cell_of_the_table_is_as_it_says(house: House, role: Role) -> None:
    """Every door with every role: who may is not refused for who they are, who may not gets 403."""
    assert wrongly_met(house, role, lockable()) == []


def test_a_stranger_gets_in_nowhere(house: House) -> None:
    """Programs are told 401, people are sent to sign in."""
    wrong = []
    with Knocker(house, None) as stranger:
        for door in every_door():
            if door.action is not None:
                got = stranger.knock(door.method, address(house, door), body(house, door))
                if got != 401 if door.is_api else (got, stranger.sent_to.partition("?")[0]) != (303, "/sign-in"):
                    wrong.append((door.method, door.path, got))

    assert wrong == []


def test_what_is_ones_own_is_open_to_everybody_for_themselves(house: House) -> None:
    """Zoé reads and sets of herself what she may not of Marc."""
    zoe, maker = house.members["zoe"], house.browser("maker")
    token = maker.get("/api/v1/session").json()["csrf"]
    own = [
        f"/members/{zoe}",
        *(f"/api/v1/members/{zoe}{each}" for each in ("", "/grants", "/credit", "/supervised-uses", "/access/laser")),
        f"/api/v1/members/{zoe}/fits?machine=laser&seconds=60",
        f"/api/v1/sessions?member={zoe}",
    ]
    times = {"from_at": NOW + 5 * HOUR_MS, "until_at": NOW + 6 * HOUR_MS}

    seen = {maker.get(path).status_code for path in own}
    spoken = maker.put(f"/api/v1/members/{zoe}/wishes", json={"language": "fr"}, headers={CSRF_HEADER: token})
    booked = maker.post(
        "/api/v1/bookings", json={"machine": "laser", "member": zoe, **times}, headers={CSRF_HEADER: token}
    )
    gone = maker.delete(f"/api/v1/bookings/{booked.json()['id']}", headers={CSRF_HEADER: token})

    assert seen == {200}
    assert (spoken.status_code, booked.status_code, gone.status_code) == (204, 201, 204)


@pytest.mark.parametrize("role", [Role.MAKER, Role.MAINTAINER, Role.CO_OWNER])
def test_a_menu_shows_only_what_opens(house: House, role: Role) -> None:
    """No link of the menu leads to a refusal, and what the role may read is there."""
    browser = house.browser(WHO[role])
    menu = re.search(r"<nav.*?</nav>", browser.get("/").text, re.DOTALL)
    assert menu
    links = re.findall(r'href="([^"]+)"', menu[0])

    answers = {link: browser.get(link).status_code for link in links}

    assert set(answers.values()) <= {200, 303}
    assert ("/members" in links) is (role in RULES[Action.READ_PEOPLE].roles)
    assert ("/agreements" in links) is (role in RULES[Action.OWN_TOGETHER].roles)
    assert ("/health" in links) is (role in RULES[Action.WATCH].roles)
