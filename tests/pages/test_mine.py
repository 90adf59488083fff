"""A maker reaches their own page from the code on a machine, and it stays on their own phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from controller.domain.ledger import MeansOfPayment
from controller.office import accounts, money
from controller.office.accounts import REMEMBERED_MAX, REMEMBERED_MS, SESSION_MS, Role
from controller.office.directory import machines, people, rights
from controller.office.phones import LINK_MS
from tests.pages.house import NOW, PASSWORD, House, founded, send


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office, whose stories follow each other."""
    made = founded(tmp_path_factory.mktemp("mine"))
    yield made
    made.office.store.close()


def link_for(house: House, member: str) -> str:
    """The path of the link that the desk's page shows for a member's phone."""
    page = send(house.browser("fabmanager"), f"/members/{member}/phone-link", f"/members/{member}").text
    found = re.search(r"<code>http://office\.test(/phone/[\w-]+)</code>", page)
    assert found
    return found[1]


def signed(house: House, member: str) -> TestClient:
    """A phone that opened a member's page by a link."""
    phone = house.browser()
    answer = phone.post(link_for(house, member))
    assert answer.headers["Location"] == "/me"
    return phone


def test_the_code_on_a_machine_leads_a_maker_to_what_concerns_them_there(house: House) -> None:
    """What is missing and who grants it, the balance, whether two hours fit, a way to report a danger."""
    zoe, marc = house.members["zoe"], house.members["marc"]
    with house.office.changing("tester") as change:
        rights.grant(change, marc, "laser-basics", may_train=True, may_be_named=True)
        money.top_up(change, people.member_row(change.tx, zoe)["account"], 1_000, MeansOfPayment.CARD, "caisse 1")
    maker = house.browser("maker")

    page = maker.get("/m/laser?time=2").text.replace("\u202f", " ").replace("\u00a0", " ")

    assert "Il vous manque l&#39;habilitation" in page
    assert "Qui peut vous former : Marc Imaginaire" in page
    assert "10,00 €" in page
    assert "Non : 2 h 00 coûteraient 24,00 €. La limite est de 50 min (solde épuisé)." in page
    assert "Signaler un danger et couper" in page
    assert "Votre habilitation l&#39;ouvre" in maker.get("/m/kiln").text


def test_a_danger_reported_there_locks_the_machine_and_stays_on_that_page(house: House) -> None:
    """The phone is still pointed at the machine."""
    answer = send(house.browser("maker"), "/machines/vinyl/danger", "/m/vinyl", **{"from": "m", "danger": "lame"})

    with house.office.store.read() as tx:
        assert machines.machine_view(tx, "vinyl").locks[0]["emergency"] is True
    assert answer.headers["Location"] == "/m/vinyl?done=done.danger"


def test_who_is_no_member_sees_the_machines_usual_page(house: House) -> None:
    """The desk reads the same label."""
    assert house.browser("treasurer").get("/m/laser").headers["Location"] == "/machines/laser"
    assert house.browser().get("/m/laser").headers["Location"] == "/sign-in?next=/m/laser"


def test_a_members_page_says_of_every_machine_what_is_missing(house: House) -> None:
    """To themselves; a program reads the same."""
    zoe, maker = house.members["zoe"], house.browser("maker")

    page = maker.get(f"/members/{zoe}").text
    told = maker.get(f"/api/v1/members/{zoe}/access").json()["items"]

    assert 'id="machines"' in page
    assert 'id="machines"' not in house.browser("fabmanager").get(f"/members/{zoe}").text
    assert [(each["machine"], each["reason"]) for each in told] == [
        ("laser", "training_missing"), ("kiln", None), ("ceramic", None),
    ]  # fmt: skip
    assert maker.get(f"/api/v1/members/{house.members['marc']}/access").status_code == 403


