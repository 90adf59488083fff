"""The benchmark measures real taps; how long they take is nobody's test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.bench.readers import readers
from controller.bench.report import reader_lines
from controller.cli import main

DISTRIBUTION = {"count", "p50_ms", "p99_ms", "max_ms"}


@pytest.mark.pty
@pytest.mark.broker
def test_a_tiny_cell_tells_of_every_tap(tmp_path: Path) -> None:
    """Each tap of a cell is in every distribution of it, and nothing is measured that was not asked for."""
    file = tmp_path / "bench.json"

    code = main(
        ["bench", "--cells", "100-members/1-machines", "--taps", "20", "--folder", str(tmp_path), "--json", str(file)]
    )

    document = json.loads(file.read_text())
    (cell,) = document["cells"].values()
    measured = [cell["own"], cell["commit"], cell["stops"], cell["written_to_pin"], *cell["parts"].values()]
    assert code == 0
    assert list(document["cells"]) == ["100-members/1-machines/quiet"]
    assert all(set(one) == DISTRIBUTION and one["count"] == 20 for one in measured)
    assert all(one["p50_ms"] <= one["p99_ms"] <= one["max_ms"] for one in measured)
    assert "programs" not in document


@pytest.mark.pty
def test_every_kind_of_reader_is_measured_beside_its_wire(tmp_path: Path) -> None:
    """Each driver's taps all reach the event, and the wire's time is that of the bytes that went over it."""
    found = readers(tmp_path, taps_max=3)

    assert set(found) == {"em4100 id12", "em4100 rdm6300", "pn532, ntag424", "osdp", "board"}
    assert all(set(one["after_last_byte"]) == DISTRIBUTION for one in found.values())
    assert [found[kind]["wire_bytes"] for kind in ("em4100 id12", "em4100 rdm6300")] == [16, 28]
    assert all(one["wire_ms"] == round(one["wire_bytes"] * 10_000 / one["baud"], 1) for one in found.values())
    said = "\n".join(reader_lines({**found, "osdp": {"missing": "libosdp"}}))
    assert "16 × 10 / 9600 = 16.7 ms" in said
    assert "libosdp" in said


def test_a_cell_that_does_not_exist_is_refused_with_those_that_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that begins no cell's name is the user's slip: one sentence, with the cells to choose from."""
    code = main(["bench", "--cells", "nothing", "--folder", str(tmp_path)])

    assert code == 2
    assert "100-members/1-machines/quiet" in capsys.readouterr().err
