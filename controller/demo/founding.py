"""The demonstration's folder as the programs find it: keys, a filled office database, passwords, one settings file.

House rules: written through the office's own services, so that nothing is there which a fabmanager could not have made;
every key and password is drawn anew for each folder and readable by this user only.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from controller.demo import workshop as shop
from controller.demo.kinds import kind_of
from controller.demo.scenes import SCENES
from controller.domain.agreement import Terms, lines_by_fee
from controller.domain.ledger import MeansOfPayment
from controller.errors import Message, UserError, reason_of
from controller.exchange.broker import Account
from controller.floor.badge_key import KEY_BYTES, badge_token
from controller.office import money
from controller.office.accounts import Role, create_web_account
from controller.office.api_tokens import create_token
from controller.office.directory import agreements, badges, groups, machines, orders, people, places, rights
from controller.office.directory.credit_terms import FRESH_MAX_S, CreditTerms
from controller.office.directory.policies import Policy
from controller.office.ledger.signing import create_key, public_pem
from controller.office.passwords import DISTINCT_MIN
from controller.office.store import OfficeStore
from controller.office.vault import open_vault
from firmware_bridge.key_files import new_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.office.store import Change
    from controller.office.vault import Vault

KEYED = ("osdp", "pn532")
"""Kinds of readers that have a key file, whether all of them are there or not."""
DAY_MS = 86_400_000
CREDIT_FRESH_S = 60
"""Of real time, whatever the speed: a balance is as old as the exchange is slow, and that does not run faster."""

LOGIN, OWNER_LOGIN, MAKER_LOGIN = "demo", "indivisaire", "camille"
OFFICE_ACCOUNT, DASHBOARD_ACCOUNT = "office", "tableau"
_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"


@dataclass(frozen=True, slots=True)
class Folder:
    """Where things are in the demonstration's folder."""

    root: Path

    @property
    def settings(self) -> Path:
        """The one TOML file of both programs."""
        return self.root / "indivis.toml"

    @property
    def database(self) -> Path:
        """The office's database."""
        return self.root / "office" / "office.db"

    @property
    def keys(self) -> Path:
        """The keys, and the passwords of the broker's accounts."""
        return self.root / "keys"

    @property
    def logs(self) -> Path:
        """What the programs write while they run."""
        return self.root / "logs"

    def key_of(self, protocol: str) -> Path:
        """The key of the readers, or of the cards at them."""
        return self.keys / f"{protocol}.key"

    def reader(self, machine: str) -> Path:
        """The stable path of a machine's reader."""
        return self.root / "readers" / machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """What the demonstration itself has to know. `password` opens all its sign-ins; `payers` are account ids."""

    folder: Folder
    password: str = field(repr=False)
    api_token: str = field(repr=False)
    payers: dict[str, str]
    broker_accounts: tuple[Account, ...]


def found(root: Path, *, now_ms: int, speed: int) -> Founded:
    """Fill an empty folder; raise `UserError` when there is something in it already."""
    folder = Folder(root)
    _make_folders(folder)
    badge_key = secrets.token_bytes(KEY_BYTES)
    _write_private(folder.keys / "badge.key", badge_key)
    for protocol in KEYED:
        new_key(folder.key_of(protocol))
    (folder.keys / "chain.pem").write_bytes(public_pem(create_key(folder.keys / "chain.key")))
    accounts = _broker_accounts()
    for account in accounts:
        _write_private(folder.keys / f"{account.username}.password", account.password.encode())
    password = new_password()
    store = OfficeStore(folder.database)
    try:
        vault = open_vault(folder.keys / "vault.key", store)
        with store.changing("system", now_ms) as change:
            furnish(change, speed)
            payers = invite(change, vault, badge_key)
            token = _let_in(change, password, payers)
    finally:
        store.close()
    return Founded(folder=folder, password=password, api_token=token, payers=payers, broker_accounts=accounts)


