"""The live board: what machines say is shown as word, icon and colour, with what ends a use and when."""

import re
from typing import Any

import pytest

from controller.office.board import MACHINES_MAX, Board
from tests.pages.house import House

TS = "2027-01-15T08:00:00.000+00:00"  # the house's instant
IN_USE: dict[str, Any] = {
    "schema": 1,
    "ts": TS,
    "seq": 7,
    "state": "in_use",
    "relay": "ON",
    "reason": None,
    "session": {
        "id": "b1-1",
        "started_at": "2027-01-15T07:30:00.000+00:00",
        "elapsed_s": 1_800,
        "ends_at": "2027-01-15T09:15:00.000+00:00",
        "ends_by": "credit_exhausted",
    },
    "cost": {"amount_cents": 600, "currency": "EUR"},
}


def _tile(house: House, machine: str, who: str = "maker", language: str = "fr") -> str:
    page = house.browser(who, language).get("/").text
    found = re.search(rf'<article class="tile [a-z]+" id="tile-{machine}".*?</article>', page, re.DOTALL)
    assert found
    return found[0].replace("\u00a0", " ").replace("\u202f", " ")


def test_a_use_shows_how_long_it_lasts_and_what_ends_it_at_what_time(house: House) -> None:
    """From the first second the board says what will end the use, by the clock on the wall."""
    house.office.board.update("laser", IN_USE)

    tile = _tile(house, "laser")

    assert 'class="tile green"' in tile
    assert "En marche" in tile
    assert "30 min" in tile
    assert "Fin à 10 h 15 · solde épuisé" in tile
    assert "6,00 €" in tile


def test_a_machine_says_what_is_wrong_with_its_reader_and_nothing_when_it_works(house: House) -> None:
    """Another device in its place, or none, keeps people from their machine: whoever passes by reads what to do."""
    house.office.board.update("laser", {**IN_USE, "reader": "wrong_device"})
    wrong = _tile(house, "laser")
    house.office.board.update("laser", {**IN_USE, "reader": "ready"})

    assert "Un autre appareil est branché à la place du lecteur" in wrong
    assert "lecteur" not in _tile(house, "laser")


@pytest.mark.parametrize(
    ("state", "look"),
    [("idle", "blue"), ("in_use", "green"), ("locked_out", "amber"), ("maintenance", "amber"), ("fault", "red"),
     ("startup", "grey"), ("from-the-future", "grey")],
)  # fmt: skip
def test_red_is_for_a_fault_only_and_what_is_not_known_is_grey(house: House, state: str, look: str) -> None:
    """Colours mean one thing each, and a word that is not known is never taken for a good one."""
    house.office.board.update("mill", {**IN_USE, "state": state, "session": None})

    assert f'class="tile {look}"' in _tile(house, "mill")


def test_a_refusal_says_why_and_what_to_do_until_a_use_is_granted(house: House) -> None:
    """Whoever stands at the machine reads the reason on the screen too, in the page's language."""
    board = house.office.board
    board.event("mill", {"event_type": "denied", "ts": TS, "reason": "training_missing"})
    refused = _tile(house, "mill", language="en")
    board.event("mill", {"event_type": "granted", "ts": TS})
    granted = _tile(house, "mill", language="en")

    assert "You lack the training for this machine. Ask a fabmanager for a training." in refused
    assert "You lack the training" not in granted


def test_a_refusal_of_long_ago_is_no_news(house: House) -> None:
    """After ten minutes nobody stands there any more."""
    house.office.board.event("mill", {"event_type": "denied", "ts": TS, "reason": "training_missing"})
    house.clock[0] += 600_000

    assert "habilitation" not in _tile(house, "mill")


def test_a_machine_that_says_nothing_is_shown_as_silent(house: House) -> None:
    """A dead controller is not a free machine."""
    house.office.board.update("laser", IN_USE)
    house.office.board.silence("laser")

    tile = _tile(house, "laser")

    assert "Sans nouvelles" in tile
    assert "En marche" not in tile


def test_a_lock_shows_its_reason(house: House) -> None:
    """What the fabmanager wrote is what people read at the machine."""
    browser = house.browser("maintainer")
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.get("/machines/mega").text)
    assert csrf
    browser.post("/machines/mega/locks", data={"csrf": csrf[1], "reason": "Buse bouchée"})
    house.office.board.update("mega", {**IN_USE, "state": "locked_out", "session": None, "reason": "machine_locked"})

    assert "Buse bouchée" in _tile(house, "mega")


def test_each_change_is_told_once_and_a_repetition_is_not() -> None:
    """A retained message that comes again wakes no page."""
    told: list[tuple[str, Any]] = []
    board = Board(lambda kind, data: told.append((kind, data)))

    board.update("laser", IN_USE)
    board.update("laser", IN_USE)

    assert told == [("board", {"machine": "laser"})]


def test_the_board_holds_so_many_machines_and_no_more() -> None:
    """Who floods the broker with invented machines does not fill the office's memory."""
    board = Board(lambda _kind, _data: None)

    for number in range(MACHINES_MAX + 5):
        board.update(f"machine-{number}", IN_USE)

    assert len(board.snapshot()) == MACHINES_MAX


@pytest.mark.parametrize("broken", [{}, {"state": 5, "session": "x", "ts": []}, {"reason": ["a"], "cost": 3},
                                    {"session": {"elapsed_s": "1", "ends_by": {}, "id": 9}, "ts": "now"}])  # fmt: skip
def test_a_message_that_is_spelt_wrongly_breaks_nothing(house: House, broken: dict[str, Any]) -> None:
    """What a message lacks is unknown on the board, and the page is shown."""
    house.office.board.update("laser", broken)
    house.office.board.event("laser", {"event_type": "denied", **broken})

    assert "Sans nouvelles" in _tile(house, "laser")
