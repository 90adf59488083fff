"""How far the books trust credit without the office is set on a page, and comes down to the floor."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import select

from controller.domain.directory import CreditPolicyEntry, OfflineStep
from controller.domain.tariff import charge
from controller.office import explaining, legal, packs, sessions
from controller.office.directory import credit_terms, machines, people
from controller.office.directory.credit_terms import CreditTerms
from controller.office.directory.entries import snapshot
from controller.office.directory.tables import audit
from controller.office.web.pages_format import day_of_iso
from tests.office.workshop import Journal, Workshop
from tests.pages.house import House, founded, send

PAGE = "/credit/lab"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office, whose stories follow each other."""
    made = founded(tmp_path_factory.mktemp("credit"))
    yield made
    made.office.store.close()


def _terms(house: House) -> CreditTerms:
    with house.office.store.read() as tx:
        return credit_terms.terms_of(tx, "lab")


def test_a_treasurer_sets_what_may_be_spent_without_network_and_the_floor_is_told(house: House) -> None:
    """Two minutes, thirty euros an account, five a person, less after an hour and a day; who did it is in the audit."""
    browser = house.browser("treasurer")
    assert browser.get("/credit").headers["Location"] == PAGE

    saved = send(browser, PAGE, PAGE, fresh="2 min", account="30", member="5,50", steps="1 h = 10; 1 j = 2,50")

    steps = (OfflineStep(after_s=3_600, ceiling_cents=1_000), OfflineStep(after_s=86_400, ceiling_cents=250))
    wanted = CreditTerms(
        credit_fresh_s=120, offline_ceiling_cents=3_000, offline_member_ceiling_cents=550, offline_steps=steps
    )
    assert saved.headers["Location"] == f"{PAGE}?done=done.credit"
    assert _terms(house) == wanted
    with house.office.store.read() as tx:
        entry = next(each.body for each in snapshot(tx) if each.kind == CreditPolicyEntry.KIND)
        noted = tx.execute(select(audit.c.before, audit.c.after).where(audit.c.what == "set_credit_terms")).one()
    assert isinstance(entry, dict)
    assert entry["offline_member_ceiling_cents"] == 550
    assert entry["offline_steps"] == [
        {"after_s": 3_600, "ceiling_cents": 1_000},
        {"after_s": 86_400, "ceiling_cents": 250},
    ]
    assert ("2000" in noted.before, "3000" in noted.after) == (True, True)
    assert 'value="5,50"' in browser.get(PAGE).text
    assert 'value="1 h = 10,00; 24 h = 2,50"' in browser.get(PAGE).text
    assert house.browser("trainer").get(PAGE).status_code == 403


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("fresh", "bientôt", "Cette durée ne se lit pas"),
        ("account", "-3", "Ce montant ne se lit pas"),
        ("member", "beaucoup", "Ce montant ne se lit pas"),
        ("fresh", "30 j", "hors limites"),
        ("steps", "plus tard = 3", "Ces paliers ne se lisent pas"),
        ("steps", "1 h = 0,50; 2 h = 0,60", "paliers ne se suivent pas"),
        ("steps", "1 h = 2", "paliers ne se suivent pas"),
    ],
)
def test_a_slip_is_told_and_nothing_is_stored(house: House, field: str, typed: str, said: str) -> None:
    """The form comes back as it was typed."""
    before = _terms(house)

    answer = send(
        house.browser("treasurer"),
        PAGE,
        PAGE,
        **{"fresh": "77", "account": "1", "member": "", "steps": "", field: typed},
    )

    assert answer.status_code == 422
    assert said in unescape(answer.text)
    assert f'value="{typed}"' in answer.text
    assert _terms(house) == before


def test_an_empty_field_leaves_a_person_what_the_account_may(house: House) -> None:
    """Nothing typed is no ceiling, which is not a ceiling of nothing."""
    send(house.browser("treasurer"), PAGE, PAGE, fresh="60", account="20", member="")

    assert _terms(house) == CreditTerms()


def test_a_program_reads_and_sets_the_same(house: House) -> None:
    """The same terms as on the page; a ceiling below nothing and books that do not exist are refused."""
    till, path = house.browser("treasurer"), "/api/v1/books/lab/credit-terms"
    csrf = {"X-CSRF-Token": till.get("/api/v1/session").json()["csrf"]}
    wanted = {
        "credit_fresh_s": 90,
        "offline_ceiling_cents": 1_000,
        "offline_member_ceiling_cents": 400,
        "offline_steps": [{"after_s": 3_600, "ceiling_cents": 500}],
    }

    answers = [
        till.put(path, json={**wanted, **change}, headers=csrf) for change in ({}, {"offline_ceiling_cents": -1})
    ]

    assert [answer.status_code for answer in answers] == [204, 422]
    assert till.get(path).json() == wanted
    assert till.get("/api/v1/books/nowhere/credit-terms").status_code == 404


def test_how_much_credit_was_sold_stands_beside_the_limit_and_its_dated_settings(house: House) -> None:
    """Nothing sold, a million; a new limit holds from its day, and one that cannot be read comes back."""
    browser = house.browser("treasurer")
    assert "1 000 000,00 €" in unescape(browser.get(PAGE).text).replace("\u202f", " ").replace("\xa0", " ")

    saved = send(browser, f"{PAGE}/legal", PAGE, name="credit_sold_limit_cents", from_day="2027-01-01", value="60")
    wrong = [
        send(browser, f"{PAGE}/legal", PAGE, name="credit_sold_limit_cents", from_day="2027-01-01", value="sixty"),
        send(browser, f"{PAGE}/legal", PAGE, name="credit_sold_limit_cents", from_day="soon", value="60"),
        send(browser, f"{PAGE}/legal", PAGE, name="expired_credit_vat", from_day="2027-01-01", value="2"),
    ]

    assert saved.headers["Location"] == f"{PAGE}?done=done.legal"
    assert [answer.status_code for answer in wrong] == [422, 422, 422]
    with house.office.store.read() as tx:
        assert legal.said(tx, "lab") == [{"name": "credit_sold_limit_cents", "from_day": "2027-01-01", "value": 6_000}]


