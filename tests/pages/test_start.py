"""The first steps: from the first account to the first use, and no word of money where there is none."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from controller.office import first_steps, money
from controller.office.accounts import Role, create_web_account
from controller.office.directory import badges, machines, people, places, rights
from controller.office.directory.policies import Policy
from controller.office.office import Office
from controller.office.store import OfficeStore
from controller.office.vault import open_vault
from tests.office.answering import answering
from tests.office.workshop import Journal, Workshop
from tests.pages.house import NOW, PASSWORD, empty_office
from tests.pages.test_board import IN_USE

MONEY = re.compile(r"€|solde|crédit|prix|tarif|versement|indivision", re.IGNORECASE)


@pytest.fixture
def new_place(tmp_path: Path) -> Iterator[Office]:
    """An office at its first start, as its settings file made it: books, a place, a controller that is in touch."""
    for name in ("office.db", "vault.key"):
        shutil.copy(_template() / name, tmp_path / name)
    store = OfficeStore(tmp_path / "office.db")
    yield Office(
        store=store,
        vault=open_vault(tmp_path / "vault.key", store),
        now_ms=lambda: NOW,
        send_command=lambda _: None,
        channels=("laser",),
    )
    store.close()


@cache
def _template() -> Path:
    """Make it once in a test run."""
    folder = Path(tempfile.mkdtemp(prefix="indivis-new-place-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    office, _ = empty_office(folder)
    with office.changing("system") as change:
        places.create_books(change, "atelier", "Atelier Exemple")
        places.create_site(change, "atelier", "atelier", "Atelier Exemple")
        places.create_controller(change, "pi-1", "atelier", "pi-1")
        places.note_heard(change.tx, "pi-1", NOW)
        create_web_account(change, "admin", PASSWORD, [Role.ADMIN])
    office.store.close()
    return folder


def signed_in(office: Office) -> TestClient:
    """The administrator's phone."""
    phone = TestClient(answering(office), base_url="http://office.test", follow_redirects=True)
    phone.cookies.set("indivis_language", "fr")
    phone.post("/sign-in", data={"login": "admin", "password": PASSWORD})
    return phone


