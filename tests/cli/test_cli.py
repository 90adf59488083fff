"""The command `indivis` as a person meets it: started as a program, read from its two outputs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.cli import COMMANDS

INDIVIS = Path(sys.executable).with_name("indivis")


def indivis(*arguments: str, lang: str = "fr") -> subprocess.CompletedProcess[str]:
    """Runs the installed command and gives what it printed and how it ended."""
    environ = {**os.environ, "INDIVIS_LANG": lang}
    command = [str(INDIVIS), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=60)


def test_an_unknown_command_is_one_sentence_and_exit_code_2() -> None:
    """A mistyped command names itself and the way to the list."""
    ended = indivis("spilt")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "indivis: commande inconnue : spilt ; voir « indivis --help ».\n"


def test_a_wrong_argument_is_one_sentence_in_the_readers_language() -> None:
    """A wrong argument of a command leads to that command's help, in French and in English."""
    french = indivis("split", "--weights")
    english = indivis("split", "--weights", lang="en")

    assert (french.returncode, english.returncode) == (2, 2)
    assert french.stderr == "indivis: argument --weights : il y faut une valeur ; voir « indivis split --help ».\n"
    assert english.stderr == "indivis: argument --weights: expected one argument; see 'indivis split --help'.\n"


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_help_lists_every_command(lang: str) -> None:
    """Each command in the table is on the first page of help, with its line."""
    listed = indivis("--help", lang=lang).stdout

    for name, about in COMMANDS.items():
        line = about.en if lang == "en" else about.fr
        assert f"  {name:12}  {line}\n" in listed


def test_no_command_at_all_shows_the_help_and_fails() -> None:
    """A script that lost its arguments does not pass for one that worked."""
    ended = indivis()

    assert ended.returncode == 2
    assert "split" in ended.stdout


def test_the_version_is_the_installed_one() -> None:
    """`--version` says what is installed."""
    ended = indivis("--version")

    assert ended.returncode == 0
    assert ended.stdout.startswith("indivis 0.")


def test_a_reader_that_stops_reading_is_no_error() -> None:
    """`indivis … | head` ends without a word on standard error."""
    reading, writing = os.pipe()
    os.close(reading)

    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run([INDIVIS, "--help"], stdout=closed, stderr=subprocess.PIPE, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")