def test_a_link_from_the_desk_opens_ones_own_page_once_without_any_password(house: House) -> None:
    """Looking at it does not use it up; the phone keeps it for three months; the second phone gets nothing."""
    ines = house.members["ines"]
    link, phone, other = link_for(house, ines), house.browser(), house.browser()

    looked = other.get(link)
    opened = phone.post(link)
    again = other.post(link)
    house.clock[0] = NOW + REMEMBERED_MS - 1
    kept = phone.get(f"/members/{ines}").status_code
    house.clock[0] = NOW + REMEMBERED_MS
    over = phone.get(f"/members/{ines}").status_code
    house.clock[0] = NOW

    assert (looked.status_code, opened.status_code, again.status_code) == (200, 303, 404)
    assert f"Max-Age={REMEMBERED_MS // 1_000}" in opened.headers["Set-Cookie"]
    assert (kept, over) == (200, 303)
    assert phone.get(f"/members/{house.members['zoe']}").status_code == 403


def test_a_link_grows_old_and_a_newer_one_replaces_it(house: House) -> None:
    """What is left on the desk's screen opens nothing."""
    ines, phone = house.members["ines"], house.browser()
    first, second = link_for(house, ines), link_for(house, ines)
    replaced = phone.post(first).status_code
    house.clock[0] = NOW + LINK_MS
    old = phone.post(second).status_code
    house.clock[0] = NOW

    assert (replaced, old) == (404, 404)


def test_a_link_never_opens_an_account_that_may_do_more_than_a_makers(house: House) -> None:
    """A fabmanager who is a member too signs in by password; the desk cannot make itself their key."""
    with house.office.changing("tester") as change:
        new = people.NewMember(name="Paul Fictif", books="lab")
        paul = people.create_member(change, house.office.vault, new)
        accounts.create_web_account(change, "paul", PASSWORD, [Role.MAKER, Role.TREASURER], member=paul)

    answer = send(house.browser("fabmanager"), f"/members/{paul}/phone-link", f"/members/{paul}")

    assert answer.status_code == 409
    assert "/phone/" not in answer.text
    assert send(house.browser("maker"), f"/members/{paul}/phone-link", "/m/laser").status_code == 403


def test_a_lost_phone_is_signed_out_by_its_holder_or_the_desk(house: House) -> None:
    """Everybody their own, the desk anybody's, nobody else's."""
    marc = house.members["marc"]
    lost, found = signed(house, marc), signed(house, marc)
    refused = send(house.browser("maker"), f"/members/{marc}/phones/end", "/m/laser").status_code
    before = lost.get(f"/members/{marc}").status_code
    send(found, f"/members/{marc}/phones/end", f"/members/{marc}")

    assert (refused, before) == (403, 200)
    assert [phone.get(f"/members/{marc}").status_code for phone in (lost, found)] == [303, 303]


@pytest.mark.parametrize(("who", "lasts_ms"), [("maker", REMEMBERED_MS), ("fabmanager", SESSION_MS)])
def test_only_a_mere_makers_session_is_remembered(house: House, who: str, lasts_ms: int) -> None:
    """Whoever may change things signs in anew each half-day, whatever they ticked."""
    answer = house.browser().post("/sign-in", data={"login": who, "password": PASSWORD, "remember": "yes"})

    assert f"Max-Age={lasts_ms // 1_000};" in answer.headers["Set-Cookie"]


def test_who_is_given_more_to_do_signs_in_anew(house: House) -> None:
    """A phone that was remembered for a maker opens no treasurer's pages."""
    marc = house.members["marc"]
    phone = signed(house, marc)
    with house.office.changing("tester") as change:
        accounts.set_roles(change, accounts.account_by_login(change.tx, marc) or "", [Role.TREASURER])

    assert phone.get("/health").headers["Location"] == "/sign-in?next=/health"


def test_an_account_has_so_many_sessions_and_the_oldest_ends(house: House) -> None:
    """Forgotten devices do not gather."""
    cookies = []
    for _ in range(REMEMBERED_MAX + 1):
        with house.office.changing("tester") as change:
            account = accounts.account_by_login(change.tx, "outsider")
            assert account
            cookies.append(accounts.begin_session(change, account, remember=True).cookie)
        house.clock[0] += 1

    with house.office.store.read() as tx:
        alive = [accounts.by_session(tx, cookie, house.clock[0]) is not None for cookie in cookies]
    house.clock[0] = NOW

    assert alive == [False] + [True] * REMEMBERED_MAX
