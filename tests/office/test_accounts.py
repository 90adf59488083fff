"""Accounts: a second factor that one takes oneself, sessions that are ended from another browser, roles that change."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from sqlalchemy import select

from controller.office import second_factor
from controller.office.accounts import FREE_TRIES, Role, account_by_login
from controller.office.accounts_tables import account_totp, recovery_code
from controller.office.refusals import ConflictError
from controller.office.web.auth import CSRF_HEADER
from tests.office.door import PASSWORD, Door

ME = "/api/v1/account"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """The fictional workshop behind its web door."""
    door = Door.opened(tmp_path)
    yield door
    door.shop.store.close()


def shown(door: Door, secret: str, steps: int = 0) -> str:
    """What the telephone shows, so many steps of 30 s from now."""
    return pyotp.TOTP(secret).at(datetime.fromtimestamp(door.shop.now_ms / 1_000 + 30 * steps, UTC))


def linked(door: Door) -> tuple[str, list[str]]:
    """The treasurer links a telephone: the secret, and the recovery codes."""
    desk = door.signed_in(Role.TREASURER)
    secret = desk.post(f"{ME}/second-factor").json()["secret"]
    codes: list[str] = desk.post(f"{ME}/second-factor/confirm", json={"code": shown(door, secret)}).json()["codes"]
    door.shop.now_ms += 30_000
    return secret, codes


def tried(door: Door, code: str, password: str = PASSWORD) -> tuple[int, str]:
    """Somebody signs in as the treasurer: status, and what was wrong."""
    body = {"login": "treasurer", "password": password, "code": code}
    answer = door.stranger().post("/api/v1/session", json=body)
    return answer.status_code, answer.json().get("code", "")


def test_a_second_factor_asks_for_a_code_that_opens_once(door: Door) -> None:
    """Without the code nobody gets in; the same code twice does not either, nor one of an hour ago."""
    secret, _ = linked(door)
    code = shown(door, secret)

    answers = [tried(door, each) for each in ("", code, code, shown(door, secret, -120))]

    assert answers == [(401, "CodeNeededError"), (200, ""), (401, "SignInError"), (401, "SignInError")]


def test_a_wrong_password_is_not_told_apart_by_the_second_factor(door: Door) -> None:
    """That a code is missing is said to who knows the password, and to nobody else."""
    linked(door)

    assert tried(door, "", "not the right one") == (401, "SignInError")


def test_wrong_codes_cost_the_same_wait_as_wrong_passwords(door: Door) -> None:
    """A million codes are not tried in a night."""
    secret, _ = linked(door)
    wrong = "000000" if shown(door, secret) != "000000" else "000001"

    answers = [tried(door, wrong)[0] for _ in range(FREE_TRIES)]

    assert answers == [401] * FREE_TRIES
    assert tried(door, shown(door, secret))[0] == 429


def test_a_telephone_may_be_half_a_minute_off(door: Door) -> None:
    """Its neighbours open, what lies further does not."""
    secret, _ = linked(door)
    door.shop.now_ms += 120_000

    assert [tried(door, shown(door, secret, off))[0] for off in (-2, 2, -1, 1)] == [401, 401, 200, 200]


def test_a_recovery_code_opens_once_instead_of_the_telephone(door: Door) -> None:
    """Ten lines of paper for a lost telephone."""
    _, codes = linked(door)

    answers = [tried(door, each)[0] for each in (codes[0], codes[0], codes[1])]

    assert (len(codes), answers) == (second_factor.RECOVERY_CODES, [200, 401, 200])


def test_a_secret_that_was_never_confirmed_asks_for_nothing(door: Door) -> None:
    """Whoever breaks off half-way is not shut out."""
    desk = door.signed_in(Role.TREASURER)
    desk.post(f"{ME}/second-factor")

    wrong = desk.post(f"{ME}/second-factor/confirm", json={"code": "no code"})

    assert wrong.status_code == 422
    assert tried(door, "") == (200, "")


def test_neither_secret_nor_recovery_codes_lie_open_in_the_database(door: Door) -> None:
    """The secret is sealed by the vault's key, codes are hashes."""
    secret, codes = linked(door)

    with door.shop.store.read() as tx:
        sealed = tx.execute(select(account_totp.c.sealed)).scalar_one()
        kept = set(tx.execute(select(recovery_code.c.hash)).scalars())

    assert secret not in sealed
    assert kept.isdisjoint(codes)


