"""Each page in both languages, each role seeing only its part, nothing that the strict policy would block."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from controller.office.web.app import create_app
from tests.pages.house import House, empty_office, founded

EVERYBODY = {"maker", "trainer", "maintainer", "fabmanager", "treasurer", "owner", "outsider"}
READERS = {"trainer", "fabmanager", "treasurer"}
PAGES = {
    "/": EVERYBODY,
    "/board/tiles": EVERYBODY,
    "/machines": EVERYBODY,
    "/machines/kiln": EVERYBODY,
    "/machines/kiln/tile": EVERYBODY,
    "/machines/kiln/settings": {"fabmanager"},
    "/machines/kiln/bookings": EVERYBODY,
    "/machines/kiln/screens": {"fabmanager"},
    "/kiosk/kiln": EVERYBODY,
    "/kiosk/kiln/tile": EVERYBODY,
    "/labels": {"fabmanager"},
    "/start": {"fabmanager"},
    "/audit": {"fabmanager"},
    "/audit/file": {"fabmanager"},
    "/start/wiring": {"fabmanager"},
    "/machines/new": {"fabmanager"},
    "/hours/crest": {"fabmanager"},
    "/credit/lab": {"fabmanager", "treasurer"},
    "/classes": {"fabmanager", "trainer"},
    "/classes/new": {"fabmanager"},
    "/organisations": {"fabmanager", "treasurer"},
    "/trainings": EVERYBODY,
    "/trainings/ceramics": EVERYBODY,
    "/trainings/new": {"fabmanager"},
    "/members": READERS,
    "/members/{marc}": READERS,
    "/members/{zoe}": READERS | {"maker"},
    "/members/new": {"fabmanager"},
    "/enrol": {"fabmanager"},
    "/enrol/taps": {"fabmanager"},
    "/enrol/members": {"fabmanager"},
    "/agreements": {"fabmanager", "treasurer", "owner", "outsider"},
    "/agreements/clay": {"fabmanager", "treasurer", "owner"},
    "/agreements/clay/split": {"fabmanager", "treasurer", "owner"},
    "/agreements/clay/uses": {"fabmanager", "treasurer", "owner"},
    "/agreements/clay/statements": {"fabmanager", "treasurer", "owner"},
    "/agreements/clay/statements/2027-01?party=owner-1": {"fabmanager", "treasurer", "owner"},
    "/agreements/clay/closing/2027-01": {"treasurer"},
    "/agreements/clay/statements/2027-01/file?party=owner-1": {"fabmanager", "treasurer", "owner"},
    "/health": {"maintainer", "fabmanager", "treasurer"},
    "/account": EVERYBODY,
    "/accounts": set(),
    "/demo": EVERYBODY,
}
WORDS = {
    "/": ("L&#39;atelier en direct", "The workshop live"),
    "/machines": ("par heure", "per hour"),
    "/machines/kiln": ("Mise hors service", "Lock-outs"),
    "/machines/kiln/settings": ("laisser finir le travail", "let the job finish"),
    "/machines/new": ("Nouvelle machine", "New machine"),
    "/hours/crest": ("Jours différents", "Days that differ"),
    "/classes/new": ("Qui peut commencer une séance", "Who may begin a lesson"),
    "/organisations": ("Peut devoir", "May owe"),
    "/credit/lab": ("Un solde est à jour pendant", "A balance is up to date for"),
    "/trainings/ceramics": ("valable sans fin", "valid without end"),
    "/trainings/new": ("Demande aussi", "Also needs"),
    "/machines/kiln/screens": ("Nom de l&#39;écran", "Name of the screen"),
    "/audit": ("Depuis le", "About what"),
    "/start": ("Premiers pas", "First steps"),
    "/kiosk/kiln": ("Plein écran", "Full screen"),
    "/machines/kiln/bookings": ("Semaine suivante", "Following week"),
    "/members": ("Adhérents", "Members"),
    "/members/{zoe}": ("Habilitations", "Trainings"),
    "/members/new": ("Nouvel adhérent", "New member"),
    "/enrol": ("Badge inconnu, Découpeuse laser", "Unknown badge, Découpeuse laser"),
    "/agreements": ("Indivisions", "Co-ownership"),
    "/agreements/clay": ("Part à ce jour", "Part so far"),
    "/agreements/clay/uses": ("Utilisations derrière", "Uses behind"),
    "/agreements/clay/closing/2027-01": ("Avant de clôturer", "Before closing"),
    "/agreements/clay/statements": ("Relevés", "Statements"),
    "/agreements/clay/statements/2027-01?party=owner-1": ("Relevé de 01/2027", "Statement of January 2027"),
    "/health": ("Dernière sauvegarde", "Last backup"),
    "/account": ("Où je suis connecté", "Where I am signed in"),
    "/accounts": ("Premier mot de passe", "First password"),
    "/demo": ("Poser un badge", "Tap a badge"),
}


@pytest.mark.soak  # one that may and one that may not knock at every door in each run: test_roles
@pytest.mark.parametrize("who", [*sorted(EVERYBODY), "admin"])
def test_each_role_opens_its_own_doors_and_no_other(shown: House, who: str) -> None:
    """Deny by default: a page opens for the roles of the API's door and for administrators."""
    browser = shown.browser(who)

    opened = {path for path in PAGES if browser.get(path.format(**shown.members)).status_code == 200}

    assert opened == {path for path, roles in PAGES.items() if who in roles or who == "admin"}


