"""Bookings are made at the desk and by makers, or read from the lab's booking tool; what comes down is bounded."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller.office.accounts import Role
from controller.office.booking_reader import BookingReader
from controller.office.directory import bookings, people
from controller.office.directory.booking_feed import FEED_BYTES_MAX, FeedError, FeedReading, read_feed
from controller.office.directory.bookings import AHEAD_DAYS, DAY_MS, KEPT_DAYS, WINDOWS_MAX
from controller.office.program import password_in
from controller.office.refusals import ConflictError, InvalidError, NotFoundError
from controller.office.upkeep import HOURS_EVERY_MS
from controller.settings import BookingFeed
from tests.office.door import Door
from tests.office.downlink_kit import Desk
from tests.office.workshop import NOON, Workshop

HOUR_MS = 3_600_000
PARIS = ZoneInfo("Europe/Paris")
MARCH_8 = round(datetime(2027, 3, 8, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    """The fictional workshop behind its web door."""
    door = Door.opened(tmp_path)
    yield door
    door.shop.store.close()


def book(shop: Workshop, begins_h: float, ends_h: float) -> str:
    """The member books the laser, in hours from now."""
    with shop.changing() as change:
        begins, ends = (shop.now_ms + round(HOUR_MS * each) for each in (begins_h, ends_h))
        return bookings.make(change, "laser", shop.member, begins, ends)


def windows(shop: Workshop) -> list[tuple[float, float]]:
    """What has come down for the laser, in hours from noon."""
    entry = shop.entry("bookings", "laser")
    listed = [] if entry is None else entry["windows"]
    return [((each["from_ms"] - NOON) / HOUR_MS, (each["until_ms"] - NOON) / HOUR_MS) for each in listed]


def test_a_maker_books_for_themselves_and_cancels_their_own(door: Door) -> None:
    """It comes down with whose it is; cancelled, it is gone."""
    maker = door.signed_in(Role.MAKER, member=door.shop.member)
    asked = {"machine": "laser", "member": door.shop.member, "from_at": NOON + HOUR_MS, "until_at": NOON + 2 * HOUR_MS}

    made = maker.post("/api/v1/bookings", json=asked)
    came_down = door.shop.entry("bookings", "laser")
    listed = maker.get("/api/v1/machines/laser/bookings").json()["items"]
    gone = maker.delete(f"/api/v1/bookings/{made.json()['id']}").status_code

    assert (made.status_code, gone) == (201, 204)
    assert came_down["windows"] == [
        {"member": door.shop.member, "from_ms": NOON + HOUR_MS, "until_ms": NOON + 2 * HOUR_MS}
    ]
    assert [each["member"] for each in listed] == [door.shop.member]
    assert door.shop.entry("bookings", "laser") is None


def test_whose_a_booking_is_concerns_nobody_else(door: Door) -> None:
    """Another maker sees that the machine is taken; neither by whom nor how to take it back."""
    key = book(door.shop, 1, 2)
    desk, other = door.signed_in(Role.FABMANAGER), door.signed_in(Role.MAKER)

    seen = other.get("/api/v1/machines/laser/bookings").json()["items"]
    taken_back = other.delete(f"/api/v1/bookings/{key}").status_code
    for_others = {"machine": "laser", "member": door.shop.member, "from_at": NOON, "until_at": NOON + HOUR_MS}
    booked = other.post("/api/v1/bookings", json=for_others).status_code

    assert [(each["id"], each["member"]) for each in seen] == [(None, None)]
    assert (taken_back, booked) == (403, 403)
    assert desk.get("/api/v1/machines/laser/bookings").json()["items"][0]["member"] == door.shop.member


def test_two_bookings_of_a_machine_never_overlap(door: Door) -> None:
    """One that begins as the other ends is none; neither does one cross what the booking tool says."""
    shop = door.shop
    book(shop, 1, 2)
    with shop.changing() as change:
        bookings.keep_feed(
            change, "laser", feed_of_one(shop.now_ms + 5 * HOUR_MS).windows, FeedReading((), ()).trouble()
        )

    book(shop, 2, 3)
    for begins, ends in ((1.5, 2.5), (0, 4), (5.5, 7)):
        with pytest.raises(ConflictError):
            book(shop, begins, ends)

    assert windows(shop) == [(1, 2), (2, 3), (5, 6)]


@pytest.mark.parametrize(("begins_h", "ends_h"), [(2, 1), (1, 1), (-2, -1), (0, 24 * 15)])
def test_a_booking_that_is_none_is_refused(door: Door, begins_h: float, ends_h: float) -> None:
    """Backwards, empty, past, or for weeks."""
    with pytest.raises(InvalidError):
        book(door.shop, begins_h, ends_h)


def test_what_comes_down_moves_on_with_time_and_is_bounded(tmp_path: Path) -> None:
    """A week ahead; what is past goes, what is near comes, nobody presses anything; old bookings are forgotten."""
    desk = Desk(Workshop.founded(tmp_path))
    shop = desk.shop
    far_h = 24 * (AHEAD_DAYS + 1)
    old = book(shop, 1, 2)
    book(shop, far_h, far_h + 1)
    first = windows(shop)
    desk.turn()

    shop.now_ms += 2 * DAY_MS + HOURS_EVERY_MS
    desk.turn()
    then = windows(shop)
    shop.now_ms += KEPT_DAYS * DAY_MS
    desk.turn()

    assert (first, then, windows(shop)) == ([(1, 2)], [(far_h, far_h + 1)], [])
    with shop.store.read() as tx, pytest.raises(NotFoundError):
        bookings.booking_row(tx, old)
    desk.closes()


def test_at_most_so_many_windows_come_down(door: Door) -> None:
    """The nearest ones."""
    many = "".join(event(NOON_UTC, hour) for hour in range(24))
    reading = read_feed(calendar(many), NOON, PARIS, lambda _: None)
    with door.shop.changing() as change:
        bookings.keep_feed(change, "laser", reading.windows * 20, reading.trouble())

    assert len(door.shop.entry("bookings", "laser")["windows"]) == WINDOWS_MAX


# the booking tool's calendar

NOON_UTC = datetime.fromtimestamp(NOON / 1000, UTC)


def calendar(events: str) -> bytes:
    """An iCalendar file of these events."""
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:fictional\n{events}END:VCALENDAR\n".encode()


def event(day: datetime, hour: int) -> str:
    """One hour of a day."""
    begins = f"{day:%Y%m%d}T{hour:02}0000Z"
    return f"BEGIN:VEVENT\nUID:{begins}\nDTSTART:{begins}\nDURATION:PT1H\nEND:VEVENT\n"


def feed_of_one(from_ms: int) -> FeedReading:
    """A calendar with one booking of an hour."""
    begins = f"{datetime.fromtimestamp(from_ms / 1000, UTC):%Y%m%dT%H%M%S}Z"
    one = f"BEGIN:VEVENT\nUID:1\nDTSTART:{begins}\nDURATION:PT1H\nEND:VEVENT\n"
    return read_feed(calendar(one), from_ms - HOUR_MS, PARIS, lambda _: None)


def said(events: str) -> list[str]:
    """The bookings read from these events on the 8th of March 2027, in UTC."""
    reading = read_feed(calendar(events), MARCH_8, PARIS, lambda _: None)
    assert reading.problems == ()
    return [
        f"{datetime.fromtimestamp(each.from_ms / 1000, UTC):%m-%d %H:%M}"
        f"/{datetime.fromtimestamp(each.until_ms / 1000, UTC):%m-%d %H:%M}"
        for each in reading.windows
    ]


WEEKLY = """BEGIN:VEVENT
UID:weekly
DTSTART;TZID=Europe/Paris:20270301T140000
DTEND;TZID=Europe/Paris:20270301T160000
RRULE:FREQ=WEEKLY;UNTIL=20270405T120000Z
EXDATE;TZID=Europe/Paris:20270315T140000
END:VEVENT
BEGIN:VEVENT
UID:weekly
RECURRENCE-ID;TZID=Europe/Paris:20270322T140000
DTSTART;TZID=Europe/Paris:20270322T180000
DTEND;TZID=Europe/Paris:20270322T190000
END:VEVENT
"""


def test_a_weekly_booking_keeps_its_hour_through_summer_time_and_its_exceptions() -> None:
    """Two o'clock by the wall; one week left out, one moved to the evening, the last one its last."""
    assert said(WEEKLY) == [
        "03-08 13:00/03-08 15:00",
        "03-22 17:00/03-22 18:00",
        "03-29 12:00/03-29 14:00",
        "04-05 12:00/04-05 14:00",
    ]


