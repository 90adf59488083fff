"""Making a backup: each database by SQLite's own backup API while it is in use, opened and checked, then named by a
manifest.

House rule: the folder gets its final name last, so a folder with that name is a whole backup. Readers only: the
programs
remain the one writer of their files. The office learns from `last-backup.json` what it may tell its controllers to
trim.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from controller.backup.sealing import seal_keys
from controller.errors import Message, OperatingError, UserError, reason_of

if TYPE_CHECKING:
    from controller.domain.canonical import Json
    from controller.settings import Settings

KEEP = 14
"""Backups kept on the medium: a fortnight of nights, so that a mistake noticed after the holidays can be undone."""

LAST_BACKUP = "last-backup.json"
MANIFEST = "manifest.json"
SEALED = "keys.sealed"
PREFIX = "indivis-"
_PAGES_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup: its folder and its manifest."""

    folder: Path
    manifest: dict[str, Json]


def databases(settings: Settings) -> dict[str, Path]:
    """Return the databases that exist here, by the name they have in a backup."""
    floor, office = settings.controller.state_dir, settings.office.state_dir
    known = {
        "journal.db": floor / "journal.db",
        "replica.db": floor / "replica.db",
        "office.db": office_database(settings, office),
    }
    return {name: path for name, path in known.items() if path.exists()}


def office_database(settings: Settings, folder: Path) -> Path:
    """Return where the office's SQLite file is; a PostgreSQL office is backed up by PostgreSQL's own means."""
    told = settings.office.database
    if not told:
        return folder / "office.db"
    return Path(told.removeprefix("sqlite:///"))


def key_files(settings: Settings) -> dict[str, Path]:
    """Return the key and password files the settings name, by the name they have in a backup."""
    named = {
        "badge.key": settings.controller.badge_key_file,
        "vault.key": settings.office.vault_key_file,
        "chain.key": settings.office.chain_key_file,
        "controller.password": settings.controller.exchange_password_file,
        "office.password": settings.office.exchange_password_file,
        "public.password": settings.mqtt.password_file,
        "plugs.password": settings.plugs.password_file,
        **{f"reader-{reader.name}.key": reader.key_file for reader in settings.reader},
    }
    return {name: path for name, path in named.items() if path is not None}


def make_backup(settings: Settings, medium: Path, passphrase: str | None, at: datetime | None = None) -> Made:
    """Write a backup below `medium` and return it; `OperatingError` names what could not be copied."""
    found = databases(settings)
    if not found:
        raise UserError(
            Message("il n'y a rien à sauvegarder", "there is nothing to back up"),
            why=Message("aucune base à l'endroit indiqué", "no database where the settings say"),
            cure=Message("vérifiez state_dir", "check state_dir"),
        )
    at = at or datetime.now(UTC)
    backup_id = secrets.token_hex(6)
    folder = medium / f"{PREFIX}{at:%Y%m%dT%H%M%SZ}-{backup_id}"
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    try:
        unfinished.mkdir(parents=True)
        files: dict[str, Json] = {name: _copy(path, unfinished / name) for name, path in found.items()}
        if passphrase is not None:
            keys = {name: path.read_bytes() for name, path in key_files(settings).items() if path.exists()}
            _write(unfinished / SEALED, seal_keys(keys, passphrase))
        manifest = _manifest(unfinished, backup_id, at, files)
        _write(unfinished / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())
        unfinished.rename(folder)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise OperatingError(
            Message(f"la sauvegarde dans {medium} a échoué", f"the backup into {medium} failed"),
            why=reason_of(error),
            cure=Message("vérifiez le support et la place", "check the medium and its space"),
        ) from error
    _tell_office(settings, manifest)
    _drop_old(medium)
    return Made(folder, manifest)


def _copy(source: Path, target: Path) -> str:
    """Copy a live database, open the copy, check it whole, and return its SHA-256."""
    with (
        closing(sqlite3.connect(f"file:{source.resolve()}?mode=ro", uri=True, timeout=30)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy, pages=_PAGES_AT_ONCE)
        copy.execute("PRAGMA journal_mode = DELETE").fetchone()
        said = copy.execute("PRAGMA integrity_check").fetchone()[0]
        if said != "ok":
            raise sqlite3.DatabaseError(f"{source.name}: {said}")
    os.chmod(target, 0o600)  # noqa: PTH101 - the copy holds what the original holds
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _manifest(folder: Path, backup_id: str, at: datetime, files: dict[str, Json]) -> dict[str, Json]:
    manifest: dict[str, Json] = {"schema": 1, "id": backup_id, "at": at.isoformat(), "files": files}
    if "journal.db" in files:
        with closing(sqlite3.connect(folder / "journal.db")) as journal:
            row = journal.execute("SELECT branch, n FROM fact ORDER BY n DESC LIMIT 1").fetchone()
        manifest["journal"] = None if row is None else {"branch": row[0], "n": row[1]}
    if "office.db" in files:
        with closing(sqlite3.connect(folder / "office.db")) as office:
            rows = office.execute("SELECT controller, branch, stored_n FROM journal_branch").fetchall()
        manifest["reached"] = [{"controller": row[0], "branch": row[1], "n": row[2]} for row in rows]
    return manifest


def _tell_office(settings: Settings, manifest: dict[str, Json]) -> None:
    if "reached" not in manifest:
        return
    told = settings.office.state_dir / LAST_BACKUP
    new = told.with_suffix(".new")
    _write(new, json.dumps(manifest).encode())
    new.replace(told)


def _drop_old(medium: Path) -> None:
    whole = sorted(path for path in medium.glob(f"{PREFIX}*") if (path / MANIFEST).exists())
    for old in whole[:-KEEP]:
        shutil.rmtree(old, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
