"""`indivis check-config` as a person meets it: file, line, key, why and cure, for every mistake at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_cli import indivis

EXAMPLE = Path(__file__).parents[2] / "config" / "indivis.example.toml"


def spoilt(folder: Path, *changes: tuple[str, str]) -> Path:
    """The shipped example with some lines written differently."""
    text = EXAMPLE.read_text()
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    path = folder / "indivis.toml"
    path.write_text(text)
    return path


def line_of(path: Path, words: str) -> int:
    """The number of the first line that holds these words."""
    return next(number for number, line in enumerate(path.read_text().splitlines(), start=1) if words in line)


def test_the_shipped_example_is_good() -> None:
    """What people copy passes."""
    ended = indivis("check-config", str(EXAMPLE), lang="en")

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "good (relays: 1, readers: 1)" in ended.stdout


def test_the_accountants_chart_is_read_too(tmp_path: Path) -> None:
    """A slip in the chart shows when it is written, not at the year's end."""
    chart = tmp_path / "chart.toml"
    path = spoilt(tmp_path, ("[office]\n", f'[office]\nchart_file = "{chart}"\n'))
    chart.write_text('[[entity]]\nbooks = "lab"\nsiren = "123456789"\n')

    ended = indivis("check-config", str(path), lang="en")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "entity.0.siren" in ended.stderr


def test_a_program_that_speaks_and_is_not_there_is_a_warning(tmp_path: Path) -> None:
    """The settings are good: a machine without a voice works."""
    path = spoilt(tmp_path, ("pin = 17\n", 'pin = 17\nspeaker = "speaks-nowhere"\n'))

    said, listed = indivis("check-config", str(path), lang="en"), indivis("check-config", "--json", str(path))

    assert (said.returncode, said.stderr) == (0, "")
    assert "warning: speaks-nowhere is not installed here" in said.stdout
    assert json.loads(listed.stdout)["missing_programs"] == ["speaks-nowhere"]


@pytest.mark.parametrize(
    ("before", "after", "key", "cure"),
    [
        ("active_high = true", "active_hihg = true", "channel[0].active_hihg", "did you mean active_high?"),
        ('name = "Atelier"', 'quiet = "8 to 9"', "site.quiet", 'for example "20:00-08:00"'),
        ("pin = 17", "pin = 99", "channel[0].pin", "write a number from 2 to 27"),
        ("pin = 17", 'pin = "17"', "channel[0].pin", "write a whole number"),
        ('factory = "gpiod"', 'factory = "gpoid"', "gpio.factory", "did you mean gpiod?"),
        ('channel = "laser"', 'channel = "lazer"', "reader[0].channel", "did you mean laser?"),
        ('id = "pi-1"', 'id = "Pi 1"', "controller.id", "use a-z, 0-9, - and _"),
    ],
)
def test_a_mistake_is_told_with_its_line_its_key_and_its_cure(
    tmp_path: Path, before: str, after: str, key: str, cure: str
) -> None:
    """Nobody searches a file for what the program already found."""
    path = spoilt(tmp_path, (before, after))

    ended = indivis("check-config", str(path), lang="en")

    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"indivis.toml:{line_of(path, after)} {key}: " in ended.stderr
    assert cure in ended.stderr


def test_a_missing_key_is_told_at_its_table(tmp_path: Path) -> None:
    """A key that is nowhere has no line; its table has one."""
    path = spoilt(tmp_path, ("pin = 17\n", ""))

    ended = indivis("check-config", str(path), lang="en")

    assert ended.returncode == 2
    assert f"indivis.toml:{line_of(path, '[[channel]]')} channel[0].pin: is missing; add pin" in ended.stderr


def test_a_pin_that_is_used_twice_is_told_where_it_is_used_again(tmp_path: Path) -> None:
    """Two machines on one pin would share one power."""
    path = spoilt(tmp_path, ("[[reader]]", '[[channel]]\nname = "mill"\npin = 17 # again\n\n[[reader]]'))

    ended = indivis("check-config", str(path), lang="en")

    assert ended.returncode == 2
    assert f"indivis.toml:{line_of(path, '# again')} channel[1].pin: 17 is already taken above" in ended.stderr


def test_a_contact_on_a_relays_own_pin_is_refused(tmp_path: Path) -> None:
    """A contact that reads the relay's own line would prove nothing."""
    path = spoilt(tmp_path, ("pin = 17\n", "pin = 17\nfeedback_pin = 17\n"))

    ended = indivis("check-config", str(path), lang="en")

    assert ended.returncode == 2
    assert f"indivis.toml:{line_of(path, 'feedback_pin')} channel[0].feedback_pin: 17 is already taken" in ended.stderr


def test_every_mistake_is_told_at_once_as_data_too(tmp_path: Path) -> None:
    """`--json` gives the same problems, in the order of their lines."""
    path = spoilt(tmp_path, ("pin = 17", "pin = 99"), ('factory = "gpiod"', 'factory = "gpoid"'))

    ended = indivis("check-config", str(path), "--json", lang="en")

    problems = json.loads(ended.stdout)["problems"]
    assert ended.returncode == 2
    assert [problem["key"] for problem in problems] == ["gpio.factory", "channel[0].pin"]
    assert [problem["line"] for problem in problems] == [line_of(path, "gpoid"), line_of(path, "pin = 99")]


def test_a_file_that_is_no_toml_is_one_sentence(tmp_path: Path) -> None:
    """A broken file names itself and what stopped the reading."""
    path = tmp_path / "indivis.toml"
    path.write_text("[site\n")

    ended = indivis("check-config", str(path), lang="en")

    assert ended.returncode == 2
    assert "indivis.toml:1: this is not valid TOML" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    """A wrong path names itself."""
    ended = indivis("check-config", str(tmp_path / "nowhere.toml"), lang="en")

    assert ended.returncode == 2
    assert f"{tmp_path}/nowhere.toml cannot be read" in ended.stderr
    assert "Traceback" not in ended.stderr
