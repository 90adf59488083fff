"""What people change: each form does its one thing, says what was done, and loses nothing that was typed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from controller.office import money
from controller.office.directory import badges, machines, people, rights
from controller.office.directory.policies import Policy
from controller.office.web.app import create_app
from tests.office.workshop import Journal, Workshop
from tests.pages.house import PASSWORD, House, credit_cents, empty_office, send


def _open_trainings(house: House, member: str) -> set[str]:
    with house.office.store.read() as tx:
        return {row["training"] for row in rights.grants_of(tx, member) if row["revoked_at"] is None}


def test_the_first_administrator_is_made_with_the_code_and_signed_in(tmp_path: Path) -> None:
    """From the printed code to the board in one form; the code works once."""
    office, code = empty_office(tmp_path)
    browser = TestClient(create_app(office), base_url="http://office.test", follow_redirects=False)
    form = {"code": code, "login": "chef", "password": PASSWORD}

    wrong = browser.post("/set-up", data={**form, "code": "0000"})
    right = browser.post("/set-up", data=form)
    again = TestClient(create_app(office), base_url="http://office.test").post("/set-up", data={**form, "login": "x"})

    assert wrong.status_code == 422
    assert "Ce code n&#39;est pas le bon" in wrong.text
    assert 'value="chef"' in wrong.text
    assert right.headers["Location"] == "/start?done=done.set_up"
    assert browser.get("/").status_code == 200
    assert again.status_code == 422
    office.store.close()


def test_a_wrong_password_keeps_the_login_and_tells_nothing_else(house: House) -> None:
    """The form comes back with what was typed, but never with the password."""
    house.account("maker")

    answer = house.browser().post("/sign-in", data={"login": "maker", "password": "not this one", "next": "/machines"})

    assert answer.status_code == 401
    assert 'value="maker"' in answer.text
    assert "not this one" not in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "machines"])
def test_nobody_is_sent_elsewhere_after_signing_in(house: House, elsewhere: str) -> None:
    """A link to us with a foreign address in it leads to the board."""
    house.account("maker")

    answer = house.browser().post("/sign-in", data={"login": "maker", "password": PASSWORD, "next": elsewhere})

    assert answer.headers["Location"] == "/"


def test_a_sign_in_form_of_another_site_is_refused(house: House) -> None:
    """A stranger's page cannot sign a visitor in as somebody else."""
    house.account("maker")

    answer = house.browser().post(
        "/sign-in", data={"login": "maker", "password": PASSWORD}, headers={"Origin": "https://elsewhere.test"}
    )

    assert answer.status_code == 403


def test_signing_out_ends_the_session_and_not_only_the_cookie(house: House) -> None:
    """A cookie that somebody kept opens nothing any more."""
    browser = house.browser("maker")
    kept = browser.cookies["indivis"]
    send(browser, "/sign-out", "/")
    browser.cookies.set("indivis", kept)

    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "path", ["/members/new", "/enrol", "/machines/kiln/locks", "/members/{zoe}/top-ups", "/demo/tap", "/demo/plug"]
)
def test_a_form_without_the_sessions_token_changes_nothing(house: House, path: str) -> None:
    """Another site cannot make a signed-in browser act."""
    answer = house.browser("admin").post(path.format(**house.members), data={"csrf": "0" * 64, "amount": "5"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("maker", "/members/{zoe}/top-ups"),
        ("trainer", "/members/{zoe}/top-ups"),
        ("treasurer", "/members/{zoe}/grants"),
        ("maintainer", "/members/new"),
        ("owner", "/machines/kiln/locks"),
        ("treasurer", "/enrol"),
        ("maintainer", "/health/tray/retry"),
    ],
)
def test_each_form_is_refused_to_who_may_not_send_it(house: House, who: str, path: str) -> None:
    """The token of one's own session opens one's own doors only."""
    answer = send(house.browser(who), path.format(**house.members), "/", amount="5", means="card", training="ceramics")

    assert answer.status_code == 403
    assert credit_cents(house, house.members["zoe"]) == 0


def test_a_language_is_chosen_and_kept(house: House) -> None:
    """One press, and every page after speaks it."""
    browser = house.browser("maker")

    answer = browser.get("/language/en?next=/machines")

    assert answer.headers["Location"] == "/machines"
    assert '<html lang="en">' in browser.get("/machines").text


