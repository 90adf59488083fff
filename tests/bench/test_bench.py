"""The benchmark measures real taps; how long they take is nobody's test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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


def test_a_cell_that_does_not_exist_is_refused_with_those_that_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that begins no cell's name is the user's slip: one sentence, with the cells to choose from."""
    code = main(["bench", "--cells", "nothing", "--folder", str(tmp_path)])

    assert code == 2
    assert "100-members/1-machines/quiet" in capsys.readouterr().err
