"""A maker books a machine on its page and takes the booking back; whose the others are, only the desk reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import unescape

import pytest

from controller.office.directory import bookings
from controller.office.web.pages_format import TIME_ZONE
from tests.pages.house import House, founded, send

PAGE = "/machines/kiln/bookings"
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One office on Friday 15 January 2027, nine o'clock, whose stories follow each other."""
    made = founded(tmp_path_factory.mktemp("bookings"))
    yield made
    made.office.store.close()


def _at(day: int, hour: int, minute: int = 0) -> int:
    return round(datetime(2027, 1, day, hour, minute, tzinfo=TIME_ZONE).timestamp() * 1_000)


def _ahead(house: House) -> list[tuple[str, int, int]]:
    with house.office.store.read() as tx:
        rows = bookings.bookings_of(tx, "kiln", house.clock[0])
    return [(row["member"], row["from_at"], row["until_at"]) for row in rows]


def _booked(house: House, who: str, from_at: int, until_at: int) -> str:
    with house.office.changing("tester") as change:
        return bookings.make(change, "kiln", house.members[who], from_at, until_at)


def test_a_maker_books_reads_it_in_the_week_and_cancels_it(house: House) -> None:
    """An afternoon and a night that ends on the next day, which both days show."""
    maker, zoe = house.browser("maker"), house.members["zoe"]

    first = send(maker, PAGE, PAGE, day="2027-01-16", hours="14h-16:30")
    send(maker, PAGE, PAGE, day="2027-01-19", hours="22:00-2:00")

    assert first.headers["Location"] == f"{PAGE}?week=2027-01-16&done=done.booked"
    assert _ahead(house) == [(zoe, _at(16, 14), _at(16, 16, 30)), (zoe, _at(19, 22), _at(20, 2))]
    week, next_week = maker.get(PAGE).text, maker.get(f"{PAGE}?week=2027-01-20").text
    assert "14:00 – 16:30" in week
    assert "14:00 – 16:30" not in next_week
    assert ["22:00 – 24:00" in next_week, "00:00 – 02:00" in next_week] == [True, True]
    cancelled = week.split(f'action="{PAGE}/')[1].split("/cancel")[0]
    send(maker, f"{PAGE}/{cancelled}/cancel", PAGE)
    assert _ahead(house) == [(zoe, _at(19, 22), _at(20, 2))]


def test_whose_a_booking_is_reads_only_the_desk_and_nobody_else_takes_it_back(house: House) -> None:
    """A maker sees that the hour is taken, not by whom; the trainer sees and may cancel."""
    key = _booked(house, "marc", _at(17, 9), _at(17, 10))
    maker, trainer = house.browser("maker"), house.browser("trainer")

    seen = {who: "Marc Imaginaire" in house.browser(who).get(PAGE).text for who in ("maker", "owner", "trainer")}
    taken = maker.get(f"{PAGE}?week=2027-01-17").text
    refused = send(maker, f"{PAGE}/{key}/cancel", PAGE)
    still = len(_ahead(house))
    send(trainer, f"{PAGE}/{key}/cancel", PAGE)

    assert seen == {"maker": False, "owner": False, "trainer": True}
    assert "09:00 – 10:00" in taken
    assert key not in taken
    assert (refused.status_code, still, len(_ahead(house))) == (403, 2, 1)


@pytest.mark.parametrize(
    ("day", "hours", "said"),
    [
        ("2027-01-16", "bientôt", "Ce temps ne se lit pas"),
        ("2027-01-16", "9-10, 11-12", "Ce temps ne se lit pas"),
        ("2027-01-16", "25:00-26:00", "Ce temps ne se lit pas"),
        ("demain", "9-10", "Ce temps ne se lit pas"),
        ("9999-12-31", "22-2", "Ce temps ne se lit pas"),
        ("2027-01-14", "9-10", "est passée"),
        ("2027-01-19", "21:00-23:00", "déjà réservée"),
    ],
)
def test_a_booking_that_cannot_be_says_why_and_stores_nothing(house: House, day: str, hours: str, said: str) -> None:
    """Unreadable, past, or taken by somebody: the form comes back as it was typed."""
    before = _ahead(house)

    answer = send(house.browser("maker"), PAGE, PAGE, day=day, hours=hours)

    assert answer.status_code in {409, 422}
    assert said in unescape(answer.text.split('id="e-hours"')[1].split("</p>")[0])
    assert f'value="{hours}"' in answer.text
    assert _ahead(house) == before


def test_an_account_that_is_no_members_books_nothing(house: House) -> None:
    """A programme's or a co-owner's account has no hours of its own at a machine."""
    before = _ahead(house)

    answer = send(house.browser("trainer"), PAGE, PAGE, day="2027-01-18", hours="9-10")

    assert answer.status_code == 409
    assert _ahead(house) == before
