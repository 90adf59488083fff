"""The office's web door in this process, and people who are signed in at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from starlette.testclient import TestClient

from controller.office.accounts import Role, create_web_account
from controller.office.commands import FloorCommand
from controller.office.office import Office
from controller.office.web.auth import CSRF_HEADER
from tests.office.answering import answering
from tests.office.workshop import Workshop

PASSWORD = "three fictional words"


@dataclass
class Door:
    """A workshop whose office is served; `sent` are the commands that went to the floor."""

    shop: Workshop
    sent: list[FloorCommand] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open the door."""
        self.office = Office(
            store=self.shop.store,
            vault=self.shop.vault,
            now_ms=lambda: self.shop.now_ms,
            send_command=self.sent.append,
        )
        self.app = answering(self.office)

    @classmethod
    def opened(cls, folder: Path) -> Door:
        """A new workshop with its door."""
        return cls(Workshop.founded(folder))

    def stranger(self, address: str = "192.0.2.1") -> TestClient:
        """Somebody who is not signed in, at a network address."""
        return TestClient(self.app, raise_server_exceptions=False, client=(address, 50_000))

    def account(self, login: str, *roles: Role, member: str | None = None, party: str | None = None) -> str:
        """Make an account."""
        with self.shop.changing() as change:
            return create_web_account(change, login, PASSWORD, roles, member=member, party=party)

    def signed_in(self, *roles: Role, member: str | None = None, party: str | None = None) -> TestClient:
        """Somebody with these roles who is signed in and sends the CSRF token along."""
        login = "-".join(role.value for role in roles)
        self.account(login, *roles, member=member, party=party)
        client = self.stranger()
        answer = client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
        client.headers[CSRF_HEADER] = answer.json()["csrf"]
        return client
