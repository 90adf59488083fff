"""The pages in a real Chromium: they live by events, fit a phone, and the strict policy blocks nothing of ours."""

from __future__ import annotations

from collections.abc import Iterator
from time import time

import pytest

from controller.office import accounts
from tests.pages.chromium import PROGRAM, Chromium
from tests.pages.house import PASSWORD, House, founded
from tests.pages.serving import Server, serving
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed here (apt install chromium)"),
]

HEAR_AND_THEN_SOME = """
    const ear = new EventSource("/api/v1/events");
    ear.addEventListener("resync", () => { window.follows = true; });
    ear.addEventListener("board", () => setTimeout(() => { window.heard = true; ear.close(); }, 1500));
"""
"""Notes in the page that an event came, a while after the page itself would have drawn it."""

PAGES = [
    "/",
    "/enrol",
    "/machines/kiln",
    "/machines/kiln/settings",
    "/hours/crest",
    "/classes/new",
    "/organisations",
    "/credit/lab",
    "/machines/kiln/bookings",
    "/machines/kiln/screens",
    "/kiosk/kiln",
    "/labels",
    "/start",
    "/audit",
    "/trainings/ceramics",
    "/trainings/new",
    "/members",
    "/members/new",
    "/agreements/clay",
    "/health",
    "/account",
    "/accounts",
    "/demo",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Server]]:
    """A workshop behind a real server on a free port."""
    house = founded(tmp_path_factory.mktemp("served"), demo=True, clock=round(time() * 1_000))
    with serving(house.office) as server:
        yield house, server
    house.office.store.close()


@pytest.fixture(scope="module")
def served(server: tuple[House, Server]) -> tuple[House, str]:
    """The workshop and its address."""
    return server[0], server[1].address


@pytest.fixture(scope="module")
def chromium(served: tuple[House, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser that is signed in as the administrator."""
    house, address = served
    house.account("admin")
    signed = accounts.sign_in(
        house.office.store, house.clock[0], accounts.Attempt(login="admin", password=PASSWORD, address="here")
    )
    with Chromium(tmp_path_factory.mktemp("profile")) as browser:
        browser.ask("Network.setCookie", name="indivis", value=signed.cookie, url=address, httpOnly=True)
        yield browser


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_page_fits_its_window_and_the_browser_complains_of_nothing(
    served: tuple[House, str], chromium: Chromium, path: str, width: int
) -> None:
    """No script error, no missing file, nothing blocked by the policy, and nothing hangs over the side of a phone."""
    chromium.complaints.clear()

    chromium.open(served[1] + path, width=width)

    assert chromium.evaluate("document.documentElement.className") == "js"
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    assert chromium.complaints == []


def test_a_board_that_is_open_changes_by_itself_and_says_so_politely(
    served: tuple[House, str], chromium: Chromium
) -> None:
    """An event from the floor redraws the tile in the page that is open, and the live region says what changed."""
    house, address = served
    chromium.open(address + "/")

    house.office.board.update("vinyl", {"state": "fault", "reason": "machine_fault", "session": None})

    wait_until(lambda: chromium.evaluate("document.getElementById('tile-vinyl').className") == "tile red")
    assert chromium.evaluate("document.getElementById('live').textContent") == "Découpeuse vinyle, En panne"


def test_a_board_that_is_held_still_does_not_change_until_it_goes_on(
    served: tuple[House, str], chromium: Chromium
) -> None:
    """Whoever reads slowly can stop the page, and miss nothing afterwards."""
    house, address = served
    chromium.open(address + "/")
    chromium.evaluate("document.querySelector('[data-pause]').click()")
    held = chromium.evaluate("document.getElementById('tile-mill').className")
    chromium.evaluate(HEAR_AND_THEN_SOME)
    wait_until(lambda: chromium.evaluate("window.follows"), what="a second ear in the page")
    house.office.board.update("mill", {"state": "in_use", "session": None})

    wait_until(lambda: chromium.evaluate("window.heard"), what="the event, and time enough to draw it")
    still = chromium.evaluate("document.getElementById('tile-mill').className")
    chromium.evaluate("document.querySelector('[data-pause]').click()")

    assert (held, still) == ("tile grey", "tile grey")
    wait_until(lambda: chromium.evaluate("document.getElementById('tile-mill').className") == "tile green")


def test_an_unknown_badge_appears_on_the_open_page_and_the_search_finds_its_owner(
    served: tuple[House, str], chromium: Chromium
) -> None:
    """The fabmanager taps, types three letters and presses once."""
    house, address = served
    chromium.open(address + "/enrol")

    house.unknown_tap(ago_ms=0)

    wait_until(lambda: chromium.evaluate("document.querySelectorAll('.tap').length") == 1)
    chromium.evaluate("const q = document.getElementById('f-q'); q.value = 'ima'; q.dispatchEvent(new Event('input'))")
    wait_until(lambda: chromium.evaluate("document.getElementById('f-member').options.length") == 1)
    assert chromium.evaluate("document.getElementById('f-member').value") == house.members["marc"]


def test_the_board_is_a_picture_of_the_window_and_not_an_empty_one(
    served: tuple[House, str], chromium: Chromium
) -> None:
    """What is drawn has more in it than a blank page of the same size."""
    chromium.open("about:blank")
    blank = len(chromium.picture())
    chromium.open(served[1] + "/", width=360, height=740)

    assert len(chromium.picture()) > 3 * blank


def test_a_screen_at_a_machine_says_that_it_is_cut_off_and_finds_back_by_itself(
    server: tuple[House, Server], chromium: Chromium
) -> None:
    """It follows its machine; also when the connection stands and nothing comes through it, it notices in seconds."""
    house, office = server
    cut = "!document.querySelector('[data-lost]').classList.contains('hidden')"
    word = "document.querySelector('.now .word span').textContent"
    chromium.open(office.address + "/language/fr?next=/kiosk/laser")
    house.office.board.update("laser", {"state": "fault", "reason": "machine_fault", "session": None})
    wait_until(lambda: chromium.evaluate(word) == "En panne", what="the screen to follow")
    before = chromium.evaluate(cut)

    with office.hanging():
        wait_until(lambda: chromium.evaluate(cut), what="the screen to notice")
        house.office.board.update("laser", {"state": "idle", "session": None})

    wait_until(lambda: not chromium.evaluate(cut) and chromium.evaluate(word) == "Libre", what="the way back")
    assert before is False
