"""One machine on each kind of reader, with real bytes: copies are told apart where it matters, plugs may be pulled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.demo.workshop import MACHINES
from tests.scenarios.evening import ended, opened
from tests.scenarios.lab import Lab
from tests.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.pty]

MAKERS = (
    ("camille", "laser"),
    ("lou", "cnc"),
    ("sacha", "vinyle"),
    ("alix", "mega3d"),
    ("noa", "ceramique"),
    ("dominique", "four"),
)


def taps_until(lab: Lab, person: str, machine: str, done: Callable[[], bool], *, copied: bool = False) -> None:
    """Somebody holds the badge there, and again when a reader was not ready to hear it yet, as a person would."""
    for _ in range(10):
        if done():
            return
        lab.tap(person, machine, copied=copied)
        with contextlib.suppress(AssertionError):
            wait_until(done, 4, "an answer")
    assert done(), f"{person} was never heard at {machine}"


def gets_in(lab: Lab, person: str, machine: str, *, copied: bool = False) -> None:
    """Somebody begins a use."""
    before = len(opened(lab, machine))
    taps_until(lab, person, machine, lambda: len(opened(lab, machine)) > before, copied=copied)


def goes_home(lab: Lab, person: str, machine: str) -> None:
    """Somebody ends their use, if it is not over."""
    taps_until(lab, person, machine, lambda: len(ended(lab, machine)) == len(opened(lab, machine)))


def times_told(lab: Lab, event: str) -> set[int]:
    """How often the controller has told this of each reader since its start."""
    lines = [line for line in lab.said("controller").splitlines() if f'"event": "{event}"' in line]
    return {sum(f'"reader": "{one.id}"' in line for line in lines) for one in MACHINES}


def test_every_kind_of_reader_opens_its_machine_and_may_lose_its_plug(place: Path) -> None:
    """A copied number is refused at the kiln and taken at the vinyl cutter; while all plugs are out every use
    goes on, and each is ended by its owner at a reader that was taken up again by itself: but for the board's, whose
    plug is that of its relay too.
    """
    with Lab(place) as lab:
        copied = lab.is_refused("camille", "four", copied=True)
        gets_in(lab, "camille", "vinyle", copied=True)
        goes_home(lab, "camille", "vinyle")

        for person, machine in MAKERS:
            gets_in(lab, person, machine)
        for _, machine in MAKERS:
            lab.wait_for(machine, "in_use")
        for one in MACHINES:
            lab.readers.plug(one.id, plugged=False)
        lab.wait(lambda: 0 not in times_told(lab, "reader lost"), 40, "the loss of every reader")
        lab.wait(lambda: len(ended(lab, "ceramique")) == 1, 40, "the use that the board held to be over")
        while_out = [(lab.state(machine), lab.relay(machine)) for _, machine in MAKERS if machine != "ceramique"]
        for one in MACHINES:
            lab.readers.plug(one.id, plugged=True)
        lab.wait(lambda: times_told(lab, "reader connected") == {2}, 40, "every reader to be back")
        for person, machine in MAKERS:
            goes_home(lab, person, machine)
        lab.wait_until_told()
        lost = [fact["reason"] for fact in lab.journal("session_ended") if fact["machine"] == "ceramique"]
        uses = {machine: len(ended(lab, machine)) for _, machine in MAKERS}

    assert copied == "proof_too_weak"
    assert while_out == [("in_use", "ON") for _, machine in MAKERS if machine != "ceramique"]
    assert lost == ["switch_lost"]
    assert uses == {machine: 2 if machine == "vinyle" else 1 for _, machine in MAKERS}
