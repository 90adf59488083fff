"""An evening in a lab that breaks: makers tap, programs die, and afterwards every use is in the ledger once.

House rules: chance comes from a seed; a maker whose tap found nobody there taps again, as a person would, and a tap
that was heard is answered by a start, for nobody here may be refused.
"""

from __future__ import annotations

import threading
import time
from random import Random

from tests.scenarios.lab import Lab

MAKERS = (("camille", "laser"), ("sacha", "vinyle"), ("lou", "cnc"), ("noa", "ceramique"), ("alix", "mega3d"))
"""Who works where: trained, members, with credit for hundreds of short uses."""

VICTIMS = ("controller", "controller", "office", "broker")
"""Who dies next: the one that holds the machines as often as the other two together."""


def opened(lab: Lab, machine: str | None = None) -> list[str]:
    """The uses that were named on disk, in the journal's order."""
    return _sessions(lab, "session_opened", machine)


def ended(lab: Lab, machine: str | None = None) -> list[str]:
    """The uses that have ended."""
    return _sessions(lab, "session_ended", machine)


def settled(lab: Lab) -> None:
    """No start refused, every use ended once, everything told, each use posted exactly once, the ledger proven."""
    lab.wait_until_told()

    assert lab.refusals() == []
    assert sorted(ended(lab)) == sorted(set(opened(lab)))
    assert sorted(key.rpartition(":")[2] for key in lab.posted()) == sorted(ended(lab))
    assert lab.verify()["exit"] == 0


def starts(lab: Lab, *makers: tuple[str, str]) -> None:
    """Makers start, and for each a new use is on disk: seen in the journal, so that it needs no broker."""
    before = {machine: len(opened(lab, machine)) for _, machine in makers}
    for person, machine in makers:
        lab.tap(person, machine)
    for person, machine in makers:
        lab.wait(lambda at=machine: len(opened(lab, at)) > before[at], 40, f"{person} to be let in at {machine}")  # type: ignore[misc]


def ends(lab: Lab, *makers: tuple[str, str]) -> None:
    """Each ends the use that is theirs."""
    before = {machine: len(ended(lab, machine)) for _, machine in makers}
    for person, machine in makers:
        lab.tap(person, machine)
    for person, machine in makers:
        lab.wait(lambda at=machine: len(ended(lab, at)) > before[at], 40, f"{person} to end the use of {machine}")  # type: ignore[misc]


def makers_come_and_go(lab: Lab, for_s: float, *, work_s: float = 0.0) -> int:
    """Everybody works at once, again and again, until so many real seconds have passed; how many uses that were."""
    until = time.monotonic() + for_s
    uses = 0
    while time.monotonic() < until:
        starts(lab, *MAKERS)
        threading.Event().wait(work_s)
        ends(lab, *MAKERS)
        uses += len(MAKERS)
    return uses


def kill_at_random(lab: Lab, kills: int, seed: int) -> None:
    """So many times somebody taps and somewhere around the tap a program dies; at last whoever is at work goes home."""
    chance = Random(seed)
    for number in range(kills):
        person, machine = MAKERS[number % len(MAKERS)]
        _tap_and_kill(lab, person, machine, chance)
    ends(lab, *(maker for maker in MAKERS if len(opened(lab, maker[1])) > len(ended(lab, maker[1]))))


def _tap_and_kill(lab: Lab, person: str, machine: str, chance: Random) -> None:
    victim = chance.choice(VICTIMS)
    uses = len(opened(lab, machine))
    at_work = uses > len(ended(lab, machine))
    lab.tap(person, machine)
    threading.Event().wait(chance.random() * 0.6)
    lab.kill(victim)
    threading.Event().wait(chance.random() * 0.3)
    lab.bring_back(victim)
    if at_work:
        lab.wait(lambda: len(ended(lab, machine)) == uses, 40, f"the use of {machine} to be over")
    elif victim != "controller":
        lab.wait(lambda: len(opened(lab, machine)) > uses, 40, f"{person} to be let in at {machine}")
    elif len(opened(lab, machine)) == uses:
        starts(lab, (person, machine))  # the tap died with the program


def _sessions(lab: Lab, kind: str, machine: str | None) -> list[str]:
    return [str(fact["session"]) for fact in lab.journal(kind) if machine in (None, fact["machine"])]
