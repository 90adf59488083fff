"""A place's calendar is worked out in the office; what comes down are plain windows of time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from controller.domain.directory import OpenWindow
from controller.office.accounts import Role
from controller.office.directory import opening
from controller.office.directory.opening import AHEAD_DAYS, OpeningHours, windows_of
from controller.office.refusals import InvalidError
from controller.office.upkeep import HOURS_EVERY_MS
from tests.office.door import Door
from tests.office.downlink_kit import Desk
from tests.office.workshop import Workshop

DAY = (("09:00", "12:00"), ("14:00", "18:00"))
WEEK = OpeningHours(time_zone="Europe/Paris", week=(DAY, DAY, DAY, DAY, DAY, (), ()))


def local(windows: tuple[OpenWindow, ...]) -> list[str]:
    """Windows as UTC, to read."""
    return [
        f"{datetime.fromtimestamp(each.from_ms / 1000, UTC):%m-%d %H:%M}"
        f"/{datetime.fromtimestamp(each.until_ms / 1000, UTC):%H:%M}"
        for each in windows
    ]


def test_a_week_becomes_windows_of_the_places_own_clock() -> None:
    """Friday and Monday around the night on which summer time begins: one hour earlier in UTC."""
    assert local(windows_of(WEEK, date(2027, 3, 26), 4)) == [
        "03-26 08:00/11:00",
        "03-26 13:00/17:00",
        "03-29 07:00/10:00",
        "03-29 12:00/16:00",
    ]


def test_public_holidays_close_the_place_where_it_says_whose() -> None:
    """Easter Monday everywhere in France; Good Friday in Moselle only."""
    france, moselle = replace(WEEK, holidays="FR"), replace(WEEK, holidays="FR-57")

    assert [len(windows_of(hours, date(2027, 3, 26), 4)) for hours in (WEEK, france, moselle)] == [4, 2, 0]


def test_an_exception_outweighs_a_holiday_and_the_week() -> None:
    """Open on a holiday for the fair, closed on an ordinary Friday."""
    hours = replace(WEEK, holidays="FR", exceptions={"2027-03-29": (("10:00", "16:00"),), "2027-03-26": ()})

    assert local(windows_of(hours, date(2027, 3, 26), 4)) == ["03-29 08:00/14:00"]


def test_hours_past_midnight_are_one_window() -> None:
    """Until two in the morning: a use that began at eleven is not ended at midnight."""
    night = OpeningHours(
        time_zone="Europe/Paris", week=((), (), (), (), (("20:00", "24:00"),), (("00:00", "02:00"),), ())
    )

    assert local(windows_of(night, date(2027, 1, 1), 3)) == ["01-01 19:00/01:00"]


@pytest.mark.parametrize(
    "change",
    [
        {"week": (DAY,) * 6},
        {"week": ((("9:00", "12:00"),), *((),) * 6)},
        {"week": ((("12:00", "09:00"),), *((),) * 6)},
        {"week": ((("09:00", "12:00"), ("11:00", "13:00")), *((),) * 6)},
        {"week": ((("09:00", "25:00"),), *((),) * 6)},
        {"time_zone": "Europe/Crest"},
        {"time_zone": "../etc/passwd"},
        {"holidays": "XX"},
        {"holidays": "FR-99"},
        {"exceptions": {"24.12.": ()}},
        {"exceptions": {f"20{number // 365 + 27}-{number}": () for number in range(401)}},
    ],
)
def test_what_is_no_calendar_is_refused_in_a_sentence(change: dict[str, Any]) -> None:
    """Before it is stored, so that no controller ever sees it."""
    with pytest.raises(InvalidError):
        replace(WEEK, **change)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """The office of the fictional workshop."""
    desk = Desk(Workshop.founded(tmp_path))
    yield desk
    desk.closes()


def test_the_windows_of_each_new_day_come_down_by_themselves(desk: Desk) -> None:
    """Nobody presses anything: an hour after midnight at the latest the horizon is a day further."""
    shop = desk.shop
    with shop.changing() as change:
        opening.set_hours(change, "crest", replace(WEEK, week=(DAY,) * 7))
    first = shop.entry("opening", "crest")["windows"]

    desk.turn()
    same = shop.entry("opening", "crest")["windows"]
    shop.now_ms += 86_400_000 + HOURS_EVERY_MS
    desk.turn()

    assert len(first) == 2 * AHEAD_DAYS
    assert same == first
    assert shop.entry("opening", "crest")["windows"][-1]["until_ms"] > first[-1]["until_ms"]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """The same behind its web door."""
    door = Door.opened(tmp_path)
    yield door
    door.shop.store.close()


def test_hours_are_set_and_taken_away_by_a_fabmanager(door: Door) -> None:
    """Through the API; the same calendar reads back, and without one the entry is gone."""
    desk = door.signed_in(Role.FABMANAGER)
    where = "/api/v1/sites/crest/opening-hours"
    calendar = {
        "time_zone": "Europe/Paris",
        "week": [[list(span) for span in DAY]] * 5 + [[], []],
        "holidays": "FR",
        "exceptions": {"2027-12-24": [["09:00", "12:00"]]},
    }

    nothing = desk.get(where).status_code
    done = desk.put(where, json=calendar).status_code
    read = desk.get(where).json()
    wrong = desk.put(where, json=calendar | {"holidays": "XX"}).status_code
    elsewhere = desk.put("/api/v1/sites/nowhere/opening-hours", json=calendar).status_code
    came_down = door.shop.entry("opening", "crest")
    desk.delete(where)

    assert (nothing, done, wrong, elsewhere) == (404, 204, 422, 404)
    assert read == calendar
    assert came_down is not None
    assert door.shop.entry("opening", "crest") is None


def test_a_maker_does_not_set_the_hours(door: Door) -> None:
    """They are the desk's."""
    maker = door.signed_in(Role.MAKER, member=door.shop.member)

    assert maker.delete("/api/v1/sites/crest/opening-hours").status_code == 403
