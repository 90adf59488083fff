"""What is pulled, killed and hung in a real lab: afterwards each use is in the ledger once, and chain and wheels hold.

Each fault has a quick form in the lab's own time and a long one in real time (`make soak`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scenarios.evening import ended, ends, kill_at_random, makers_come_and_go, opened, settled, starts
from tests.scenarios.lab import SPEED, Lab, has_gcc

pytestmark = [pytest.mark.broker, pytest.mark.pty]

MINUTE_S = 60
AT_WORK = (("camille", "laser"), ("sacha", "vinyle"), ("lou", "cnc"))


@pytest.fixture(scope="module")
def lab(evening_place: Path) -> Iterator[Lab]:
    """One lab for the whole evening: what one test breaks, the next one finds mended."""
    with Lab(evening_place) as opened_lab:
        yield opened_lab


def test_a_tap_reaches_the_ledger_as_one_entry(lab: Lab) -> None:
    """The whole path on real bytes: reader, journal, broker, ledger. The first tap on a new controller is answered."""
    before = len(ended(lab))

    lab.use("camille", "laser")

    settled(lab)
    assert len(ended(lab)) == before + 1
    assert lab.journal("session_ended")[-1]["reason"] == "second_tap"


def test_a_use_whose_controller_is_killed_is_closed_at_its_last_proof_and_posted_once(lab: Lab) -> None:
    """Rule 4: kill -9 in mid-session."""
    before = len(ended(lab))
    lab.tap("camille", "laser")
    lab.wait_for("laser", "in_use")

    lab.kill("controller")
    lab.bring_back("controller")

    lab.wait(lambda: len(ended(lab)) == before + 1, 30, "the use to be closed")
    assert lab.journal("session_ended")[-1]["reason"] == "recovered_crash"
    lab.wait_for("laser", "idle")
    settled(lab)
    steps = [step for step in lab.replay() if step["machine"] == "laser"]
    assert [(step["kind"], step["again"]) for step in steps[-2:]] == [
        ("session_opened", "same"),
        ("session_ended", "same"),
    ]
    assert "recovered_crash" in str(steps[-1]["decision"])


def test_an_office_killed_while_it_posts_posts_each_use_once(lab: Lab) -> None:
    """Kill -9 of the office between its commits, again and again, while makers come and go."""
    before = len(lab.posted())

    for _ in range(2):
        lab.use("camille", "laser")
        lab.kill("office")
        lab.bring_back("office")

    settled(lab)
    assert len(lab.posted()) == before + 2


def test_taps_go_on_while_the_broker_is_dead_and_everything_arrives_afterwards(lab: Lab) -> None:
    """A network that is gone for a minute of the lab's time delays what is told, never what is done."""
    before = len(ended(lab))

    lab.kill("broker")
    uses = makers_come_and_go(lab, MINUTE_S / SPEED)
    lab.bring_back("broker")

    settled(lab)
    assert len(ended(lab)) == before + uses


@pytest.mark.soak
def test_taps_go_on_through_a_real_minute_without_a_broker(lab: Lab) -> None:
    """The same with sixty real seconds, in which the lab lives twenty minutes.

    They work ten seconds each time: after a minute the office's word on credit is old, and the few uses that everybody
    had stay below what the books allow without it.
    """
    before = len(ended(lab))

    lab.kill("broker")
    uses = makers_come_and_go(lab, MINUTE_S, work_s=10)
    lab.bring_back("broker")

    settled(lab)
    assert len(ended(lab)) == before + uses


@pytest.mark.skipif(not has_gcc(), reason="no gcc here to make a disk that hangs")
@pytest.mark.parametrize(
    "hung_s", [MINUTE_S / SPEED, pytest.param(MINUTE_S, marks=pytest.mark.soak)], ids=["lab-minute", "real-minute"]
)
def test_a_hung_disk_ends_no_use_but_the_one_whose_owner_taps_and_restarts_nothing(place: Path, hung_s: float) -> None:
    """Rule 2: fsync hangs for a minute with three uses running; nobody new is let in meanwhile."""
    with Lab(place, hung_disk=True) as lab:
        starts(lab, *AT_WORK)
        for _, machine in AT_WORK:
            lab.wait_for(machine, "in_use")

        lab.hang.touch()
        lab.tap("camille", "laser")
        lab.wait(lambda: lab.relay("laser") == "OFF", 10, "the relay to open on a hung disk")
        threading.Event().wait(hung_s)

        assert (lab.relay("vinyle"), lab.relay("cnc")) == ("ON", "ON")
        assert lab.running("controller")
        assert ended(lab) == []
        assert lab.is_refused("noa", "ceramique") == "storage_slow"

        lab.hang.unlink()
        lab.wait(lambda: len(ended(lab)) == 1, 20, "the end to be written")
        ends(lab, *AT_WORK[1:])
        starts(lab, ("noa", "ceramique"))
        ends(lab, ("noa", "ceramique"))
        lab.wait_until_told()

        lasted = {fact["machine"]: fact["seconds"] for fact in lab.journal("session_ended")}
        assert all(lasted[machine] >= hung_s * SPEED for _, machine in AT_WORK[1:])  # type: ignore[operator]
        assert [fact["reason"] for fact in lab.journal("session_ended")] == ["second_tap"] * 4
        assert sorted(key.rpartition(":")[2] for key in lab.posted()) == sorted(opened(lab))
        assert lab.verify()["exit"] == 0


def test_a_handful_of_random_kills_lose_nothing_and_refuse_no_start(lab: Lab) -> None:
    """The quick sample of the two hundred kills: each of the three programs dies."""
    before = len(opened(lab))

    kill_at_random(lab, 4, seed=1)

    settled(lab)
    assert len(opened(lab)) > before


@pytest.mark.soak
def test_two_hundred_random_kills_lose_nothing_and_refuse_no_start(place: Path) -> None:
    """No refused start, nothing lost: controller, office and broker die around two hundred taps."""
    with Lab(place) as lab:
        kill_at_random(lab, 200, seed=2)

        settled(lab)
        assert len(opened(lab)) >= 100
        assert len(opened(lab)) >= 100
