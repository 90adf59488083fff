"""What is shipped for Prometheus and Grafana asks for figures that there are, in words that Prometheus knows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from sqlalchemy import insert

from controller.domain.metering import Metered, Sample
from controller.exchange.totals import Totals
from controller.floor.floor_metrics import FloorMetrics
from controller.office.office_metrics import OfficeMetrics
from controller.office.overview import BACKUP_NOTE
from controller.office.store import OfficeStore
from controller.office.tables import office_meta
from tests.exposition import exposed, samples
from tests.mqtt.workshop_kit import LASER, NOON, at, in_use

CONFIG = Path(__file__).parents[2] / "config"
ALERTS = CONFIG / "prometheus" / "alerts.yml"
BOARD: dict[str, Any] = json.loads((CONFIG / "grafana" / "machines.json").read_text("utf-8"))
SHIPPED = [rule["expr"] for group in yaml.safe_load(ALERTS.read_text("utf-8"))["groups"] for rule in group["rules"]]
SHIPPED += [target["expr"] for panel in BOARD["panels"] for target in panel["targets"]]


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> AbstractSet[str]:
    """The names of a workshop with a metered laser cutter in use, and of an office with a backup."""
    folder = tmp_path_factory.mktemp("figures")
    metered = Metered(sample=Sample(power_mw=1), at_ms=0)
    shown = replace(in_use(), meters=MappingProxyType({in_use().machines[LASER].policy.channel: metered}))
    done = Totals(energy_wh=1, ended={"second_tap": 1}, refused={"unknown_badge": 1})
    floor = FloorMetrics(
        version="1",
        started_ms=NOON,
        folder=folder,
        workshop=lambda: shown,
        totals=lambda: {"laser": done},
        public_connected=lambda: True,
        now=lambda: at(0),
    )
    store = OfficeStore(folder / "office.db")
    with store.write() as tx:
        tx.execute(insert(office_meta).values(name=BACKUP_NOTE, value=str(NOON)))
    text = exposed(floor) + exposed(OfficeMetrics(store, "1"))
    store.close()
    declared = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    return {name.partition("{")[0] for name in samples(exposed(floor))} | declared


@pytest.mark.parametrize("query", SHIPPED)
def test_each_shipped_query_asks_for_figures_that_there_are(query: str, figures: AbstractSet[str]) -> None:
    """A renamed figure would leave a board empty and an alarm mute."""
    asked = set(re.findall(r"\bindivis_\w+", query))

    assert asked <= figures
    assert asked or query.startswith("up{")


def test_prometheus_understands_each_of_them(tmp_path: Path) -> None:
    """Alerts and the board's queries, read by its own `promtool` (Debian's package `prometheus`)."""
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (apt install prometheus)")
    queries = [query.replace("$machine", ".*") for query in SHIPPED]
    rules = [{"record": f"board:query:{number}", "expr": query} for number, query in enumerate(queries)]
    board = tmp_path / "board.yml"
    board.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))

    done = subprocess.run(
        [promtool, "check", "rules", ALERTS, board], capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_the_board_stands_on_its_own() -> None:
    """No two panels over each other, each with a query of the chosen Prometheus."""
    places = [
        (x, y)
        for panel in BOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(places) == len(set(places))
    assert {panel["datasource"]["uid"] for panel in BOARD["panels"]} == {"${datasource}"}
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_the_shipped_scrape_is_the_documented_one() -> None:
    """The ports of the how-to are those of the snippet."""
    scrape = yaml.safe_load((CONFIG / "prometheus" / "scrape.yml").read_text("utf-8"))
    page = (CONFIG.parent / "docs" / "how-to" / "dashboards.md").read_text("utf-8")

    (job,) = scrape["scrape_configs"]
    ports = {target.rpartition(":")[2] for each in job["static_configs"] for target in each["targets"]}

    assert ports == set(re.findall(r"_port = (\d+)", page))
