"""What this computer allows: the shortest way from a reader to a pin, and the shortest way to its disk.

House rule: nothing of Indivis is in these but the reader's simulator and gpiozero's mock pin.
"""

from __future__ import annotations

import os
import queue
import sqlite3
import threading
import time
from pathlib import Path

from gpiozero.pins.mock import MockFactory

from firmware_bridge.em4100.simulator import SimulatedReader

PAUSE_S = 0.005
"""As between taps: a thread that has slept wakes more slowly than one that spins."""

READ_BYTES = 64
ROW_BYTES = 500
"""About what two facts take."""


def pin_floor_ns(count: int) -> list[int]:
    """From writing a frame to a toggled mock pin, with a thread that only reads."""
    factory = MockFactory()
    pin = factory.pin(17)
    pin.output_with_state(0)
    toggled = threading.Event()
    found: list[int] = []
    written = [0]
    with SimulatedReader("id12") as reader:
        line = os.open(reader.path, os.O_RDWR | os.O_NOCTTY)

        def read() -> None:
            for number in range(count):
                os.read(line, READ_BYTES)
                pin.state = number % 2
                found.append(time.perf_counter_ns() - written[0])
                toggled.set()

        thread = threading.Thread(target=read, name="floor", daemon=True)
        thread.start()
        for number in range(count):
            time.sleep(PAUSE_S)
            toggled.clear()
            written[0] = time.perf_counter_ns()
            reader.place(f"0A{number:08X}")
            toggled.wait(1)
        thread.join(1)
        os.close(line)
    factory.close()
    return found


HANDS = 4
"""Threads after the reader's that a tap goes through: look-up, rules, journal, rules again."""


def chain_floor_ns(count: int) -> list[int]:
    """From reading a frame to a toggled mock pin when each thread only hands it on to the next: what threads cost."""
    factory = MockFactory()
    pin = factory.pin(17)
    pin.output_with_state(0)
    found: list[int] = []
    lines: list[queue.Queue[int | None]] = [queue.Queue(1) for _ in range(HANDS)]
    done: queue.Queue[None] = queue.Queue(1)

    def hand_on(own: queue.Queue[int | None], after: queue.Queue[int | None] | None) -> None:
        while (read_ns := own.get()) is not None:
            if after is not None:
                after.put(read_ns)
                continue
            pin.state = not pin.state
            found.append(time.perf_counter_ns() - read_ns)
            done.put(None)

    threads = [
        threading.Thread(target=hand_on, args=(own, after), daemon=True)
        for own, after in zip(lines, [*lines[1:], None], strict=True)
    ]
    for thread in threads:
        thread.start()
    with SimulatedReader("id12") as reader:
        line = os.open(reader.path, os.O_RDWR | os.O_NOCTTY)
        for number in range(count):
            time.sleep(PAUSE_S)
            reader.place(f"0A{number:08X}")
            os.read(line, READ_BYTES)
            lines[0].put(time.perf_counter_ns())
            done.get()
        os.close(line)
    for own in lines:
        own.put(None)
    for thread in threads:
        thread.join(1)
    factory.close()
    return found


def commit_floor_ns(folder: Path, count: int) -> list[int]:
    """One row into a bare SQLite file, WAL and FULL, flushed by the commit."""
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE fact (n INTEGER PRIMARY KEY, body BLOB)")
    body = bytes(ROW_BYTES)
    found = []
    for _ in range(count):
        time.sleep(PAUSE_S)
        begin_ns = time.perf_counter_ns()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO fact (body) VALUES (?)", (body,))
        connection.execute("COMMIT")
        found.append(time.perf_counter_ns() - begin_ns)
    connection.close()
    return found
