"""A card dies; a backup on another medium brings the lab back without enrolling a single badge anew, and says so."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from controller import settings
from controller.backup.making import KEEP, MANIFEST, SEALED, make_backup
from controller.backup.restoring import restore
from controller.backup.sealing import open_keys, seal_keys
from controller.bootstrap import floor_from
from controller.demo.founding import found, settings_text
from controller.errors import DataError, OperatingError, UserError
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


def keys_of_readers(read: settings.Settings) -> list[bytes]:
    """What lets readers speak under cipher and cards prove themselves."""
    return [reader.key_file.read_bytes() for reader in read.reader if reader.key_file is not None]


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
    assert keys_of_readers(fresh) == keys_of_readers(read) != []
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


def backup(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program."""
    command = [sys.executable, "-m", "controller", *map(str, words)]
    environ = {**os.environ, "INDIVIS_LANG": "en"}
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


def test_a_medium_that_is_not_there_is_not_replaced_by_a_folder_on_the_card(tmp_path: Path) -> None:
    """A stick that nobody plugged in is told, for a backup on the same card dies with the card."""
    a_lab(tmp_path / "lab")

    refused = backup("backup", "--config", tmp_path / "lab" / "indivis.toml", "--to", tmp_path / "stick")

    assert refused.returncode == 2
    assert (
        refused.stderr
        == f"indivis: the folder {tmp_path}/stick does not exist; plug in and mount the medium, or make it.\n"
    )
    assert not (tmp_path / "stick").exists()


@pytest.mark.parametrize(("written", "said"), [("", "is empty"), (None, "cannot be read: nothing exists")])
def test_a_passphrase_file_that_holds_none_is_one_sentence(tmp_path: Path, written: str | None, said: str) -> None:
    """An empty or missing file is named, and no backup without keys is made in its stead."""
    a_lab(tmp_path / "lab")
    phrase, stick = tmp_path / "phrase", tmp_path / "stick"
    stick.mkdir()
    if written is not None:
        phrase.write_text(written)

    refused = backup(
        "backup", "--config", tmp_path / "lab" / "indivis.toml", "--to", stick, "--passphrase-file", phrase
    )

    assert (refused.returncode, len(refused.stderr.splitlines())) == (2, 1)
    assert said in refused.stderr
    assert list(stick.iterdir()) == []


def test_sealed_keys_are_never_left_out_unasked(tmp_path: Path) -> None:
    """Who forgets the passphrase is asked for it before anything is in place; who means it says so."""
    read = a_lab(tmp_path / "lab")
    made = make_backup(read, tmp_path / "stick", PASSPHRASE)
    fresh = blank_card(tmp_path)

    with pytest.raises(UserError, match="--passphrase-file"):
        restore(fresh, made.folder, None, "treasurer")
    before = fresh.controller.state_dir.exists()
    restore(fresh, made.folder, None, "treasurer", without_keys=True)

    assert not before
    assert (fresh.controller.state_dir / "journal.db").exists()
    assert not fresh.controller.badge_key_file.exists()


def test_a_passphrase_for_a_backup_without_keys_is_one_sentence(tmp_path: Path) -> None:
    """A passphrase opens nothing where nothing was sealed; that is said before anything is in place."""
    read = a_lab(tmp_path / "lab")
    made = make_backup(read, tmp_path / "stick", None)
    fresh = blank_card(tmp_path)

    with pytest.raises(UserError, match="--without-keys"):
        restore(fresh, made.folder, PASSPHRASE, "treasurer")

    assert not fresh.controller.state_dir.exists()


def test_a_restore_that_the_disk_refuses_leaves_nothing_half_done(tmp_path: Path) -> None:
    """When one file cannot be put in place, those before it are taken back and a second try finds a blank card."""
    read = a_lab(tmp_path / "lab")
    made = make_backup(read, tmp_path / "stick", PASSPHRASE)
    fresh = blank_card(tmp_path)
    in_the_way = fresh.office.vault_key_file.parent
    in_the_way.parent.mkdir(parents=True)
    in_the_way.write_text("a file where a folder belongs")

    with pytest.raises(OperatingError, match="place"):
        restore(fresh, made.folder, PASSPHRASE, "treasurer")
    in_the_way.unlink()

    restore(fresh, made.folder, PASSPHRASE, "treasurer")
    assert fresh.office.vault_key_file.exists()