def test_a_second_factor_is_taken_away_with_a_code_or_by_an_administrator(door: Door) -> None:
    """A stolen session cannot switch it off; an administrator can, for who lost everything."""
    secret, codes = linked(door)
    desk = door.stranger()
    body = {"login": "treasurer", "password": PASSWORD, "code": shown(door, secret)}
    desk.headers[CSRF_HEADER] = desk.post("/api/v1/session", json=body).json()["csrf"]
    admin = door.signed_in(Role.ADMIN)
    with door.shop.store.read() as tx:
        account = account_by_login(tx, "treasurer")

    stolen = desk.post(f"{ME}/second-factor/remove", json={"code": "123"}).status_code
    with door.shop.changing() as change, pytest.raises(ConflictError):
        second_factor.begin(change, door.shop.vault, account or "")
    own = desk.post(f"{ME}/second-factor/remove", json={"code": codes[0]}).status_code
    again = desk.post(f"{ME}/second-factor").json()["secret"]
    desk.post(f"{ME}/second-factor/confirm", json={"code": shown(door, again)})
    others = admin.delete(f"/api/v1/accounts/{account}/second-factor").status_code

    assert (stolen, own, others) == (422, 204, 204)
    assert tried(door, "") == (200, "")


def test_a_forgotten_session_is_ended_from_another_browser(door: Door) -> None:
    """One sees where one is signed in, and which one this is."""
    here = door.signed_in(Role.TREASURER)
    there = door.stranger()
    there.headers["User-Agent"] = "the makerspace's shared computer"
    there.post("/api/v1/session", json={"login": "treasurer", "password": PASSWORD})

    listed = here.get(f"{ME}/sessions").json()["items"]
    (other,) = [each for each in listed if not each["current"]]
    ended = here.delete(f"{ME}/sessions/{other['id']}").status_code

    assert other["browser"] == "the makerspace's shared computer"
    assert (ended, there.get("/api/v1/session").status_code) == (204, 401)
    assert here.get("/api/v1/session").status_code == 200


def test_nobody_ends_anothers_session_but_an_administrator(door: Door) -> None:
    """An id of another account is unknown here; an administrator ends them all."""
    desk, maker, admin = (door.signed_in(role) for role in (Role.TREASURER, Role.MAKER, Role.ADMIN))
    (own,) = desk.get(f"{ME}/sessions").json()["items"]
    account = desk.get("/api/v1/session").json()["account"]

    tried_it = maker.delete(f"{ME}/sessions/{own['id']}").status_code
    wildcard = maker.delete(f"{ME}/sessions/{'%' * 16}").status_code
    seen = admin.get(f"/api/v1/accounts/{account}/sessions").json()["items"]
    admin.delete(f"/api/v1/accounts/{account}/sessions")

    assert (tried_it, wildcard, [each["id"] for each in seen]) == (404, 404, [own["id"]])
    assert desk.get("/api/v1/session").status_code == 401


def test_a_token_neither_ends_sessions_nor_touches_the_second_factor(door: Door) -> None:
    """What opens doors is made and taken away by people."""
    admin = door.signed_in(Role.ADMIN)
    made = admin.post(
        "/api/v1/tokens", json={"label": "script", "roles": ["admin"], "days": 1, "read_only": False}
    ).json()
    program = door.stranger()
    program.headers["Authorization"] = f"Bearer {made['token']}"
    account = admin.get("/api/v1/session").json()["account"]
    (session,) = admin.get(f"{ME}/sessions").json()["items"]

    answers = [
        program.delete(f"{ME}/sessions/{session['id']}").status_code,
        program.post(f"{ME}/second-factor").status_code,
        program.delete(f"/api/v1/accounts/{account}/second-factor").status_code,
    ]

    assert answers == [403, 403, 403]
