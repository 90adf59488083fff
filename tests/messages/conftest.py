"""What the stories of messages share: an office, a mail server, an ntfy server, and a postman between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.office.accounts import account_by_login
from controller.office.directory.people import member_row
from controller.office.messages.postman import Postman
from controller.office.messages.wishes import Subject, Wish, set_wish
from controller.settings import MessageSettings
from tests.messages.servers import MailServer, NtfyServer, mail_server, ntfy_server
from tests.office.workshop import Journal, Workshop
from tests.pages.house import House, founded

TOPIC = "atelier-exemple-7f3k"


@dataclass
class Post:
    """The whole way from an office to people."""

    house: House
    mail: MailServer
    ntfy: NtfyServer
    postman: Postman

    def wish(self, who: str, *subjects: Subject, email: str = "zoe@exemple.test", ntfy: str = "") -> str:
        """Somebody asks to be told; return their account."""
        with self.house.office.changing("tester") as change:
            account = account_by_login(change.tx, who)
            assert account is not None
            wish = Wish(subjects=frozenset(subjects), email=email, ntfy=ntfy)
            set_wish(change, self.house.office.vault, account, wish)
        return account

    def later(self, seconds: int) -> None:
        """Time passes."""
        self.house.clock[0] += 1_000 * seconds

    def titles(self) -> list[str]:
        """The titles of the mails that came."""
        return [mail["Subject"] for _, mail in self.mail.mails]

    def journal(self) -> Journal:
        """The journal of the controller, at which Zoé works."""
        return Journal(self.shop)

    @property
    def shop(self) -> Workshop:
        """The same office, as the floor's stories know it."""
        office, zoe = self.house.office, self.house.members["zoe"]
        with office.store.read() as tx:
            payer = member_row(tx, zoe)["account"]
        return Workshop(Path(), office.store, office.vault, zoe, payer, self.house.clock[0])


def settings_for(mail: MailServer | None, ntfy: NtfyServer | None, **more: object) -> MessageSettings:
    """The settings of an office that sends by these servers, without TLS unless said otherwise."""
    said: dict[str, object] = {}
    if mail is not None:
        said = {"smtp_host": "127.0.0.1", "smtp_port": mail.port, "smtp_security": "none", "sender": "a@exemple.test"}
    if ntfy is not None:
        said["ntfy_url"] = ntfy.url
    return MessageSettings(**{**said, **more})  # type: ignore[arg-type] # the fields of one dataclass


def read_secret(path: Path) -> str:
    """Read a secret's one line."""
    return path.read_text().strip()


@pytest.fixture(scope="session")
def mail() -> Iterator[MailServer]:
    """One mail server for all."""
    with mail_server() as running:
        yield running


@pytest.fixture(scope="session")
def ntfy() -> Iterator[NtfyServer]:
    """One ntfy server for all."""
    with ntfy_server() as running:
        yield running


@pytest.fixture
def post(tmp_path: Path, mail: MailServer, ntfy: NtfyServer) -> Iterator[Post]:
    """An office of one's own, with empty mailboxes."""
    box: list[Any]
    for box in (mail.mails, mail.answers, ntfy.posts, ntfy.answers):
        box.clear()
    house = founded(tmp_path)
    yield Post(house, mail, ntfy, Postman(house.office, settings_for(mail, ntfy), read_secret))
    house.office.store.close()
