"""A workshop with people in every role, and browsers that sign in as them."""

from __future__ import annotations

import atexit
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from controller.domain.agreement import Terms, reading
from controller.errors import Message
from controller.office import money
from controller.office.accounts import Role, account_by_login, create_setup_code, create_web_account
from controller.office.directory import agreements, badges, machines, people, places, rights
from controller.office.directory.badges import note_unknown_tap
from controller.office.directory.people import NewMember
from controller.office.office import Office
from controller.office.refusals import no_such
from controller.office.store import OfficeStore
from controller.office.vault import open_vault
from tests.office.answering import answering

if TYPE_CHECKING:
    from httpx2 import Response

NOW = 1_800_000_000_000
"""An instant in January 2027, in Unix milliseconds."""

PASSWORD = "trois mots fictifs"
MACHINES = {
    "laser": "Découpeuse laser",
    "mill": "Fraiseuse CNC",
    "vinyl": "Découpeuse vinyle",
    "mega": "Méga 3D",
    "ceramic": "Imprimante céramique",
    "kiln": "Four céramique",
}
ROLES = {
    "maker": [Role.MAKER],
    "trainer": [Role.TRAINER],
    "maintainer": [Role.MAINTAINER],
    "fabmanager": [Role.FABMANAGER],
    "treasurer": [Role.TREASURER],
    "owner": [Role.CO_OWNER],
    "outsider": [Role.CO_OWNER],
    "admin": [Role.ADMIN],
    "service": [Role.SERVICE],
}
PARTIES = {"owner": "owner-1", "outsider": "nobody-here"}


@dataclass
class Readers:
    """Simulated readers that only remember what was tapped, and whose plugs are out."""

    taps: list[tuple[str, str]] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)
    unplugged: set[str] = field(default_factory=set)

    def people(self) -> Sequence[tuple[str, str]]:
        """Two fictional people."""
        return [("lea", "Léa Fictive"), ("tom", "Tom Inventé")]

    def machines(self) -> Sequence[tuple[str, str]]:
        """Two machines."""
        return [("laser", "Découpeuse laser"), ("kiln", "Four céramique")]

    def readers(self) -> Sequence[tuple[str, str, Message, bool]]:
        """The kinds of reader at the two machines."""
        kind = Message("carte Indivis", "Indivis board")
        return [(key, name, kind, key not in self.unplugged) for key, name in self.machines()]

    def plug(self, machine: str, *, plugged: bool) -> bool:
        """Pull a plug or put it back."""
        (self.unplugged.discard if plugged else self.unplugged.add)(machine)
        return plugged

    def tap(self, person: str, machine: str, *, copied: bool = False) -> str:
        """Remember."""
        if person not in dict(self.people()):
            raise no_such("la personne", "person", person)
        (self.copies if copied else self.taps).append((person, machine))
        return "granted"


