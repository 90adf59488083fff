"""`indivis split`: exact names in its JSON, text for people, and one sentence for a mistake."""

import json
from pathlib import Path
from typing import Any

import pytest

from controller.cli import main

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors_splits.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_command_answers_the_vectors(case: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Parts, cumulative parts and the wheel, under exactly these names, also when the first posting is a
    refund.
    """
    words = [
        "--weights",
        ",".join(map(str, case["weights"])),
        "--postings",
        ",".join(map(str, case["postings"])),
    ]

    code = main(["split", *words, "--json"])

    answer = json.loads(capsys.readouterr().out)
    assert code == 0
    assert answer == {name: case[name] for name in ("parts", "cumulative", "wheel")}


def test_without_json_a_person_reads_a_line_per_posting(capsys: pytest.CaptureFixture[str]) -> None:
    """Each posting and the sum have their line."""
    main(["split", "--weights", "1,1", "--postings", "3,4"])

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:2]] == [["3", "c", "->", "2,", "1"], ["4", "c", "->", "2,", "2"]]
    assert "4, 3" in lines[2]


@pytest.mark.parametrize(
    ("weights", "postings", "said"),
    [
        ("0,0", "1", "--weights"),
        ("50001,50002", "1", "100003"),
        ("4,x", "1", "x"),
        ("1.5", "1", "1.5"),
        ("1", "", "--postings"),
        ("1", "9" * 16, "--postings"),
    ],
)
def test_a_mistake_is_answered_by_one_sentence(
    weights: str, postings: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Weights nobody can split by and words that are no whole numbers: named on one line, exit code 2."""
    code = main(["split", "--weights", weights, "--postings", postings])

    told = capsys.readouterr()
    assert code == 2
    assert said in told.err
    assert (told.out, told.err.count("\n")) == ("", 1)
