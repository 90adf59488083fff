"""A service finds its keys where systemd hands them over; a person at the terminal, where the settings name them."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from controller.credentials import handed
from controller.settings import load

ROOT = Path(__file__).parents[1]
LOAD = re.compile(r"^LoadCredential=(\S+):(\S+)$", re.MULTILINE)


def test_a_handed_credential_is_taken_and_any_other_file_is_left_where_it_is(tmp_path: Path) -> None:
    """Only what systemd hands over replaces what the settings name."""
    (tmp_path / "badge.key").write_bytes(b"k" * 32)
    inside = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    badge, vault = Path("/etc/indivis/keys/badge.key"), Path("/etc/indivis/keys/vault.key")

    assert handed(badge, inside) == tmp_path / "badge.key"
    assert handed(vault, inside) == vault
    assert handed(badge, {}) == badge


def test_the_units_hand_over_what_the_shipped_settings_name() -> None:
    """Who copies the example and the units has named every key by one path, and gives each program its own only."""
    example = tomllib.loads((ROOT / "config/indivis.example.toml").read_text())
    controller, office = example["controller"], example["office"]
    loaded = {
        who: {path for _, path in LOAD.findall((ROOT / f"systemd/indivis-{who}.service").read_text())}
        for who in ("controller", "office")
    }

    assert loaded["controller"] == {
        controller["badge_key_file"], controller["exchange_password_file"], example["mqtt"]["password_file"],
    }  # fmt: skip
    assert loaded["office"] == {
        office["vault_key_file"], office["chain_key_file"], office["exchange_password_file"],
    }  # fmt: skip
    for who in loaded:
        text = (ROOT / f"systemd/indivis-{who}.service").read_text()
        assert all(name == Path(path).name for name, path in LOAD.findall(text))


def test_a_controller_reads_its_key_from_the_credentials(tmp_path: Path) -> None:
    """The program itself, started as a unit starts it, takes the handed key: this one is refused for its length."""
    (tmp_path / "badge.key").write_bytes(b"too short")
    (tmp_path / "badge.key").chmod(0o400)
    settings = tmp_path / "indivis.toml"
    settings.write_text(
        f'[site]\nid = "atelier"\nbooks = "atelier"\n[controller]\nid = "pi-1"\nstate_dir = "{tmp_path}"\n'
        '[gpio]\nfactory = "mock"\n'
    )

    ended = subprocess.run(
        [sys.executable, "-m", "controller", "controller", "--config", str(settings)],
        env={**os.environ, "INDIVIS_LANG": "en", "CREDENTIALS_DIRECTORY": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert f"the badge key {tmp_path}/badge.key is refused: it is not 32 bytes long" in ended.stderr


def test_a_readers_key_is_taken_from_the_credentials_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a reader or of its cards is handed over like every other, by the name that the settings give it."""
    (tmp_path / "cards.key").write_bytes(b"k" * 16)
    settings = tmp_path / "indivis.toml"
    settings.write_text(
        '[site]\nid = "atelier"\nbooks = "atelier"\n[controller]\nid = "pi-1"\n[[channel]]\nname = "four"\npin = 17\n'
        '[[reader]]\nname = "four"\npath = "/dev/x"\nchannel = "four"\nprotocol = "pn532"\n'
        'key_file = "/etc/indivis/keys/cards.key"\n'
    )
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))

    (reader,) = load(settings).reader

    assert reader.key_file == tmp_path / "cards.key"
