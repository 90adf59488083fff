"""What strangers, programs and the wrong role are told: nothing, and no more than they need."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from controller.office.accounts import (
    ADDRESS_WAIT_MS,
    FREE_TRIES,
    LOGIN_WAIT_MS,
    SESSION_MS,
    Role,
    account_by_login,
    create_setup_code,
    set_disabled,
    set_password,
)
from controller.office.accounts_tables import web_account, web_session
from controller.office.web import api
from controller.office.web.auth import CSRF_HEADER, Needs, signed_in
from controller.office.web.doors import PREFIX
from controller.office.web.shield import BODY_MAX, HEADERS
from tests.office.door import PASSWORD, Door

OPEN_TO_STRANGERS = {("POST", f"{PREFIX}/session"), ("POST", f"{PREFIX}/setup")}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """The fictional workshop behind its web door."""
    door = Door.opened(tmp_path)
    yield door
    door.shop.store.close()


def routes() -> list[APIRoute]:
    """Every door of the API."""
    return [route for part in api.PARTS for route in part.router.routes if isinstance(route, APIRoute)]


def has_lock(route: APIRoute) -> bool:
    """Whether a route asks who is there before anything else."""
    return any(
        isinstance(dependency.call, Needs) or dependency.call is signed_in
        for dependency in route.dependant.dependencies
    )


def test_every_door_but_sign_in_and_set_up_has_a_lock() -> None:
    """Deny by default: a route that names no role may not exist (ASVS 8.2.1)."""
    without = {
        (method, f"{PREFIX}{route.path}") for route in routes() for method in route.methods or () if not has_lock(route)
    }

    assert len(routes()) > 40
    assert without == OPEN_TO_STRANGERS


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        (Role.MAKER, "GET", "/api/v1/members"),
        (Role.MAINTAINER, "GET", "/api/v1/members"),
        (Role.SERVICE, "GET", "/api/v1/members"),
        (Role.CO_OWNER, "GET", "/api/v1/members"),
        (Role.TREASURER, "POST", "/api/v1/members"),
        (Role.TRAINER, "POST", "/api/v1/machines/laser/locks"),
        (Role.MAINTAINER, "POST", "/api/v1/members/x/grants"),
        (Role.FABMANAGER, "POST", "/api/v1/reversals"),
        (Role.FABMANAGER, "GET", "/api/v1/accounts"),
        (Role.TREASURER, "GET", "/api/v1/unknown-taps"),
        (Role.MAKER, "POST", "/api/v1/sessions/s-1/stop"),
        (Role.MAKER, "GET", "/api/v1/members/m_someone-else/credit"),
    ],
)
def test_a_role_opens_only_its_own_doors(door: Door, role: Role, method: str, path: str) -> None:
    """Who lacks the role is told which one is needed and gets nothing else."""
    client = door.signed_in(role)

    answer = client.request(method, path, json={} if method == "POST" else None)

    assert (answer.status_code, answer.json()["code"]) == (403, "ForbiddenError")


def test_a_stranger_gets_a_problem_document(door: Door) -> None:
    """401 with a problem document, in the language asked for, and how to prove who one is."""
    stranger = door.stranger()

    answers = [stranger.get("/api/v1/members", headers={"Accept-Language": lang}) for lang in ("fr-FR", "en, fr")]

    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].headers["Content-Type"] == "application/problem+json"
    assert answers[0].headers["WWW-Authenticate"].startswith("Bearer")
    assert [answer.json()["title"] for answer in answers] == ["personne n'est connecté", "nobody is signed in"]


def test_a_change_without_the_csrf_token_is_refused(door: Door) -> None:
    """The cookie alone, which a browser sends along for anyone, changes nothing (ASVS 3.5.1)."""
    desk = door.signed_in(Role.FABMANAGER)
    token = desk.headers[CSRF_HEADER]
    codes = []
    for given in ("", "0" * 64, token):
        desk.headers[CSRF_HEADER] = given
        codes.append(desk.post("/api/v1/members", json={"name": "Léo", "books": "lab"}).status_code)

    assert codes == [403, 403, 201]


def test_a_session_ends_with_sign_out_time_password_and_account(door: Door) -> None:
    """Each of the four kills sessions at the server, whatever cookie is still around (ASVS 7.4.1, 7.4.2)."""
    clients = [door.signed_in(role) for role in (Role.TRAINER, Role.MAINTAINER, Role.TREASURER)]
    with door.shop.store.read() as tx:
        ids = {row.roles: row.id for row in tx.execute(select(web_account))}
    cookies = dict(clients[0].cookies)

    clients[0].delete("/api/v1/session")
    clients[0].cookies.update(cookies)
    with door.shop.changing() as change:
        set_password(change, ids["maintainer"], "another three words")
        set_disabled(change, ids["treasurer"], disabled=True)
    ended = [client.get("/api/v1/session").status_code for client in clients]
    late = door.signed_in(Role.FABMANAGER)
    door.shop.now_ms += SESSION_MS

    assert ended == [401, 401, 401]
    assert late.get("/api/v1/session").status_code == 401


def test_a_new_session_at_every_sign_in_and_only_hashes_stored(door: Door) -> None:
    """Session ids are fresh, long and not in the database (ASVS 7.2.3, 7.2.4)."""
    door.account("zoe", Role.MAKER)
    client = door.stranger()
    cookies = []
    for _ in range(2):
        client.post("/api/v1/session", json={"login": "zoe", "password": PASSWORD})
        cookies.append(client.cookies["indivis"])

    with door.shop.store.read() as tx:
        stored = set(tx.execute(select(web_session.c.hash)).scalars())

    assert cookies[0] != cookies[1]
    assert min(map(len, cookies)) >= 32
    assert stored.isdisjoint(cookies)


def test_the_cookie_is_for_this_host_only_and_not_for_scripts(door: Door) -> None:
    """HttpOnly and SameSite always; over HTTPS the name that browsers bind to the host (ASVS 3.3.1 to 3.3.4)."""
    door.account("zoe", Role.MAKER)
    body = {"login": "zoe", "password": PASSWORD}

    plain = door.stranger().post("/api/v1/session", json=body).headers["Set-Cookie"]
    secure = door.stranger().post("https://testserver/api/v1/session", json=body).headers["Set-Cookie"]

    assert plain.startswith("indivis=")
    assert secure.startswith("__Host-indivis=")
    assert all("HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in (plain, secure))
    assert "Secure" in secure


def test_wrong_passwords_cost_a_growing_wait_that_ends(door: Door) -> None:
    """After a few tries even the right password has to wait, for at most half a minute per login (ASVS 6.3.1)."""
    door.account("zoe", Role.MAKER)
    client = door.stranger()
    right, wrong = ({"login": "zoe", "password": word} for word in (PASSWORD, "not the right one"))

    codes = [client.post("/api/v1/session", json=wrong).status_code for _ in range(FREE_TRIES)]
    early = client.post("/api/v1/session", json=right)
    door.shop.now_ms += 1_000
    later = client.post("/api/v1/session", json=right)

    assert codes == [401] * FREE_TRIES
    assert (early.status_code, early.headers["Retry-After"]) == (429, "2")
    assert later.status_code == 200


def test_a_stranger_cannot_keep_a_member_out(door: Door) -> None:
    """However often a stranger fails for a login, its holder waits no longer than the limit."""
    door.account("zoe", Role.MAKER)
    stranger = door.stranger()
    for _ in range(12):
        stranger.post("/api/v1/session", json={"login": "zoe", "password": "guess after guess"})
        door.shop.now_ms += ADDRESS_WAIT_MS
    stranger.post("/api/v1/session", json={"login": "zoe", "password": "guess after guess"})
    door.shop.now_ms += LOGIN_WAIT_MS
    holder = door.stranger(address="192.0.2.7")

    assert holder.post("/api/v1/session", json={"login": "zoe", "password": PASSWORD}).status_code == 200


def test_an_unknown_login_is_answered_like_a_wrong_password(door: Door) -> None:
    """Nobody learns which logins exist."""
    door.account("zoe", Role.MAKER)

    answers = [
        door.stranger().post("/api/v1/session", json={"login": login, "password": "whatever it is"}).json()
        for login in ("zoe", "nobody")
    ]

    assert answers[0] == answers[1]


def test_there_is_no_default_account_and_set_up_closes_behind_the_first(door: Door) -> None:
    """Only the printed code makes the first administrator, once (ASVS 6.3.2)."""
    with door.shop.changing() as change:
        code = create_setup_code(change) or ""
    stranger = door.stranger()
    body = {"login": "admin", "password": PASSWORD}

    wrong = stranger.post("/api/v1/setup", json={**body, "code": "0" * 16}).status_code
    right = stranger.post("/api/v1/setup", json={**body, "code": code}).status_code
    again = stranger.post("/api/v1/setup", json={**body, "login": "second", "code": code}).status_code
    with door.shop.changing() as change:
        no_more = create_setup_code(change)

    assert (wrong, right, again, no_more) == (401, 201, 401, None)


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaa", "indivis-indivis", "zoe-fictive"])
def test_a_password_that_is_guessed_is_refused(door: Door, password: str) -> None:
    """Too short, one letter, our own name, the login itself."""
    admin = door.signed_in(Role.ADMIN)

    answer = admin.post("/api/v1/accounts", json={"login": "zoe-fictive", "password": password, "roles": ["maker"]})

    assert answer.status_code == 422
    assert password not in answer.text


def test_a_token_opens_what_it_was_made_for_until_it_ends(door: Door) -> None:
    """A read-only token reads; revoked, expired or for a role its maker lacks, it opens nothing."""
    desk = door.signed_in(Role.FABMANAGER)
    made = desk.post("/api/v1/tokens", json={"label": "board", "roles": ["fabmanager"], "days": 1}).json()
    refused = desk.post("/api/v1/tokens", json={"label": "more", "roles": ["treasurer"], "days": 1})
    program = door.stranger()
    program.headers["Authorization"] = f"Bearer {made['token']}"

    reads = program.get("/api/v1/members").status_code
    writes = program.post("/api/v1/members", json={"name": "Léo", "books": "lab"}).status_code
    makes = program.post("/api/v1/tokens", json={"label": "x", "roles": ["fabmanager"]}).status_code
    listed = desk.get("/api/v1/tokens").text
    desk.delete(f"/api/v1/tokens/{made['id']}")
    revoked = program.get("/api/v1/members").status_code

    assert (refused.status_code, reads, writes, makes, revoked) == (403, 200, 403, 403, 401)
    assert made["token"].rpartition("_")[2] not in listed


def test_a_token_ends_with_its_day(door: Door) -> None:
    """Every token has an end."""
    desk = door.signed_in(Role.FABMANAGER)
    made = desk.post("/api/v1/tokens", json={"label": "board", "roles": ["fabmanager"], "days": 1}).json()
    program = door.stranger()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    door.shop.now_ms += 86_400_000

    assert program.get("/api/v1/members").status_code == 401


def test_a_token_ends_with_its_makers_account(door: Door) -> None:
    """Who is shut out speaks through no program either, and is not let in again by the right password."""
    desk = door.signed_in(Role.FABMANAGER)
    made = desk.post("/api/v1/tokens", json={"label": "board", "roles": ["fabmanager"], "days": 1}).json()
    program = door.stranger()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    with door.shop.changing() as change:
        set_disabled(change, account_by_login(change.tx, "fabmanager") or "", disabled=True)

    tried = program.get("/api/v1/members").status_code
    signed = program.post("/api/v1/session", json={"login": "fabmanager", "password": PASSWORD}).status_code

    assert (tried, signed) == (401, 401)


def test_every_answer_carries_the_strict_headers(door: Door) -> None:
    """Content policy without inline script, nosniff, no frames, also on errors (ASVS 3.4.3 to 3.4.6)."""
    stranger = door.stranger()

    answers = [stranger.get(path) for path in ("/api/v1/members", "/nowhere", "/api/openapi.json")]

    assert all(answer.headers[name] == value for answer in answers for name, value in HEADERS.items())
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in HEADERS["Content-Security-Policy"]
    assert answers[0].headers["Cache-Control"] == "no-store"


def test_a_body_that_is_too_large_is_refused(door: Door) -> None:
    """A request beyond the limit is answered with 413, whether it says its length or not."""
    stranger = door.stranger()
    chunk = b" " * 1_000_000

    said = stranger.post("/api/v1/session", content=chunk * (BODY_MAX // len(chunk)) + b" ")
    unsaid = stranger.post("/api/v1/session", content=iter([chunk] * (BODY_MAX // len(chunk) + 1)))

    assert (said.status_code, unsaid.status_code) == (413, 413)


def test_a_failure_of_ours_shows_a_number_and_no_trace(door: Door) -> None:
    """What goes wrong inside is logged under the number that the answer gives (ASVS 16.5.1)."""
    desk = door.signed_in(Role.FABMANAGER)
    with door.shop.store.write() as tx:
        tx.exec_driver_sql("DROP TABLE training_machine")

    answer = desk.get("/api/v1/trainings")

    assert answer.status_code == 500
    assert set(answer.json()) == {"type", "title", "status", "incident"}


def test_a_malformed_body_is_named_by_field_without_its_value(door: Door) -> None:
    """An unknown field is refused by name; what was sent is not sent back."""
    desk = door.signed_in(Role.FABMANAGER)

    answer = desk.post("/api/v1/members", json={"name": "Léo", "books": "lab", "secret_wish": "sesame"})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["body.secret_wish"]
    assert "sesame" not in answer.text


def test_what_is_none_of_our_addresses_or_methods_is_a_problem_document_too(door: Door) -> None:
    """404 and 405 come from the framework, and look like every other refusal (RFC 9457)."""
    stranger = door.stranger()

    answers = [stranger.get("/api/v1/nowhere"), stranger.patch("/api/v1/machines")]

    assert [answer.status_code for answer in answers] == [404, 405]
    assert {answer.headers["Content-Type"] for answer in answers} == {"application/problem+json"}
    assert [answer.json()["status"] for answer in answers] == [404, 405]
    assert answers[1].headers["Allow"]
