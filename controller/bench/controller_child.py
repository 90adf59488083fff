"""The controller under measure: a real `Floor` in a process of its own, with a hook that notes when a pin changed.

House rules: what is added to the real program is one append and one byte down a pipe after the pin has changed; the
times are written out at the end. Machines beyond one header's pins are on a second board of mock pins.

    python -m controller.bench.controller_child FOLDER   # reads FOLDER/spec.json, writes FOLDER/times.json
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller import logs
from controller.bench.directory import CONTROLLER, SITE, machine_id
from controller.bootstrap import broker_from, clock_from
from controller.domain.ids import MachineId
from controller.floor import process
from controller.floor.adapters.gpio import GpioRelays, RelayWiring
from controller.floor.adapters.gpiod_pins import MockRelayFactory
from controller.floor.adapters.pin_map import PinMapWriter
from controller.floor.daemon import Floor, Outside
from controller.floor.engine import TapTimes
from controller.floor.replica import Replica
from controller.floor.replica_build import SnapshotSpool
from controller.floor.replica_view import Contact
from controller.settings import (
    BrokerSettings,
    Channel,
    ClockSettings,
    ControllerSettings,
    Gpio,
    PublicSettings,
    Reader,
    Settings,
    Site,
)

NICE = -10
"""As in systemd/indivis-controller.service."""

FIRST_PIN, PINS = 2, 26
"""BCM numbers 2 to 27: what one header has."""

BUILD_LOOK_S = 0.1
"""How often the exchange looks whether a snapshot is built."""

READY, STARTED, STOPPED, SWITCHED = b"r", b"s", b"e", b"w"


class Boards:
    """Two headers of relays behind one port, by channel."""

    def __init__(self, folder: Path, channels: tuple[str, ...], boot_id: str) -> None:
        self._boards = []
        self._of: dict[str, GpioRelays] = {}
        for number, start in enumerate(range(0, len(channels), PINS)):
            these = channels[start : start + PINS]
            board = GpioRelays(
                [RelayWiring(machine_id=name, pin=FIRST_PIN + index) for index, name in enumerate(these)],
                factory=MockRelayFactory(),
                pin_map=PinMapWriter(folder / f"pins-{number}.json"),
                boot_id=boot_id,
                may_go_on=frozenset(),
            )
            self._boards.append(board)
            self._of.update(dict.fromkeys(these, board))

    def energise(self, machine_id: str) -> bool | None:
        return self._of[machine_id].energise(machine_id)

    def de_energise(self, machine_id: str) -> bool | None:
        return self._of[machine_id].de_energise(machine_id)

    def read(self, machine_id: str) -> bool | None:
        return self._of[machine_id].read(machine_id)

    def all_off(self) -> tuple[str, ...]:
        return tuple(name for board in self._boards for name in board.all_off())

    def close(self) -> None:
        for board in self._boards:
            board.close()


@dataclass
class Measured:
    """What the hooks noted; `pipe` tells the one who taps that a pin has changed."""

    pipe: int
    starts: list[TapTimes]
    stops: list[tuple[int, int]]
    switches: int = 0

    def powered(self, _machine: MachineId, times: TapTimes) -> None:
        """A use got power."""
        self.starts.append(times)
        os.write(self.pipe, STARTED)

    def opened(self, _machine: MachineId, received_ns: int, pin_ns: int) -> None:
        """A relay was opened by a tap."""
        if received_ns:
            self.stops.append((received_ns, pin_ns))
            os.write(self.pipe, STOPPED)


def settings_for(folder: Path, machines: int, broker_port: int) -> Settings:
    """The wiring: on the first machine one reader for starts and one for stops, on each other machine one."""
    boot_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    channels = tuple(machine_id(index) for index in range(machines))
    readers = [Reader(name=name, path=str(folder / f"tty-{name}"), channel=name, model="id12") for name in channels]
    readers.append(Reader(name="stops", path=str(folder / "tty-stops"), channel=channels[0], model="id12"))
    broker = BrokerSettings(port=broker_port)
    return Settings(
        site=Site(id=SITE, books="bench"),
        controller=ControllerSettings(
            id=CONTROLLER,
            state_dir=folder / "state",
            badge_key_file=folder.parent / "badge.key",
            exchange_password_file=folder.parent / "broker.password",
        ),
        gpio=Gpio(factory="mock"),
        exchange=broker,
        mqtt=PublicSettings(port=broker_port),
        clock=ClockSettings(origin_wall_ms=time.time_ns() // 1_000_000, origin_boot_ms=boot_ms),
        channel=tuple(Channel(name=name, pin=FIRST_PIN + index % PINS) for index, name in enumerate(channels)),
        reader=tuple(readers),
    )


def floor_for(settings: Settings) -> Floor:
    """Open a real floor; only the boards are ours."""
    here = settings.controller
    channels = tuple(channel.name for channel in settings.channel)
    password = here.exchange_password_file
    broker = broker_from(settings.exchange, username=here.id, password_file=password, client_id="indivis-bench-x")
    public = broker_from(settings.mqtt, username=here.id, password_file=password, client_id="indivis-bench")
    return Floor(
        settings,
        Outside(
            clock=lambda last_stamp_ms: clock_from(settings, last_stamp_ms),
            relays_for=lambda _held, boot_id: Boards(here.state_dir, channels, boot_id),
            exchange=broker,
            public=public,
            plugs=public,
        ),
    )


def heard_now(replica: Replica) -> None:
    """The office has just been heard, so credit and rights are fresh."""
    boot_ms = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000
    boot_id = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    replica.heard(Contact(boot_id=boot_id, boot_ms=boot_ms, wall_ms=time.time_ns() // 1_000_000))


def switch_snapshots(floor: Floor, spool_file: Path, ending: threading.Event, measured: Measured) -> None:
    """Take in a snapshot, have it built, switch to it, again and again: what the exchange's thread does with one."""
    replica = floor._replica  # noqa: SLF001 - the exchange's place is taken: no office sends at this pace
    spool = SnapshotSpool(spool_file.with_name("taken-in.spool"))
    while not ending.is_set():
        spool.close()
        with spool_file.open(encoding="utf-8") as lines, spool_file.with_name("taken-in.spool").open("w") as kept:
            for line in lines:
                kept.write(line)
        building = spool.build(replica.next_file())
        while (built := building.result()) is None:
            if ending.wait(BUILD_LOOK_S):
                building.end()
                return
        if built.outcome != "built":
            raise RuntimeError(built.detail)
        replica.switch_to(building.target)
        floor._adopt_directory()  # noqa: SLF001 - as above
        measured.switches += 1
        os.write(measured.pipe, SWITCHED)


