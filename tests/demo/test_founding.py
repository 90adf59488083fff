"""The demonstration's folder: what the two programs find in it."""

import stat
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from controller.demo import workshop as shop
from controller.demo.founding import Folder, Founded, found, new_password, settings_text
from controller.domain.directory import BadgeEntry, MachineEntry, RightEntry, entry_from
from controller.errors import UserError
from controller.floor.badge_key import badge_token, load_badge_key
from controller.office import money
from controller.office.directory import agreements
from controller.office.directory.entries import snapshot
from controller.office.directory.tables import account
from controller.office.ledger.verification import verify
from controller.office.passwords import checked_password
from controller.office.store import OfficeStore
from controller.settings import load

NOW_MS = 1_800_000_000_000


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Founded:
    """A folder as the programs find it; its tests only read it, but for the settings, which each writes alike."""
    return found(tmp_path_factory.mktemp("demo") / "état", now_ms=NOW_MS, speed=30)


def test_the_settings_are_read_by_the_programs(founded: Founded) -> None:
    """The one TOML file passes the programs' own proof-reading and wires every machine to its reader."""
    text = settings_text(founded, broker_port=1883, office_port=8080, clock=(30, NOW_MS, 5))
    founded.folder.settings.write_text(text, encoding="utf-8")

    settings = load(founded.folder.settings)

    assert {reader.channel: Path(reader.path) for reader in settings.reader} == {
        machine.id: founded.folder.reader(machine.id) for machine in shop.MACHINES
    }
    assert {(reader.protocol, reader.model) for reader in settings.reader if reader.protocol == "em4100"} == {
        ("em4100", "rdm6300"),
        ("em4100", "id12"),
    }
    assert {reader.protocol for reader in settings.reader} == {"em4100", "pn532", "osdp", "board"}
    assert {reader.protocol for reader in settings.reader if reader.key_file} == {"pn532", "osdp"}
    assert (settings.clock.speed, settings.clock.origin_wall_ms, settings.clock.origin_boot_ms) == (30, NOW_MS, 5)


def test_the_floor_gets_machines_badges_and_trainings(founded: Founded) -> None:
    """What comes down has a price and a training for each machine, and each member's badge under the badge key."""
    key = load_badge_key(founded.folder.keys / "badge.key")
    store = OfficeStore(founded.folder.database)
    with store.read() as tx:
        entries = [entry_from(row.kind, row.key, row.body) for row in snapshot(tx)]
    store.close()

    machines = [entry for entry in entries if isinstance(entry, MachineEntry)]
    assert {machine.machine for machine in machines} == {machine.id for machine in shop.MACHINES}
    assert all(machine.price is not None and machine.trainings for machine in machines)
    tokens = {entry.token for entry in entries if isinstance(entry, BadgeEntry)}
    members = [person for person in shop.PEOPLE if person.member]
    assert tokens == {badge_token(key, number) for person in members for number in person.numbers}
    assert {entry.machine for entry in machines if entry.least_proof == "cryptographic"} == {"four"}
    rights = [entry for entry in entries if isinstance(entry, RightEntry)]
    assert len(rights) == sum(len(person.trainings) for person in shop.PEOPLE)


def test_the_ceramic_machines_are_owned_by_reading_b(founded: Founded) -> None:
    """Half of what the two machines earn is the fee, the rest goes in equal parts to the manager and four others."""
    store = OfficeStore(founded.folder.database)
    with store.read() as tx:
        (agreement,) = agreements.agreements_of(tx)
        (split,) = money.running_split(tx, agreement.agreement)
    store.close()

    lines = [(line.role, line.party == shop.MANAGING, line.weight) for line, _ in split.lines]
    assert lines == [("fee", True, 5), ("share", True, 1), *([("share", False, 1)] * 4)]
    assert set(agreement.goods) == {"ceramique", "four"}


def test_the_books_are_sound_and_hold_everybodys_credit(founded: Founded) -> None:
    """The credit of the beginning was paid in through the ledger, and the ledger verifies."""
    store = OfficeStore(founded.folder.database)
    with store.read() as tx:
        verdict = verify(tx, None)
        accounts = tx.execute(select(account.c.id)).scalars().all()
        credit = {key: money.account_state(tx, key).credit_cents for key in accounts}
    store.close()

    assert verdict.ok
    expected = {founded.payers[person.id]: person.credit_cents for person in shop.PEOPLE if person.member}
    (school,) = set(credit) - set(expected)
    assert credit == expected | {school: 0}


def test_keys_and_passwords_are_for_this_user_only(founded: Founded) -> None:
    """Nobody else on this computer can read a secret of the demonstration."""
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in founded.folder.keys.iterdir()}

    secret = {name: mode for name, mode in modes.items() if name != "chain.pem"}
    assert set(secret.values()) == {0o600}
    assert stat.S_IMODE(founded.folder.root.stat().st_mode) == 0o700


def test_no_two_runs_share_a_password(founded: Founded) -> None:
    """Passwords are drawn anew each time, and the office takes every one of them."""
    drawn = {new_password() for _ in range(200)}

    assert len(drawn | {founded.password}) == 201
    assert all(checked_password(password, "demo") == password for password in drawn)


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    """A folder with something in it is refused by name and stays as it was."""
    (tmp_path / "note.txt").write_text("à moi", encoding="utf-8")

    with pytest.raises(UserError, match=r"not empty|n'est pas vide"):
        found(tmp_path, now_ms=NOW_MS, speed=30)

    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


def test_people_and_badges_are_each_their_own() -> None:
    """No id or badge is used twice, and there is one of each kind that a visitor is shown."""
    assert len({person.id for person in shop.PEOPLE}) == 14
    assert len({number for person in shop.PEOPLE for number in person.numbers}) == 42
    assert all(shop.able(machine) and shop.unable(machine) for machine in shop.MACHINES)
    assert [person.id for person in shop.PEOPLE if not person.member] == [shop.UNKNOWN]
    assert Folder(Path("x")).reader("laser") == Path("x/readers/laser")


def test_without_the_osdp_library_another_reader_stands_in(founded: Founded, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is an extra: the demonstration runs without it, and no settings name a reader that cannot be read."""
    monkeypatch.setitem(sys.modules, "osdp_sys", None)

    text = settings_text(founded, broker_port=1883, office_port=8080, clock=(30, NOW_MS, 5))
    founded.folder.settings.write_text(text, encoding="utf-8")

    settings = load(founded.folder.settings)
    assert {reader.protocol for reader in settings.reader} == {"em4100", "pn532", "board"}
    (mill,) = [reader for reader in settings.reader if reader.name == "cnc"]
    assert (mill.protocol, mill.model, mill.key_file) == ("em4100", "rdm6300", None)
