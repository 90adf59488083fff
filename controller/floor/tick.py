"""The tick: a small proof on disk of how long each open use has lasted, so that a crash costs nobody more than 30 s.

House rules: two slots of a preallocated file are written in turn, so a torn write leaves the other one; it is no fact
and no history, only the newest record counts. `write` never waits: a hung disk delays the proof, never the engine.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from controller import logs
from controller.domain.canonical import canonical
from controller.domain.ids import SessionId
from controller.domain.now import Now
from controller.floor.store_file import unusable

USES_MAX = 64
"""Open uses of one record: twice the largest floor that is planned for. More are cut off, newest first, and an error is
logged: a use that is not proven is billed up to its last proof only.
"""

SLOT_BYTES = 8_192
"""64 uses with the longest session ids (100 bytes each) and the header fit; whole pages, so slots never share one."""

DIGEST_BYTES = 32
LENGTH_BYTES = 4
CLOSE_MAX_S = 1.0
"""How long closing waits for the last record: a hung disk must not keep the process from ending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """One record: at that instant these uses had lasted so many milliseconds."""

    sequence: int
    boot_id: str
    boot_ms: int
    wall_ms: int | None
    uses: tuple[tuple[SessionId, int], ...]


def read_last(path: Path) -> Tick | None:
    """Return the newest record that is whole; `None` when there is none or the file cannot be read."""
    try:
        content = path.read_bytes()[: 2 * SLOT_BYTES]
    except OSError:
        return None
    slots = (_decoded(content[start : start + SLOT_BYTES]) for start in (0, SLOT_BYTES))
    return max((slot for slot in slots if slot is not None), key=lambda tick: tick.sequence, default=None)


class TickFile:
    """Writes the newest record from a thread of its own; the engine's port `TickPort`."""

    def __init__(self, path: Path, *, flush: Callable[[int], None] = os.fdatasync) -> None:
        """Make the file if needed; `OSError` when the disk refuses. The record that is there stays until the next."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        os.posix_fallocate(self._descriptor, 0, 2 * SLOT_BYTES)
        last = read_last(path)
        self._sequence = 0 if last is None else last.sequence
        self._flush = flush
        self._changed = threading.Condition()
        self._waiting: Tick | None = None
        self._writing = False
        self._ending = False
        self._failed = False
        self._log = logs.get("tick")
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)
        self._thread.start()

    def write(self, uses: tuple[tuple[SessionId, int], ...], now: Now) -> None:
        """Keep this record to be written; one that still waits is replaced."""
        if len(uses) > USES_MAX:
            self._log.error("too many open uses for one record; the last are not proven", uses=len(uses))
        with self._changed:
            self._waiting = Tick(
                sequence=0,
                boot_id=now.boot_id,
                boot_ms=now.boot_ms,
                wall_ms=now.wall_ms,
                uses=uses[:USES_MAX],
            )
            self._changed.notify_all()

    @property
    def alive(self) -> bool:
        """Whether the thread that writes is there."""
        return self._thread.is_alive()

    def settle(self, deadline_s: float) -> bool:
        """Wait until the newest record was written or has failed; say whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._waiting is None and not self._writing, deadline_s)

    def close(self, deadline_s: float = CLOSE_MAX_S) -> None:
        """Write what waits, within the deadline, and end."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        self._thread.join(deadline_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._ending)
                tick = self._waiting
                if tick is None:
                    break
                self._waiting, self._writing = None, True
            self._put(tick)
            with self._changed:
                self._writing = False
                self._changed.notify_all()
        with suppress(OSError):
            os.close(self._descriptor)

    def _put(self, tick: Tick) -> None:
        # The number goes on only after success, so a failed write is followed by one in the same slot.
        number = self._sequence + 1
        try:
            os.pwrite(self._descriptor, _encoded(replace(tick, sequence=number)), (number % 2) * SLOT_BYTES)
            self._flush(self._descriptor)
        except OSError as error:
            if not self._failed:
                self._log.error("open uses cannot be proven on disk", error=error.strerror)
            self._failed = True
        else:
            self._failed = False
            self._sequence = number


def _encoded(tick: Tick) -> bytes:
    record = canonical(
        {
            "sequence": tick.sequence,
            "boot_id": tick.boot_id,
            "boot_ms": tick.boot_ms,
            "wall_ms": tick.wall_ms,
            "uses": [[session, elapsed_ms] for session, elapsed_ms in tick.uses],
        }
    )
    slot = hashlib.sha256(record).digest() + len(record).to_bytes(LENGTH_BYTES, "big") + record
    if len(slot) > SLOT_BYTES:
        raise ValueError(f"a record of {len(record)} bytes does not fit; a session's id is too long")
    return slot.ljust(SLOT_BYTES, b"\0")


def open_tick_file(path: Path) -> TickFile:
    """Return the file to write to; raise the error of a store that cannot be used."""
    try:
        return TickFile(path)
    except OSError as error:
        raise unusable(path, error) from error


def _decoded(slot: bytes) -> Tick | None:
    start = DIGEST_BYTES + LENGTH_BYTES
    length = int.from_bytes(slot[DIGEST_BYTES:start], "big")
    record = slot[start : start + length]
    if not length or hashlib.sha256(record).digest() != slot[:DIGEST_BYTES]:
        return None
    try:
        read = json.loads(record)
        uses = tuple((SessionId(session), int(elapsed_ms)) for session, elapsed_ms in read.pop("uses"))
        return Tick(uses=uses, **read)
    except (ValueError, TypeError, KeyError):
        return None  # whole, but of another version: it proves nothing here
