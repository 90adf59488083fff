"""How far the books trust credit without the office is set on a page, and comes down to the floor."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape

import pytest
from sqlalchemy import select

from controller.domain.directory import CreditPolicyEntry, OfflineStep
from controller.office.directory import credit_terms
from controller.office.directory.credit_terms import CreditTerms
from controller.office.directory.entries import snapshot
from controller.office.directory.tables import audit
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