def io_bytes() -> int:
    """How many bytes this process has had written to a disk so far."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def resident_kb() -> int:
    """Memory in use now, in kB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def main(arguments: list[str]) -> int:
    """Run until standard input ends, then write what was measured."""
    folder = Path(arguments[0])
    spec: dict[str, Any] = json.loads((folder / "spec.json").read_text())
    logs.configure("error", sys.stderr)
    process.let_others_in_soon()
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    replica = Replica(folder / "state" / "replica.db")
    built = replica.next_file()
    shutil.copyfile(spec["replica"], built)
    replica.switch_to(built)
    heard_now(replica)
    replica.close()
    floor = floor_for(settings_for(folder, spec["machines"], spec["broker_port"]))
    process.keep_what_is_loaded()
    # The owner ends each use within milliseconds, which on a real floor would be taken for a slip of the hand.
    limits = replace(floor.engine.workshop.limits, stop_debounce_ms=0)
    floor.engine.workshop = replace(floor.engine.workshop, limits=limits)
    measured = Measured(int(spec["pipe"]), [], [])
    floor.engine.on_powered, floor.engine.on_opened = measured.powered, measured.opened
    told: dict[str, Any] = {}
    ending = threading.Event()
    loads: list[threading.Thread] = []
    if spec["snapshot"]:
        work = (floor, Path(spec["snapshot"]), ending, measured)
        loads.append(threading.Thread(target=switch_snapshots, args=work, name="snapshots"))

    def conduct() -> None:
        os.write(measured.pipe, READY)
        sys.stdin.readline()  # the other machines are in use
        measured.starts.clear()
        measured.stops.clear()
        before = io_bytes()
        for load in loads:
            load.start()
        sys.stdin.readline()  # the taps are over
        told.update(written_bytes=io_bytes() - before, resident_kb=resident_kb())
        ending.set()
        for load in loads:
            load.join()
        floor.end()

    floor.run(lambda: threading.Thread(target=conduct, name="conduct", daemon=True).start())
    told["starts"] = [
        (one.received_ns, one.decided_ns, one.commit_begin_ns, one.commit_end_ns, one.pin_ns) for one in measured.starts
    ]
    told["stops"] = measured.stops
    told["switches"] = measured.switches
    (folder / "times.json").write_text(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
