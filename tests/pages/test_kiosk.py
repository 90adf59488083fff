"""A screen at a machine shows that machine to whoever stands there, and nothing else to anybody."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from controller.office.directory import people
from controller.office.live import BEAT, RESYNC, Live
from controller.office.screens import DARK_MS, DAY_MS, SCREENS_MAX
from tests.office.workshop import Journal, Workshop
from tests.pages.house import NOW, House, founded, send
from tests.pages.test_board import IN_USE, TS


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office, whose stories follow each other."""
    made = founded(tmp_path_factory.mktemp("kiosk"))
    yield made
    made.office.store.close()


def hung_up(house: House, machine: str = "laser", label: str = "tablette", **ticked: str) -> TestClient:
    """A browser that has opened the address of a new screen once."""
    path = f"/machines/{machine}/screens"
    made = send(house.browser("fabmanager"), path, path, label=label, **ticked)
    found = re.search(rf'href="http://office\.test(/kiosk/{machine}/open\?screen=[\w-]+)"', made.text)
    assert found
    screen = house.browser()
    answer = screen.get(found[1])
    assert answer.headers["Location"] == f"/kiosk/{machine}"
    return screen


def test_a_screen_shows_its_own_machine_without_a_sign_in_and_opens_nothing_else(house: House) -> None:
    """Its key is good for one machine's page: no other machine, no board, no change, not the live events of all."""
    screen = hung_up(house)

    seen = {
        path: screen.get(path).status_code
        for path in ("/kiosk/laser", "/kiosk/laser/tile", "/kiosk/mill", "/", "/machines/laser", "/members")
    }
    danger = screen.post("/machines/laser/danger", data={"danger": "x"})

    assert seen == {
        "/kiosk/laser": 200, "/kiosk/laser/tile": 200, "/kiosk/mill": 303, "/": 303, "/machines/laser": 303,
        "/members": 303,
    }  # fmt: skip
    assert danger.headers["Location"].startswith("/sign-in")
    assert screen.get("/api/v1/events").status_code == 401
    assert "Découpeuse laser" in screen.get("/kiosk/laser").text


def test_a_wrong_key_leads_to_the_sign_in(house: House) -> None:
    """Whoever guesses an address sees no machine."""
    stranger = house.browser()

    answer = stranger.get("/kiosk/laser/open?screen=not-the-key")

    assert "set-cookie" not in answer.headers
    assert stranger.get("/kiosk/laser").headers["Location"] == "/sign-in?next=/kiosk/laser"


def zoe_starts_the_kiln(house: House, folder: Path) -> None:
    """A use under way, told by the floor and shown on the board."""
    with house.office.store.read() as tx:
        account = people.member_row(tx, house.members["zoe"])["account"]
    shop = Workshop(folder, house.office.store, house.office.vault, house.members["zoe"], account)
    journal = Journal(shop)
    journal.opened(1, "kiln")
    shop.told(journal)
    house.office.board.update("kiln", IN_USE | {"session": IN_USE["session"] | {"id": "s-1"}})


def test_a_screen_names_nobody_unless_the_desk_said_so_for_it(house: House, tmp_path: Path) -> None:
    """Not even when a fabmanager looks at it: the page hangs where visitors stand."""
    discreet, open_one = hung_up(house, "kiln", "vitrine"), hung_up(house, "kiln", "bureau", names="yes")
    zoe_starts_the_kiln(house, tmp_path)

    seen = ["Zoé" in browser.get("/kiosk/kiln").text for browser in (discreet, house.browser("fabmanager"), open_one)]

    assert seen == [False, False, True]


def test_a_use_shows_what_is_left_and_what_ends_it(house: House) -> None:
    """In the largest type: the word, the time left, the time gone."""
    house.office.board.update("laser", IN_USE)

    shown = house.browser("maker").get("/kiosk/laser").text.replace("\u00a0", " ")

    assert re.findall(r"<d[td][^>]*>([^<]+)<", shown) == ["reste", "1 h 15", "depuis", "30 min"]
    assert "Fin à 10 h 15" in shown


