"""The thread that tells people: looks what is new, queues it, and hands it to the mail or ntfy server.

House rules: a thread of its own, and no transaction is open while a server is spoken to, so that a server that is slow
or away delays nothing. Nothing here is on a tap's way. Logs name accounts by their id, never an address.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller import logs
from controller.errors import IndivisError, Message
from controller.office.messages import happenings, outbox
from controller.office.messages.carriers import NotCarriedError, mail_of, send_mail, send_ntfy
from controller.office.messages.wishes import EMAIL, NTFY, Subject, listeners, wish_of
from controller.office.messages.wording import text_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from controller.errors import Language
    from controller.office.messages.outbox import Due
    from controller.office.office import Office
    from controller.settings import MessageSettings

LOOK_EVERY_S = 10.0
"""How late a message may be by our own doing."""

SLOW_EVERY_MS = 300_000
"""What takes its time to look up (rights, balances, closings) is looked up every five minutes."""

LEAVE_WITHIN_S = 2.0
"""At a stop a message under way is given this long; else it is sent once more at the next start."""

_NO_ADDRESS = Message("plus d'adresse, ou plus de serveur pour elle", "no address any more, or no server for it")
_log = logs.get("messages")


@dataclass(frozen=True, slots=True)
class Told:
    """What a turn came to."""

    queued: int = 0
    sent: int = 0
    failed: int = 0


def open_channels(settings: MessageSettings) -> frozenset[str]:
    """Return the channels that the settings open."""
    opened = {EMAIL: bool(settings.smtp_host), NTFY: bool(settings.ntfy_url)}
    return frozenset(name for name, there in opened.items() if there)


class Postman:
    """The thread. `secret_in` reads a file's one line; `turn` does all that is due once."""

    def __init__(self, office: Office, settings: MessageSettings, secret_in: Callable[[Path], str]) -> None:
        self._office, self._settings, self._secret_in = office, settings, secret_in
        self._since_ms = office.now_ms()
        self._slow_at: int | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="messages", daemon=True)

    def start(self) -> None:
        """Begin; nothing where no server is set up."""
        if open_channels(self._settings):
            self._thread.start()

    def close(self) -> None:
        """Begin no further message."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(LEAVE_WITHIN_S)

    def turn(self) -> Told:
        """Queue what is new and send what is due."""
        queued = self._queue()
        sent = failed = 0
        with self._office.store.read() as tx:
            due = outbox.due(tx, self._office.now_ms())
        away: set[str] = set()
        for message in due:
            if self._closing.is_set() or message.channel in away:
                continue
            try:
                self._send(message)
            except NotCarriedError as error:
                failed += 1
                if error.for_all:
                    away.add(message.channel)
                self._failed(message, error, for_good=error.for_good)
            except IndivisError as error:  # a password's file, or an address sealed by another key
                failed += 1
                self._failed(message, error, for_good=False)
            else:
                sent += 1
                with self._office.store.changing("messages", self._office.now_ms()) as change:
                    outbox.note_sent(change, message)
        return Told(queued, sent, failed)

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self.turn()
            except Exception:  # noqa: BLE001 (whatever it is, the next message is another one)
                if not self._closing.is_set():
                    _log.exception("messages stumbled; they go on")
            self._closing.wait(LOOK_EVERY_S)

    def _queue(self) -> int:
        now_ms, store = self._office.now_ms(), self._office.store
        slow = self._slow_at is None or not 0 <= now_ms - self._slow_at < SLOW_EVERY_MS
        with store.read() as tx:
            old = slow and outbox.any_old(tx, now_ms)
            heard = listeners(tx)
            news = list(happenings.quick(tx, now_ms, heard, self._office.board.snapshot()))
            if slow:
                news += happenings.slow(tx, now_ms, heard, self._since_ms)
            new = outbox.untold(tx, news, heard)
        if slow:
            self._slow_at = now_ms
        if not (new or old):
            return 0
        with store.changing("messages", now_ms) as change:
            outbox.forget_old(change)
            return outbox.take(change, new)

    def _send(self, message: Due) -> None:
        with self._office.store.read() as tx:
            wish = wish_of(tx, self._office.vault, message.account)
        lang: Language = "en" if message.language == "en" else "fr"
        text = text_of(message.subject, message.about, self._office.now_ms(), lang)
        settings = self._settings
        if message.channel == EMAIL and wish.email and settings.smtp_host:
            title = self._office.title
            mail = mail_of(message, text, sender=settings.sender, address=wish.email, title=title)
            send_mail(settings, mail, self._secret_in)
        elif message.channel == NTFY and wish.ntfy and settings.ntfy_url:
            send_ntfy(settings, wish.ntfy, text, self._secret_in, urgent=message.subject is Subject.FAULT)
        else:
            raise NotCarriedError(_NO_ADDRESS, for_good=True)

    def _failed(self, message: Due, error: IndivisError, *, for_good: bool) -> None:
        with self._office.store.changing("messages", self._office.now_ms()) as change:
            given_up = outbox.note_failed(change, message, for_good=for_good)
        said = "a message is given up" if given_up else "a message waits for another try"
        why = error.sentence("en")
        _log.warning(said, account=message.account, channel=message.channel, subject=message.subject.value, why=why)