def test_the_desk_gives_and_hands_back_credit_and_the_member_sees_its_parts(house: House) -> None:
    """Twenty paid, five given until the end of the year; only of what was paid some goes back, with a reason."""
    browser, zoe = house.browser("treasurer"), f"/members/{house.members['zoe']}"
    assert send(browser, f"{zoe}/top-ups", zoe, amount="20", means="cash").status_code == 303
    given = send(browser, f"{zoe}/top-ups", zoe, amount="5", means="cash", kind="gift", last_day="2027-12-31")
    yesterday = send(browser, f"{zoe}/top-ups", zoe, amount="5", means="cash", last_day="2020-01-01")
    more = send(browser, f"{zoe}/refunds", zoe, back="20,01", back_means="cash", why="déménage")
    paid = send(browser, f"{zoe}/refunds", zoe, back="12", back_means="cash", why="déménage")

    assert given.headers["Location"].endswith("done=done.given")
    assert (yesterday.status_code, more.status_code) == (422, 409)
    assert "jamais un cadeau" in unescape(more.text)
    assert paid.headers["Location"].endswith("done=done.handed_back")
    shown = unescape(house.browser("maker").get(zoe).text)
    card = shown[shown.index('id="parts"') : shown.index("</ul>", shown.index('id="parts"'))]
    assert [word in card for word in ("5,00", "offert", day_of_iso("2027-12-31", "fr"), "8,00", "payé")] == [True] * 5
    assert "refunds" not in shown
    assert house.browser("trainer").post(f"{zoe}/refunds").status_code == 403


def test_a_forgotten_stop_is_put_right_on_the_members_page(house: House) -> None:
    """The desk picks the use and says how long it was; a maker sees no such form, nobody else's use is taken."""
    marc, zoe = house.members["marc"], house.members["zoe"]
    with house.office.store.read() as tx:
        account = people.member_row(tx, marc)["account"]
    shop = Workshop(Path(), house.office.store, house.office.vault, marc, account, house.clock[0])
    journal = Journal(shop)
    journal.opened()
    with house.office.changing("tester") as change:
        machines.set_price(change, "kiln", (60, 1))
        price = list(explaining.prices_of(change.tx, "kiln").values())[-1]
    journal.ended(seconds=3_600, price=price, announced_cents=charge(price, 3_600).gross_cents)
    shop.told(journal)
    browser, path = house.browser("treasurer"), f"/members/{marc}"
    offered = browser.get(path).text

    said = {"use": "s-1", "because": "parti à midi"}
    wrong = send(browser, f"{path}/corrections", path, lasted="bientôt", **said)
    longer = send(browser, f"{path}/corrections", path, lasted="2 h", **said)
    other = send(browser, f"/members/{zoe}/corrections", path, lasted="10", **said)
    done = send(browser, f"{path}/corrections", path, lasted="10", **said)

    assert '<option value="s-1">' in offered
    assert (wrong.status_code, longer.status_code, other.status_code) == (422, 422, 404)
    assert done.headers["Location"].endswith("done=done.corrected")
    assert "corrections" not in house.browser("maker").get(f"/members/{zoe}").text
    with house.office.store.read() as tx:
        assert [use["seconds"] for use in sessions.ended_sessions(tx, member=marc)] == [600]


def test_the_treasurer_offers_minutes_and_the_desk_sells_them(house: House) -> None:
    """Offered on the page of credit, said in words; sold on the member's page, where what is left stands; ended."""
    browser = desk = house.browser("treasurer")
    member = f"/members/{house.members['marc']}"
    typed = {"plan_name": "Carnet four", "time": "10 h", "price": "250", "machine": "kiln", "days": "90"}

    assert send(browser, f"{PAGE}/plans", PAGE, **{**typed, "days": "x"}).status_code == 422
    assert send(browser, f"{PAGE}/plans", PAGE, **typed).headers["Location"] == f"{PAGE}?done=done.plan"
    with house.office.store.read() as tx:
        plan = packs.plans_of(tx, "lab")[0].id
    sold = {"plan": plan, "pack_means": "card", "pack_key": "form-1"}
    assert send(desk, f"{member}/packs", member, **{**sold, "pack_means": "shells"}).status_code == 422
    for _ in range(2):  # a second press of the button
        answer = send(desk, f"{member}/packs", member, **sold)
        assert answer.headers["Location"] == f"{member}?done=done.pack_sold"

    line = "Carnet four · 10\xa0h\xa000 pour 250,00\xa0€ · valables 90 jours · pour Four céramique"
    assert line in unescape(browser.get(PAGE).text)
    assert line in unescape(desk.get("/machines/kiln").text)
    assert unescape(desk.get(member).text).count("10\xa0h\xa000 · Carnet four · jusqu'au") == 1

    assert send(browser, f"{PAGE}/plans/end", PAGE, plan=plan).headers["Location"] == f"{PAGE}?done=done.plan_ended"
    assert "Aucun forfait." in browser.get(PAGE).text
    assert send(desk, f"{member}/packs", member, **{**sold, "pack_key": "form-2"}).status_code == 404