def test_money_is_taken_in_once_however_often_the_button_is_pressed(house: House) -> None:
    """The form carries its own key: a double press pays in once."""
    browser, zoe = house.browser("treasurer"), house.members["zoe"]
    key = re.search(r'name="key" value="([a-z0-9_]+)"', browser.get(f"/members/{zoe}").text)
    assert key
    fields = {"amount": "12,50", "means": "cheque", "reference": "n° 7", "key": key[1]}

    answers = [send(browser, f"/members/{zoe}/top-ups", f"/members/{zoe}", **fields) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert credit_cents(house, zoe) == 1_250
    assert "Versement enregistré." in browser.get(answers[0].headers["Location"]).text


def test_an_amount_that_cannot_be_read_comes_back_with_one_sentence_beside_it(house: House) -> None:
    """Nothing typed is lost, nothing is guessed, nothing is paid in."""
    browser, zoe = house.browser("treasurer", "en"), house.members["zoe"]

    answer = send(browser, f"/members/{zoe}/top-ups", f"/members/{zoe}",
                   amount="twelve", means="transfer", reference="bank <7>")  # fmt: skip

    assert answer.status_code == 422
    assert "This amount cannot be read" in answer.text
    assert 'value="twelve"' in answer.text
    assert 'value="bank &lt;7&gt;"' in answer.text
    assert '<option value="transfer" selected>' in answer.text
    assert credit_cents(house, zoe) == 0


def test_a_training_is_granted_and_taken_back_on_the_members_page(house: House) -> None:
    """What the trainer presses is what the directory holds, with the controllers it has reached."""
    browser, marc = house.browser("trainer"), house.members["marc"]
    send(browser, f"/members/{marc}/grants", f"/members/{marc}", training="laser-basics")
    granted, page = _open_trainings(house, marc), browser.get(f"/members/{marc}").text
    send(browser, f"/members/{marc}/grants/laser-basics/revoke", f"/members/{marc}")

    assert granted == {"laser-basics"}
    assert "boîtiers prévenus\u00a0: 0 sur 1" in page
    assert _open_trainings(house, marc) == set()


def test_an_unknown_badge_is_given_to_a_member_in_one_form_and_never_shown(house: House) -> None:
    """Where and when it was tapped is all that the page says; then it is the member's."""
    token, marc = "cd" * 32, house.members["marc"]
    tap = house.unknown_tap(token)
    browser = house.browser("fabmanager")
    page = browser.get("/enrol").text

    answer = send(browser, "/enrol", "/enrol", tap=tap, member=marc, label="bleu")

    assert "Badge inconnu, Découpeuse laser" in page
    assert "il y a 12\u00a0s" in page
    assert token not in page
    assert answer.headers["Location"] == f"/members/{marc}?done=done.enrolled"
    with house.office.store.read() as tx:
        assert [each["label"] for each in badges.badges_of(tx, marc)] == ["bleu"]


def test_a_badge_that_somebody_has_is_refused_by_the_holders_name(house: House) -> None:
    """The desk reads a name, not an id, and keeps what it had chosen."""
    tap, marc = house.unknown_tap("ab" * 32), house.members["marc"]

    answer = send(house.browser("fabmanager"), "/enrol", "/enrol", tap=tap, member=marc, label="bleu")

    assert answer.status_code == 409
    assert "Zoé Fictive" in answer.text
    assert house.members["zoe"] not in re.sub(r"<option.*?</option>", "", answer.text)
    assert f'<option value="{marc}" selected>' in answer.text
    assert 'value="bleu"' in answer.text


def test_a_tap_is_offered_for_a_minute(house: House) -> None:
    """A badge of long ago is not the one at hand."""
    house.unknown_tap(ago_ms=61_000)

    assert "Badge inconnu, Découpeuse laser" not in house.browser("fabmanager").get("/enrol").text


def test_a_search_without_a_script_keeps_what_was_chosen(house: House) -> None:
    """The same form asks again by its address; label and badge stay."""
    tap = house.unknown_tap()

    page = house.browser("fabmanager").get(f"/enrol?q=imaginaire&tap={tap}&label=bleu").text

    assert "Marc Imaginaire" in page
    assert "Zoé Fictive" not in page
    assert 'value="bleu"' in page
    assert f'value="{tap}" required checked' in page


def test_a_new_member_is_added_with_the_badge_that_was_just_tapped(house: House) -> None:
    """Somebody who walks in needs one form."""
    tap = house.unknown_tap()

    typed = {"name": "Noé Nouveau", "email": "noe@exemple.test", "until": "2027-12-31", "language": "en"}
    answer = send(house.browser("fabmanager"), "/members/new", "/members/new", tap=tap, **typed)

    member = answer.headers["Location"].split("/")[2].split("?")[0]
    with house.office.store.read() as tx:
        assert house.office.vault.name(tx, member) == "Noé Nouveau"
        assert people.member_row(tx, member)["membership_until_at"] == 1_830_294_000_000  # 1 January 2028 in Paris
        assert len(badges.badges_of(tx, member)) == 1


@pytest.mark.parametrize(
    ("fields", "wrong"), [({"name": " "}, "name"), ({"email": "none"}, "email"), ({"until": "31/12"}, "until")]
)
def test_a_member_that_cannot_be_added_comes_back_as_typed(house: House, fields: dict[str, str], wrong: str) -> None:
    """The sentence stands beside the field that is meant, and nobody was added."""
    typed = {"name": "Noé Nouveau", "email": "noe@exemple.test", "until": "", **fields}

    answer = send(house.browser("fabmanager"), "/members/new", "/members/new", **typed)

    assert answer.status_code == 422
    assert f'id="e-{wrong}" role="alert"' in answer.text
    assert f'value="{typed["email"]}"' in answer.text
    assert house.office.vault.search(house.office.store, "nouveau") == []


def test_a_lock_is_set_with_its_reason_and_lifted_by_its_id(house: House) -> None:
    """Each lock is lifted by itself; the machine stays locked while another is open."""
    browser = house.browser("maintainer")
    for reason in ("courroie", "lampe"):
        send(browser, "/machines/mill/locks", "/machines/mill", reason=reason)
    with house.office.store.read() as tx:
        first = next(lock for lock in machines.machine_view(tx, "mill").locks if lock["reason"] == "courroie")
    send(browser, f"/machines/mill/locks/{first['id']}/lift", "/machines/mill")

    page = browser.get("/machines/mill").text

    assert "lampe" in page
    assert "courroie" not in page


def test_a_use_is_stopped_by_its_id_and_only_while_it_runs(house: House) -> None:
    """The command goes to the floor for the use that the page showed, and for no later one."""
    with house.office.store.read() as tx:
        account = people.member_row(tx, house.members["zoe"])["account"]
    shop = Workshop(Path(), house.office.store, house.office.vault, house.members["zoe"], account, house.clock[0])
    journal = Journal(shop)
    journal.opened(1, "kiln")
    shop.told(journal)
    browser = house.browser("fabmanager")

    stopped = send(browser, "/machines/kiln/stop", "/machines/kiln", session="s-1")
    unknown = send(browser, "/machines/kiln/stop", "/machines/kiln", session="s-2")

    assert stopped.status_code == 303
    assert unknown.status_code == 404
    assert [(each.kind, each.session) for each in house.commands] == [("stop", "s-1")]


def test_a_machine_says_that_a_copied_number_does_not_open_it(house: House) -> None:
    """Its page names the badge that it asks for, and says nothing where any will do."""
    browser = house.browser("fabmanager")
    before = browser.get("/machines/kiln").text
    with house.office.changing("tester") as change:
        machines.set_policy(change, "kiln", Policy(least_proof="cryptographic"))
    after = browser.get("/machines/kiln").text

    assert ("badge à puce sécurisée" in before, "badge à puce sécurisée" in after) == (False, True)


def test_a_suspended_member_and_a_blocked_badge_are_shown_as_such_and_come_back(house: House) -> None:
    """Both are undone on the same page."""
    browser, zoe = house.browser("fabmanager"), house.members["zoe"]
    with house.office.store.read() as tx:
        badge = badges.badges_of(tx, zoe)[0]["id"]
    changes: list[tuple[str, dict[str, Any]]] = [
        ("status", {"status": "suspended", "reason": "outil rendu cassé"}), (f"badges/{badge}", {"do": "block"}),
        ("status", {"status": "active"}), (f"badges/{badge}", {"do": "unblock"}),
    ]  # fmt: skip

    pages = []
    for path, fields in changes:
        send(browser, f"/members/{zoe}/{path}", f"/members/{zoe}", **fields)
        pages.append(browser.get(f"/members/{zoe}").text)

    assert ["Suspendu<" in page for page in pages] == [True, True, False, False]
    assert ["outil rendu cassé</p>" in page for page in pages] == [True, True, False, False]
    assert [">bloqué<" in page for page in pages] == [False, True, True, False]


def test_a_suspension_without_a_reason_comes_back_and_changes_nothing(house: House) -> None:
    """Whoever is suspended will want to know why."""
    zoe = house.members["zoe"]

    answer = send(house.browser("fabmanager"), f"/members/{zoe}/status", f"/members/{zoe}", status="suspended")

    assert answer.status_code == 422
    assert "une suspension a un motif" in answer.text.split('id="e-reason"')[1].lower()
    with house.office.store.read() as tx:
        assert people.member_row(tx, zoe)["status"] == "active"


def test_a_co_owner_reads_sums_to_the_cent_and_uses_without_person_or_hour(house: House) -> None:
    """Income, parts and the uses behind them agree, and nobody can be recognised in them."""
    with house.office.store.read() as tx:
        account = people.member_row(tx, house.members["zoe"])["account"]
    shop = Workshop(Path(), house.office.store, house.office.vault, house.members["zoe"], account, house.clock[0])
    journal = Journal(shop)
    for number in range(1, 4):
        journal.used(number, "kiln", 600 + 7 * number)
    shop.told(journal)
    browser = house.browser("owner")

    split, uses = browser.get("/agreements/clay").text, browser.get("/agreements/clay/uses").text

    with house.office.store.read() as tx:
        running = money.running_split(tx, "clay")[0]
    shown = [int(each.replace(",", "")) for each in re.findall(r"<strong>([\d,]+)\u00a0€</strong>", split)]
    assert shown == [cents for _, cents in running.lines]
    assert sum(shown) == running.income_cents > 0
    assert uses.count("<time datetime") == 3
    assert not re.search(r"Zoé|m_[0-9a-f]{12}|s-\d|\d\d:\d\d|\d\d\u00a0h\u00a0\d\d", uses)


def test_what_waits_in_the_tray_is_shown_with_its_reason_and_settled_with_a_note(house: House) -> None:
    """Nothing leaves the tray but by a person's note."""
    shop = Workshop(Path(), house.office.store, house.office.vault, "m_000000000000", "a_unknown", house.clock[0])
    journal = Journal(shop)
    journal.used(1, "nowhere")
    shop.told(journal)
    browser = house.browser("treasurer")
    page = browser.get("/health").text
    path = re.search(r'action="(/health/tray/pi-1/[^"]+)"', page)
    assert path

    send(browser, path[1], "/health", note="essai")

    assert "Machine inconnue" in page
    assert "Rien n&#39;attend." in browser.get("/health").text


def test_a_simulated_reader_is_tapped_from_the_panel(house: House) -> None:
    """One press is one tap; who is not there cannot tap."""
    browser = house.browser("maker")

    answers = [send(browser, "/demo/tap", "/demo", person=who, machine="kiln") for who in ("lea", "nobody")]

    assert [answer.status_code for answer in answers] == [303, 404]
    assert house.readers.taps == [("lea", "kiln")]


def test_a_copy_is_tapped_and_a_plug_is_pulled_from_the_panel(house: House) -> None:
    """A ticked box holds a copy of the badge; a reader is unplugged by one press and plugged in by the next."""
    browser = house.browser("maker")

    send(browser, "/demo/tap", "/demo", person="lea", machine="kiln", copied="1")
    pulled = send(browser, "/demo/plug", "/demo", machine="kiln", plugged="")
    out = set(house.readers.unplugged)
    page = browser.get("/demo").text
    send(browser, "/demo/plug", "/demo", machine="kiln", plugged="1")

    assert (house.readers.copies, house.readers.taps) == ([("lea", "kiln")], [])
    assert (pulled.status_code, out, house.readers.unplugged) == (303, {"kiln"}, set())
    assert (page.count("Rebrancher"), page.count("Débrancher")) == (1, 1)