@dataclass
class House:
    """An office whose clock stands still until a test moves it."""

    office: Office
    readers: Readers
    commands: list[Any]
    clock: list[int]
    members: dict[str, str] = field(default_factory=dict)
    browsers: dict[tuple[str | None, str], TestClient] = field(default_factory=dict)

    def browser(self, who: str | None = None, language: str = "fr") -> TestClient:
        """A browser, signed in as somebody of `ROLES`."""
        if (who, language) in self.browsers:
            return self.browsers[who, language]
        client = TestClient(answering(self.office), base_url="http://office.test", follow_redirects=False)
        client.headers["Accept-Language"] = language
        client.cookies.set("indivis_language", language)
        if who is not None:
            self.account(who)
            answer = client.post("/sign-in", data={"login": who, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
            self.browsers[who, language] = client
        return client

    def account(self, who: str) -> None:
        """Make sure that somebody of `ROLES` has an account; a hash takes its time, so the template has them all."""
        with self.office.changing("tester") as change:
            if account_by_login(change.tx, who) is None:
                member = self.members["zoe"] if who == "maker" else None
                create_web_account(change, who, PASSWORD, ROLES[who], member=member, party=PARTIES.get(who))

    def unknown_tap(self, token: str = "cd" * 32, machine: str = "laser", ago_ms: int = 12_000) -> str:
        """Somebody tapped a badge that nobody has."""
        with self.office.changing("system") as change:
            return note_unknown_tap(
                change.tx, token=token, machine=machine, controller="pi-1", seen_at=self.clock[0] - ago_ms
            )


def founded(folder: Path, *, demo: bool = False, clock: int = NOW) -> House:
    """Fill the folder with an own copy of an office that has machines, members and an agreement, and open it."""
    template, members = _template()
    for name in ("office.db", "vault.key"):
        shutil.copy(template / name, folder / name)
    store = OfficeStore(folder / "office.db")
    return _opened(folder, store, demo=demo, clock=clock, members=dict(members))


def _opened(folder: Path, store: OfficeStore, *, demo: bool, clock: int, members: dict[str, str]) -> House:
    now, commands, readers = [clock], list[Any](), Readers()
    office = Office(
        store=store,
        vault=open_vault(folder / "vault.key", store),
        now_ms=lambda: now[0],
        send_command=commands.append,
        demo=readers if demo else None,
        title="Atelier Exemple",
    )
    return House(office, readers, commands, now, members)


@cache
def _template() -> tuple[Path, dict[str, str]]:
    """Make the office once in a test run: folder, and its members."""
    folder = Path(tempfile.mkdtemp(prefix="indivis-house-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    store = OfficeStore(folder / "office.db")
    house = _opened(folder, store, demo=False, clock=NOW, members={})
    with house.office.changing("tester") as change:
        places.create_books(change, "lab", "Atelier Exemple")
        places.create_site(change, "crest", "lab", "Crest")
        places.create_controller(change, "pi-1", "crest", "Pi de l'atelier")
        for number, (key, name) in enumerate(MACHINES.items()):
            machines.create_machine(change, key, "crest", name)
            machines.set_price(change, key, (20, 1), 100)
            places.place_machine(change, key, "pi-1", f"relay-{number}")
        machines.create_training(change, "laser-basics", "Laser, les bases", ["laser"], valid_days=365)
        machines.create_training(change, "ceramics", "Céramique", ["kiln", "ceramic"])
        for key, name, email in (
            ("zoe", "Zoé Fictive", "zoe@exemple.test"),
            ("marc", "Marc Imaginaire", "marc@exemple.test"),
            ("ines", "Inès Supposée", ""),
        ):
            new = NewMember(name=name, email=email, books="lab")
            house.members[key] = people.create_member(change, house.office.vault, new)
        badges.attach_badge(change, house.members["zoe"], "ab" * 32, "carte blanche")
        rights.grant(change, house.members["zoe"], "ceramics")
        agreements.create_agreement(
            change, "clay", "Four et imprimante céramique", ["kiln", "ceramic"],
            from_at=0, lines=reading("B"), terms=Terms(manager="manager", legal_basis="convention"),
        )  # fmt: skip
    for who in ROLES:
        house.account(who)
    store.close()
    return folder, house.members


def empty_office(folder: Path) -> tuple[Office, str]:
    """An office at its first start, and the set-up code that it printed."""
    store = OfficeStore(folder / "office.db")
    office = Office(
        store=store, vault=open_vault(folder / "vault.key", store), now_ms=lambda: NOW, send_command=lambda _: None
    )
    with office.changing("system") as change:
        code = create_setup_code(change)
    assert code is not None
    return office, code


def send(browser: TestClient, path: str, shown_on: str, **fields: str) -> Response:
    """Fill in the form on a page and send it."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', browser.get(shown_on).text)
    assert found
    return browser.post(path, data={"csrf": found[1], **fields})


def credit_cents(house: House, member: str) -> int:
    """What a member has, in cents."""
    with house.office.store.read() as tx:
        return money.account_state(tx, people.member_row(tx, member)["account"]).credit_cents
