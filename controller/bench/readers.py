"""What each reader's driver takes: from the last byte on its line to the badge handed over, beside the wire's time.

House rules: the driver as the controller runs it, at a simulated device on a real pseudo-terminal, where the wire
itself takes no time; its time is computed from the bytes both ways. A kind whose library is missing is named.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controller.bench.report import summary
from controller.errors import Message, OperatingError
from firmware_bridge.board.simulator import SimulatedBoard
from firmware_bridge.cards.diversification import key_of_card
from firmware_bridge.cards.keys import load_card_keys
from firmware_bridge.cards.simulated import Ntag424
from firmware_bridge.drivers import Driver, Options, driver_for
from firmware_bridge.em4100.simulator import SimulatedReader
from firmware_bridge.errors import LibraryMissingError
from firmware_bridge.key_files import new_key, read_key
from firmware_bridge.messages import BadgePresented, DeviceReady
from firmware_bridge.messages import Message as Told
from firmware_bridge.pn532.simulator import SimulatedPn532
from firmware_bridge.reader import SerialReader
from firmware_bridge.simulator import PseudoTerminal

FIRST_TAPS = 2
"""Not counted: modules are imported and threads find their rhythm."""
READY_S, ANSWER_S = 15.0, 3.0
PAUSE_S = 0.004
"""Between an answer and the next badge, so that every thread sleeps."""
LEAP_NS = 400_000_000
"""After each badge the driver's clock leaps so far: longer than the silence that proves a removal."""
FASTER = 4
"""How much faster a PN532's clock runs, so that the pauses between its polls do not take the benchmark's time."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One driver and its device: `tap` puts badge number n there and ends the one before."""

    driver: Driver
    line: PseudoTerminal
    tap: Callable[[int], None]
    taps: int
    faster: int = 1
    ready_first: bool = True


def readers(root: Path, taps_max: int = 200) -> dict[str, dict[str, Any]]:
    """Measure every kind in folders of its own under `root`, with at most so many taps each."""
    key = root / "reader.key"
    new_key(key)
    kinds = {
        "em4100 id12": _id12,
        "em4100 rdm6300": _rdm6300,
        "pn532, ntag424": _pn532,
        "osdp": _osdp,
        "board": _board,
    }
    found: dict[str, dict[str, Any]] = {}
    for name, bench in kinds.items():
        try:
            with bench(key) as made:
                found[name] = _measured(replace(made, taps=min(made.taps, taps_max)))
        except LibraryMissingError as error:
            found[name] = {"missing": error.subject}
    return found


def _measured(bench: Bench) -> dict[str, Any]:
    told: queue.Queue[tuple[int, Told]] = queue.Queue(64)
    leaps = [0]
    line = bench.line

    def hear(message: Told) -> None:
        if isinstance(message, BadgePresented | DeviceReady):
            told.put((time.perf_counter_ns() - line.written_ns, message))

    reader = SerialReader(
        line.path,
        bench.driver,
        clock_ns=lambda: time.perf_counter_ns() * bench.faster + leaps[0],
        on_message=hear,
        on_state=lambda _state: opened.set(),
    )
    opened = threading.Event()
    thread = threading.Thread(target=reader.run, name="bench-reader", daemon=True)
    thread.start()
    times, wires = [], []
    try:
        opened.wait(READY_S)
        if bench.ready_first:
            _next(told, DeviceReady, READY_S)
        for number in range(1, FIRST_TAPS + bench.taps + 1):
            time.sleep(PAUSE_S)
            leaps[0] += LEAP_NS
            before = line.bytes_passed
            bench.tap(number)
            times.append(_next(told, BadgePresented, ANSWER_S))
            wires.append(line.bytes_passed - before)
    finally:
        reader.stop()
        thread.join(READY_S)
    wire_bytes = sorted(wires)[len(wires) // 2]
    return {
        "after_last_byte": summary(times[FIRST_TAPS:]),
        "wire_bytes": wire_bytes,
        "baud": bench.driver.baud,
        "wire_ms": round(wire_bytes * 10_000 / bench.driver.baud, 1),
    }


def _next(told: queue.Queue[tuple[int, Told]], wanted: type[Told], within_s: float) -> int:
    """Return how long after the last byte the next such message came."""
    until_s = time.monotonic() + within_s
    while (left_s := until_s - time.monotonic()) > 0:
        try:
            after_ns, message = told.get(timeout=left_s)
        except queue.Empty:
            break
        if isinstance(message, wanted):
            return after_ns
    raise OperatingError(Message("un lecteur mesuré ne répond pas", "a reader under measure does not answer"))


@contextmanager
def _id12(_key: Path) -> Iterator[Bench]:
    with SimulatedReader("id12") as reader:
        yield Bench(driver_for("em4100", "id12"), reader, lambda n: reader.place(_em4100(n)), 200, ready_first=False)


@contextmanager
def _rdm6300(_key: Path) -> Iterator[Bench]:
    with SimulatedReader("rdm6300") as reader:

        def tap(number: int) -> None:
            reader.place(_em4100(number))
            reader.tick()

        yield Bench(driver_for("em4100", "rdm6300"), reader, tap, 200, ready_first=False)


@contextmanager
def _pn532(key: Path) -> Iterator[Bench]:
    keys = load_card_keys(key)
    held: list[Ntag424] = []

    with SimulatedPn532() as chip:

        def tap(number: int) -> None:
            if held:
                chip.take_card(held.pop())
            uid = bytes([0x04]) + number.to_bytes(6, "big")
            held.append(Ntag424(uid, key_of_card(keys, uid)))
            chip.place_card(held[0])

        yield Bench(driver_for("pn532", "pn532", Options(key_file=key)), chip.line, tap, 10, faster=FASTER)


@contextmanager
def _osdp(key: Path) -> Iterator[Bench]:
    driver = driver_for("osdp", "osdp", Options(key_file=key))
    from firmware_bridge.osdp.simulator import SimulatedOsdpReader  # noqa: PLC0415 - needs libosdp

    with SimulatedOsdpReader(read_key(key)) as reader:
        yield Bench(driver, reader.terminal, lambda n: reader.place(f"{n:08X}"), 30)


@contextmanager
def _board(_key: Path) -> Iterator[Bench]:
    with SimulatedBoard(reader="id12") as board:
        yield Bench(driver_for("board", "board"), board.terminal, lambda n: board.place(_em4100(n)), 40)


def _em4100(number: int) -> str:
    return f"0A{number:08X}"