def step(phone: TestClient, name: str, /, **fields: str) -> str:
    """Fill in the form of one step; the page that comes of it."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', phone.get("/start").text)
    assert found
    return phone.post(f"/start/{name}", data={"csrf": found[1], **fields}).text


def steps_done(page: str) -> list[bool]:
    """Which of the six steps are done."""
    return ["green" in tag for tag in re.findall(r'<h2><span class="tag([^"]*)">', page)]


def tapped(office: Office) -> str:
    """An unknown badge at the reader of the first machine."""
    with office.changing("system") as change:
        return badges.note_unknown_tap(
            change.tx, token="cd" * 32, machine="decoupeuse-laser", controller="pi-1", seen_at=NOW - 3_000
        )


def used(office: Office, folder: Path) -> None:
    """The first use, told by the floor."""
    with office.store.read() as tx:
        member = first_steps.standing(tx).member or ""
        account = people.member_row(tx, member)["account"]
    shop = Workshop(folder, office.store, office.vault, member, account)
    journal = Journal(shop)
    journal.opened(1, "decoupeuse-laser")
    shop.told(journal)


def test_the_first_account_is_led_to_the_first_use_and_may_stop_anywhere(new_place: Office, tmp_path: Path) -> None:
    """Each step stands when its form was sent; another browser goes on where the first one was."""
    phone = signed_in(new_place)
    done = [steps_done(phone.get("/start").text)]
    step(phone, "machine", name="Découpeuse laser", controller="pi-1", channel="laser", trained="yes")
    new_place.board.update("decoupeuse-laser", {"state": "idle", "relay": "OFF", "session": None})
    tap = tapped(new_place)
    done.append(steps_done(phone.get("/start").text))
    step(phone, "price", per_hour="12,50")
    step(signed_in(new_place), "member", tap=tap, name="Camille Exemple", amount="10")
    done.append(steps_done(phone.get("/start").text))
    before = "/start" in phone.get("/").text
    used(new_place, tmp_path)
    done.append(steps_done(phone.get("/start").text))

    assert done == [
        [True, False, False, False, False, False],
        [True, True, True, False, False, False],
        [True, True, True, True, True, False],
        [True, True, True, True, True, True],
    ]
    assert (before, "/start" in phone.get("/").text) == (True, False)
    with new_place.store.read() as tx:
        there = first_steps.standing(tx)
        assert there.machine is not None
        assert there.machine.price is not None
        assert (there.machine.channel, there.machine.trainings) == ("laser", ("decoupeuse-laser",))
        assert (there.machine.price.per_minute_num, there.machine.price.per_minute_den) == (1_250, 60)
        (grant,) = rights.grants_of(tx, there.member or "")
        account = people.member_row(tx, there.member or "")["account"]
        assert (grant["training"], money.account_state(tx, account).credit_cents) == ("decoupeuse-laser", 1_000)


def test_a_place_where_nothing_costs_anything_reads_no_word_of_money(new_place: Office, tmp_path: Path) -> None:
    """No menu, no card, no column; a price that is set later brings them all."""
    phone = signed_in(new_place)
    step(phone, "machine", name="Découpeuse laser", controller="pi-1", channel="laser")
    said = step(phone, "price", free="yes")
    step(phone, "member", tap=tapped(new_place), name="Camille Exemple")
    used(new_place, tmp_path)
    new_place.board.update(
        "decoupeuse-laser", IN_USE | {"session": IN_USE["session"] | {"ends_by": "maximum_duration"}}
    )
    with new_place.store.read() as tx:
        member = first_steps.standing(tx).member
    pages = ["/", "/machines", "/machines/decoupeuse-laser", f"/members/{member}", "/members", "/trainings"]

    spoken = {path: MONEY.findall(phone.get(path).text) for path in pages}
    with new_place.changing("tester") as change:
        machines.set_policy(change, "decoupeuse-laser", Policy())
        machines.set_price(change, "decoupeuse-laser", (20, 1))
    later = [path for path in pages if MONEY.search(phone.get(path).text)]

    assert steps_done(said)[3]
    assert spoken == {path: [] for path in pages}
    assert later == pages


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("machine", {"name": "", "controller": "pi-1", "channel": "laser"}, "Le texte est vide"),
        ("machine", {"name": "Tour", "controller": "pi-1", "channel": "la voie"}, "pas un identifiant"),
        ("price", {"per_hour": "beaucoup"}, "Ce montant ne se lit pas"),
        ("member", {"name": "Camille Exemple"}, "Aucun badge n&#39;est choisi"),
        ("member", {"name": "Camille Exemple", "tap": "t_old"}, "trop ancien"),
    ],
)
def test_a_slip_makes_nothing_and_is_told_beside_its_field(
    new_place: Office, name: str, fields: dict[str, str], said: str
) -> None:
    """The step stays open."""
    phone = signed_in(new_place)
    if name != "machine":
        step(phone, "machine", name="Découpeuse laser", controller="pi-1", channel="laser")
    if name == "member":
        step(phone, "price", per_hour="3")
    before = steps_done(phone.get("/start").text)

    answer = step(phone, name, **fields)

    assert said in answer
    assert steps_done(phone.get("/start").text) == before


def test_a_relay_that_is_closed_before_any_badge_is_told(new_place: Office) -> None:
    """The wiring is no step that is done by being looked at; no page closes a relay to try it."""
    phone = signed_in(new_place)
    step(phone, "machine", name="Découpeuse laser", controller="pi-1", channel="laser")
    new_place.board.update("decoupeuse-laser", {"state": "fault", "relay": "ON", "session": None})
    tapped(new_place)

    wiring = phone.get("/start/wiring").text

    assert "vérifiez le câblage avant d&#39;aller plus loin" in wiring
    assert "Le lecteur a lu un badge" in wiring
    assert steps_done(phone.get("/start").text)[2] is False


def test_machines_of_one_name_have_ids_of_their_own(new_place: Office) -> None:
    """Letters and digits of the name, a number behind them when they are taken."""
    ids = []
    for name in ("Four à céramique n° 2", "Four a ceramique n° 2", "陶"):
        with new_place.changing("tester") as change:
            ids.append(first_steps.free_id(change.tx, name))
            machines.create_machine(change, ids[-1], "atelier", name)

    assert ids == ["four-a-ceramique-n-2", "four-a-ceramique-n-2-2", "machine"]
