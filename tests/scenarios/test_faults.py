"""What is pulled, killed and hung in a real lab: afterwards each use is in the ledger once, and chain and wheels
hold.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.scenarios.lab import Lab, has_gcc
from tests.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.pty]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One lab for the whole evening: what one test breaks, the next one finds mended."""
    with Lab(tmp_path_factory.mktemp("evening")) as opened:
        yield opened


def ended(lab: Lab) -> list[str]:
    """The uses that have ended, in the journal's order."""
    return [str(fact["session"]) for fact in lab.journal("session_ended")]


def settled(lab: Lab) -> None:
    """Everything told, each ended use posted exactly once, the ledger proven."""
    lab.wait_until_told()
    uses = ended(lab)

    assert len(set(uses)) == len(uses)
    assert sorted(key.rpartition(":")[2] for key in lab.posted()) == sorted(uses)
    assert lab.verify()["exit"] == 0


def test_a_tap_reaches_the_ledger_as_one_entry(lab: Lab) -> None:
    """The whole path on real bytes: reader, journal, broker, ledger."""
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
    lab.start("controller")

    wait_until(lambda: len(ended(lab)) == before + 1, 30, "the use to be closed")
    assert lab.journal("session_ended")[-1]["reason"] == "recovered_crash"
    lab.wait_for("laser", "idle")
    settled(lab)


def test_an_office_killed_while_it_posts_posts_each_use_once(lab: Lab) -> None:
    """Kill -9 of the office between its commits, again and again, while makers come and go."""
    before = len(lab.posted())

    for _ in range(2):
        lab.use("camille", "laser")
        lab.kill("office")
        lab.start("office")

    settled(lab)
    assert len(lab.posted()) == before + 2


def test_taps_go_on_while_the_broker_is_dead_and_everything_arrives_afterwards(lab: Lab) -> None:
    """A network that is gone delays what is told, never what is done."""
    before, starts = len(ended(lab)), len(lab.journal("session_opened"))

    lab.broker.kill()
    lab.tap("camille", "laser")
    wait_until(lambda: len(lab.journal("session_opened")) == starts + 1, 20, "a start without a broker")
    lab.past_debounce()
    lab.tap("camille", "laser")
    wait_until(lambda: len(ended(lab)) == before + 1, 20, "an end without a broker")
    lab.broker.restart()

    settled(lab)
    assert len(ended(lab)) == before + 1


@pytest.mark.skipif(not has_gcc(), reason="no gcc here to make a disk that hangs")
def test_a_hung_disk_ends_no_use_but_the_one_whose_owner_taps_and_restarts_nothing(tmp_path: Path) -> None:
    """Rule 2: fsync hangs for a minute of the lab's time with three uses running."""
    with Lab(tmp_path, hung_disk=True) as lab:
        for person, machine in (("camille", "laser"), ("sacha", "vinyle"), ("lou", "cnc")):
            lab.tap(person, machine)
            lab.wait_for(machine, "in_use")
        lab.past_debounce()

        lab.hang.touch()
        lab.tap("camille", "laser")
        wait_until(lambda: lab.relay("laser") == "OFF", 10, "the relay to open on a hung disk")
        threading.Event().wait(3)

        assert (lab.relay("vinyle"), lab.relay("cnc")) == ("ON", "ON")
        assert lab.running("controller")
        assert lab.journal("session_ended") == []

        lab.hang.unlink()
        wait_until(lambda: len(lab.journal("session_ended")) == 1, 20, "the end to be written")
        settled(lab)


def kill_at_random(lab: Lab, kills: int, seed: int) -> None:
    """Makers tap, programs die; every start is answered and every program comes up again."""
    chance = Random(seed)
    for _ in range(kills):
        victim = chance.choice(("controller", "controller", "office"))
        lab.tap("camille", "laser")
        threading.Event().wait(chance.random() * 0.5)
        lab.kill(victim)
        lab.start(victim)
        lab.wait_for("laser", lab.state("laser"))
    lab.wait_until_told()


def test_a_handful_of_random_kills_lose_nothing_and_refuse_no_start(lab: Lab) -> None:
    """The quick sample of the two hundred kills."""
    kill_at_random(lab, 3, seed=1)

    wait_until(lambda: lab.state("laser") in ("idle", "in_use"), 30, "the laser to be seen")
    opened = {str(fact["session"]) for fact in lab.journal("session_opened")}
    closed = {str(fact["session"]) for kind in ("session_ended", "start_abandoned") for fact in lab.journal(kind)}
    assert len(opened - closed) <= 1
    assert lab.verify()["exit"] == 0


@pytest.mark.soak
def test_two_hundred_random_kills_lose_nothing_and_refuse_no_start(tmp_path: Path) -> None:
    """Shows B: no refused start, nothing lost."""
    with Lab(tmp_path) as lab:
        kill_at_random(lab, 200, seed=2)

        ended = {str(fact["session"]) for fact in lab.journal("session_ended")}
        assert {key.rpartition(":")[2] for key in lab.posted()} == ended
        assert lab.verify()["exit"] == 0
