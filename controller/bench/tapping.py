"""One cell: a controller in a child process, badges put to its readers over real pseudo-terminals, times gathered.

House rules: the next tap comes a little after the last one ended, at random, as people come; a tap that got no power
is counted, never left out silently; whatever runs beside is ended before the cell is.
"""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controller.bench.cells import SNAPSHOT_MEMBERS, Cell
from controller.bench.controller_child import READY, STARTED, STOPPED, SWITCHED
from controller.bench.directory import CONTROLLER, SITE, badge_number, machine_id, replica_file, spool_file
from controller.errors import Message, OperatingError
from controller.exchange.broker import Account, start_broker
from firmware_bridge.em4100.simulator import SimulatedReader

ANSWER_S = 1.0
"""Four times the commit budget: after it the tap was refused, or the program hangs."""

READY_S = 60.0
SNAPSHOT_S = 40.0
"""How long a cell goes on tapping until a snapshot has been switched in: it is built at the lowest priority."""

PAUSE_MIN_S, PAUSE_MAX_S = 0.002, 0.005
"""Between an answer and the next badge: every thread sleeps and the last fact is on disk, as where people come one by
one. Still fifty people a second, which no floor sees.
"""

TRIES = 20
NOBODY_PORT = 1
"""No broker listens there: to connect is refused at once, as by a computer whose broker is down."""


@dataclass
class Taps:
    """What came of a cell's taps; instants in nanoseconds of the monotonic clock that all processes share."""

    written: list[int] = field(default_factory=list)
    lost: int = 0
    told: dict[str, Any] = field(default_factory=dict)
    imported: int = 0
    seconds: float = 0.0


class _Controller:
    """The child, and its end of the pipe."""

    def __init__(self, folder: Path, spec: dict[str, Any]) -> None:
        self._folder = folder
        self._heard, pipe = os.pipe()
        os.set_blocking(self._heard, False)
        self.switches = 0
        (folder / "spec.json").write_text(json.dumps({**spec, "pipe": pipe}))
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [sys.executable, "-m", "controller.bench.controller_child", str(folder)],
            stdin=subprocess.PIPE,
            pass_fds=(pipe,),
            text=True,
        )
        os.close(pipe)

    def wait_for(self, sign: bytes, deadline_s: float = ANSWER_S) -> bool:
        """Wait until the child says it; switches that are told meanwhile are counted."""
        until = time.monotonic() + deadline_s
        while (left_s := until - time.monotonic()) > 0:
            if not select.select([self._heard], [], [], left_s)[0]:
                return False
            said = os.read(self._heard, 64)
            self.switches += said.count(SWITCHED)
            if sign in said:
                return True
            if not said:
                break
        return False

    def go_on(self) -> None:
        """Let the child take its next step."""
        assert self._process.stdin is not None  # noqa: S101 - made with a pipe
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self) -> dict[str, Any]:
        """Wait for its end and return its times."""
        if self._process.wait(READY_S) != 0:
            raise _failed()
        told: dict[str, Any] = json.loads((self._folder / "times.json").read_text())
        return told

    def close(self) -> None:
        """End it if it still runs."""
        self._process.kill()
        self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        os.close(self._heard)


def run_cell(cell: Cell, root: Path, key: bytes, chance: random.Random) -> Taps:
    """Measure one cell in a folder of its own under `root`, which keeps directories for the next."""
    folder = root / cell.name.replace("/", "_")
    (folder / "state").mkdir(parents=True)
    directory = replica_file(root, cell.members, key, cell.machines)
    spool = ""
    if cell.beside == "snapshot":
        spool = str(spool_file(root, SNAPSHOT_MEMBERS, key, cell.machines))
    taps = Taps()
    imported: Callable[[], int] | None = None
    with ExitStack() as stack:
        port = NOBODY_PORT
        if cell.beside != "broker-down":
            account = Account(
                username=CONTROLLER, role="controller", password=(root / "broker.password").read_text(), site=SITE
            )
            port = stack.enter_context(start_broker(folder / "broker", [account])).port
        names = [*(machine_id(index) for index in range(cell.machines)), "stops"]
        readers = {name: stack.enter_context(SimulatedReader("id12", folder / f"tty-{name}")) for name in names}
        spec = {
            "replica": str(directory),
            "machines": cell.machines,
            "broker_port": port,
            "snapshot": spool,
        }
        child = _Controller(folder, spec)
        stack.callback(child.close)
        if not child.wait_for(READY, READY_S):
            raise _failed()
        if cell.beside == "importing":
            imported = stack.enter_context(_importing(folder))
        _occupy(child, readers, cell)
        child.go_on()
        began = time.monotonic()
        _tap(child, readers, cell, taps, chance)
        taps.seconds = time.monotonic() - began
        child.go_on()
        taps.told = child.end()
        if imported is not None:
            taps.imported = imported()
    return taps


def _occupy(child: _Controller, readers: dict[str, SimulatedReader], cell: Cell) -> None:
    """Start a use on every machine but the first, by members who do not tap again."""
    for index in range(1, cell.machines):
        for _ in range(TRIES):
            readers[machine_id(index)].place(badge_number(cell.members - index))
            if child.wait_for(STARTED):
                break
        else:
            raise _failed()


def _tap(
    child: _Controller, readers: dict[str, SimulatedReader], cell: Cell, taps: Taps, chance: random.Random
) -> None:
    """Tap in and out at the first machine, each time by somebody else."""
    starts, stops = readers[machine_id(0)], readers["stops"]
    people = list(range(cell.members - cell.machines + 1))
    chance.shuffle(people)
    until = time.monotonic() + SNAPSHOT_S
    turn = 0
    while len(taps.written) < cell.taps or _snapshot_awaited(child, cell, until):
        if taps.lost > TRIES + cell.taps // 10:
            raise _failed()
        badge = badge_number(people[turn % len(people)])
        turn += 1
        time.sleep(chance.uniform(PAUSE_MIN_S, PAUSE_MAX_S))
        written_ns = time.perf_counter_ns()
        starts.place(badge)
        if not child.wait_for(STARTED):
            taps.lost += 1
            continue
        taps.written.append(written_ns)
        time.sleep(chance.uniform(PAUSE_MIN_S, PAUSE_MAX_S))
        for _ in range(TRIES):
            stops.place(badge)
            if child.wait_for(STOPPED):
                break
            taps.lost += 1
        else:
            raise _failed()


def _snapshot_awaited(child: _Controller, cell: Cell, until: float) -> bool:
    return cell.beside == "snapshot" and child.switches == 0 and time.monotonic() < until


@contextmanager
def _importing(folder: Path) -> Iterator[Callable[[], int]]:
    """Run the office's import beside; the value tells how many members came in."""
    office = folder / "office"
    office.mkdir()
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "controller.bench.office_child", str(office)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None  # noqa: S101 - made with a pipe
    process.stdout.readline()  # the first batch goes in

    def imported() -> int:
        process.kill()
        process.wait()
        from controller.bench.office_child import members_in  # noqa: PLC0415 - other cells need no office

        return members_in(office)

    try:
        yield imported
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _failed() -> OperatingError:
    return OperatingError(
        Message("le contrôleur mesuré ne répond pas", "the controller under measure does not answer"),
        cure=Message("voir ses dernières lignes ci-dessus", "see its last lines above"),
    )
