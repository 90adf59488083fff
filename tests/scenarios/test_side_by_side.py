"""`indivis run`: both programs side by side, one started again when it dies, both ended when their keeper is."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.scenarios.evening import ended, opened, starts
from tests.scenarios.lab import Lab
from tests.waiting import wait_until

pytestmark = [pytest.mark.broker, pytest.mark.pty]

BOTH = ("run",)
ENDS_WITHIN_S = 30.0


def children(lab: Lab) -> dict[str, int]:
    """The programs that are kept running: name and process id."""
    kept = {}
    for task in Path(f"/proc/{lab.programs['run'].pid}/task").iterdir():
        for pid in map(int, (task / "children").read_text().split()):
            _python, _m, _package, name, *_ = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            kept[name] = pid
    return kept


def test_a_program_that_dies_is_started_again_and_the_other_one_is_left_alone(place: Path) -> None:
    """Kill -9 of the controller in mid-use: the office goes on, the use is closed, and the next tap is answered."""
    with Lab(place, programs=BOTH) as lab:
        starts(lab, ("camille", "laser"))
        before = children(lab)

        os.kill(before["controller"], signal.SIGKILL)

        lab.wait(
            lambda: lab.said("run").count('"part": "controller", "event": "ready"') == 2, 60, "the controller again"
        )
        lab.wait(lambda: len(ended(lab)) == 1, 30, "the use to be closed")
        starts(lab, ("sacha", "vinyle"))
        after = children(lab)
        lab.programs["run"].terminate()
        code = lab.programs["run"].wait(ENDS_WITHIN_S)
        alive = [pid for pid in after.values() if Path(f"/proc/{pid}").exists()]

        assert lab.said("run").count("a program ended and is started again") == 1
        assert (after["office"], after["controller"] != before["controller"]) == (before["office"], True)
        assert (code, alive) == (0, [])
        assert [fact["reason"] for fact in lab.journal("session_ended")] == ["recovered_crash", "shutdown"]
        assert ended(lab) == opened(lab)


@pytest.mark.soak
def test_a_terminal_that_is_closed_ends_both(place: Path) -> None:
    """Nobody is left behind with the relays: a hang-up is an end like any other."""
    with Lab(place, programs=BOTH) as lab:
        kept = children(lab)
        lab.programs["run"].send_signal(signal.SIGHUP)
        code = lab.programs["run"].wait(ENDS_WITHIN_S)

        assert code == 0
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in kept.values()), ENDS_WITHIN_S, "both ends")


@pytest.mark.skipif(shutil.which("setpriv") is None, reason="util-linux without setpriv: nobody ends the programs")
def test_a_keeper_that_is_killed_leaves_no_machine_on_and_nobody_behind(place: Path) -> None:
    """Kill -9 of `indivis run` in mid-use: nobody would watch the programs, so both end, the relay first."""
    with Lab(place, programs=BOTH) as lab:
        starts(lab, ("camille", "laser"))
        kept = children(lab)

        lab.programs["run"].kill()

        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in kept.values()), ENDS_WITHIN_S, "both end")
        assert [fact["reason"] for fact in lab.journal("session_ended")] == ["shutdown"]
        assert lab.relay("laser") == "OFF"


def test_a_mistake_in_the_settings_is_said_once_and_nothing_starts(tmp_path: Path) -> None:
    """Neither program is there to repeat its complaint every two seconds."""
    file = tmp_path / "indivis.toml"
    file.write_text("[contoller]\n")

    said = subprocess.run(
        [sys.executable, "-m", "controller", "run", "--config", file],
        env={**os.environ, "INDIVIS_LANG": "en"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.count("contoller: unknown key") == 1
    assert "started again" not in said.stderr
