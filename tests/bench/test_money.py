"""The benchmark of money plays a real month; how long that takes is nobody's test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from controller.bench.money import money_month
from controller.cli import main
from tests.office.postgres_server import new_database, running_server, server_programs

STEP = {"seconds", "processor_s", "resident_mb"}


@pytest.mark.soak
def test_a_month_is_posted_closed_and_stated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each use of it is posted, each agreement closed, and each of its five owners has a statement."""
    file = tmp_path / "bench.json"

    code = main(["bench", "money", "--sessions", "200,1000", "--folder", str(tmp_path), "--json", str(file)])

    months = json.loads(file.read_text())["months"]
    assert code == 0
    assert [month["sessions"] for month in months] == [200, 1000]
    assert all(month["statements"] == 200 for month in months)
    assert all(set(month[step]) == STEP for month in months for step in ("stored", "posted", "closed"))
    assert "1000" in capsys.readouterr().out


@pytest.mark.soak
@pytest.mark.postgres
def test_postgresql_has_the_same_month(tmp_path: Path) -> None:
    """The database of a network takes the same uses in the same way."""
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL here")
    with running_server(programs) as server:
        month = money_month(tmp_path, 1_000, new_database(server, "bench"))

    assert month["statements"] == 200


def test_too_many_uses_are_refused_with_how_many_there_may_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A month has only so many minutes; the sentence says what to write."""
    refused = main(["bench", "money", "--sessions", "9000000", "--folder", str(tmp_path)])
    no_number = main(["bench", "money", "--sessions", "many", "--folder", str(tmp_path)])

    assert (refused, no_number) == (2, 2)
    assert "5000000" in capsys.readouterr().err
