"""What goes wrong at the keyboard: one sentence beside the field, nothing changed, nothing typed lost."""

from __future__ import annotations

import pytest

from tests.pages.house import House, credit_cents, send


def test_money_without_a_reference_is_taken_in_as_the_page_promises(house: House) -> None:
    """The field says that it is optional, so cash without a receipt is paid in and the ledger says that it had none."""
    browser, zoe = house.browser("treasurer"), house.members["zoe"]

    answer = send(browser, f"/members/{zoe}/top-ups", f"/members/{zoe}", amount="5", means="cash", reference=" ")

    assert answer.status_code == 303
    assert credit_cents(house, zoe) == 500


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"amount": "125000", "reference": "n° 7"}, "C&#39;est plus que 10\u202f000,00\u00a0€"),
        ({"amount": "5", "reference": "a\x00b"}, "Le texte contient un signe invisible"),
        ({"amount": "5", "reference": "r" * 501}, "Le texte a 501 signes"),
    ],
)
def test_a_slip_of_the_keyboard_pays_nothing_in(house: House, typed: dict[str, str], said: str) -> None:
    """A forgotten comma and a reference that no ledger should hold come back with their sentence."""
    browser, zoe = house.browser("treasurer"), house.members["zoe"]

    answer = send(browser, f"/members/{zoe}/top-ups", f"/members/{zoe}", means="card", **typed)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert credit_cents(house, zoe) == 0


@pytest.mark.parametrize("day", ["letters", "0001-01-01", "9999-12-31"])
def test_a_membership_ends_on_a_day_that_people_live_to_see(house: House, day: str) -> None:
    """No day is guessed, and none is so far away that it has no next one."""
    answer = send(house.browser("fabmanager"), "/members/new", "/members/new", name="Zed Fictif", until=day)

    assert answer.status_code == 422
    assert "Ce jour n&#39;existe pas" in answer.text
    assert 'value="Zed Fictif"' in answer.text


def test_an_empty_name_is_told_as_empty(house: House) -> None:
    """Nobody is told how many signs an empty text has."""
    answer = send(house.browser("fabmanager"), "/members/new", "/members/new", name="  ")

    assert answer.status_code == 422
    assert "Le texte est vide" in answer.text


def test_the_panel_says_what_came_of_a_tap_and_keeps_the_person(house: House) -> None:
    """Whoever tries several machines in a row chooses the person once."""
    browser = house.browser("maker")

    answer = send(browser, "/demo/tap", "/demo", person="tom", machine="laser")
    page = browser.get(answer.headers["Location"]).text

    assert "Badge accepté" in page
    assert '<option value="tom" selected>' in page