def test_a_stranger_is_asked_to_sign_in_and_comes_back(shown: House) -> None:
    """No page shows anything to nobody."""
    browser = shown.browser()

    answers = {path: browser.get(path.format(**shown.members)) for path in PAGES}

    assert {answer.status_code for answer in answers.values()} == {303}
    assert answers["/health"].headers["Location"] == "/sign-in?next=/health"


@pytest.mark.parametrize("path", WORDS)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_page_speaks_both_languages(shown: House, path: str, language: str) -> None:
    """The page says which language it is in, and speaks it."""
    answer = shown.browser("admin", language).get(path.format(**shown.members))

    french, english = WORDS[path]
    assert f'<html lang="{language}">' in answer.text
    assert (english if language == "en" else french) in answer.text
    assert (french if language == "en" else english) not in answer.text


@pytest.mark.parametrize("path", [*WORDS, "/sign-in", "/set-up", "/members/nobody"])
def test_no_page_holds_what_the_content_policy_blocks(shown: House, path: str) -> None:
    """No inline script, style or handler, nothing from elsewhere: pages work offline and under the policy."""
    answer = shown.browser("admin" if path != "/sign-in" else None).get(path.format(**shown.members))

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src)|https?://", answer.text)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_a_visitor_is_shown_no_link_to_a_closed_door(shown: House) -> None:
    """The menu offers what opens: for a maker, the board, the machines and their own page."""
    page = shown.browser("maker").get("/").text

    assert 'href="/me"' in page
    assert not re.search(r'href="/(members|enrol|health|agreements)', page)


def test_only_who_may_read_names_sees_any_on_the_floor(shown: House) -> None:
    """A maker's page of a machine tells who is trained to nobody but the desk."""
    seen = {
        who: "Zoé Fictive" in shown.browser(who).get("/machines/kiln").text for who in ("maker", "owner", "trainer")
    }

    assert seen == {"maker": False, "owner": False, "trainer": True}


def test_a_trainer_sees_trainings_and_no_money(shown: House) -> None:
    """The credit of a member is the desk's, the treasurer's and their own to see."""
    page = shown.browser("trainer").get(f"/members/{shown.members['zoe']}").text

    assert "Céramique" in page
    assert "Solde" not in page
    assert "carte blanche" not in page


def test_the_panel_of_simulated_readers_exists_in_a_demonstration_only(tmp_path: Path) -> None:
    """In a workshop nobody taps from a page."""
    workshop = founded(tmp_path)

    browser = workshop.browser("maker")

    assert browser.get("/demo").status_code == 404
    assert 'href="/demo"' not in browser.get("/").text
    workshop.office.store.close()


def test_the_first_visit_weighs_less_than_a_hundred_kilobytes(shown: House) -> None:
    """Board, stylesheet, script and icon together, uncompressed: a phone on a weak network has it at once."""
    browser = shown.browser("maker")
    page = browser.get("/").text
    files = re.findall(r'"(/static/[^"]+)"', page)

    weight = len(page.encode()) + sum(len(browser.get(path).content) for path in files)

    assert len(files) == 3
    assert weight < 100_000


def test_an_unknown_page_or_member_is_one_sentence_in_the_readers_language(shown: House) -> None:
    """A refusal is a page of ours, not a trace."""
    answer = shown.browser("fabmanager", "en").get("/machines/nothing")

    assert answer.status_code == 404
    assert "There is no machine" in answer.text


def test_an_address_that_is_none_of_ours_is_a_page_for_people_and_a_document_for_programs(shown: House) -> None:
    """A mistyped address leads back to the board; a program still gets what it can read."""
    person = {"Accept": "text/html,application/xhtml+xml"}

    page = shown.browser("maker").get("/Machines", headers=person)
    wrong_way = shown.browser("maker").get("/sign-out", headers=person)
    program = shown.browser("maker").get("/api/v1/nowhere", headers=person)

    assert (page.status_code, wrong_way.status_code, program.status_code) == (404, 405, 404)
    assert "Cette page n&#39;existe pas." in page.text
    assert "Cette page n&#39;existe pas." in wrong_way.text
    assert program.headers["Content-Type"] == "application/problem+json"


def test_a_refusal_names_the_roles_in_the_readers_words(shown: House) -> None:
    """No word of the program's own is shown to a person."""
    french = shown.browser("maker").get("/members").text
    english = shown.browser("maker", "en").get("/members").text

    assert "formateur, trésorier" in french
    assert "trainer" not in french
    assert "treasurer" in english


def test_a_lab_that_has_accounts_offers_no_first_one(shown: House, tmp_path: Path) -> None:
    """The way to the first account is shown while there is none, and to nobody afterwards."""
    fresh, _ = empty_office(tmp_path)

    before = TestClient(create_app(fresh), base_url="http://office.test").get("/sign-in").text
    after = shown.browser().get("/sign-in").text
    fresh.store.close()

    assert "/set-up" in before
    assert "/set-up" not in after
