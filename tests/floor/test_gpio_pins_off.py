"""`indivis pins-off`: every pin off when nothing else works, and a held machine only as long as it may be."""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from controller.commands.pins_off import EXIT_ALL_OFF, EXIT_NO_MAP, EXIT_PIN_FAILED, Instant, pins_off, run
from controller.floor.adapters.lines import Lines, RecordedLines
from controller.floor.adapters.pin_map import MappedPin, PinMap, encode, held_since_file

LASER = MappedPin(
    machine_id="laser",
    chip="pinctrl-rp1",
    line=17,
    off_level=True,
    on_process_exit="off",
    hold_max_gap_ms=0,
    held=False,
)
KILN = replace(
    LASER, machine_id="kiln", line=22, off_level=False, on_process_exit="hold", hold_max_gap_ms=60_000, held=True
)
NOW = Instant("boot-1", 500_000)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A map of a laser and of a kiln that is held on, made in this boot."""
    path = tmp_path / "pins.json"
    path.write_text(encode(PinMap(boot_id="boot-1", pins=(LASER, KILN))))
    return path


@pytest.fixture
def lines() -> RecordedLines:
    """The chip, with both machines on."""
    chip = RecordedLines("pinctrl-rp1")
    chip.levels.update({17: False, 22: True})
    return chip


def opener(lines: RecordedLines) -> Callable[[str], Lines]:
    """Open the one chip there is."""
    return {"pinctrl-rp1": lines}.__getitem__


def no_chip(label: str) -> Lines:
    """No chip may be opened at all."""
    raise AssertionError(label)


def test_a_machine_without_hold_is_driven_off_and_a_held_one_left(file: Path, lines: RecordedLines) -> None:
    """The hook cuts all but what the map proves may stay on."""
    code = pins_off(file, now=NOW, even_held=False, open_lines=opener(lines))

    assert code == EXIT_ALL_OFF
    assert lines.levels == {17: True, 22: True}
    assert lines.calls == [("claim_output", 17, True), ("release", 17, None)]


@pytest.mark.parametrize(
    "doubt",
    [
        replace(KILN, held=False),
        replace(KILN, on_process_exit="off"),
        replace(KILN, hold_max_gap_ms=-1),
    ],
)
def test_a_hold_that_is_not_proven_is_cut(tmp_path: Path, lines: RecordedLines, doubt: MappedPin) -> None:
    """Unproven means off."""
    path = tmp_path / "pins.json"
    path.write_text(encode(PinMap(boot_id="boot-1", pins=(doubt,))))

    pins_off(path, now=NOW, even_held=False, open_lines=opener(lines))

    assert lines.levels[22] is False


def test_a_hold_of_another_boot_is_cut(file: Path, lines: RecordedLines) -> None:
    """A reboot never leaves a machine on."""
    pins_off(file, now=Instant("boot-2", 1_000), even_held=False, open_lines=opener(lines))

    assert lines.levels == {17: True, 22: False}


@pytest.mark.parametrize(("away_ms", "stays_on"), [(60_000, True), (60_001, False)])
def test_a_hold_ends_when_the_controller_is_away_too_long(
    file: Path, lines: RecordedLines, away_ms: int, *, stays_on: bool
) -> None:
    """The gap is counted from the first call after the crash, however often the hook runs again."""
    pins_off(file, now=NOW, even_held=False, open_lines=opener(lines))
    later = Instant("boot-1", NOW.boot_ms + away_ms)

    pins_off(file, now=later, even_held=False, open_lines=opener(lines))

    assert lines.levels[22] is stays_on
    assert held_since_file(file).exists() is stays_on


def test_an_unreadable_mark_proves_nothing(file: Path, lines: RecordedLines) -> None:
    """A damaged mark cuts the held machine rather than starting its time again."""
    held_since_file(file).write_text("{")

    pins_off(file, now=NOW, even_held=False, open_lines=opener(lines))

    assert lines.levels[22] is False


def test_all_cuts_a_held_machine_too(file: Path, lines: RecordedLines) -> None:
    """A person who asks for all gets all."""
    pins_off(file, now=NOW, even_held=True, open_lines=opener(lines))

    assert lines.levels == {17: True, 22: False}


def test_every_pin_is_tried_even_if_one_fails(
    file: Path, lines: RecordedLines, capsys: pytest.CaptureFixture[str]
) -> None:
    """A broken line is named and does not save the next one."""
    lines.broken.add(17)

    code = pins_off(file, now=NOW, even_held=True, open_lines=opener(lines))

    assert code == EXIT_PIN_FAILED
    assert lines.levels[22] is False
    assert "laser (GPIO17)" in capsys.readouterr().err


def test_a_mock_pin_is_skipped_with_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A workshop without a header opens no chip."""
    path = tmp_path / "pins.json"
    path.write_text(encode(PinMap(boot_id="boot-1", pins=(replace(LASER, chip="mock"),))))

    code = pins_off(path, now=NOW, even_held=False, open_lines=no_chip)

    assert code == EXIT_ALL_OFF
    assert capsys.readouterr().out.startswith("laser (GPIO17)")


@pytest.mark.parametrize("content", [None, "", "{}", "[1]", '{"schema": 9}', "x" * 70_000, "\udcff"])
def test_a_map_that_cannot_be_used_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    """A missing or damaged map ends with its own code and a sentence, never a traceback."""
    path = tmp_path / "pins.json"
    if content is not None:
        path.write_bytes(content.encode(errors="surrogateescape"))

    code = pins_off(path, now=NOW, even_held=False, open_lines=no_chip)

    assert code == EXIT_NO_MAP
    assert str(path) in capsys.readouterr().err


def test_without_a_chip_the_failure_is_said(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The real command on a computer without a header names each pin it could not drive."""
    if list(Path("/dev").glob("gpiochip*")):
        pytest.skip("this computer has a GPIO chip, which no test may drive")

    code = run(argparse.Namespace(file=file, all=True))

    assert code == EXIT_PIN_FAILED
    assert "pinctrl-rp1" in capsys.readouterr().err


def test_nothing_but_libgpiod_is_needed() -> None:
    """The hook must run when the rest of the program cannot be loaded."""
    script = """
import json, sys
before = set(sys.modules)
import controller.commands.pins_off, controller.floor.adapters.gpiod_lines
print(json.dumps(sorted({name.split(".")[0] for name in set(sys.modules) - before})))
"""

    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout

    assert set(json.loads(printed)) - sys.stdlib_module_names == {"controller", "gpiod"}
