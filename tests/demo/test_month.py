"""A month of the demonstration's workshop, played and closed twice: as it was, and with a share sold on the 14th."""

from pathlib import Path

import pytest

from controller.commands.demo_month import run_month
from controller.demo.month import BUYER, MONTH, SELLER, play_month
from controller.office.export.fec import check_fec
from controller.office.settlement.periods import period

pytestmark = pytest.mark.soak  # two months through the whole office: some seconds


def test_the_month_adds_up_and_a_sale_divides_it_at_its_instant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same uses both times; only who owned when differs, and every check of the list is green by itself."""
    plain = play_month(tmp_path / "plain", seed=7, sold=False)
    after = play_month(tmp_path / "sold", seed=7, sold=True)

    before_sale, since = after.closed.body["versions"]
    whole = plain.closed.body["versions"][0]
    assert (plain.intact, after.intact, plain.uses) == (True, True, after.uses)
    assert all(line["green"] for line in after.closed.body["check_list"])
    assert before_sale["income_cents"] + since["income_cents"] == whole["income_cents"]
    assert sum(day["net_cents"] for day in after.closed.body["days"]) == whole["income_cents"]
    due, due_after = (
        {owner["party"]: owner["after_cents"] for owner in each.closed.body["owners"]} for each in (plain, after)
    )
    assert sum(due.values()) == whole["distributed_cents"]
    assert due_after[SELLER] < due[SELLER]
    moved = due[SELLER] - due_after[SELLER]
    assert abs(due_after[BUYER] - due[BUYER] - moved) <= 2  # each version's wheel is within a cent of its due
    reading = check_fec(plain.fec.name, plain.fec.read_bytes())
    assert (reading.faults, reading.entries > 0) == ((), True)
    assert {path.suffix for path in plain.statements} == {".csv", ".json", ".pdf"}
    assert (period("month", MONTH).to_at - period("month", MONTH).from_at) // 3_600_000 == 745

    assert run_month(tmp_path / "told", 7) == 0
    assert plain.closed.hash is not None
    assert capsys.readouterr().out.count(SELLER) >= 2
