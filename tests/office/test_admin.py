"""`indivis admin`: the way in when nobody can sign in any more."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from controller.cli import main
from controller.office.accounts import Attempt, sign_in
from controller.office.store import OfficeStore

PASSWORD = "three fictional words"


@pytest.fixture(autouse=True)
def _in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDIVIS_LANG", "en")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """An office database without accounts."""
    OfficeStore(tmp_path / "office.db").close()
    return tmp_path / "office.db"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def admin(database: Path | str, *words: str, password: str = PASSWORD) -> Ended:
    """Run the command as the program does, with a password on standard input."""
    out, err, typed = io.StringIO(), io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(f"{password}\n")
    try:
        with redirect_stdout(out), redirect_stderr(err):
            code = main(["admin", *words, "--database", str(database)])
    finally:
        sys.stdin = typed
    return Ended(code, out.getvalue(), err.getvalue())


def test_an_administrator_is_created_and_signs_in(database: Path) -> None:
    """Created at the terminal, used at the door."""
    created = admin(database, "create", "--login", "Zoe")

    store = OfficeStore(database)
    signed = sign_in(store, 2**41, Attempt(login="zoe", password=PASSWORD, address="192.0.2.1"))
    store.close()
    assert created.returncode == 0
    assert signed.account.startswith("w_")


def test_a_reset_password_replaces_the_old_one(database: Path) -> None:
    """The new one opens."""
    admin(database, "create", "--login", "zoe")

    reset = admin(database, "reset-password", "--login", "zoe", password="another three words")

    store = OfficeStore(database)
    signed = sign_in(store, 2**41, Attempt(login="zoe", password="another three words", address="192.0.2.1"))
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