def furnish(change: Change, speed: int) -> None:
    """Books, place, machines with prices and trainings, the agreement of the co-owners."""
    terms = places.BooksTerms(credit=CreditTerms(credit_fresh_s=min(CREDIT_FRESH_S * speed, FRESH_MAX_S)))
    places.create_books(change, shop.BOOKS, shop.PLACE_NAME, terms)
    places.create_site(change, shop.SITE, shop.BOOKS, shop.PLACE_NAME)
    places.create_controller(change, shop.CONTROLLER, shop.SITE, "Boîtier de démonstration")
    for machine in shop.MACHINES:
        policy = Policy(
            max_duration_s=machine.max_duration_s,
            minimum_start_cents=machine.minimum_cents,
            least_proof=machine.least_proof,
            **machine.rules,
        )
        machines.create_machine(change, machine.id, shop.SITE, machine.name, policy)
        machines.set_price(change, machine.id, machine.per_minute, machine.minimum_cents)
        places.place_machine(change, machine.id, shop.CONTROLLER, machine.id)
    for training, name in shop.TRAININGS.items():
        opened = [machine.id for machine in shop.MACHINES if machine.training == training]
        machines.create_training(change, training, name, opened, supervised_uses=shop.SUPERVISED_USES)
    agreements.create_agreement(
        change,
        shop.AGREEMENT,
        shop.AGREEMENT_NAME,
        [machine.id for machine in shop.MACHINES if machine.owned],
        from_at=change.now_ms - DAY_MS,
        lines=lines_by_fee(shop.MANAGING, Fraction(1, 2), shop.OWNERS),
        terms=Terms(manager=shop.MANAGING, legal_basis="convention"),
    )


def invite(change: Change, vault: Vault, badge_key: bytes) -> dict[str, str]:
    """Members with badges, trainings and credit; return whose account is which."""
    payers: dict[str, str] = {}
    known: dict[str, str] = {}
    for person in shop.PEOPLE:
        if not person.member:
            continue
        until_at = change.now_ms - DAY_MS if person.membership_over else None
        new = people.NewMember(name=person.name, books=shop.BOOKS, membership_until_at=until_at, external_id=person.id)
        member = known[person.id] = people.create_member(change, vault, new)
        payers[person.id] = people.member_row(change.tx, member)["account"]
        for number in person.numbers:
            badges.attach_badge(change, member, badge_token(badge_key, number), "démo")
        for training in person.trainings:
            rights.grant(change, member, training, may_train=person.trains)
        if person.credit_cents:
            money.top_up(change, payers[person.id], person.credit_cents, MeansOfPayment.CARD, "démonstration")
    expect_class(change, known)
    return payers


def expect_class(change: Change, known: Mapping[str, str]) -> None:
    """A school with its order, and the lesson of this afternoon: its trainer's tap begins it."""
    trainer, machine, other = next((each.person, each.machine, each.card[1]) for each in SCENES if each.card)
    school = people.create_account(change, shop.BOOKS, organisation=shop.SCHOOL)
    orders.set_order(change, school, "BC-DEMO-1", shop.ORDER_CENTS)
    groups.create_class(change, shop.CLASS, shop.CLASS_NAME, school, [known[trainer]], [machine, other])
    groups.add_lesson(change, shop.CLASS, change.now_ms, change.now_ms + DAY_MS, shop.HEADCOUNT)


def settings_text(founded: Founded, *, broker_port: int, office_port: int, clock: tuple[int, int, int]) -> str:
    """Return the TOML file of both programs; `clock` is (speed, origin of the date, origin of the boot clock)."""
    folder = founded.folder
    speed, wall_ms, boot_ms = clock

    def password_of(username: str) -> Path:
        return folder.keys / f"{username}.password"

    tables: list[tuple[str, dict[str, object]]] = [
        ("[site]", {"id": shop.SITE, "books": shop.BOOKS, "name": shop.PLACE_NAME}),
        (
            "[controller]",
            {
                "id": shop.CONTROLLER,
                "state_dir": folder.root / "controller",
                "badge_key_file": folder.keys / "badge.key",
                "exchange_username": shop.CONTROLLER,
                "exchange_password_file": password_of(shop.CONTROLLER),
            },
        ),
        ("[gpio]", {"factory": "mock"}),
        *(("[[channel]]", {"name": machine.id, **_switched(machine)}) for machine in shop.MACHINES),
        *(
            (
                "[[reader]]",
                {
                    "name": machine.id,
                    "path": folder.reader(machine.id),
                    "channel": machine.id,
                    **_wired(founded, machine),
                },
            )
            for machine in shop.MACHINES
        ),
        ("[exchange]", {"port": broker_port}),
        (
            "[mqtt]",
            {
                "port": broker_port,
                "username": shop.CONTROLLER,
                "password_file": password_of(shop.CONTROLLER),
                "revenue": True,
            },
        ),
        (
            "[office]",
            {
                "port": office_port,
                "state_dir": folder.root / "office",
                "database": folder.database,
                "vault_key_file": folder.keys / "vault.key",
                "chain_key_file": folder.keys / "chain.key",
                "exchange_username": OFFICE_ACCOUNT,
                "exchange_password_file": password_of(OFFICE_ACCOUNT),
                "controllers": [shop.CONTROLLER],
            },
        ),
        ("[clock]", {"speed": speed, "origin_wall_ms": wall_ms, "origin_boot_ms": boot_ms}),
    ]
    return "\n".join(_table(header, values) for header, values in tables)