def test_a_refusal_is_shown_for_a_minute_and_no_longer(house: House) -> None:
    """It may speak of money, and who met it has gone by then; the board keeps it for ten."""
    maker = house.browser("maker")
    house.office.board.event("mill", {"event_type": "denied", "ts": TS, "reason": "credit_too_low"})
    at_once = maker.get("/kiosk/mill").text
    house.clock[0] = NOW + 60_000
    later = maker.get("/kiosk/mill").text
    house.clock[0] = NOW

    assert ('class="refusal"' in at_once, 'class="refusal"' in later) == (True, False)


def test_a_screen_that_is_ended_or_stays_dark_shows_nothing(house: House) -> None:
    """Sixty days unlit are the end of it; one that is on lives on, and says so once a day."""
    lit, ended, dark = (hung_up(house, "vinyl", each) for each in ("allumé", "retiré", "éteint"))
    desk = house.browser("fabmanager")
    listed = {each["label"]: each["id"] for each in desk.get("/api/v1/machines/vinyl/screens").json()["items"]}
    send(desk, f"/machines/vinyl/screens/{listed['retiré']}/end", "/machines/vinyl/screens")
    house.clock[0] = NOW + DARK_MS - DAY_MS
    lit.get("/kiosk/vinyl")
    house.clock[0] = NOW + DARK_MS

    seen = [browser.get("/kiosk/vinyl").status_code for browser in (lit, ended, dark)]
    house.clock[0] = NOW

    assert seen == [200, 303, 303]


def test_a_program_hangs_screens_up_too_and_a_machine_has_so_many_at_most(house: House) -> None:
    """The desk's door alone; the path that opens it is given once, and the list holds no key."""
    desk, path = house.browser("fabmanager"), "/api/v1/machines/mega/screens"
    csrf = {"X-CSRF-Token": desk.get("/api/v1/session").json()["csrf"]}

    made = [desk.post(path, json={"label": f"écran {n}"}, headers=csrf) for n in range(SCREENS_MAX + 1)]
    screen = house.browser()
    screen.get(made[0].json()["path"])
    before = screen.get("/kiosk/mega").status_code
    gone = desk.delete(f"/api/v1/screens/{made[0].json()['id']}", headers=csrf).status_code

    assert [answer.status_code for answer in made] == [201] * SCREENS_MAX + [409]
    assert made[0].json()["path"].rpartition("=")[2] not in desk.get(path).text
    assert (before, gone, screen.get("/kiosk/mega").status_code) == (200, 204, 303)
    assert house.browser("maker").get(path).status_code == 403


def test_larger_text_is_kept_by_the_browser_that_asked_for_it(house: House) -> None:
    """On the screen and on every other page, until it is turned back."""
    reader = hung_up(house, "ceramic")
    reader.get("/text/larger?next=/kiosk/ceramic")
    larger = [reader.get(path).text for path in ("/kiosk/ceramic", "/sign-in")]
    reader.get("/text/usual?next=/kiosk/ceramic")

    assert all('class="larger"' in page for page in larger)
    assert 'class="larger"' not in reader.get("/kiosk/ceramic").text


def test_a_screen_hears_of_its_own_machine_and_otherwise_only_that_the_line_stands() -> None:
    """What happens at other machines is a beat to it, and so is silence."""

    async def hear() -> list[str]:
        live = Live()
        stream = live.stream("kiln", beat_s=0.001)
        heard = [await anext(stream), await anext(stream)]
        live.publish("board", {"machine": "laser"})
        heard.append(await anext(stream))
        live.publish("board", {"machine": "kiln"})
        while (block := await anext(stream)).startswith(f"event: {BEAT}"):
            pass
        return [*heard, block]

    assert asyncio.run(hear()) == [
        f"event: {RESYNC}\ndata: {{}}\n\n", f"event: {BEAT}\ndata: {{}}\n\n", f"event: {BEAT}\ndata: {{}}\n\n",
        'event: board\ndata: {"machine": "kiln"}\n\n',
    ]  # fmt: skip
