"""The pages of accounts: one's own, and everybody's for an administrator."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyotp

from controller.office.accounts import account_by_login
from tests.pages.house import NOW, PASSWORD, House, send


def test_somebody_links_a_telephone_and_signs_in_with_it(house: House) -> None:
    """The secret, a code, ten recovery codes; then the sign-in form asks for the code as well."""
    browser = house.browser("treasurer")
    begun = send(browser, "/account/second-factor", "/account").text
    secret = re.findall(r"<code>([A-Z2-7]{32})</code>", begun)[0]

    wrong = send(browser, "/account/second-factor/confirm", "/account", code="12")
    placed = send(browser, "/account/second-factor/confirm", "/account", code=_shown(house, secret)).text
    house.clock[0] += 30_000
    fresh = house.browser()
    without = fresh.post("/sign-in", data={"login": "treasurer", "password": PASSWORD})
    within = fresh.post("/sign-in", data={"login": "treasurer", "password": PASSWORD, "code": _shown(house, secret)})

    assert wrong.status_code == 422
    assert len(re.findall(r"<code>[0-9a-f]{8}-[0-9a-f]{8}</code>", placed)) == 10
    assert "<code>" not in browser.get("/account").text
    assert (without.status_code, "le code à six chiffres" in without.text) == (401, True)
    assert within.status_code == 303


def test_a_token_is_shown_once_and_revoked_on_the_page(house: House) -> None:
    """What it may do, until when, and that nobody used it yet; a role that its maker lacks is refused."""
    browser, program = house.browser("fabmanager"), house.browser()
    form = {"label": "tableau du hall", "days": "30", "role.fabmanager": "yes"}

    made = send(browser, "/account/tokens", "/account", **form).text
    token = re.findall(r"ind_\w+?_[\w-]+", made)[0]
    program.headers["Authorization"] = f"Bearer {token}"
    before = program.get("/api/v1/members").status_code
    shown = browser.get("/account").text
    key = re.findall(r"/account/tokens/(\w+)/revoke", shown)[0]
    send(browser, f"/account/tokens/{key}/revoke", "/account")
    refused = send(browser, "/account/tokens", "/account", **{**form, "role.admin": "yes"})
    endless = send(browser, "/account/tokens", "/account", **{**form, "days": "9999"})

    assert (before, program.get("/api/v1/members").status_code) == (200, 401)
    assert (token in shown, "tableau du hall" in shown) == (False, True)
    assert (refused.status_code, endless.status_code) == (403, 422)


def test_a_session_elsewhere_is_ended_on_the_page(house: House) -> None:
    """The one that looks is marked, the other has a button."""
    browser, elsewhere = house.browser("trainer"), house.browser()
    elsewhere.post("/sign-in", data={"login": "trainer", "password": PASSWORD})
    (key,) = re.findall(r"/account/sessions/(\w+)/end", browser.get("/account").text)

    ended = send(browser, f"/account/sessions/{key}/end", "/account")

    assert ended.status_code == 303
    assert elsewhere.get("/account").headers["Location"].startswith("/sign-in")
    assert browser.get("/account").status_code == 200


def test_an_administrator_gives_accounts_and_takes_them_back(house: House) -> None:
    """A trainer becomes a maintainer too, signs in anew for it, is shut out and let in; nobody shuts themselves out."""
    admin, form = house.browser("admin"), {"login": "noe", "password": PASSWORD, "role.trainer": "yes"}

    added = send(admin, "/accounts", "/accounts", **form)
    taken = send(admin, "/accounts", "/accounts", **form)
    with house.office.store.read() as tx:
        noe, own = (f"/accounts/{account_by_login(tx, login)}" for login in ("noe", "admin"))
    steps = []
    for fields in (
        {"do": "roles", "role.trainer": "yes", "role.maintainer": "yes"},
        {"do": "end_sessions"},
        {"do": "disable"},
        {"do": "enable"},
    ):
        noes = house.browser()
        noes.post("/sign-in", data={"login": "noe", "password": PASSWORD})
        before = noes.get("/health").status_code
        send(admin, noe, "/accounts", **fields)
        steps.append((before, noes.get("/").status_code, "fermé" in admin.get("/accounts").text))
    refused = [send(admin, own, "/accounts", **fields).status_code for fields in ({"do": "disable"}, {"do": "roles"})]

    assert (added.status_code, taken.status_code) == (303, 409)
    assert steps == [(403, 303, False), (200, 303, False), (200, 303, True), (303, 303, False)]
    assert refused == [422, 422]


def _shown(house: House, secret: str) -> str:
    assert house.clock[0] >= NOW
    return pyotp.TOTP(secret).at(datetime.fromtimestamp(house.clock[0] / 1_000, UTC))