def test_a_whole_day_and_a_time_without_a_zone_are_of_the_places_own_clock() -> None:
    """Midnight to midnight in Crest; ten o'clock there."""
    events = (
        "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20270310\nEND:VEVENT\n"
        "BEGIN:VEVENT\nUID:2\nDTSTART:20270312T100000\nDTEND:20270312T110000\nEND:VEVENT\n"
    )

    assert said(events) == ["03-09 23:00/03-10 23:00", "03-12 09:00/03-12 10:00"]


def test_what_is_cancelled_or_leaves_the_time_free_is_no_booking() -> None:
    """And so is what is over, or further away than is read."""
    day = datetime(2027, 3, 10, tzinfo=UTC)
    cancelled = event(day, 9).replace("DURATION", "STATUS:CANCELLED\nDURATION")
    free = event(day, 10).replace("DURATION", "TRANSP:TRANSPARENT\nDURATION")
    past, far = event(datetime(2027, 3, 1, tzinfo=UTC), 9), event(datetime(2027, 6, 1, tzinfo=UTC), 9)

    assert said(cancelled + free + past + far + event(day, 11)) == ["03-10 11:00/03-10 12:00"]


def test_an_event_that_cannot_be_read_is_named_by_its_line_and_the_others_count() -> None:
    """Line 9 has no beginning, line 13 ends before it, line 18 repeats each second."""
    events = (
        event(datetime(2027, 3, 10, tzinfo=UTC), 9)
        + "BEGIN:VEVENT\nUID:x\nDTEND:20270310T100000Z\nEND:VEVENT\n"
        + "BEGIN:VEVENT\nUID:y\nDTSTART:20270310T100000Z\nDTEND:20270310T090000Z\nEND:VEVENT\n"
        + "BEGIN:VEVENT\nUID:z\nDTSTART:20270310T100000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n"
    )

    reading = read_feed(calendar(events), MARCH_8, PARIS, lambda _: None)

    assert len(reading.windows) == 1
    assert [each.line for each in reading.problems] == [9, 13, 18]
    assert reading.trouble().en.startswith("line 9: it has no readable beginning (DTSTART); line 13: ")
    assert reading.trouble().fr.startswith("ligne 9 : ")


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"<html>not found</html>", "line 1:"),
        (b"BEGIN:VCALENDAR\nVERSION:2.0\nwhat is this\nEND:VCALENDAR\n", "line 3:"),
        (b"BEGIN:VCALENDAR\nSUMMARY:\xff\nEND:VCALENDAR\n", "line 2:"),
        (b"BEGIN:VCALENDAR\n" + b"X" * FEED_BYTES_MAX, "too large"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n", "the calendar is malformed"),
    ],
)
def test_what_is_no_calendar_is_refused_with_its_line(data: bytes, line: str) -> None:
    """An error page, a broken file, another one."""
    with pytest.raises(FeedError) as raised:
        read_feed(data, MARCH_8, PARIS, lambda _: None)

    assert line in raised.value.what.en