def _switched(machine: shop.DemoMachine) -> dict[str, object]:
    """Where there is a board, its own relay switches the machine."""
    return {"switch": f"board:{machine.id}"} if kind_of(machine).protocol == "board" else {"pin": machine.pin}


def new_password() -> str:
    """Draw a password that can be typed from a screen: three times two syllables, 36 bits, for one run."""
    while True:
        words = ["".join(secrets.choice(part) for part in (_CONSONANTS, _VOWELS) * 2) for _ in range(3)]
        if len(set("".join(words))) > DISTINCT_MIN:
            return "-".join(words)


def _wired(founded: Founded, machine: shop.DemoMachine) -> dict[str, object]:
    """What the settings say of the kind of a machine's reader."""
    kind = kind_of(machine)
    wired: dict[str, object] = {"protocol": kind.protocol}
    if kind.protocol == "em4100":
        wired["model"] = kind.model
    if kind.keyed:
        wired["key_file"] = founded.folder.key_of(kind.protocol)
    return wired


def _make_folders(folder: Folder) -> None:
    root = folder.root
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if any(root.iterdir()):
            raise UserError(
                Message(f"le dossier {root} n'est pas vide", f"the folder {root} is not empty"),
                why=Message("chaque démonstration part de rien", "each demonstration starts from nothing"),
                cure=Message("donnez un dossier neuf par --state", "give a new folder by --state"),
            )
        for each in (folder.keys, folder.logs, folder.database.parent, folder.reader("x").parent, root / "controller"):
            each.mkdir(mode=0o700)
    except OSError as error:
        raise UserError(
            Message(f"le dossier {root} ne convient pas", f"the folder {root} cannot be used"),
            why=reason_of(error),
            cure=Message("donnez-en un autre par --state", "give another one by --state"),
        ) from error


def _broker_accounts() -> tuple[Account, ...]:
    return (
        Account(username=OFFICE_ACCOUNT, role="office", password=secrets.token_urlsafe(16)),
        Account(username=shop.CONTROLLER, role="controller", password=secrets.token_urlsafe(16), site=shop.SITE),
        Account(username=DASHBOARD_ACCOUNT, role="dashboard", password=new_password()),
    )


def _let_in(change: Change, password: str, payers: dict[str, str]) -> str:
    """Make the sign-ins, and the token by which the demonstration's own desk takes money in; return the token."""
    desk = create_web_account(change, LOGIN, password, [Role.FABMANAGER, Role.TREASURER, Role.MAINTAINER, Role.TRAINER])
    create_web_account(change, OWNER_LOGIN, password, [Role.CO_OWNER], party=shop.OWNER_SHOWN)
    members = {row["account"]: row["id"] for row in people.member_rows(change.tx)}
    create_web_account(change, MAKER_LOGIN, password, [Role.MAKER], member=members[payers[MAKER_LOGIN]])
    asking = type(change)(change.tx, desk, change.now_ms)
    return create_token(asking, "démonstration", [Role.FABMANAGER], days=400)[1]


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _table(header: str, values: dict[str, object]) -> str:
    return "\n".join((header, *(f"{key} = {_value(value)}" for key, value in values.items()), ""))


def _value(value: object) -> str:
    """Return a value as TOML writes it; a JSON string is a TOML basic string."""
    return json.dumps(str(value) if isinstance(value, Path) else value, ensure_ascii=False)
