"""`indivis admin`: the way in when nobody can sign in any more."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.office.accounts import sign_in
from controller.office.store import OfficeStore

PASSWORD = "three fictional words"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An office database without accounts."""
    OfficeStore(tmp_path / "office.db").close()
    return tmp_path / "office.db"


def admin(database: Path | str, *words: str, password: str = PASSWORD) -> subprocess.CompletedProcess[str]:
    """Run the program with a password on standard input."""
    return subprocess.run(
        [sys.executable, "-m", "controller", "admin", *words, "--database", str(database)],
        input=f"{password}\n",
        env={**os.environ, "INDIVIS_LANG": "en"},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
        text=True,
    )


def test_an_administrator_is_created_and_signs_in(database: Path) -> None:
    """Created at the terminal, used at the door."""
    created = admin(database, "create", "--login", "Zoe")

    store = OfficeStore(database)
    signed = sign_in(store, 2**41, "zoe", PASSWORD, "192.0.2.1")
    store.close()
    assert created.returncode == 0
    assert signed.account.startswith("w_")


def test_a_reset_password_replaces_the_old_one(database: Path) -> None:
    """The new one opens."""
    admin(database, "create", "--login", "zoe")

    reset = admin(database, "reset-password", "--login", "zoe", password="another three words")

    store = OfficeStore(database)
    signed = sign_in(store, 2**41, "zoe", "another three words", "192.0.2.1")
    store.close()
    assert reset.returncode == 0
    assert signed.account.startswith("w_")


@pytest.mark.parametrize(
    ("place", "code", "said"),
    [
        ("postgresql+no_such_driver://lab", 2, "is no address of a database"),
        ("nonsense://lab", 2, "is no address of a database"),
        ("lab.db", 2, "does not exist"),
    ],
)
def test_a_database_that_cannot_be_one_is_one_sentence(place: str, code: int, said: str) -> None:
    """Whatever is given for the database, the answer names it and is no traceback."""
    refused = admin(place, "setup-code")

    assert (refused.returncode, len(refused.stderr.splitlines())) == (code, 1)
    assert said in refused.stderr


def test_the_set_up_code_is_refused_once_there_are_accounts(database: Path) -> None:
    """Before the first account a code is printed, afterwards one sentence says what to do instead."""
    first = admin(database, "setup-code")
    admin(database, "create", "--login", "zoe")

    second = admin(database, "setup-code")

    assert (first.returncode, second.returncode) == (0, 2)
    assert len(first.stdout.split(": ")[1].strip()) == 16
    assert "reset-password" in second.stderr


@pytest.mark.parametrize("words", [("create",), ("reset-password", "--login", "nobody")])
def test_a_mistake_is_answered_with_one_sentence(database: Path, words: tuple[str, ...]) -> None:
    """No login, an unknown login: exit code 2 and no trace."""
    ended = admin(database, *words)

    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1


def test_a_file_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    """A typing mistake in the path creates no second database."""
    ended = admin(tmp_path / "ofice.db", "setup-code")

    assert ended.returncode == 2
    assert not (tmp_path / "ofice.db").exists()