def test_an_event_is_a_members_by_an_address_that_one_member_has(door: Door, tmp_path: Path) -> None:
    """Zoe's is hers; a stranger's is somebody's, and closes the machine to everybody."""
    shop = door.shop
    with shop.changing() as change:
        people.rename_member(change, shop.vault, shop.member, "Zoé Fictive", "zoe@example.org")
    mine = event(NOON_UTC, 20).replace("DURATION", "ATTENDEE:mailto:Zoe@example.org\nDURATION")
    theirs = event(NOON_UTC, 22).replace("DURATION", "ORGANIZER:mailto:ben@example.org\nDURATION")
    (tmp_path / "laser.ics").write_bytes(calendar(mine + theirs))
    feeds = [BookingFeed(machine="laser", path=tmp_path / "laser.ics")]

    BookingReader(door.office, feeds, password_in).read_all()

    assert [each["member"] for each in shop.entry("bookings", "laser")["windows"]] == [shop.member, None]


class _Tool(BaseHTTPRequestHandler):
    """A booking tool that answers, and then does not."""

    def do_GET(self) -> None:
        """Give one booking at the secret address, nothing anywhere else."""
        right = self.path == "/secret.ics"
        self.send_response(200 if right else 500)
        self.end_headers()
        self.wfile.write(calendar(event(NOON_UTC, 20)) if right else b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""


@pytest.fixture
def tool() -> Iterator[str]:
    """The address of a booking tool."""
    server = HTTPServer(("127.0.0.1", 0), _Tool)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_what_the_booking_tool_said_last_holds_while_it_is_away(door: Door, tool: str, tmp_path: Path) -> None:
    """Its trouble is said on the machine's door, in a sentence without the address."""
    address = tmp_path / "laser.url"
    address.write_text(f"{tool}/secret.ics\n")
    reader = BookingReader(door.office, [BookingFeed(machine="laser", url_file=address)], password_in)
    desk = door.signed_in(Role.FABMANAGER)
    reader.read_all()
    well = desk.get("/api/v1/machines/laser/booking-feed").json()["trouble"]["en"]

    address.write_text(f"{tool}/other.ics\n")
    reader.read_all()

    assert well == ""
    assert desk.get("/api/v1/machines/laser/booking-feed").json()["trouble"]["en"] == "the booking tool answers 500"
    assert len(windows(door.shop)) == 1
