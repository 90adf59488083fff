"""What the demonstration tells of a relay that a board has opened by itself."""

from __future__ import annotations

import queue
from pathlib import Path

import pytest

from controller.demo import founding
from controller.demo.conductor import Conductor
from controller.demo.desk import Desk
from controller.demo.driver import LOOK_S, Driver, News
from controller.demo.floor_watch import Happened
from controller.demo.plugs import Plugs
from controller.demo.readers import Readers
from controller.demo.ticker import Ticker
from controller.errors import Message

pytestmark = pytest.mark.pty

NIGHT_MS = 10**15
"""Nobody of the script comes before that."""


def test_a_relay_that_let_go_of_a_use_is_told_once(tmp_path: Path) -> None:
    """The board's relay is open, and nobody has told of an end: its controller is silent."""
    founded = founding.found(tmp_path, now_ms=1_800_000_000_000, speed=1)
    lines: list[str] = []
    news: queue.SimpleQueue[News] = queue.SimpleQueue()
    said = Message("en marche", "on")
    for machine in ("ceramique", "laser"):
        news.put(Happened(machine=machine, word="granted", reason=None, said=said, cents=None))
    with Readers(founded.folder) as readers:
        driver = Driver(
            Conductor(seed=1, start_ms=NIGHT_MS, patience_ms=1_000),
            Plugs(start_ms=NIGHT_MS),
            readers,
            news,
            now_ms=lambda: 1_800_000_000_000,
            speed=1,
            ticker=Ticker(lines.append, quiet=False),
        )
        driver.turn(Desk("http://127.0.0.1:9", "", {}, lambda _person, _cents, _paid: None), 3.5 * LOOK_S)

    told = [line for line in lines if "~" in line]
    assert len(lines) == 3
    assert ["Imprimante céramique" in line for line in told] == [True]
