"""The door of the figures: it answers scrapes, and nothing that goes wrong there concerns anybody else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection

import pytest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from controller.metrics_door import MetricsDoor, open_door
from tests.exposition import samples
from tests.waiting import wait_until


class Figures:
    """One counter and one gauge; `broken` fails as a database may."""

    def __init__(self) -> None:
        self.asked, self.broken = 0, False

    def collect(self) -> Iterator[Metric]:
        self.asked += 1
        if self.broken:
            raise OSError("the disk is gone")
        yield CounterMetricFamily("indivis_sessions", "Ended uses.", value=7)
        yield GaugeMetricFamily("indivis_clock_synced", "1 while right.", value=1)


@pytest.fixture
def figures() -> Figures:
    """What is served."""
    return Figures()


@pytest.fixture
def door(figures: Figures) -> Iterator[MetricsDoor]:
    """A door on a free port of this computer."""
    door = MetricsDoor("127.0.0.1", 0, figures)
    yield door
    door.close()


def ask(door: MetricsDoor, path: str = "/metrics") -> tuple[int, str]:
    """A scrape's answer."""
    with closing(HTTPConnection("127.0.0.1", door.port, timeout=20)) as line:
        line.request("GET", path)
        answer = line.getresponse()
        return answer.status, answer.read().decode()


def test_a_scrape_reads_the_figures_of_this_moment(door: MetricsDoor, figures: Figures) -> None:
    """Nothing is collected but when somebody asks; other addresses are not there."""
    assert figures.asked == 0

    status, text = ask(door)

    assert status == 200
    assert samples(text) == {"indivis_sessions_total": 7.0, "indivis_clock_synced": 1.0}
    assert ask(door, "/")[0] == 404
    assert figures.asked == 1


def test_figures_that_cannot_be_read_are_an_answer_and_no_end(door: MetricsDoor, figures: Figures) -> None:
    """A database that is gone for a moment costs one scrape."""
    figures.broken = True
    assert ask(door)[0] == 500
    figures.broken = False
    assert ask(door)[0] == 200


def test_a_scraper_that_hangs_up_early_leaves_the_door_open(door: MetricsDoor) -> None:
    """Half a request, and gone: the next scraper is served."""
    with closing(socket.create_connection(("127.0.0.1", door.port))) as rude:
        rude.sendall(b"GET /metr")

    assert wait_until(lambda: ask(door)[0]) == 200


def test_a_tap_goes_first(figures: Figures) -> None:
    """The figures are made only when the way is free."""
    asked_before: list[int] = []
    door = MetricsDoor("127.0.0.1", 0, figures, give_way=lambda: asked_before.append(figures.asked))
    ask(door)
    door.close()

    assert asked_before == [0]


def test_no_port_and_a_taken_port_are_no_reason_to_stop(door: MetricsDoor, figures: Figures) -> None:
    """Without a port nothing listens; one that another program has is logged, and machines go on."""
    assert open_door("127.0.0.1", 0, figures) is None
    assert open_door("127.0.0.1", door.port, figures) is None
