"""What the documents say is there, is there; what is there, the documents say."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from controller import cli, settings

ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FENCED = re.compile(r"```sh\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def settings_keys() -> set[str]:
    """Every key of the settings file, as `table.key`."""
    keys = set()
    for table, hint in get_type_hints(settings.Settings).items():
        target = hint if is_dataclass(hint) else get_args(hint)[0]
        keys |= {f"{table}.{entry.name}" for entry in fields(target)}
    return keys


def test_every_setting_is_documented_and_every_documented_one_exists() -> None:
    """A key that nobody can look up is a key that nobody sets right."""
    page = (ROOT / "docs/reference/settings.md").read_text()
    documented = {
        key
        for row in page.splitlines()
        if row.startswith("| `")
        for key in re.findall(r"`([a-z_.]+)`", row.split("|")[1])
    }

    assert documented == settings_keys()


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_in_the_documents_is_one_of_ours(text: Path) -> None:
    """A documented command that does not exist sends a person the wrong way."""
    used = {
        found
        for block in FENCED.findall(text.read_text())
        for found in re.findall(r"^indivis ([a-z-]+)", block, re.MULTILINE)
    }

    assert used <= set(cli.COMMANDS)


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(text: Path) -> None:
    """A dead link in a document of ours is a mistake of ours."""
    dead = [link for link in LINK.findall(text.read_text()) if not (text.parent / link).exists()]

    assert dead == []
