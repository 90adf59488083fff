"""The way back: a backup onto a blank card, declared.

House rules: nothing that exists is overwritten; every file is checked against the manifest before the first is put
in place;
the journal's next start and the office's next start say what was restored, up to which number, by whom.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from controller.backup.making import MANIFEST, SEALED, key_files, office_database
from controller.backup.sealing import open_keys
from controller.errors import DataError, Message, OperatingError, UserError, reason_of
from controller.floor import restored_note

if TYPE_CHECKING:
    from controller.domain.canonical import Json
    from controller.settings import Settings

FIRST_REPLICA = "replica-1.db"


def restore(
    settings: Settings, folder: Path, passphrase: str | None, by: str, *, without_keys: bool = False
) -> dict[str, Json]:
    """Put a backup in place and return its manifest; `UserError` when something is in the way or its keys would be
    left out unasked, `DataError` when damaged, `OperatingError` when the disk refuses. Then nothing is left in place.
    """
    manifest = _checked(folder)
    targets = _targets(settings, manifest)
    keys = {} if without_keys else _keys(settings, folder, passphrase)
    places = {name: path for name, path in key_files(settings).items() if name in keys}
    for path in (*targets.values(), *places.values()):
        if path.exists() or path.is_symlink():
            raise UserError(
                Message(f"{path} existe déjà", f"{path} already exists"),
                why=Message("une restauration ne remplace rien", "a restore replaces nothing"),
                cure=Message(
                    "restaurez sur une carte vierge, ou déplacez ce fichier", "restore on a blank card, or move it"
                ),
            )
    try:
        for name, path in targets.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _place(folder / name, path)
        for name, path in places.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(keys[name])
            path.chmod(0o600)
        _declare(settings, manifest, by)
    except OSError as error:
        for path in (*targets.values(), *places.values()):
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise OperatingError(
            Message("la restauration a échoué, rien n'est en place", "the restore failed, nothing is in place"),
            why=reason_of(error),
            cure=Message("vérifiez les dossiers, leurs droits et la place", "check the folders, permissions and space"),
        ) from error
    return manifest


def _keys(settings: Settings, folder: Path, passphrase: str | None) -> dict[str, bytes]:
    sealed = folder / SEALED
    if passphrase is not None:
        if not sealed.exists():
            raise UserError(
                Message("cette sauvegarde ne contient pas de clés", "this backup holds no keys"),
                why=Message("elle a été faite sans --passphrase-file", "it was made without --passphrase-file"),
                cure=Message(
                    "remettez-les de là où vous les gardez, puis restaurez avec --without-keys",
                    "put them back from where you keep them, then restore with --without-keys",
                ),
            )
        return open_keys(sealed.read_bytes(), passphrase)
    lacking = [path for path in key_files(settings).values() if not path.exists()]
    if sealed.exists() and lacking:
        raise UserError(
            Message(
                f"les clés de cette sauvegarde sont scellées et {lacking[0]} manque ici",
                f"the keys of this backup are sealed and {lacking[0]} is missing here",
            ),
            why=Message("sans clés, badges et noms sont perdus", "without keys, badges and names are lost"),
            cure=Message("donnez --passphrase-file, ou --without-keys", "give --passphrase-file, or --without-keys"),
        )
    return {}


def _checked(folder: Path) -> dict[str, Json]:
    try:
        manifest: dict[str, Json] = json.loads((folder / MANIFEST).read_text())
        files = manifest["files"]
        wrong = [name for name, digest in files.items() if _digest(folder / name) != digest]  # type: ignore[union-attr]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise UserError(
            Message(f"{folder} n'est pas une sauvegarde entière", f"{folder} is not a whole backup"),
            why=reason_of(error),
            cure=Message("donnez un dossier indivis-…", "give an indivis-… folder"),
        ) from error
    if wrong:
        raise DataError(
            Message(f"la sauvegarde est abîmée : {wrong[0]}", f"the backup is damaged: {wrong[0]}"),
            cure=Message("prenez la précédente", "take the one before"),
        )
    return manifest


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _targets(settings: Settings, manifest: dict[str, Json]) -> dict[str, Path]:
    files = manifest["files"]
    places = {
        "journal.db": settings.controller.state_dir / "journal.db",
        "replica.db": settings.controller.state_dir / FIRST_REPLICA,
        "office.db": office_database(settings, settings.office.state_dir),
    }
    return {name: places[name] for name in files if name in places}  # type: ignore[union-attr]


def _place(source: Path, target: Path) -> None:
    new = target.with_name(f"{target.name}.restoring")
    shutil.copyfile(source, new)
    new.chmod(0o600)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(target)


def _declare(settings: Settings, manifest: dict[str, Json], by: str) -> None:
    floor = settings.controller.state_dir
    journal = manifest.get("journal")
    if isinstance(journal, dict):
        restored_note.write(
            floor,
            backup_id=str(manifest["id"]),
            restored_by=by,
            branch=str(journal["branch"]),
            n=int(str(journal["n"])),
        )
    if (floor / FIRST_REPLICA).exists():
        (floor / "replica.db").symlink_to(FIRST_REPLICA)
    office = office_database(settings, settings.office.state_dir)
    if "reached" in manifest and office.exists():
        renew_incarnation(office)


def renew_incarnation(office: Path) -> None:
    """Let the restored office speak as a new incarnation, so that controllers send again what it has lost."""
    with closing(sqlite3.connect(office)) as connection, connection:
        connection.execute("UPDATE office_meta SET value = lower(hex(randomblob(16))) WHERE name = 'incarnation'")
