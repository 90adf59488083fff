"""A card dies; a backup on another medium brings the lab back without enrolling a single badge anew, and says so."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from controller import settings
from controller.backup.making import KEEP, MANIFEST, SEALED, make_backup
from controller.backup.restoring import restore
from controller.backup.sealing import open_keys, seal_keys
from controller.bootstrap import floor_from
from controller.demo.founding import found, settings_text
from controller.errors import DataError, UserError
from controller.office.store import OfficeStore

PASSPHRASE = "quatre mots tirés au sort"
NOW_MS = 1_767_225_600_000


def a_lab(root: Path) -> settings.Settings:
    """A founded office and a controller that has started once."""
    founded = found(root, now_ms=NOW_MS, speed=1)
    file = founded.folder.settings
    file.write_text(settings_text(founded, broker_port=1, office_port=0, clock=(1, NOW_MS, 1)))
    read = settings.load(file)
    start_and_end(read)
    return read


def start_and_end(read: settings.Settings) -> None:
    """Start the program at the machines and end it as SIGTERM would."""
    floor = floor_from(read)
    floor.run(floor.end)


def facts(read: settings.Settings, kind: str) -> list[dict[str, object]]:
    """The journal's facts of a kind."""
    with closing(sqlite3.connect(read.controller.state_dir / "journal.db")) as connection:
        rows = connection.execute("SELECT body FROM fact WHERE kind = ? ORDER BY n", (kind,)).fetchall()
    return [json.loads(row[0]) for row in rows]


def blank_card(root: Path) -> settings.Settings:
    """The same settings, on a card that holds nothing."""
    text = (root / "lab" / "indivis.toml").read_text().replace(str(root / "lab"), str(root / "new"))
    file = root / "new.toml"
    file.write_text(text)
    return settings.load(file)


def test_a_restored_card_declares_its_gap_first_and_knows_its_keys(tmp_path: Path) -> None:
    """Restore is declared, not suspected; the badge key comes back, so no badge is enrolled anew."""
    read = a_lab(tmp_path / "lab")
    made = make_backup(read, tmp_path / "stick", PASSPHRASE)
    fresh = blank_card(tmp_path)

    restore(fresh, made.folder, PASSPHRASE, "treasurer")
    start_and_end(fresh)

    (declared,) = facts(fresh, "journal_restored")
    assert declared["backup_id"] == made.manifest["id"]
    assert {"branch": declared["up_to_branch"], "n": declared["up_to_n"]} == made.manifest["journal"]
    assert fresh.controller.badge_key_file.read_bytes() == read.controller.badge_key_file.read_bytes()
    assert not (fresh.controller.state_dir / "restored.json").exists()


def test_a_restored_office_speaks_as_a_new_incarnation(tmp_path: Path) -> None:
    """Controllers send again from there only because the office says that it is another one."""
    read = a_lab(tmp_path / "lab")
    before = OfficeStore(tmp_path / "lab" / "office" / "office.db")
    made = make_backup(read, tmp_path / "stick", PASSPHRASE)
    fresh = blank_card(tmp_path)

    restore(fresh, made.folder, PASSPHRASE, "treasurer")
    after = OfficeStore(Path(fresh.office.database))

    assert after.incarnation() != before.incarnation()
    before.close()
    after.close()


def test_a_backup_with_one_byte_changed_is_refused_before_anything_is_put_in_place(tmp_path: Path) -> None:
    """A damaged backup restores nothing."""
    read = a_lab(tmp_path / "lab")
    made = make_backup(read, tmp_path / "stick", PASSPHRASE)
    damaged = made.folder / "journal.db"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    fresh = blank_card(tmp_path)

    with pytest.raises(DataError, match=r"journal\.db"):
        restore(fresh, made.folder, PASSPHRASE, "treasurer")

    assert not fresh.controller.state_dir.exists()


def test_a_restore_replaces_nothing_that_exists(tmp_path: Path) -> None:
    """Whoever restores onto a living card is told so, and nothing changes."""
    read = a_lab(tmp_path / "lab")
    made = make_backup(read, tmp_path / "stick", PASSPHRASE)

    with pytest.raises(UserError, match=r"journal\.db"):
        restore(read, made.folder, PASSPHRASE, "treasurer")

    assert facts(read, "journal_restored") == []


def test_the_keys_do_not_open_with_another_passphrase() -> None:
    """A lost stick opens no badge and no name."""
    sealed = seal_keys({"badge.key": b"secret"}, PASSPHRASE)

    assert open_keys(sealed, PASSPHRASE) == {"badge.key": b"secret"}
    assert b"secret" not in sealed
    with pytest.raises(UserError):
        open_keys(sealed, "quatre autres mots au hasard")


def test_the_oldest_backup_gives_way_and_a_half_one_never_counts(tmp_path: Path) -> None:
    """A fortnight is kept; an unfinished folder has no manifest."""
    read = a_lab(tmp_path / "lab")

    for _ in range(KEEP + 1):
        make_backup(read, tmp_path / "stick", None)

    whole = [path for path in (tmp_path / "stick").iterdir() if (path / MANIFEST).exists()]
    assert len(whole) == KEEP
    assert not any((path / SEALED).exists() for path in whole)
