"""Asks the lab's booking tool for its calendars, every quarter of an hour, from a file or over HTTP.

House rules: a thread of its own, for a tool that is slow or away must delay nothing; what it said last holds until it
says something else. An address may hold a secret: it is in a file, and never in a log.
"""

from __future__ import annotations

import http.client
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from controller import logs
from controller.domain.ids import MemberId
from controller.errors import IndivisError, Message, OperatingError, reason_of
from controller.office.directory import bookings, opening, tables
from controller.office.directory.booking_feed import FEED_BYTES_MAX, FeedReading, read_feed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.office.office import Office
    from controller.settings import BookingFeed

READ_EVERY_S = 900.0
"""A booking made elsewhere is here a quarter of an hour later at most; booking tools ask not to be asked more often."""

ANSWER_WITHIN_S = 30.0
"""A booking tool that has not answered after half a minute is away; it is asked again with the next turn."""

ZONE_WITHOUT_HOURS = "Europe/Paris"
"""For times that name no zone, at a place that has no opening hours and so no zone of its own."""

SAME_ADDRESS_MAX = 10
"""Members looked at for one e-mail address: a second one makes it nobody's, so more are of no use."""

_log = logs.get("bookings")


class BookingReader:
    """The thread. `feeds` are the settings' tables `[[booking_feed]]`; `secret_in` reads a file's one line."""

    def __init__(self, office: Office, feeds: Sequence[BookingFeed], secret_in: Callable[..., str]) -> None:
        self._office, self._feeds, self._secret_in = office, tuple(feeds), secret_in
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="bookings", daemon=True)

    def start(self) -> None:
        """Begin; nothing where there is nothing to read."""
        if self._feeds:
            self._thread.start()

    def close(self) -> None:
        """Begin no further reading; one under way ends with the process."""
        self._closing.set()

    def read_all(self) -> None:
        """Read every feed once and keep what it says, each by itself."""
        for feed in self._feeds:
            try:
                self._read(feed)
            except (IndivisError, SQLAlchemyError) as error:
                _log.error("a calendar of bookings could not be kept", machine=feed.machine, error=type(error).__name__)

    def _run(self) -> None:
        while not self._closing.is_set():
            self.read_all()
            self._closing.wait(READ_EVERY_S)

    def _read(self, feed: BookingFeed) -> None:
        windows = None
        try:
            reading = self._reading(feed)
            windows, trouble = reading.windows, reading.trouble()
        except IndivisError as error:
            trouble = error.what
        if trouble.en:
            _log.warning("a calendar of bookings has a fault", machine=feed.machine, what=trouble.en)
        with self._office.changing("bookings") as change:
            bookings.keep_feed(change, feed.machine, windows, trouble)

    def _reading(self, feed: BookingFeed) -> FeedReading:
        data = _fetched(self._secret_in(feed.url_file)) if feed.url_file is not None else _file(feed)
        with self._office.store.read() as tx:
            of_machine = select(tables.machine.c.site).where(tables.machine.c.id == feed.machine)
            hours = opening.hours_of(tx, tx.execute(of_machine).scalar() or "")
        zone = ZoneInfo(ZONE_WITHOUT_HOURS if hours is None else hours.time_zone)
        known: dict[str, MemberId | None] = {}

        def whose(address: str) -> MemberId | None:
            plain = address.casefold()
            if plain not in known:
                known[plain] = self._member(plain)
            return known[plain]

        return read_feed(data, self._office.now_ms(), zone, whose)

    def _member(self, address: str) -> MemberId | None:
        """Return the one member who has this address."""
        near = self._office.vault.search(self._office.store, address, SAME_ADDRESS_MAX)
        found = [person for person, names in near if names.email.casefold() == address]
        return MemberId(found[0]) if len(found) == 1 else None


def _file(feed: BookingFeed) -> bytes:
    if feed.path is None:
        return b""
    try:
        with feed.path.open("rb") as file:
            return file.read(FEED_BYTES_MAX + 1)
    except OSError as error:
        raise OperatingError(
            Message(f"{feed.path} ne se lit pas : {reason_of(error).fr}", f"{feed.path}: {reason_of(error).en}"),
            cure=Message("vérifiez le chemin et les droits", "check the path and its permissions"),
        ) from error


def _fetched(url: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise OperatingError(Message("l'adresse n'est ni http ni https", "the address is neither http nor https"))
    asked = urllib.request.Request(url, headers={"Accept": "text/calendar"})  # noqa: S310 - the scheme was looked at
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310 - the same
            data: bytes = answer.read(FEED_BYTES_MAX + 1)
    except urllib.error.HTTPError as error:
        said = Message(f"l'outil de réservation répond {error.code}", f"the booking tool answers {error.code}")
        raise OperatingError(said) from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        said = Message("l'outil de réservation ne répond pas", "the booking tool does not answer")
        raise OperatingError(said) from error
    return data
